"""A paper as a Sheet: statements filled in, figures drawn, conventions quoted, solutions worked out; writers add nothing."""

from fractions import Fraction

from grader.bank.load import problem_with_paper
from grader.bank.model import Paper, Stack
from grader.bank.statement import described, filled, stacks_to_show
from grader.marking.kinds.closed_forms import names_of
from grader.marking.solution import solve_problem
from grader.marking.statement_text import quoted_conventions
from grader.marking.working import part_steps, references
from grader.maths.errors import GraderError
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
from grader.sheets.markdown import Reader, clean
from grader.sheets.notation import latex_of, name_latex
from grader.sheets.words import words_in
from grader.variants.draw import draw as draw_variant

LONGEST_CODE = 600  # characters of a value that is shown as typed; the rest is cut off
BY_HAND = ("text", "file")


def sheet_of(paper, solutions=False, seed=None, language="en", progress=None):
    """The Sheet of a Paper, or of a single Problem.

    solutions: with worked solutions; seed: which variant; language: of the fixed words. progress: called after each question.
    A problem without `draw` is the same for every seed. Raises UsageError for an unknown language.
    """
    words_in(language)
    problems, around = (paper.problems, paper) if isinstance(paper, Paper) else ((paper,), _paper_of(paper))
    questions, remarks = [], []
    for number, problem in enumerate(problems, 1):
        solved = _solved(problem, around, seed)
        questions.append(_Builder(solved, around, number, solutions, remarks).question())
        if progress:
            progress(problem)
    told = tuple(dict.fromkeys(remarks))
    hand_in = around.id if around else ""
    return Sheet(paper.id, hand_in, clean(paper.title), language, paper.marks, tuple(questions), solutions, seed, told)


def _paper_of(problem):
    """The paper of the bank that lists a problem, or None."""
    try:
        found, paper = problem_with_paper(problem.id)
    except GraderError:
        return None
    return paper if found == problem else None


def _solved(problem, paper, seed):
    if seed is not None and problem.draw:
        problem = draw_variant(problem, seed, paper).problem
    return solve_problem(problem, paper)


class _Builder:
    """Makes the Question of one solved problem."""

    def __init__(self, solution, paper, number, solutions, remarks):
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
        conventions = tuple(self.reader.run(line) for line in quoted_conventions(self.solution).values())
        name = problem.id.removeprefix(f"{self.paper.id}/") if self.paper else problem.id
        return Question(self.number, name, clean(problem.title), problem.marks, blocks, parts, conventions)

    def _stacks(self):
        """The layer stacks in words, but for those that a figure or a text shows."""
        problem = self.problem
        shown = {str(figure.settings.get("stack")) for figure in self._all_figures()}
        texts = [problem.text, *(part.text for part in problem.parts)]
        names = [name for name in stacks_to_show(problem) if name not in shown and not any(f"{{{{{name}}}}}" in t for t in texts)]
        stacks = [(name, problem.given[name]) for name in names if isinstance(problem.given[name], Stack)]
        items = tuple(
            (Paragraph((Code(name), Text(f": {clean(described(stack, problem, self.solution.program))}"))),)
            for name, stack in stacks
        )
        return (Listing(items),) if items else ()

    def _all_figures(self):
        return [*self.problem.figures, *(figure for part in self.problem.parts for figure in part.figures)]

    def _figures(self, figures):
        for figure in figures:
            try:
                drawing = draw(self.solution, figure)
                yield Figure(drawing.svg, clean(drawing.alt), self.reader.run(figure.caption) if figure.caption else ())
            except GraderError as error:
                self.remarks.append(f"{self.problem.id}: a figure ({figure.kind}) is left out: {error}.")

    # --- parts ---

    def _part(self, part):
        blocks = (*self.reader.blocks(part.text), *self._figures(part.figures))
        boxes = tuple(AnswerBox(box.name, self.solution.kind(part, box), Fraction(box.marks), box.digits) for box in part.boxes)
        options = tuple(Option(option.key, self.reader.run(option.text)) for option in part.options)
        worked = self._worked(part) if self.with_solutions else None
        return Part(part.id, part.marks, part.bonus, blocks, boxes, options, worked)

    def _worked(self, part):
        steps = part_steps(self.solution, part, self.told)
        self.told.update(step.name for step in steps)
        results = tuple(self._result(answer) for answer in references(self.solution, part) if answer.kind not in BY_HAND)
        return Solution(
            tuple(self._step(part, step) for step in steps),
            () if part.options else results,
            tuple(self._option(part, option) for option in part.options),
            self.reader.blocks(part.model) if part.model else (),
            tuple(RubricLine(line.marks, self.reader.run(line.text)) for line in part.rubric),
        )

    def _step(self, part, step):
        sides = [step.formula, *([step.numbers] if step.numbers else [])]
        sides += [step.value] if step.value not in sides else []
        return Step(self._label(part, step.name), tuple(self._expression(side) for side in sides), step.why)

    def _label(self, part, name):
        """What a step is called: a box by its name, the answer of a part with one box by the part, else its own name."""
        if name == part.id and name not in self.problem.let:
            return (Text(f"({part.id})"),)
        box = name.removeprefix(f"{part.id}.")
        return self._name(box if any(box == one.name for one in part.boxes) else name)

    def _result(self, answer):
        text = answer.formula or answer.exact
        more = answer.decimal if not answer.formula and answer.decimal != answer.exact.removeprefix("≈ ") else ""
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
        return _typeset(name_latex(clean(name)), clean(name))

    def _expression(self, text):
        text = clean(text)
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
