"""Sentences for a verdict, made last from its state, tag and evidence. The reference value is never told here."""

from dataclasses import replace

from grader.bank.model import ARITHMETIC
from grader.marking.verdict import BLANK, FOLLOWS, PARTLY, READING, RIGHT, ROUNDED, UNDECIDED, UNREADABLE, WRONG, in_one_line
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
    (UNDECIDED, "rounding-or-slip"): "Rounded values on the way could give this, and so could a slip; a person will decide.",
    (UNDECIDED, "too-coarse"): "With so few digits this could be right, or another value; a person will decide.",
    (UNDECIDED, "rounded-inputs"): "The numbers you calculated with are rounded; a person will decide whether that explains it.",
    (UNDECIDED, "working-contradicts"): "The result is right in one way, your working in another; a person will decide.",
    (UNDECIDED, "side-or-product"): "It is not clear whether you mean one side or the product; a person will decide.",
    (UNDECIDED, "thousands-or-decimals"): "It is not clear whether the dot stands for thousands; a person will decide.",
    (RIGHT, "differs-at-corner"): "Right; only exactly at the corner another value is usual.",
    (ROUNDED, "rounded-coefficients"): "Right, with rounded coefficients.",
    (UNDECIDED, "borrowed-hat"): "A hat is typed where the problem has none; a person will decide.",
    (UNDECIDED, "equality"): "It could not be decided whether this is equal to the answer; a person will decide.",
    (UNDECIDED, "growth"): "It could not be decided how fast this grows; a person will decide.",
    (WRONG, "transposed"): "Not right: this is the transposed matrix.",
    (PARTLY, "transposed"): "Partly right: this is the transposed matrix.",
    (PARTLY, "channels-last"): "Partly right: the sizes are there, but the channels stand last.",
    (WRONG, "axes-permuted"): "Not right: the sizes are there, but in another order.",
    (WRONG, "order-reversed"): "Not right: this is the reverse order.",
    (WRONG, "neighbours-exchanged"): "Not right: two neighbours stand in the wrong order.",
    (WRONG, "grows-too-fast"): "Not right: this grows faster than what is asked for.",
    (WRONG, "grows-too-slowly"): "Not right: this grows more slowly than what is asked for.",
    (PARTLY, "unfinished"): "Partly right: every step holds, but the derivation is not complete.",
    (WRONG, "unfinished"): "Not right: the steps hold, but do not lead to what is asked for.",
}
BY_STATE = {
    BLANK: "No answer.",
    RIGHT: "Right.",
    ROUNDED: "Right, within rounding.",
    WRONG: "Not right.",
    UNDECIDED: "A person will decide.",
}
LIKELY = 0.1  # chance of coincidence up to which a possible slip is told to a student


def sentence(verdict):
    """One or two sentences for the student."""
    said = _sentence(verdict, verdict.evidence)
    broken = verdict.evidence.get("broken_link")
    if broken and verdict.tag != ARITHMETIC:
        said += f" This step does not hold: {broken}."
    ambiguous = verdict.evidence.get("ambiguous")
    return f"{said} Your answer can be understood in two ways: {ambiguous}." if ambiguous else said


def _sentence(verdict, evidence):
    keys = ((verdict.state, verdict.tag), verdict.tag, verdict.state)
    special = next((BY_EVIDENCE[key] for key in keys if key in BY_EVIDENCE), None)
    if special is None and verdict.state == PARTLY and "sentence" in evidence:
        special = _wrong
    if special:
        return special(verdict, evidence)
    plain = BY_TAG.get((verdict.state, verdict.tag)) or BY_STATE.get(verdict.state)
    return plain or f"Partly right ({verdict.tag.replace('-', ' ')})."


def _unreadable(verdict, evidence):
    return f"This could not be read: {_first_line(evidence.get('problem', ''))}. A person will look at it."


def _follows(verdict, evidence):
    names = _listed(evidence["from"])
    if evidence.get("coarse"):
        return f"Follows correctly from your own rounded {names}."
    said = f": {evidence['because'][0]}" if evidence.get("because") else ""
    return f"Follows correctly from your own {names}; the error made there is counted only once{said}."


def _wrong(verdict, evidence):
    """A wrong answer, with the slip that explains it, where there is one."""
    also = f", also with your own {_listed(evidence['from'])}" if evidence.get("sure") and evidence.get("from") else ""
    plain = BY_TAG.get((verdict.state, verdict.tag), f"{'Not right' if verdict.state == WRONG else 'Partly right'}{also}.")
    if "sentence" not in evidence or verdict.tag in TOLD_ALREADY:
        return plain
    within = f" (in {evidence['within']})" if evidence.get("within") else ""
    if evidence["sure"]:
        return f"{plain.removesuffix('.')}: {evidence['sentence']}{within}."
    return f"{plain} It may be that {evidence['sentence']}{within}." if float(evidence["chance"]) <= LIKELY else plain


TOLD_ALREADY = ("transposed", "axes-permuted")


def _shape(verdict, evidence):
    wanted, typed = (_size(evidence[key], verdict) for key in ("wanted", "typed"))
    told = f"Not right: {wanted} asked for, you typed {typed.removesuffix(' is').removesuffix(' are')}."
    return f"{told} It may be that {evidence['sentence']}." if evidence.get("sentence") else told


def _some_entries(verdict, evidence):
    zeros = ", right zeros not counted" if evidence.get("zeros") else ""
    own = f", with your own {_listed(evidence['from'])}" if "value" in evidence else ""
    short = evidence.get("short", 0)
    half = f"; {short} more with too few digits {'counts' if short == 1 else 'count'} half" if short else ""
    return f"Partly right{own}: {evidence['right']} of {evidence['total']} entries{zeros}{half}."


def _arithmetic(verdict, evidence):
    return f"The formula is right, but worked out wrongly: {evidence['broken_link']} does not hold."


def _link_broken(verdict, evidence):
    return f"{'Partly right' if verdict.state == PARTLY else 'Not right'}: {_broken_link(evidence)}"


BY_EVIDENCE = {
    UNREADABLE: _unreadable,
    READING: lambda verdict, evidence: f"Right, under the reading '{verdict.tag}'.",
    FOLLOWS: _follows,
    (WRONG, "shape"): _shape,
    (WRONG, "dimensions"): lambda verdict, evidence: f"Not right: the dimensions do not fit: {evidence['problem']}.",
    (PARTLY, "some-entries"): _some_entries,
    ARITHMETIC: _arithmetic,
    "link-broken": _link_broken,
    WRONG: _wrong,
}


def with_feedback(verdict):
    """The verdict with its sentence."""
    return replace(verdict, feedback=in_one_line(sentence(verdict)))


def _broken_link(evidence):
    where = f" ({evidence['witness']})" if evidence["open"] else ""
    return f"the equals sign number {evidence['link']} does not hold: {evidence['left']} is not {evidence['right']}{where}."


def _first_line(text):
    return text.partition("\n")[0].rstrip(".")


def _listed(names):
    *first, last = (_called(name) for name in names)
    return f"{', '.join(first)} and {last}" if first else last


def _called(name):
    """`a.z` as `z in (a)`, `b` as `answer to (b)`."""
    part, _, box = name.partition(".")
    return f"{box} in ({part})" if box else f"answer to ({part})"


def _size(shape, verdict):
    """`a vector of 3 is`, `3 sizes are`: what is asked for, or was typed."""
    if isinstance(shape, str):
        return f"{shape} is"
    if verdict.evidence.get("sizes") and len(shape) == 1:
        return f"{shape[0]} sizes are" if shape[0] != 1 else "1 size is"
    return f"{show_shape(tuple(shape))} is"
