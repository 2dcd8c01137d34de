"""The statement of a problem as people read it: values put in for `{{name}}`, layer stacks in words."""

import re

from grader.bank.figures import figures_of
from grader.bank.model import Complaint, Stack
from grader.bank.program import names_behind, names_in, place
from grader.maths.errors import GraderError
from grader.maths.evaluate import Evaluation
from grader.maths.language import syntax
from grader.maths.language.meaning import Scope
from grader.maths.language.named_functions import NAMED, TEX
from grader.maths.language.unparse import show
from grader.maths.show import nested, short_text, terminating
from grader.maths.systems import EXACT, as_fraction

WORD = re.compile(r"[^\W\d]\w*")
PLACE = re.compile(r"\{\{\s*(.+?)\s*\}\}")
DECIMALS = re.compile(r"\d\.\d|(?<!\w)\.\d")
NEGATIVE = re.compile(r"-(\d+(?:\.\d+)?(?:/\d+)?)")
BEFORE = re.compile(r"(?:[-+*/]|\\cdot|\\times)\s*$")  # signs behind which no minus sign can stand
BEHIND = re.compile(r"\s*\^")
SIZES = re.compile(r"(\s+x\s+|\s*×\s*|(?<=\d)x(?=\d))")  # between the sizes of `3 x 32 x 32`


def filled(text, problem, program):
    """A text of the problem with every `{{name}}` as it was typed under `given`, and other expressions worked out.

    What cannot be worked out stands there as typed; `unfilled` complains about it.
    """
    found, end = "", 0
    for match in PLACE.finditer(text):
        found, shown = found + text[end : match.start()], match.group(1)
        try:
            shown = _value(shown, problem, program)
        except GraderError:
            pass
        else:
            if text.count("$", 0, match.start()) % 2:
                found, shown = signed(TEX.get(shown, shown), found, text[match.end() :])
        found, end = found + shown, match.end()
    return found + text[end:]


def signed(value, before, behind):
    """(what stands before a value in a formula, the value) so that its minus sign can be read: `- 2` for `+ -2`, else `(-2)`."""
    negative = NEGATIVE.fullmatch(value)
    if not negative or not (BEFORE.search(before) or BEHIND.match(behind)):
        return before, value
    if before.rstrip().endswith("+") and not BEHIND.match(behind):
        return f"{before.rstrip()[:-1]}- ", negative.group(1)
    return before, f"({value})"


def unfilled(problem, program):
    """A Complaint for every `{{...}}` in a text of the problem that cannot be worked out, and for all in its title."""
    fixed = "but a title shows no values, as it is the same in all variants"
    at = place(problem.title, problem.where)
    complaints = [Complaint(at, f"the title shows '{match.group()}', {fixed}") for match in PLACE.finditer(problem.title)]
    for text, where in _texts(problem):
        for match in PLACE.finditer(text):
            try:
                _value(match.group(1), problem, program)
            except GraderError as error:
                why = getattr(error, "problem", error)
                complaints.append(Complaint(place(text, where), f"the text shows '{match.group()}', but {why}"))
    return complaints


def _texts(problem):
    """(text, where it stands, roughly) of all texts in which values may be named."""
    yield problem.text, problem.where
    for part in problem.parts:
        yield part.text, part.where
        for option in part.options:
            yield option.text, part.where
            yield option.because, part.where
        yield from ((line.text, part.where) for line in part.rubric)
        yield part.model, part.where
    for _, figure in figures_of(problem):
        yield figure.caption, figure.where
        yield figure.alt, figure.where


# --- one value ---


def _value(text, problem, program):
    """An expression of the problem as text; raises GraderError where it has no value."""
    given = problem.given.get(text)
    if isinstance(given, Stack):
        return described(given, problem, program)
    if given is not None and text in program.functions:
        return NAMED[program.functions[text].function].words
    if given is not None and text not in program.symbols:
        return str(given)
    node = Scope(program.names, program.values, program.conventions).node(text)
    array, system = Evaluation(program.values).with_system(node)
    return (_in_decimals(array, system) if typed_in_decimals(text, problem) else None) or short_text(array, system)


def _in_decimals(array, system):
    """A value in decimals, or None where these do not end."""
    ends = system is EXACT and all(terminating(as_fraction(entry)) is not None for entry in array.flat)
    return nested(array, lambda entry: terminating(as_fraction(entry))) if ends else None


def typed_in_decimals(text, problem):
    """Whether the given values that an expression rests on are typed with decimals, and without fractions."""
    behind = " ".join(_typed(syntax.parse(text), problem, set()))
    return DECIMALS.search(behind) is not None and "/" not in behind


def _typed(tree, problem, seen):
    """The given values, or entries of them, that a syntax tree rests on, as they were typed; also through names under `let`."""
    entry = _typed_entry(tree, problem) if isinstance(tree, syntax.Index) else None
    if entry is not None:
        yield show(entry)
    elif isinstance(tree, syntax.Name):
        if tree.name in problem.given:
            yield str(problem.given[tree.name])
        elif tree.name in problem.let and tree.name not in seen:
            seen.add(tree.name)
            yield from _typed(syntax.parse(str(problem.let[tree.name])), problem, seen)
    elif isinstance(tree, tuple):
        for child in tree:
            yield from _typed(child, problem, seen)


def _typed_entry(tree, problem):
    """The entry that `a[0]` or `a[0, 1]` picks out of a given list, as a syntax tree; None for other indices."""
    given = problem.given.get(tree.base.name) if isinstance(tree.base, syntax.Name) else None
    entry = syntax.parse(str(given)) if given is not None and not isinstance(given, Stack) else None
    for key in tree.items:
        position = int(key.text) if isinstance(key, syntax.Number) and key.text.isdecimal() else None
        if position is None or not isinstance(entry, syntax.Items) or position >= len(entry.items):
            return None
        entry = entry.items[position]
    return entry


# --- layer stacks ---


def stacks_to_show(problem):
    """The names of the layer stacks that belong to the question.

    One that only the conditions of options use would give the answer away; it is shown where a text or a figure names it.
    """
    asked = [text for part in problem.parts for box in part.boxes for text in (box.value, box.start) if text]
    asked += [line.value for part in problem.parts for box in part.boxes for line in box.partial]
    used = names_behind(asked, problem)
    secret = names_behind([option.right for part in problem.parts for option in part.options], problem)
    told = {match.group(1) for text, _ in _texts(problem) for match in PLACE.finditer(text)}
    told.update(name for _, figure in figures_of(problem) for name in names_in(figure.settings.get("stack", "")))
    stacks = [name for name, value in problem.given.items() if isinstance(value, Stack)]
    return [name for name in stacks if name in used or name in told or name not in secret]


def described(stack, problem, program):
    """A layer stack in words: its input and the layers with their settings, with values put in for names."""
    return _Words(problem, program).stack(stack)


class _Words:
    """Layer stacks of a problem in words."""

    def __init__(self, problem, program):
        self.problem, self.program = problem, program

    def stack(self, stack):
        pieces = SIZES.split(str(stack.input))
        sizes = "".join(piece if position % 2 else self.setting(piece) for position, piece in enumerate(pieces))
        return f"input {sizes}, then {self.layers(stack.layers)}"

    def layers(self, layers):
        return ", ".join(self.layer(kind, settings) for kind, settings in layers) or "identity"

    def layer(self, kind, settings):
        told = ", ".join(f"{key} {self.inside(key, value)}" for key, value in settings.items() if value)
        return f"{kind} ({told})" if told else str(kind)

    def inside(self, key, value):
        """A setting of a layer, or the layers or paths that stand in it."""
        if key == "paths":
            return f"[{', '.join(f'[{self.layers(path)}]' for path in value)}]"
        if isinstance(value, tuple):
            return f"[{self.layers(value)}]"
        return str(value) if key == "name" else self.setting(value)

    def setting(self, text):
        """A setting as typed, or worked out where names stand in it; entry by entry of a pair `(k, 3)`."""
        text = str(text).strip()
        if not any(name in self.program.names for name in names_in(text)):
            return text
        try:
            tree = syntax.parse(text)
            if not isinstance(tree, syntax.Items):
                return _value(text, self.problem, self.program)
        except GraderError:  # a size by name
            return text
        entries = ", ".join(self.setting(show(item)) for item in tree.items)
        return f"{text[0]}{entries}{text[-1]}" if text[0] in "([" else entries


# --- what a statement names ---


def statement_source(problem):
    """All that a student reads, as it stands in the file: texts, options, and what figures are drawn of."""
    texts = [problem.text]
    for part in problem.parts:
        texts += [part.text, *(option.text for option in part.options)]
    return "\n".join([*texts, *(str(dict(figure.settings)) for holder in (problem, *problem.parts) for figure in holder.figures)])


def is_named(name, statement, value=""):
    """Whether a text holds a name, also inside `{{...}}` or with other indices (`$w_{11}$`, `$w_{ij}$`), or else a value."""
    if any(name in WORD.findall(match.group(1)) for match in PLACE.finditer(statement)):
        return True
    loose = re.sub(r"[\\{}_^\s$]", "", statement)
    letters = re.match(r"[^\W\d_]+", name)
    indexed = letters and letters.group() != name and re.search(rf"(?<![^\W_]){letters.group()}_", statement)
    spelled = len(name) > 1 and name.replace("_", "") in loose
    return bool(indexed or spelled or _alone(name, statement) or (value and _alone(value, statement)))


def _alone(text, statement):
    return re.search(rf"(?:(?<![\w.])|(?<=_)){re.escape(text)}(?![^\W_]|\.\d)", statement) is not None
