"""Sentences for a verdict, made last from its state, tag and evidence. The reference value is never told here."""

from dataclasses import replace

from grader.marking.verdict import BLANK, FOLLOWS, PARTLY, READING, RIGHT, ROUNDED, UNDECIDED, UNREADABLE, WRONG
from grader.maths.graph import show_shape

BY_TAG = {
    (ROUNDED, "truncated"): "Right, but cut off instead of rounded.",
    (ROUNDED, "rounded-on-the-way"): "Right, within the rounding of the values on the way.",
    (PARTLY, "imprecise"): "Right as far as it goes, but with too few digits.",
    (PARTLY, "options"): "Some of the options are right.",
    (UNDECIDED, "for-a-human"): "This answer is marked by a person.",
    (UNDECIDED, "follows-but-trivial"): "This follows from your own values, but they made it trivial; a person will decide.",
    (
        UNDECIDED,
        "reading-changed",
    ): "This is right under a reading of the question that you did not follow before; a person will decide.",
    (
        UNDECIDED,
        "rests-on-unread",
    ): "This may follow from an earlier answer of yours that could not be read; a person will decide.",
    (UNDECIDED, "nothing-ticked"): "Nothing is ticked, which may be meant; a person will decide.",
    (UNDECIDED, "reference-undecided"): "The answer could not be worked out; a person will decide.",
    (PARTLY, "arranged-otherwise"): "The entries are right, but arranged in another shape than asked.",
    (UNDECIDED, "own-values-do-not-fit"): "With your earlier values this cannot be worked out; a person will decide.",
    (UNDECIDED, "rounding-too-wide"): "Rounded values on the way could give this, or not; a person will decide.",
    (UNDECIDED, "equality"): "It could not be decided whether this is equal to the answer; a person will decide.",
    (WRONG, "transposed"): "Not right: this is the transposed matrix.",
    (WRONG, "axes-permuted"): "Not right: the sizes are there, but in another order.",
}
BY_STATE = {
    BLANK: "No answer.",
    RIGHT: "Right.",
    ROUNDED: "Right, within rounding.",
    WRONG: "Not right.",
    UNDECIDED: "A person will decide.",
}


def sentence(verdict):
    """One or two sentences for the student."""
    evidence = verdict.evidence
    if verdict.state == UNREADABLE:
        return f"This could not be read: {_first_line(evidence.get('problem', ''))}. A person will look at it."
    if verdict.state == READING:
        return f"Right, under the reading '{verdict.tag}'."
    if verdict.state == FOLLOWS:
        return f"Follows correctly from your own {_listed(evidence['from'])}; the error made there is counted only once."
    if verdict.state == WRONG and verdict.tag == "shape":
        return f"Not right: {_size(evidence['wanted'])} is asked for, you typed {_size(evidence['typed'])}."
    if verdict.state == PARTLY and verdict.tag == "some-entries":
        return f"Partly right: {evidence['right']} of {evidence['total']} entries."
    known = BY_TAG.get((verdict.state, verdict.tag)) or BY_STATE.get(verdict.state)
    return known or f"Partly right ({verdict.tag.replace('-', ' ')})."


def with_feedback(verdict):
    """The verdict with its sentence."""
    return replace(verdict, feedback=sentence(verdict))


def _first_line(text):
    return text.partition("\n")[0].rstrip(".")


def _listed(names):
    *first, last = (_called(name) for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _called(name):
    """`a.z` as `z in (a)`, `b` as `(b)`."""
    part, _, box = name.partition(".")
    return f"{box} in ({part})" if box else f"({part})"


def _size(shape):
    return show_shape(tuple(shape))
