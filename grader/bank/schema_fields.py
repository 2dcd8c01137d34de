"""The fields of problem files, papers and printed keys in one table: type, meaning, whether required, allowed words.

The reader is not driven by it; a test proves that both agree. `docs/fields.md` and the JSON Schemas (`grader.bank.schema`) are
made from it.
"""

import inspect
from dataclasses import dataclass
from types import MappingProxyType

from grader.bank.conventions import default_conventions
from grader.bank.figures import MAX_STEPS, WEIGHTS
from grader.bank.keys import FINDINGS, JUDGEMENTS
from grader.bank.model import ARRAY_POLICIES, CHOICE_POLICIES, DISTRACTORS, FOLLOW_POLICIES, KINDS, USUAL_DISTRACTORS
from grader.bank.parts import FEWEST_DISTRACTORS, LAYOUTS, MAX_DIGITS, MAX_LINKS, MOST_DISTRACTORS
from grader.bank.topics import known_topics
from grader.maths.builders.layer_kinds import KINDS as LAYERS

# --- types ---

TEXT, EXPRESSION, NUMBER, FLAG = "text", "expression", "number", "true or false"  # the simple ones
EMPTY = "nothing"  # an empty value


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    low: int
    high: int


@dataclass(frozen=True)
class Words:
    """A word of a list; `others` is the type of what else may stand there, or None."""

    allowed: object
    others: object = None


@dataclass(frozen=True)
class In:
    """A mapping of the table."""

    mapping: str


@dataclass(frozen=True)
class ListOf:
    """A list; where `single`, one entry may stand without the list."""

    type: object
    single: bool = True


@dataclass(frozen=True)
class Named:
    """A mapping from names of one's own to a type."""

    type: object


@dataclass(frozen=True)
class Either:
    """One of several types."""

    types: tuple


@dataclass(frozen=True)
class Row:
    """One field: its type, what it means, whether it must stand there."""

    type: object
    sentence: str
    required: bool = False


OTHERS = "*"  # the row of all other names in a mapping

# --- problems ---

_SOURCE = Row(In("source"), "Where the question comes from.")
_CONVENTIONS = Row(In("conventions"), "What holds where textbooks differ.")
_FIGURES = Row(ListOf(In("figure")), "Drawings of the problem's own data, behind the text.")
_CATALOGUE = Row(ListOf(TEXT), "The id or ids of the question in a catalogue of the source documents.")
_MARKS = Row(NUMBER, "What the answer is worth: `2`, `1/2` or `0.5`.")

_PROBLEM = {
    "title": Row(TEXT, "A short name for lists and sheets.", required=True),
    "topics": Row(ListOf(Words(tuple(known_topics()), others=TEXT)), "What it is about.", required=True),
    "source": _SOURCE,
    "text": Row(TEXT, "What all parts share: Markdown with `$LaTeX$`; `{{name}}` shows a value."),
    "given": Row(
        Named(Either((EXPRESSION, In("stack")))),
        "What is given: values, declarations of symbols (`x: real`), functions by name (`f: tanh`), layer stacks.",
    ),
    "let": Row(Named(EXPRESSION), "What follows from what is given, worked out from top to bottom."),
    "conventions": _CONVENTIONS,
    "readings": Row(ListOf(In("reading")), "Other ways to take the question; an answer right under one of them is right."),
    "parts": Row(ListOf(In("part")), "What is asked, in order.", required=True),
    "figures": _FIGURES,
    "draw": Row(In("draw"), "How variants are drawn."),
    "tests": Row(ListOf(In("test")), "Expected values and typed answers, worked out by hand; `grader bank check` runs them."),
}
_BOX = {
    "kind": Row(Words(KINDS), "The kind of answer; absent, the value decides between number, array and expression."),
    "marks": _MARKS,
    "digits": Row(Whole(0, MAX_DIGITS), "The number of decimals asked for."),
    "partial": Row(ListOf(In("partial")), "Values that earn some of the marks."),
    "names": Row(ListOf(TEXT), "The only names an expression may be written in."),
    "layout": Row(Words(LAYOUTS), "`any`: the axes of a shape may stand in another usual order."),
    "follow": Row(FLAG, "`false`: earlier errors are not carried into this answer."),
    "from": Row(EXPRESSION, "Of a chain: the expression it has to begin with."),
    "links": Row(Whole(0, MAX_LINKS), "Of a chain: the least number of its equals signs; absent, 1."),
    "distractors": Row(
        Either((Words(DISTRACTORS), In("distractors"))),
        f"Of a choice without `options`: beside the answer it offers {USUAL_DISTRACTORS} wrong ones, or another number, "
        "each what a typical slip gives.",
    ),
}
_PART = {
    "id": Row(TEXT, "Its name: letters, digits, `-`, `_`.", required=True),
    "catalogue": _CATALOGUE,
    "text": Row(TEXT, "What is asked; required where the problem has no text."),
    "figures": _FIGURES,
    "answer": Row(
        In("answer"), "The expression whose value is right, or several boxes; absent beside `options`, and in a text and a file."
    ),
    "options": Row(Named(In("option")), "Of a choice or an order: what there is to choose from, at least two."),
    "rubric": Row(ListOf(In("rubric line")), "For a human who marks: what earns how much."),
    "model": Row(TEXT, "For a human who marks: a model answer."),
    "bonus": Row(FLAG, "`true`: its marks come on top."),
    **_BOX,
}
_DRAW = {
    "keep": Row(ListOf(EXPRESSION), "Conditions that every variant fulfils."),
    "alike": Row(ListOf(EXPRESSION), "Expressions that have the same value in every variant, so that the work is the same."),
    "per": Row(ListOf(EXPRESSION), "What takes each of its values in turn: a drawn name, a condition, `count(h > 0) in 1..3`."),
    OTHERS: Row(TEXT, "How a given is drawn, such as `ints(2, -3..3)`."),
}
_TEST = {
    "expect": Row(Named(EXPRESSION), "Part or box (`a`, `a.z`) to the value it should have; of a chain, to a right chain."),
    "respond": Row(Named(Either((TEXT, EMPTY))), "Part or box to what a student types."),
    "marks": Row(NUMBER, "What the typed answers should earn together; required with `respond`."),
    "conventions": _CONVENTIONS,
}

# --- layer stacks ---

_NAME = Row(TEXT, "A name, for `size(net.name)` and the like.")
_SETTINGS = {  # of layers; which layer has which, and which are required, say their builders
    "filters": "The number of filters: the channels behind the layer.",
    "kernel": "The size of the window: one number, or one for each axis, `(3, 5)`.",
    "stride": "The step of the window; absent, 1, of pooling the size of the window.",
    "padding": "Rows and columns added at each side, or `same`; absent, 0.",
    "output_padding": "Rows and columns added behind a transposed convolution.",
    "dilation": "The distance of the kernel's entries; absent, 1.",
    "groups": "The number of groups that see only their own channels; absent, 1.",
    "bias": "Whether it has biases: `true` or `false`; absent, the convention `bias` decides.",
    "rounding": "What happens to sizes that are not whole: `floor` or `ceil`; absent, the convention `rounding_of_sizes`.",
    "multiplier": "Kernels for each channel; absent, 1.",
    "factor": "How often each row and column is repeated.",
    "units": "The number of outputs.",
    "slope": "The slope left of 0.",
    "rate": "The probability to drop an entry.",
}
_PATH = ListOf(In("layer"), single=True)
_NESTED = {  # layers that hold layers are read by a rule of their own
    "residual": Either((_PATH, In("residual"))),
    "branch": ListOf(ListOf(In("layer"), single=False)),
}


def _settings(build):
    """The settings of a layer as rows, from the signature of its builder."""
    found = [one for one in inspect.signature(build).parameters.values() if one.kind is one.KEYWORD_ONLY]
    return {"name": _NAME} | {one.name: Row(TEXT, _SETTINGS[one.name], one.default is one.empty) for one in found}


LAYER_SETTINGS = MappingProxyType({name: _settings(build) for name, build in LAYERS.items() if name not in _NESTED})


def _layer(name):
    if name in _NESTED:
        return _NESTED[name]
    all_free = not any(row.required for row in LAYER_SETTINGS[name].values())
    return Either((In(f"{name} layer"), EMPTY)) if all_free else In(f"{name} layer")


_LAYER = {name: Row(_layer(name), _sentence) for name in LAYERS if (_sentence := f"A layer `{name}` with its settings.")}
_LAYER["residual"] = Row(_NESTED["residual"], "Layers whose input is added to their output.")
_LAYER["branch"] = Row(_NESTED["branch"], "Lists of layers side by side, joined along the channels.")

# --- figures ---

_ABOUT_FIGURES = {
    "caption": Row(TEXT, "What stands below it."),
    "alt": Row(TEXT, "Its description for those who cannot see it; absent, it is made from the data."),
}
_VALUES = Row(FLAG, "`false` hides the numbers.")
_UNITS = Either((TEXT, ListOf(TEXT, single=False)))
FIGURE_SETTINGS = MappingProxyType(
    {
        "stack": {
            "stack": Row(TEXT, "The name of a layer stack.", required=True),
            "sizes": Row(
                Words(("all", "input", "none")),
                "Which sizes are shown; absent, `all`, but `input` where an answer depends on sizes.",
            ),
            "columns": Row(Whole(1, 4), "How many columns it may take."),
        },
        "graph": {
            "graph": Row(TEXT, "The name of the value that is worked out.", required=True),
            "from": Row(ListOf(TEXT), "Names to begin at."),
            "hide": Row(ListOf(TEXT), "Names left out."),
            "values": _VALUES,
            "direction": Row(Words(("right", "down")), "Where it runs to."),
        },
        "grid": {
            "grid": Row(ListOf(EXPRESSION), "Vectors, matrices or tensors, side by side.", required=True),
            "blank": Row(ListOf(EXPRESSION), "Those of them to be filled in."),
            "column": Row(ListOf(EXPRESSION), "Vectors that stand upright."),
        },
        "network": {
            "layers": Row(
                ListOf(_UNITS), "For each layer its units: labels, a vector's name, or how many there are.", required=True
            ),
            "weights": Row(ListOf(EXPRESSION), "The weights in front of each layer but the first, or `none`."),
            "biases": Row(ListOf(EXPRESSION), "The biases of each layer but the first, or `none`."),
            "activations": Row(ListOf(TEXT), "A word for each layer but the first."),
            "inputs": Row(Words(("rows", "columns")), "Where the input's units stand in a square matrix."),
            "values": _VALUES,
            "bias_nodes": Row(FLAG, "`true` draws biases as units."),
        },
        "unrolled": {
            "steps": Row(Whole(1, MAX_STEPS), "The number of steps.", required=True),
            "input": Row(TEXT, "The name of the inputs, which get the step as index."),
            "state": Row(TEXT, "The name of the states.", required=True),
            "output": Row(TEXT, "The name of the outputs."),
            "weights": Row(In("weights of an unrolled network"), "The labels of the arrows."),
            "cell": Row(TEXT, "A word in the boxes."),
            "outputs": Row(Words(("all", "last")), "Which steps have outputs."),
            "first": Row(Whole(0, 1), "The index of the first step."),
            "values": _VALUES,
        },
    }
)
INSIDE = {"network": "The units in layers.", "unrolled": "A recurrent network over some steps."}


def _figure(kind):
    if kind in INSIDE:
        return {kind: Row(In(f"{kind} settings"), INSIDE[kind], required=True), **_ABOUT_FIGURES}
    return {**FIGURE_SETTINGS[kind], **_ABOUT_FIGURES}


# --- papers and keys ---

_PAPER = {
    "title": Row(TEXT, "The name of the exam or sheet.", required=True),
    "problems": Row(ListOf(TEXT), "Names in its folder, or full names, in order.", required=True),
    "id": Row(TEXT, "What hand-ins call it; absent, its folder."),
    "values": Row(Named(Named(EXPRESSION)), "Problem to names to values, which take the place of those given; no variants then."),
    "source": _SOURCE,
    "conventions": _CONVENTIONS,
    "policies": Row(In("policies"), "How marks are given where instructors differ."),
}
_POLICIES = {
    "choice": Row(Words(CHOICE_POLICIES), "What a choice with some right ticks earns; absent, `all-or-nothing`."),
    "follow": Row(Words(FOLLOW_POLICIES), "What an answer earns that follows from own errors; absent, `full`."),
    "array": Row(Words(ARRAY_POLICIES), "What an array with some right entries earns; absent, `share`."),
    "slips": Row(
        Named(NUMBER),
        "The share (0 to 1) of the marks for a wrong answer whose slip is named; `any`: all others; absent, `arithmetic: 1/2`.",
    ),
}
_KEY = {
    "answers": Row(
        Named(Either((TEXT, In("printed answer"), ListOf(Either((TEXT, In("printed answer"))), single=False)))),
        "Part or box (`a`, `a.z`) to what is printed there.",
    ),
    "claims": Row(ListOf(In("claim")), "Further printed values: working, remarks."),
}
_PRINTED = {
    "printed": Row(TEXT, "What is printed; absent, nothing is."),
    "marks": Row(NUMBER, "The marks printed beside it."),
    "finding": Row(
        Words(FINDINGS), "What the trial is expected to say; absent, `agrees`, or `not-printed`, or `human` where a human marks."
    ),
    "cause": Row(TEXT, "The reading or slip expected with the finding."),
    "judged": Row(Words(JUDGEMENTS), "What a person found, where the engine cannot decide."),
    "because": Row(TEXT, "The explanation; required with the findings reading, wrong, human and judgements wrong, ambiguous."),
    "catalogue": Row(ListOf(TEXT), "The items it belongs to, where not all of its part."),
}
_CLAIM = {
    "about": Row(TEXT, "What it is about, in words.", required=True),
    "value": Row(EXPRESSION, "The expression of the problem that it is about; required without `judged`."),
    "kind": Row(Words(KINDS), "The kind of the value, where it does not follow from it."),
    **_PRINTED,
}


def _convention(convention):
    return Row(
        Words(tuple(convention.lines), others=NUMBER if convention.any_number else None),
        f"{convention.about[:1].upper()}{convention.about[1:]}.",
    )


_KNOWN = default_conventions().known.items()

# name of the mapping -> its fields
MAPPINGS = MappingProxyType(
    {
        "problem": _PROBLEM,
        "source": {
            "document": Row(TEXT, "The number or name of the document.", required=True),
            "lines": Row(TEXT, "Its lines: `120-131`, or `7, 9-12`."),
            "heading": Row(TEXT, "Its heading there."),
            "completed": Row(TEXT, "What is our own, where the document lost its data."),
        },
        "part": _PART,
        "answer": {
            OTHERS: Row(Either((EXPRESSION, In("box"))), "A box by a name of your own: its expression, alone or with its fields.")
        },
        "box": {"value": Row(EXPRESSION, "The expression whose value is right; absent in a text and a file."), **_BOX},
        "option": {
            "text": Row(TEXT, "What it says.", required=True),
            "right": Row(
                EXPRESSION,
                "`true`, `false`, `either` or a condition that is worked out; of an order the number to sort by.",
                required=True,
            ),
            "because": Row(TEXT, "Why, for the feedback."),
        },
        "distractors": {"slips": Row(Whole(FEWEST_DISTRACTORS, MOST_DISTRACTORS), "How many wrong options.", required=True)},
        "partial": {
            "value": Row(EXPRESSION, "The value.", required=True),
            "marks": Row(NUMBER, "What it earns.", required=True),
            "tag": Row(TEXT, "A word for it, which the verdict carries.", required=True),
        },
        "rubric line": {
            "marks": Row(NUMBER, "What it earns.", required=True),
            "text": Row(TEXT, "What for.", required=True),
        },
        "reading": {
            "name": Row(TEXT, "A name for it, which the verdict carries.", required=True),
            "conventions": _CONVENTIONS,
            "replace": Row(Named(EXPRESSION), "Givens to the expressions that take their place."),
        },
        "draw": _DRAW,
        "test": _TEST,
        "conventions": {
            **{name: _convention(convention) for name, convention in _KNOWN},
            OTHERS: Row(TEXT, "A convention that the bank adds in its `conventions.yaml`."),
        },
        "stack": {
            "input": Row(EXPRESSION, "The size of the input, channels first: `3 x 32 x 32`.", required=True),
            "layers": Row(_PATH, "Its layers, each a name (`flatten`) or a name with settings.", required=True),
        },
        "layer": _LAYER,
        "residual": {
            "layers": Row(_PATH, "The layers.", required=True),
            "shortcut": Row(_PATH, "The layers on the way around them; absent, the input itself is added."),
            "name": _NAME,
        },
        **{f"{name} layer": rows for name, rows in LAYER_SETTINGS.items()},
        **{f"{kind} figure": _figure(kind) for kind in FIGURE_SETTINGS},
        **{f"{kind} settings": FIGURE_SETTINGS[kind] for kind in INSIDE},
        "weights of an unrolled network": {name: Row(TEXT, f"The label at the {name}.") for name in WEIGHTS},
        "paper": _PAPER,
        "policies": _POLICIES,
        "key": _KEY,
        "printed answer": _PRINTED,
        "claim": _CLAIM,
    }
)
FILES = MappingProxyType({"problem": "problem files", "paper": "paper files", "key": "printed keys"})
