"""The reference side: a problem's program under its conventions, evaluated; and the alternative readings a problem lists."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from grader.bank.conventions import conventions_for
from grader.bank.load import problem_with_paper
from grader.bank.model import Paper, Problem
from grader.bank.program import Program, build_program
from grader.bank.statement import is_named, statement_source
from grader.maths.errors import BankError, UndecidedError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import reachable
from grader.maths.language.declarations import LARGER_SIZES
from grader.maths.systems import EXACT, as_fraction
from grader.variants.draw import draw


@dataclass(frozen=True)
class Value:
    """An evaluated node: an array of exact numbers or balls, and which."""

    array: object
    system: object

    @property
    def exact(self):
        """Whether all entries are rational numbers."""
        return self.system is EXACT


@dataclass(frozen=True)
class Solution:
    """A problem solved under one set of conventions.

    reading: the name of the alternative reading, or empty; plain: the Solution that it is another reading of.
    """

    problem: Problem
    program: Program
    conventions: object
    reading: str = ""
    paper: Paper | None = None
    plain: "Solution | None" = field(default=None, repr=False, compare=False)

    @cached_property
    def _evaluation(self):
        return Evaluation(self.program.values)

    @cached_property
    def slip_values(self):
        """Target -> its slips with their values, filled by `grader.marking.comparing.slips`."""
        return {}

    @cached_property
    def formula_slips(self):
        """Target -> its slips with their values at some points, filled by `grader.marking.comparing.formula_slips`."""
        return {}

    @cached_property
    def prepared(self):
        """Node of the program -> the Prepared that answers are compared with, filled by `grader.marking.kinds.symbolic`."""
        return {}

    @cached_property
    def roundings(self):
        """What rounding on the way leads to, filled by `grader.marking.comparing.rounding`."""
        return {}

    def value(self, node):
        """The value of a node of the program."""
        return Value(*self._evaluation.with_system(node))

    def reference(self, part, box):
        """The value asked for in a box (not for boxes with symbols in them)."""
        return self.value(self.program.boxes[part, box])

    @cached_property
    def offers(self):
        """Part -> its options that are made of slips, filled by `grader.marking.kinds.distractors`."""
        return {}

    def options(self, part):
        """The Options of a part: those of the file, or those made of slips; raises BankError where slips give too few."""
        if not part.distractors:
            return part.options
        from grader.marking.kinds.distractors import as_options, offers_of  # which build on this module

        return as_options(offers_of(self.plain or self, part))

    def truths(self, part):
        """Option -> 1 (right), 0, or 1/2 (may be ticked or not); raises UndecidedError where a condition cannot be decided."""
        if part.distractors:
            return {option.key: Fraction(option.right == "true") for option in self.options(part)}
        return {key: self._truth(key, node) for key, node in self.program.options[part.id].items()}

    def _truth(self, key, node):
        value = self.value(node)
        if not value.exact and not value.array[()].is_exact():
            raise UndecidedError(f"whether option {key} is right cannot be decided")
        return Fraction(value.array[()].str()) if not value.exact else as_fraction(value.array[()])

    @cached_property
    def told(self):
        """The names of values that the statement mentions or asks for, so that a student knows them."""
        statement, names = statement_source(self.problem), (*self.problem.given, *self.problem.let)
        asked = {text for part in self.problem.parts for box in part.boxes for text in (box.name, box.value)}
        return frozenset(name for name in names if name in asked or is_named(name, statement))

    def symbolic(self, node):
        """Whether a node depends on a symbol or a size by name, so that it has no value but is an expression."""
        return self._symbolic_boxes[node] if node in self._symbolic_boxes else self._has_symbols(node)

    def _has_symbols(self, node):
        symbols = self.program.symbols
        named = (step for step in reachable([node]) if step.op in ("given", "dimension"))
        return any(step.op == "dimension" or step.settings["name"] in symbols for step in named)

    @cached_property
    def lasting(self):
        """The nodes that answers are compared with again and again."""
        program = self.program
        return frozenset(program.boxes.values()).union(*program.partial.values())

    @cached_property
    def _symbolic_boxes(self):
        return {node: self._has_symbols(node) for node in self.program.boxes.values()}

    def kind(self, part, box):
        """The kind of a box: as declared, else by its reference."""
        if box.kind:
            return box.kind
        node = self.program.boxes[part.id, box.name]
        return "expression" if self.symbolic(node) else "array" if node.rank else "number"

    def overridden(self, override=None, entries=None, widen=None):
        """An evaluation with values of nodes, or entries of them, put in or made uncertain."""
        return Evaluation(self.program.values, override=override, entries=entries, widen=widen, base=self._evaluation)

    @cached_property
    def resized(self):
        """The same with other sizes for dimensions that only have a name; None where there are none."""
        domains = self.program.symbols.values()
        if not any(isinstance(size, str) for domain in domains for size in domain.dimensions):
            return None
        replaced = next((one.replace for one in self.problem.readings if one.name == self.reading), {})
        try:
            program = build_program(self.problem, self.conventions, None, replaced, LARGER_SIZES)
        except BankError:  # the problem is one for its own sizes, such as a net of three units
            return None
        return replace(self, program=program)

    @cached_property
    def readings(self):
        """The solutions under the problem's other readings, in the order of the file."""
        return tuple(
            replace(solve_problem(self.problem, self.paper, self.conventions, reading=reading), plain=self)
            for reading in self.problem.readings
        )


def solution_of(problem, seed=None, changes=None):
    """The Solution of a problem (an id or a YAML file) under the conventions of the paper beside it; of a Problem under its own.

    A Solution is given back as it is. `seed` picks the variant; a problem without `draw` has only one. `changes` maps
    conventions to other values.
    """
    if isinstance(problem, Solution):
        return problem
    problem, paper = (problem, None) if isinstance(problem, Problem) else problem_with_paper(problem)
    if seed is not None and problem.draw:
        problem = draw(problem, seed, paper).problem
    return solve_problem(problem, paper, conventions_for(problem, paper).with_(**(changes or {})))


def solve_problem(problem, paper=None, conventions=None, reading=None, values=None):
    """The Solution of a problem, under its own and its paper's conventions, or under one of its readings."""
    conventions = conventions_for(problem, paper) if conventions is None else conventions
    replaced = {}
    if reading is not None:
        conventions, replaced = conventions.with_(**reading.conventions), reading.replace
    program = build_program(problem, conventions, values, replaced)
    return Solution(problem, program, conventions, reading.name if reading else "", paper)
