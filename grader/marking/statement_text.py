"""The statement of a solved problem as text: what `grader bank show` prints."""

from grader.bank.model import Stack
from grader.bank.statement import described, filled, stacks_to_show
from grader.bank.words import show_marks
from grader.marking.working import conventions_that_matter


def statement_text(solution, full=False, figures=()):
    """The statement of a Solution's problem, as a student reads it.

    It ends in the conventions that the answers depend on. full: also what is given and worked out, the conventions that the file
    sets, and rubrics. figures: (id of a part or None, line) of each drawing, in words.
    """
    return "\n".join(_lines(solution, full, figures))


def _lines(solution, full, figures):
    problem = solution.problem
    yield f"{problem.title}  ({problem.id}, {show_marks(problem.marks)})"
    source = problem.source
    place = [source.document and f"document {source.document}", source.lines and f"lines {source.lines}", source.heading]
    yield ", ".join(filter(None, [f"Topics: {', '.join(problem.topics)}", *place]))
    if problem.text:
        yield f"\n{filled(problem.text, problem, solution.program).rstrip()}"
    yield from (f"\n{line}" for id, line in figures if id is None)
    yield from _pairs("Given", _given(solution, full))
    if full:
        yield from _pairs("Worked out", problem.let)
        yield from _pairs("Conventions that the file sets", problem.conventions)
    for part in problem.parts:
        yield from _part(solution, part, full, [line for id, line in figures if id == part.id])
    quoted = quoted_conventions(solution)
    if quoted:
        yield "\nConventions:"
        yield from (f"  {line}" for line in quoted.values())


def quoted_conventions(solution):
    """Convention -> the line that quotes it, for all that the answers of a problem depend on."""
    return {name: solution.conventions.quote(name) for name in conventions_that_matter(solution, solution.problem.parts)}


def _given(solution, full):
    """Name -> what is given, in words: all of it, or the layer stacks that the question is about."""
    problem = solution.problem
    names = problem.given if full else stacks_to_show(problem)
    given = {name: problem.given[name] for name in names}
    return {
        name: described(value, problem, solution.program) if isinstance(value, Stack) else value for name, value in given.items()
    }


def _pairs(heading, pairs):
    if pairs:
        yield f"\n{heading}:"
        yield from (f"  {name}: {value}" for name, value in pairs.items())


def _part(solution, part, full, figures):
    def shown(text):
        return filled(text, solution.problem, solution.program)

    yield f"\n({part.id}) {shown(part.text)}".rstrip() + f"  [{'bonus, ' * part.bonus}{show_marks(part.marks)}]"
    yield from (f"  {line}" for line in figures)
    yield from (f"  {option.key}) {shown(option.text)}" for option in solution.options(part))
    for box in part.boxes:
        if box.name:
            yield f"  {box.name} = ____  ({box.kind or 'expr'}, {show_marks(box.marks)})"
    yield from (f"  {show_marks(line.marks)}: {shown(line.text)}" for line in (part.rubric if full else ()))
