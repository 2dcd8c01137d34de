"""Numbers, arrays, counts and shapes judged: against the reference, under other readings, with own earlier answers, in part."""

from fractions import Fraction
from functools import partial
from types import MappingProxyType

from grader.marking.comparing.compare import (
    COARSE,
    DIFFERENT,
    IMPRECISE,
    SAME,
    TRUNCATED,
    Comparison,
    arrangements,
    compare,
    compare_wide,
    meets,
    near,
    precise,
)
from grader.marking.comparing.follow import Inconsistent, blame, follow, put_in, relevant_answers, without_idle
from grader.marking.comparing.rounding import honest_values, rounded_values
from grader.marking.comparing.slips import diagnose, given_by_another_value, slip_evidence
from grader.marking.solution import Value
from grader.marking.verdict import FOLLOWS, PARTLY, READING, RIGHT, ROUNDED, UNDECIDED, WRONG
from grader.maths.show import decimal_text, nested
from grader.maths.systems import as_fraction

HALF = Fraction(1, 2)


class Finding(dict):
    """What a verdict is made of: state, tag, share, and evidence as further entries."""

    @classmethod
    def of(cls, state, tag="", share=Fraction(0), **evidence):
        return cls(state=state, tag=tag, share=share, evidence=MappingProxyType(evidence))

    def told(self, **evidence):
        """The same with more evidence."""
        return Finding.of(self["state"], self["tag"], self["share"], **self["evidence"], **evidence)


def judge_numbers(solutions, part, box, numbers, owned, arrays="share"):
    """The finding for typed numbers.

    solutions: the problem's Solution and its other readings; owned: earlier answers of the same person; arrays: the paper's
    policy. The first that applies, in this order: right; following from own values; right but for rounding on the way; worth part
    of the marks; too few digits; undecided; wrong, or right in part of an array.
    """
    comparisons = [
        (solution.reading, compare(solution.reference(part.id, box.name), numbers, box.digits)) for solution in solutions
    ]
    under = [(reading, comparison) for reading, comparison in comparisons if comparison.outcome in (SAME, TRUNCATED)]
    if under:
        reading, comparison = under[0]
        return _direct(comparison, reading, under=tuple(name for name, _ in under))
    owned = owned if box.follow else ()
    tried, in_entries = [], partial(_in_entries, solutions[0], part, box, numbers, arrays)
    carried = _carried(solutions, part, box, numbers, owned, tried)
    if carried is not None and carried["share"] == 1:
        return _beside(carried, in_entries)
    rounded = _rounded_on_the_way(solutions, part, box, numbers, owned)
    for found in (rounded, carried):
        if found is not None and (found["share"] == 1 or found["tag"] == "follows-but-trivial"):
            return found
    short = [comparison for _, comparison in comparisons if comparison.outcome in (IMPRECISE, COARSE)]
    if _decided(carried):
        plain = _with_few_digits(short, False) if short else None
        return _better(plain, in_entries(), carried)
    declared = next((found for one in solutions if (found := _in_part(one, part, box, numbers, owned))), None)
    if declared:
        return _beside(declared, in_entries)
    if short and (found := _with_few_digits(short, _otherwise(solutions[0], part, box, numbers))):
        return found
    if not (carried or rounded) and any(meets(one.reference(part.id, box.name), numbers) for one in solutions):
        return Finding.of(UNDECIDED, "rounded-inputs", None)
    if carried is not None and carried["tag"] == UNFIT and all(_other_size(comparison, numbers) for _, comparison in comparisons):
        carried = None
    return carried or rounded or _wrong(solutions[0], part, box, numbers, owned, arrays, tried)


def _other_size(comparison, numbers):
    """Whether so many entries were not asked for, whatever the values; a plain 0 may stand for an array of zeros."""
    return numbers.entries.size != comparison.total and any(entry.value != 0 for entry in numbers.entries.flat)


def _better(*findings):
    """The finding that earns most, the first of those that earn the same, with what it earns beside own values."""
    known = [found for found in findings if found is not None and found["share"] is not None]
    best = max(known, key=lambda found: found["share"])
    return _beside(best, lambda: max((one for one in known if "from" not in one["evidence"]), key=lambda one: one["share"]))


def _beside(finding, plain):
    """A finding that rests on own wrong values, with the share that is earned without them (that of what `plain` gives)."""
    return finding.told(without_own=plain()["share"]) if finding["evidence"].get("wrong_before") else finding


def _with_few_digits(short, explained):
    """The finding for the rounding of a reference to too few digits; None where it is coarse and another value explains it."""
    close = next((comparison for comparison in short if comparison.outcome == IMPRECISE), None)
    if close and not explained:
        return Finding.of(PARTLY, "imprecise", close.share)
    return None if explained and not close else Finding.of(UNDECIDED, "too-coarse", None)


def _otherwise(solution, part, box, numbers):
    """Whether a slip surely leads to an answer, or exactly, or another value of the problem is exactly what was typed."""
    target = solution.program.boxes[part.id, box.name]
    return bool(_explained(solution, box, part, numbers)) or given_by_another_value(solution, target, numbers)


def _decided(finding):
    return finding is not None and finding["state"] != UNDECIDED


def _direct(comparison, reading, **evidence):
    """The finding where an answer agrees with a reference."""
    if comparison.outcome == TRUNCATED:
        return Finding.of(ROUNDED, "truncated", Fraction(1), **evidence, **_under(reading))
    return Finding.of(*((READING, reading) if reading else (RIGHT, "")), Fraction(1), **evidence)


def _under(reading):
    """The evidence that an answer goes by another reading, where it does."""
    return {"reading": reading} if reading else {}


def _rounded_on_the_way(solutions, part, box, numbers, owned):
    """The finding where honest rounding on the way can lead to an answer, else None.

    Full marks for what rounding every named value on the way gives, also going on from own rounded values, and next to the
    reference; undecided elsewhere in the interval of all that rounding can give, and where a slip explains the answer as well.
    """
    if not numbers.rounded:
        return None
    doubt = None
    for solution in solutions:
        reference = solution.reference(part.id, box.name)
        if _whole(reference) and box.digits is None:
            continue
        target = solution.program.boxes[part.id, box.name]
        under = {"under": (solution.reading,), "reading": solution.reading} if solution.reading else {}
        if _rounded_step_by_step(solution, target, box, numbers, owned):
            by_slip = solution.reading and _explained(solutions[0], box, part, numbers)
            return _doubted(under, by_slip) if by_slip else _rounded(under)
        values = honest_values(solution, target, box.digits)
        outcome = DIFFERENT if values is None else compare_wide(values, numbers, box.digits).outcome
        if outcome not in (SAME, None):
            continue
        accepted = {"accepted": nested(values, lambda ball: ball.str(4))} | under
        slip = _explained(solutions[0], box, part, numbers)
        if outcome == SAME and slip is None and near(reference, numbers, box.digits):
            return _rounded(accepted)
        doubt = doubt or _doubted(accepted, slip)
    return doubt


def _rounded(evidence):
    return Finding.of(ROUNDED, "rounded-on-the-way", Fraction(1), **evidence)


def _doubted(evidence, slip=None):
    told = {"slip": slip} if slip else {}
    return Finding.of(UNDECIDED, "rounding-or-slip" if slip else "rounding-too-wide", None, **evidence, **told)


def _explained(solution, box, part, numbers):
    """The tag of the slip that surely leads to an answer, or None."""
    found = diagnose(solution, solution.program.boxes[part.id, box.name], numbers, box.digits)
    return found.tag if found is not None and found.sure else None


def _rounded_step_by_step(solution, target, box, numbers, owned):
    """Whether an answer is what rounding every named value on the way leads to, from the start or from own rounded values."""
    if not precise(solution.value(target), numbers, box.digits):
        return False
    right = [own for own in relevant_answers(solution, target, owned) if own.right]
    for sources in ((), right) if right else ((),):
        own, _ = put_in(solution, sources, lambda one, node: one.numbers.values())
        found = rounded_values(solution, target, own)
        if any(value is not None and compare(value, numbers, box.digits).outcome in (SAME, TRUNCATED) for value in found):
            return True
    return False


def _whole(value):
    """Whether a reference is integer-valued throughout, so that it is exact unless digits are asked for."""
    return value.exact and all(as_fraction(entry).denominator == 1 for entry in value.array.flat)


UNFIT = "own-values-do-not-fit"


def _carried(solutions, part, box, numbers, owned, tried):
    """The finding where an answer agrees with the reference recomputed from own earlier answers, also with too few digits;
    undecided where that has no value, and where an answer with too few digits is not the rounding of that reference itself,
    unless another value explains it.

    tried: a list that (solution, Followed, Comparison) of all that was recomputed is added to.
    """
    imprecise = doubt = coarse = None
    for solution in solutions:
        target = solution.program.boxes[part.id, box.name]
        for followed in follow(solution, target, owned):
            if isinstance(followed, Inconsistent):
                doubt = doubt or Finding.of(UNDECIDED, UNFIT, None, reason=str(followed))
                continue
            agreement = _agreement(followed, numbers, box.digits, solution.reference(part.id, box.name))
            tried.append((solution, followed, agreement))
            outcome = agreement.outcome
            if outcome in (SAME, TRUNCATED):
                return _following(without_idle(solution, target, followed), solution.reading)
            if outcome == IMPRECISE:
                if imprecise is None or agreement.share > imprecise["share"]:
                    imprecise = Finding.of(PARTLY, "imprecise", agreement.share, **_sources(followed))
            elif outcome is None:
                doubt = doubt or Finding.of(UNDECIDED, "rounding-too-wide", None, **_sources(followed))
            elif outcome == COARSE:
                coarse = coarse or followed
    if coarse or imprecise:
        explained = _otherwise(solutions[0], part, box, numbers)
        if imprecise and not explained:
            return imprecise
        if imprecise or not explained or all(own.right for own in coarse.sources):
            evidence = _sources(coarse) if coarse else imprecise["evidence"]
            doubt = doubt or Finding.of(UNDECIDED, "too-coarse", None, **evidence)
    return doubt


def _agreement(followed, numbers, digits, reference):
    """The Comparison with a recomputed reference; its outcome is None where the interval of rounding is too wide to tell.

    What lies in an interval around right values must also lie next to the reference itself.
    """
    if not followed.rounded:
        return compare(followed.value, numbers, digits)
    points = followed.points.array if followed.points else None
    beside = reference.array if all(own.right for own in followed.sources) else None
    return compare_wide(followed.value.array, numbers, digits, points, beside)


def _following(followed, reading):
    evidence = _sources(followed) | _under(reading)
    if followed.degenerate:
        return Finding.of(UNDECIDED, "follows-but-trivial", None, **evidence)
    if all(own.right for own in followed.sources):
        return Finding.of(ROUNDED, "rounded-on-the-way", Fraction(1), **evidence)
    return Finding.of(FOLLOWS, "own-values", Fraction(1), **evidence)


def _sources(followed):
    """The answers to blame, whether one of them is wrong, and the value that follows from them."""
    wrong = {} if all(own.right for own in followed.sources) else {"wrong_before": True}
    return blame(followed.sources) | wrong | {"value": decimal_text(followed.value.array, followed.value.system)}


def _in_part(solution, part, box, numbers, owned):
    """The finding where an answer earns a declared partial credit, also from own earlier answers."""
    for line, node in zip(box.partial, solution.program.partial.get((part.id, box.name), ()), strict=True):
        share = line.marks / box.marks if box.marks else Fraction(0)
        if compare(solution.value(node), numbers, box.digits).outcome in (SAME, TRUNCATED):
            return Finding.of(PARTLY, line.tag, share, declared=True)
        for followed in follow(solution, node, owned):
            if isinstance(followed, Inconsistent) or followed.degenerate:
                continue
            if followed.rounded and not all(own.right for own in followed.sources):
                continue  # an interval around a wrong value holds too much
            if _agreement(followed, numbers, box.digits, solution.value(node)).outcome in (SAME, TRUNCATED):
                return Finding.of(PARTLY, line.tag, share, declared=True, **_sources(followed))
    return None


def _wrong(solution, part, box, numbers, owned, arrays, tried=()):
    """The finding for a wrong answer, or one that is right in part, with the slip that reproduces it where there is one."""
    target = solution.program.boxes[part.id, box.name]
    plain = _in_entries(solution, part, box, numbers, arrays)
    if target.rank:
        plain = _better(plain, _following_in_entries(part, box, numbers, arrays, tried))
    slip = diagnose(solution, target, numbers, box.digits, _put_in(solution, target, owned))
    if slip is None:
        return plain
    evidence = slip_evidence(solution, target, slip) | plain["evidence"]
    return Finding.of(plain["state"], slip.tag if slip.sure else plain["tag"], plain["share"], **evidence)


def _put_in(solution, target, owned):
    """The earlier answers that are put in when slips are tried: the wrong ones, and all."""
    relevant = relevant_answers(solution, target, owned)
    wrong = tuple(own for own in relevant if not own.right)
    return tuple(dict.fromkeys(sources for sources in (wrong, relevant) if sources)) if wrong else ()


def _in_entries(solution, part, box, numbers, arrays):
    """The finding for an answer that is not the reference: wrong, or right in part of an array, or in another arrangement."""
    value = solution.reference(part.id, box.name)
    return _in_part_of_array(value, numbers, arrays, partial(compare, value, digits=box.digits))


def _following_in_entries(part, box, numbers, arrays, tried):
    """The best finding where part of an array follows from own values; None where nothing does, or they made it trivial."""
    best, share = None, Fraction(0)
    for solution, followed, agreement in tried:
        reference = solution.reference(part.id, box.name)
        compared = partial(_agreement, followed, digits=box.digits, reference=reference)
        found = _in_part_of_array(followed.value, numbers, arrays, compared, agreement)
        if found["share"] > share and not followed.degenerate:
            best, share = (found, solution, followed), found["share"]
    if best is None:
        return None
    found, solution, followed = best
    return found.told(**_sources(without_idle(solution, solution.program.boxes[part.id, box.name], followed)))


def _in_part_of_array(value, numbers, arrays, compared, comparison=None):
    """compared: typed Numbers -> their Comparison with the value; comparison: that of these, if known."""
    for tag, typed in arrangements(numbers, value.array.shape):
        if compared(typed).outcome == SAME:
            return Finding.of(PARTLY, tag, HALF)
    comparison = comparison or compared(numbers)
    if comparison.misfit:
        return Finding.of(WRONG, comparison.misfit, wanted=value.array.shape, typed=numbers.shape)
    counted = {"right": comparison.right, "total": comparison.total}
    counted |= {name: count for name, count in (("short", comparison.short), ("zeros", comparison.easy)) if count}
    return Finding.of(*_by_share(comparison, value, arrays), **counted)


def _by_share(comparison: Comparison, value: Value, arrays):
    """Part of the marks by the share of right entries: only for arrays, and only where at least half are right."""
    if value.array.ndim and arrays == "share" and HALF <= comparison.share < 1:
        return PARTLY, "some-entries", comparison.share
    return WRONG, "", Fraction(0)
