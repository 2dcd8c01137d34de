"""Marks from verdicts, under a paper's policies. Judging is over when this begins."""

from dataclasses import replace
from fractions import Fraction

from grader.marking.verdict import FOLLOWS, PARTLY, WRONG

FOLLOW_SHARE = {"full": Fraction(1), "half": Fraction(1, 2), "none": Fraction(0)}


def credit(verdict, policies):
    """The verdict with its marks: a Fraction, or None where a human must decide."""
    if verdict.share is None:
        return replace(verdict, marks=None if verdict.out_of else Fraction(0))
    followed, alone = verdict.state == FOLLOWS, verdict.evidence.get("without_own")  # what is earned without own values
    share = verdict.share * (FOLLOW_SHARE[policies.follow] if followed or alone is not None else 1)
    share = max(share, alone or 0)
    if verdict.state in (WRONG, PARTLY) and (worth := _worth_of_slip(verdict, dict(policies.slips))) > share:
        verdict, share = replace(verdict, state=PARTLY, share=worth), worth
    return replace(verdict, marks=verdict.out_of * share)


def _worth_of_slip(verdict, slips):
    """The share that a policy gives to the slip a verdict names."""
    otherwise = slips.get("any", Fraction(0)) if verdict.evidence.get("sure") else Fraction(0)
    return slips.get(verdict.tag, otherwise)
