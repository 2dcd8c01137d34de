"""A paper as a Sheet: statements filled in, figures drawn, conventions quoted, solutions worked out; writers add nothing."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

from grader.bank.load import problem_with_paper
from grader.bank.model import Paper, Stack
from grader.bank.places import supplied_root
from grader.bank.statement import described, filled, stacks_to_show
from grader.marking.kinds.closed_forms import names_of
from grader.marking.solution import solve_problem
from grader.marking.statement_text import quoted_conventions
from grader.marking.working import part_steps, references
from grader.maths.errors import GraderError
from grader.sheets.agreement import with_trials
from grader.sheets.answer_keys import answer_key
from grader.sheets.blocks import (
    AnswerBox,
    Code,
    Figure,
    Listing,
    Math,
    Option,
    OptionResult,
    Paragraph,
    Part,
    Question,
    Result,
    RubricLine,
    Sheet,
    Solution,
    Step,
    Text,
)
from grader.sheets.figures import draw
from grader.sheets.formulas import FormulaError, tree_of
from grader.sheets.markdown import Reader, printable
from grader.sheets.notation import latex_of, name_latex
from grader.sheets.words import words_in
from grader.variants.issue import copy_of

LONGEST_CODE = 600  # characters of a value that is shown as typed; the rest is cut off
BY_HAND = ("text", "file")


def sheet_of(paper, solutions=False, seed=None, language="en", progress=None, keys=False, variants=0):
    """The Sheet of a Paper, or of a single Problem.

    solutions: with worked solutions; seed: which variant; language: of the fixed words. progress: called after each question.
    keys: every box gets its AnswerKey, for formats of systems that mark. variants: how many of each problem stand beside each
    other, for systems that choose among them.
    A problem without `draw` is the same for every seed. Raises UsageError for an unknown language.
    """
    sheets = Sheets(paper, solutions, language, keys, variants, seed or 0)
    return sheets.sheet(None if seed is None or variants else copy_of(sheets.paper, seed), progress)


class Sheets:
    """Makes the Sheets of a Paper, or of a single Problem: as it stands, or of its copies.

    paper: the Paper that hand-ins answer; where a problem belongs to none, one that holds just it.
    """

    def __init__(self, paper, solutions=False, language="en", keys=False, variants=0, seed=0):
        words_in(language)
        self.asked, self.solutions, self.language, self.keys = paper, solutions, language, keys
        self.variants, self.seed = variants, seed
        around = paper if isinstance(paper, Paper) else _paper_of(paper)
        self.hand_in = around.id if around else ""
        self.paper = around or Paper(paper.id, paper.title, (paper,), paper.where)
        self.problems = paper.problems if isinstance(paper, Paper) else (paper,)
        self.made = {}  # id of a problem without variants -> (its Question, remarks)
        self.quoted = {}  # what `conventions_of` found, for all its variants

    def sheet(self, copy=None, progress=None):
        """The Sheet of a Copy, or of the paper as it stands; questions without variants are made once."""
        questions, remarks = [], []
        for number, problem in enumerate(self.problems, 1):
            question, told = self._question(problem, number, copy)
            questions.append(question)
            remarks += told
            if progress:
                progress(problem)
        person = copy.student if copy else None
        return Sheet(
            self.asked.id,
            self.hand_in,
            printable(self.asked.title),
            self.language,
            self.asked.marks,
            tuple(questions),
            self.solutions,
            copy.seed if copy else None,
            tuple(dict.fromkeys(remarks)),
            printable(person.id) if person else "",
            printable(person.name) if person else "",
            copy.code if copy else "",
        )

    def _question(self, problem, number, copy):
        """(Question, remarks)."""
        if self.variants and problem.draw:
            from grader.sheets.open_questions import question_with_variants

            around = self.paper if self.hand_in else None
            return question_with_variants(problem, around, number, self.variants, self.seed, self.solutions)
        drawn = copy.problem(problem, self.paper) if copy else problem
        if drawn is problem and problem.id in self.made:
            return self.made[problem.id]
        remarks, around = [], self.paper if self.hand_in else None
        solution = solve_problem(drawn, around)
        quoted = conventions_of(problem, solution, around, self.quoted)
        builder = Builder(solution, around, number, self.solutions, remarks, self.keys, quoted)
        found = builder.question(), remarks
        if drawn is problem:
            self.made[problem.id] = found
        return found


def conventions_of(problem, solution, paper, known):
    """Name -> sentence of the conventions that the answers of a solved variant depend on.

    They are those of the original with the variant's functions.
    known: (id, names of functions) -> what was found before.
    """
    functions = {name: one.function for name, one in solution.program.functions.items()}
    key = problem.id, *functions.values()
    if key not in known:
        given = MappingProxyType({**problem.given, **functions})
        as_it_stands = all(problem.given[name] == function for name, function in functions.items())
        known[key] = quoted_conventions(solve_problem(problem if as_it_stands else replace(problem, given=given), paper))
    return known[key]


def _paper_of(problem):
    """The paper of the bank that lists a problem, or None."""
    try:
        found, paper = problem_with_paper(problem.id)
    except GraderError:
        return None
    return paper if found == problem else None


def _language(problem):
    """The language of a problem's texts: that of the bank that comes with the grader; nobody knows that of others."""
    return "en" if Path(problem.where.file).resolve().is_relative_to(supplied_root()) else ""


class Builder:
    """Makes the Question of one solved problem."""

    def __init__(self, solution, paper, number, solutions, remarks, keys=False, quoted=None):
        self.with_keys, self.quoted = keys, quoted
        self.solution, self.paper, self.number, self.with_solutions, self.remarks = solution, paper, number, solutions, remarks
        self.problem = solution.problem
        self.reader = Reader(self._value, self.problem.id, remarks)
        self.told = set()
        self.ranks = {name: node.rank for node, name in names_of(solution).items()}

    def _value(self, name):
        return filled(f"{{{{{name}}}}}", self.problem, self.solution.program)

    def question(self):
        problem = self.problem
        blocks = (*self.reader.blocks(problem.text), *self._stacks(), *self._figures(problem.figures))
        parts = tuple(self._part(part) for part in problem.parts)
        quoted = quoted_conventions(self.solution) if self.quoted is None else self.quoted
        name = problem.id.removeprefix(f"{self.paper.id}/") if self.paper else problem.id
        title, language = printable(problem.title), _language(problem)
        return Question(self.number, name, title, problem.marks, blocks, parts, self.conventions(quoted), language=language)

    def conventions(self, quoted):
        """The runs of quoted conventions."""
        return tuple(self.reader.run(line) for line in quoted.values())

    def _stacks(self):
        """The layer stacks in words, but for those that a figure or a text shows."""
        problem = self.problem
        shown = {str(figure.settings.get("stack")) for figure in self._all_figures()}
        texts = [problem.text, *(part.text for part in problem.parts)]
        names = [name for name in stacks_to_show(problem) if name not in shown and not any(f"{{{{{name}}}}}" in t for t in texts)]
        stacks = [(name, problem.given[name]) for name in names if isinstance(problem.given[name], Stack)]
        items = tuple((Paragraph((Code(name), Text(f": {self._described(name, stack)}"))),) for name, stack in stacks)
        return (Listing(items),) if items else ()

    def _described(self, name, stack):
        return printable(described(stack, self.problem, self.solution.program))

    def _all_figures(self):
        return [*self.problem.figures, *(figure for part in self.problem.parts for figure in part.figures)]

    def figures(self):
        """All Figures, in the order of the question."""
        yield from self._figures(self._all_figures())

    def _figures(self, figures):
        for figure in figures:
            try:
                drawing = draw(self.solution, figure)
                yield Figure(drawing.svg, printable(drawing.alt), self.reader.run(figure.caption) if figure.caption else ())
            except GraderError as error:
                self.remarks.append(f"{self.problem.id}: a figure ({figure.kind}) is left out: {error}.")

    # --- parts ---

    def _part(self, part):
        blocks = (*self.reader.blocks(part.text), *self._figures(part.figures))
        boxes = tuple(self._box(part, box) for box in part.boxes)
        shown = self._expression if part.distractors else self.reader.run
        options = tuple(Option(option.key, shown(option.text)) for option in self.solution.options(part))
        worked = self.worked(part) if self.with_solutions else None
        marking = self._marking(part) if self.with_keys else None
        return Part(part.id, part.marks, part.bonus, blocks, boxes, options, worked, marking)

    def _box(self, part, box):
        key = with_trials(self.solution, part, box, answer_key(self.solution, part, box)) if self.with_keys else None
        return AnswerBox(box.name, self.solution.kind(part, box), Fraction(box.marks), box.digits, key)

    def worked(self, part):
        """The worked Solution of a part; steps that stood in an earlier one are left out."""
        steps = part_steps(self.solution, part, self.told)
        self.told.update(step.name for step in steps)
        results = tuple(self._result(answer) for answer in references(self.solution, part) if answer.kind not in BY_HAND)
        return Solution(
            tuple(self._step(part, step) for step in steps),
            () if part.has_options else results,
            tuple(self._option(part, option) for option in self.solution.options(part)),
            *self._by_person(part),
        )

    def _by_person(self, part):
        """The model answer and the rubric."""
        rubric = tuple(RubricLine(line.marks, self.reader.run(line.text)) for line in part.rubric)
        return self.reader.blocks(part.model) if part.model else (), rubric

    def _marking(self, part):
        model, rubric = self._by_person(part)
        return Solution(model=model, rubric=rubric)

    def _step(self, part, step):
        sides = [step.formula, *([step.numbers] if step.numbers else [])]
        sides += [step.value] if step.value not in sides else []
        return Step(self._label(part, step.name), tuple(self._expression(side) for side in sides), step.why)

    def _label(self, part, name):
        """What a step is called: a box by its name, the answer of a part with one box by the part, else its own name."""
        if name == part.id and name not in self.problem.let:
            return (Text(f"({part.id})"),)
        box = name.removeprefix(f"{part.id}.")
        own = box.partition(", entry ")[0]
        return self._name(box if any(own == one.name for one in part.boxes) else name)

    def _result(self, answer):
        text = answer.formula or answer.short
        more = answer.decimal if "/" in answer.short and not answer.formula and answer.decimal != answer.short else ""
        run = self._expression(text)
        value = (*run, Text(" ("), *self._expression(more), Text(")")) if more else run
        return Result(self._name(answer.box) if answer.box else (), value)

    def _option(self, part, option):
        because = self.reader.run(option.because) if option.because else ()
        if any(box.kind == "order" for box in part.boxes):
            return OptionResult(option.key, self._expression_text(part, option), because)
        truth = self.solution.truths(part)[option.key]
        return OptionResult(option.key, {0: "wrong", 1: "right"}.get(truth, "either"), because)

    def _expression_text(self, part, option):
        """The value by which an option of an order is ranked, as text."""
        from grader.maths.show import short_text

        value = self.solution.value(self.solution.program.options[part.id][option.key])
        return short_text(value.array, value.system)

    # --- expressions ---

    def _name(self, name):
        return _typeset(name_latex(printable(name)), printable(name))

    def _expression(self, text):
        text = printable(text)
        try:
            latex = latex_of(text, self.ranks)
        except GraderError:
            return _typed(text)
        return _typeset(latex, text)


def _typeset(latex, text):
    latex = latex.replace("{{", "{ {")
    try:
        tree_of(latex)
    except FormulaError:
        return _typed(text)
    return (Math(latex),)


def _typed(text):
    return (Code(text if len(text) <= LONGEST_CODE else f"{text[:LONGEST_CODE]} …"),)
