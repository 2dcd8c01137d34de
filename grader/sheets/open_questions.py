"""Questions with open places: a statement is read once, and the values of every variant are put in later.

An open place is a mark in a text: its sort (`t` in text, `c` in code, `m` in a formula) and the number of its value.
"""

import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from grader.bank.statement import described, filled, signed
from grader.marking.solution import solve_problem
from grader.sheets.agreement import with_trials
from grader.sheets.answer_keys import answer_keys
from grader.sheets.blocks import AnswerBox, Code, Formula, Math, Text, Variant
from grader.sheets.build import Builder, conventions_of
from grader.sheets.formulas import FormulaError, tree_of
from grader.sheets.markdown import FORMULA, HOLDER, Reader, in_formula, printable
from grader.sheets.notation import TALLEST, WIDEST, matrix_latex
from grader.variants.draw import draw_many

PLACE = re.compile("\ue010([tcm])(\\d+)\ue011")
NUMBER = r"-?\d{1,9}(?:\.\d{1,9}|/\d{1,9})?"
ROW = rf"\[(?:{NUMBER}, ){{0,{WIDEST - 1}}}{NUMBER}\]"
PLAIN = re.compile(f"{NUMBER}|{ROW}")  # stands in a formula as it is typed
SIGN, BRACKETS = "\ue014", "\ue015"  # before the name of a place: its value begins with + or -; below 0 it is in brackets
ROWS = re.compile(rf"\[(?:{ROW}, ){{0,{TALLEST - 1}}}{ROW}\]")


class OpenReader(Reader):
    """Reads statements of a problem and leaves the places of values open; `names`: what stands in them."""

    def __init__(self, where, remarks):
        super().__init__(None, where, remarks)
        self.names = {}

    def place(self, sort, name):
        """The mark of an open place."""
        return f"\ue010{sort}{self.names.setdefault(name, len(self.names))}\ue011"

    def _open(self, sort, text):
        return HOLDER.sub(lambda match: self.place(sort, self.places[int(match[1])]), text)

    def _formula_filled(self, typed):
        """A formula with open places; one where a number below 0 would need another sign or brackets holds these as well."""
        found, end = "", 0
        for match in HOLDER.finditer(typed):
            before, behind, name = found + typed[end : match.start()], typed[match.end() :], self.places[int(match[1])]
            found, other = signed("-1", before, behind)
            sort = "" if other == "-1" else BRACKETS if other == "(-1)" else SIGN
            found = found.removesuffix("- ") if sort == SIGN else found
            found, end = found + self.place("m", sort + name), match.end()
        return found + typed[end:]

    def _values(self, text):
        yield Text(self._open("t", text))

    def _filled(self, text):
        return self._open("c", FORMULA.sub(lambda match: self._typed(*self.formulas[int(match[1])]), text))

    def _formula(self, typed, alone):
        latex = self._formula_filled(typed).replace("{{", "{ {")
        try:
            tree_of(HOLDER.sub("1", typed).replace("{{", "{ {"))
        except FormulaError as error:
            self.remarks.append(f"{self.where}: the formula '{HOLDER.sub('…', typed)}' is shown as it is typed: {error}.")
            return Code(self._open("c", typed))
        return Formula(latex) if alone else Math(latex)


class OpenBuilder(Builder):
    """Makes a Question with open places of one variant, whose figures and keys count for nothing."""

    def __init__(self, solution, paper, number, remarks):
        super().__init__(solution, paper, number, False, remarks)
        self.reader = OpenReader(self.problem.id, remarks)

    def _described(self, name, stack):
        return self.reader.place("t", name)

    def _box(self, part, box):
        return AnswerBox(box.name, self.solution.kind(part, box), Fraction(box.marks), box.digits)

    def _part(self, part):
        return replace(super()._part(part), marking=self._marking(part))


class OpenQuestion:
    """One problem whose statement has been read, ready for variants."""

    def __init__(self, problem, paper=None, number=1, remarks=None):
        self.paper, self.number = paper, number
        self.remarks = [] if remarks is None else remarks
        self.builder = builder = OpenBuilder(solve_problem(problem, paper), paper, number, self.remarks)
        self.question = builder.question()
        self.names = tuple(builder.reader.names)

    def variant(self, label, solution, keys, solutions=False, quoted=None):
        """The Variant of a solved problem with its AnswerKeys; solutions: with worked ones; quoted: its conventions, where they
        are not those of the open question."""
        problem, program = solution.problem, solution.program
        values = tuple(printable(_value(name, problem, program)) for name in self.names)
        builder = Builder(solution, self.paper, self.number, solutions, self.remarks) if solutions or _figures(problem) else None
        figures = tuple(builder.figures()) if builder and _figures(problem) else ()
        worked = MappingProxyType({part.id: builder.worked(part) for part in problem.parts} if solutions else {})
        conventions = self.question.conventions if quoted is None else self.builder.conventions(quoted)
        return Variant(label, values, figures, keys, worked, conventions)


def _figures(problem):
    return problem.figures or any(part.figures for part in problem.parts)


def _value(name, problem, program):
    if name[0] in (SIGN, BRACKETS):
        before, value = signed(_value(name[1:], problem, program), "+ " if name[0] == SIGN else "* ", "")
        return before + value if name[0] == SIGN else value
    if name in problem.given and not isinstance(problem.given[name], str):
        return described(problem.given[name], problem, program)
    return filled(f"{{{{{name}}}}}", problem, program)


def question_with_variants(problem, paper, number, count, seed, solutions=False):
    """(Question with `count` variants for a seed, remarks)."""
    remarks = []
    variants = draw_many(problem, count, seed, paper)
    if len(variants) < count:
        remarks.append(f"{problem.id}: there are only {len(variants)} variants.")
    open_question = OpenQuestion(variants[0].problem, paper, number, remarks)
    made, known = [], {}
    for one in variants:
        solution = solve_problem(one.problem, paper)
        keys = answer_keys(solution)
        if not made:
            parts = {part.id: part for part in solution.problem.parts}
            keys = {
                (part, box): with_trials(solution, parts[part], parts[part].box(box), key) for (part, box), key in keys.items()
            }
        quoted = conventions_of(problem, solution, paper, known)
        made.append(open_question.variant(str(one.number + 1), solution, MappingProxyType(keys), solutions, quoted))
    return replace(open_question.question, variants=tuple(made)), remarks


# --- values ---


@lru_cache(maxsize=4096)
def matrix_in_text(text):
    """The LaTeX of a matrix; None for all other values."""
    return _rows(text) if ROWS.fullmatch(text) else matrix_latex(text)


@lru_cache(maxsize=4096)
def value_in_formula(text):
    """A value within a formula, as a `Reader` puts it there."""
    if PLAIN.fullmatch(text):
        return text
    if text[:2] in ("+ ", "- "):
        return text[:2] + value_in_formula(text[2:])
    matrix = _rows(text) if ROWS.fullmatch(text) else None
    return f"{{{matrix}}}" if matrix else in_formula(text)


def _rows(text):
    """A matrix of plain numbers as LaTeX; None where its rows differ in length."""
    rows = text[2:-2].split("], [")
    if len({row.count(",") for row in rows}) != 1:
        return None
    lines = r" \\ ".join(row.replace(", ", " & ") for row in rows)
    return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
