"""The kinds of answer: how each is read, judged, shown, tried out and checked for sense, in one table."""

from collections.abc import Callable
from dataclasses import dataclass

from grader.marking.comparing.numeric import Finding
from grader.marking.comparing.shown_work import with_working
from grader.marking.kinds import boolean, by_hand, chain, choices, growth, order, quantities, symbolic
from grader.marking.verdict import BLANK


def _nothing_wrong(question):
    return ""


def _unanswered(question):
    return Finding.of(BLANK)


def _no_working(question, judge, text, finding):
    return finding


def _nothing_own(question, answer):
    return None


def _as_it_is(question, answer):
    return answer


@dataclass(frozen=True)
class Kind:
    """One kind of answer; every function takes a Question.

    read: (question, text) -> the answers a text can mean, the likelier first, each with the `text` it was read as; raises
    GraderError where it cannot be read. judge: (question, answer) -> Finding. show: question -> Shown, the reference as text.
    samples: question -> Samples. fault: question -> why nobody could answer it, in a sentence, or ''. blank: question -> the
    finding where nothing is typed. own: (question, answer) -> the Numbers or the Node that later answers may follow from, or
    None. working: (question, judge, text, finding) -> the finding, improved by what the typed working shows. needs_value: whether
    its box has a `value` in the file; by_engine: whether the engine judges it, not a person.
    """

    name: str
    read: Callable
    judge: Callable
    show: Callable
    samples: Callable
    fault: Callable = _nothing_wrong
    blank: Callable = _unanswered
    own: Callable = _nothing_own
    working: Callable = _no_working
    needs_value: bool = True
    by_engine: bool = True


def _quantity(name, read=quantities.read_values):
    return Kind(
        name,
        read,
        quantities.judge_values,
        quantities.show_values,
        quantities.samples_of_values,
        quantities.fault_of_number,
        own=_as_it_is,
        working=with_working,
    )


def _by_hand(name):
    return Kind(
        name,
        by_hand.read_written,
        by_hand.leave_to_a_person,
        by_hand.show_nothing,
        by_hand.no_samples,
        needs_value=False,
        by_engine=False,
    )


KINDS = {
    kind.name: kind
    for kind in (
        _quantity("number"),
        _quantity("array"),
        _quantity("count", quantities.read_count),
        Kind(
            "shape",
            quantities.read_sizes,
            quantities.judge_shape,
            quantities.show_values,
            quantities.samples_of_shape,
            quantities.fault_of_shape,
            own=quantities.sizes_in_order,
        ),
        Kind(
            "expression",
            symbolic.read_expression,
            symbolic.judge_expression,
            quantities.show_values,
            symbolic.samples_of_expression,
            own=symbolic.own_graph,
            working=symbolic.with_links,
        ),
        Kind(
            "chain",
            chain.read_chain,
            chain.judge_chain,
            quantities.show_values,
            chain.samples_of_chain,
            chain.fault_of_chain,
            own=chain.last_numbers,
        ),
        Kind(
            "growth",
            growth.read_growth,
            growth.judge_growth,
            growth.show_growth,
            growth.samples_of_growth,
            growth.fault_of_growth,
        ),
        Kind(
            "boolean",
            boolean.read_boolean,
            boolean.judge_boolean,
            boolean.show_boolean,
            boolean.samples_of_boolean,
            boolean.fault_of_boolean,
        ),
        Kind(
            "choice",
            choices.read_ticks,
            choices.judge_ticks,
            choices.show_right_options,
            choices.samples_of_choice,
            choices.fault_of_choice,
            blank=choices.nothing_ticked,
            own=choices.value_of_option,
            needs_value=False,
        ),
        Kind(
            "order",
            order.read_order,
            order.judge_order,
            order.show_order,
            order.samples_of_order,
            order.fault_of_order,
            needs_value=False,
        ),
        _by_hand("text"),
        _by_hand("file"),
    )
}
