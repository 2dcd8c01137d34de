"""From a problem's `parts:` to Parts: what is asked, the boxes for the answers, and who decides about them.

A part with one answer writes it as `answer: expression`, with marks, digits and so on beside it, or as `answer: {value: ...}`
with them inside. A part with several answers has a mapping from box names to expressions, or to mappings with the same fields.
Marks beside several boxes none of which has its own are shared evenly. A part with `options` is a choice, or an order where it
says so; one with `rubric` or `model` and no answer is text that a human marks. A choice with `distractors: slips` has an answer
and no options: the engine makes them.
"""

import re
from dataclasses import replace
from fractions import Fraction

from grader.bank.fields import Fields, listed
from grader.bank.figures import read_figures
from grader.bank.model import DISTRACTORS, KINDS, USUAL_DISTRACTORS, Box, Located, Option, Part, Partial, RubricLine
from grader.bank.yaml_text import Mapping
from grader.maths.errors import nearest

OPTION_KINDS = ("choice", "order")
JUDGED_WITHOUT_VALUE = (*OPTION_KINDS, "text", "file")
LAYOUTS = ("any",)
CHAIN_FIELDS = ("from", "links")
BOX_FIELDS = ("kind", "digits", "partial", "names", "layout", "follow", *CHAIN_FIELDS, "distractors")
MAX_DIGITS = 30
MAX_LINKS = 50
FEWEST_DISTRACTORS, MOST_DISTRACTORS = 2, 5

_ID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]*")
_TRUTH = {"True": "true", "False": "false"}
_NOT_TRUTH = {"yes": "true", "no": "false", "on": "true", "off": "false"}


def read_parts(problem):
    """The parts of a problem, in the order of the file."""
    parts = tuple(_part(Fields(node, "part", problem.faults)) for node in problem.items("parts", required=True))
    seen = {}
    for part in parts:
        if part.id and seen.setdefault(part.id, part) is not part:
            problem.faults.add(part, f"part id '{part.id}' is used twice (first in line {seen[part.id].where.line})")
    return parts


def _part(fields):
    id = fields.text("id", required=True)
    fields.what = f"part {id}" if id else "part"
    if id and not _ID.fullmatch(id):
        fields.fault(id, f"'{id}' cannot be the id of a part; use letters, digits, '-' and '_'")
    catalogue, text = fields.texts("catalogue"), fields.text("text")
    options, rubric, model = _options(fields), _rubric(fields), fields.text("model")
    part = Part(
        id,
        text,
        _boxes(fields, options, rubric, model),
        fields.where,
        catalogue,
        options,
        rubric,
        model,
        bonus=fields.flag("bonus", default=False),
        figures=read_figures(fields, f"{fields.what}, figure"),
    )
    fields.end()
    return part


# --- boxes ---


def _boxes(fields, options, rubric, model):
    """The boxes of a part: one without a name, or those that `answer` names."""
    answer = fields.node("answer")
    if isinstance(answer, Mapping) and ("value" not in answer or _names_boxes(answer)):
        return _named_boxes(fields, Fields(answer, f"{fields.what}, answer", fields.faults), options)
    box = _with_fields_inside(fields, answer) if isinstance(answer, Mapping) else _single(fields, answer)
    by_options = options or box.distractors
    kind = box.kind or ("choice" if by_options else "text" if (rubric or model) and answer is None else None)
    if "distractors" in fields or isinstance(answer, Mapping) and "distractors" in answer:
        _check_distractors(fields, kind, box, options)
    else:
        _check_kind(fields, kind, answer, options)
    marks = _rubric_marks(rubric) if box.marks is None and kind in ("text", "file") else box.marks
    return (replace(box, kind=kind, marks=marks or Fraction(0)),)


def _names_boxes(answer):
    """Whether a mapping with a `value` is one of boxes all the same: one of them is called like a field."""
    return any(isinstance(node, Mapping) for name, node in answer.items() if name not in ("partial", "distractors"))


def _single(fields, answer):
    """The only box of a part, from `answer: expression` and the fields beside it."""
    return _box(fields, "", fields.as_text(answer, "'answer'"))


def _with_fields_inside(fields, answer):
    """The only box of a part, from `answer: {value: expression, ...}`; its fields may stand beside `answer`, too, but once."""
    merged = Mapping(answer.where)
    for name in ("marks", *BOX_FIELDS):
        if fields.node(name) is not None:
            merged[next(key for key in fields.table if key == name)] = fields.table[name]
            if name in answer:
                fields.fault(fields.table[name], f"'{name}' stands beside 'answer' and inside it; give it once")
    merged.update(answer)
    inside = Fields(merged, fields.what, fields.faults)
    known = ("value", "marks", *BOX_FIELDS)
    others = [name for name in answer if name not in known and not nearest(name, known)]
    if others:
        fields.fault(answer, f"if {listed(('value', *others))} are boxes: {VALUE_IS_TAKEN}")
    box = _box(inside, "", inside.text("value") or None)
    inside.end()
    return box


def _rubric_marks(rubric):
    return sum((line.marks for line in rubric), Fraction(0))


def _check_kind(fields, kind, answer, options):
    """Complain where the kind of a part does not go with what it has to judge by."""
    if kind in JUDGED_WITHOUT_VALUE and answer is not None:
        fields.fault(answer, f"a part of kind {kind} has no 'answer'{_INSTEAD[kind]}")
    elif kind in OPTION_KINDS and not options:
        fields.fault(fields, f"a part of kind {kind} needs 'options'")
    elif kind not in OPTION_KINDS and options:
        fields.fault(fields, f"'options' belong to kind choice or order; this part is of kind {kind}")
    elif kind == "order":
        _check_ranks(fields, options)
    elif kind not in JUDGED_WITHOUT_VALUE and answer is None and not fields.broken and "answer" not in fields:
        fields.fault(fields, "it needs 'answer' (an expression), 'options' (a choice) or 'rubric' (marked by a human)")


def _check_distractors(fields, kind, box, options):
    """Complain where wrong options cannot be made of slips."""
    if kind != "choice":
        fields.fault(fields, f"'distractors' belongs to kind choice; this part is of kind {kind}")
    elif options:
        fields.fault(fields, "a choice has 'options' or 'distractors', not both")
    elif not box.value:
        fields.fault(fields, "'distractors' are made of slips on the way to an 'answer' (an expression), which is missing")
    if box.partial:
        fields.fault(box.partial[0].value, "a choice has no 'partial'; a paper's policy 'slips' gives marks for a slip")


def _check_ranks(fields, options):
    for option in options:
        if option.right.lower() in ("true", "false", "either"):
            fields.fault(option.right, f"the options of an order ascend by numbers under 'right'; '{option.right}' is none")


_INSTEAD = {
    "choice": ": its options say which are right",
    "order": ": its options ascend by their 'right'",
    "text": "; write it as 'model'",
    "file": "; write it as 'model'",
}


VALUE_IS_TAKEN = "a box cannot be called 'value', as the expression of a single answer is; give the box another name"


def _named_boxes(fields, answer, options):
    if not answer.table:
        answer.fault(answer, "it names no box")
    answer.check_names(answer.table, "a box")
    for name in answer.table:
        if name == "value":
            answer.fault(name, VALUE_IS_TAKEN)
        elif name in ("marks", *BOX_FIELDS):
            answer.fault(
                name,
                f"'{name}' cannot be the name of a box; for a single answer write 'answer: expression' "
                f"and put '{name}' beside 'answer', or 'answer: {{value: expression, {name}: ...}}'",
            )
    for name in BOX_FIELDS:
        if fields.node(name) is not None:
            fields.fault(fields.table[name], f"'{name}' belongs to a single box; write it inside one of {listed(answer.table)}")
    if options:
        fields.fault(answer, "a part has 'options' or an 'answer', not both")
    boxes = [_named_box(answer, name, node) for name, node in answer.table.items()]
    return _share_marks(fields, boxes)


def _named_box(answer, name, node):
    if not isinstance(node, Mapping):
        return Box(str(name), None, answer.as_text(node, f"box '{name}'"), None)
    fields = Fields(node, f"{answer.what}, box {name}", answer.faults)
    value = fields.text("value") or None
    box = _box(fields, str(name), value)
    fields.end()
    if "distractors" in fields and box.kind not in OPTION_KINDS:
        fields.fault(fields.table["distractors"], "'distractors' make a choice, which is a part of its own")
    if box.kind in OPTION_KINDS:
        a = "a choice" if box.kind == "choice" else "an order"
        fields.fault(node["kind"], f"{a} cannot be one of several boxes; make it a part of its own")
    elif box.kind in JUDGED_WITHOUT_VALUE and value:
        fields.fault(value, f"a box of kind {box.kind} has no 'value'")
    elif box.kind not in JUDGED_WITHOUT_VALUE and "value" not in fields and not fields.broken:
        fields.fault(fields, "'value' is missing")
    return box


def _box(fields, name, value):
    """A Box from the fields beside its value; its marks are still None where none are given."""
    box = Box(
        name=name,
        kind=fields.one_of("kind", KINDS),
        value=value,
        marks=fields.marks("marks"),
        partial=tuple(_partial(Fields(node, f"{fields.what}, partial", fields.faults)) for node in fields.items("partial")),
        digits=fields.whole("digits", MAX_DIGITS),
        names=fields.texts("names"),
        layout=fields.one_of("layout", LAYOUTS, ""),
        follow=fields.flag("follow", default=True),
        start=fields.text("from") or None,
        links=fields.whole("links", MAX_LINKS),
        distractors=_distractors(fields),
    )
    for name in CHAIN_FIELDS:
        if name in fields and box.kind != "chain":
            fields.fault(fields.table[name], f"'{name}' belongs to kind chain")
    for partial in box.partial:
        if partial.value and partial.marks > (box.marks or 0):
            fields.fault(partial.value, f"a partial earns {partial.marks}, more than the {box.marks or 0} of its box")
    return box


def _distractors(fields):
    """How many wrong options are made of slips: `slips`, or `{slips: 4}`."""
    node = fields.node("distractors")
    if not isinstance(node, Mapping):
        return USUAL_DISTRACTORS if node is not None and fields.one_of("distractors", DISTRACTORS) else 0
    inner = Fields(node, f"{fields.what}, distractors", fields.faults)
    count = inner.whole("slips", MOST_DISTRACTORS)
    if "slips" not in inner:
        inner.fault(inner, "'slips' is missing")
    if count is not None and count < FEWEST_DISTRACTORS:
        limits = f"from {FEWEST_DISTRACTORS} to {MOST_DISTRACTORS}"
        inner.fault(node["slips"], f"'slips' must be a whole number {limits}; this is '{count}'")
    inner.end()
    return count or USUAL_DISTRACTORS


def _share_marks(fields, boxes):
    """The boxes with their marks; those beside several boxes are shared evenly when no box has its own."""
    shared = fields.marks("marks")
    if shared is not None and any(box.marks is not None for box in boxes):
        fields.fault(fields.table["marks"], "'marks' stands beside boxes that have marks of their own; give one or the other")
    elif shared is not None and boxes:
        return tuple(replace(box, marks=shared / len(boxes)) for box in boxes)
    return tuple(replace(box, marks=box.marks or Fraction(0)) for box in boxes)


def _partial(fields):
    partial = Partial(
        fields.text("value", required=True),
        fields.marks("marks", required=True) or Fraction(0),
        fields.text("tag", required=True),
    )
    fields.end()
    return partial


# --- options and rubrics ---


def _options(fields):
    options = fields.fields("options", f"{fields.what}, options")
    if options is None:
        return ()
    if len(options.table) < 2 and not options.broken:
        options.fault(options, f"{'an order' if fields.text('kind') == 'order' else 'a choice'} needs at least two options")
    return tuple(
        _option(str(key), Fields(node, f"{fields.what}, option {key}", fields.faults)) for key, node in options.table.items()
    )


def _option(key, fields):
    option = Option(key, fields.text("text", required=True), _right(fields), fields.text("because"))
    fields.end()
    return option


def _right(fields):
    right = fields.text("right", required=True)
    if right.lower() in _NOT_TRUTH:
        fields.fault(right, f"'right' cannot be '{right}'; write {_NOT_TRUTH[right.lower()]}")
    return Located(_TRUTH[right], right.where) if right in _TRUTH else right


def _rubric(fields):
    return tuple(_rubric_line(Fields(node, f"{fields.what}, rubric", fields.faults)) for node in fields.items("rubric"))


def _rubric_line(fields):
    line = RubricLine(fields.marks("marks", required=True) or Fraction(0), fields.text("text", required=True))
    fields.end()
    return line
