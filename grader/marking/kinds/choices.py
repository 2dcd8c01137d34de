"""Choices: which options an answer ticks, and what that is worth. Where it is not clear which are meant, reading refuses."""

import re
from dataclasses import dataclass
from fractions import Fraction

from grader.marking.comparing.numeric import Finding
from grader.marking.kinds.distractors import numbers_of, offers_of, option_meeting, options_with_value, slip_told
from grader.marking.kinds.question import Samples, Shown, carried_forward, right_under
from grader.marking.verdict import BLANK, FOLLOWS, PARTLY, RIGHT, UNDECIDED, WRONG
from grader.maths.errors import BankError, GraderError, LanguageError
from grader.maths.language import notation
from grader.maths.ops.structure import stack
from grader.maths.systems import as_fraction

OF_THEM = r"(?:\s+(?:of|the|them|these|above|options|answers|davon|der|genannten))*"
HOLD = r"(?:\s+(?:is|are|ist|sind)\s+(?:true|correct|right|wahr|richtig))?"
NONE = re.compile(rf"(?:none|nothing|keine?s?|∅){OF_THEM}{HOLD}", re.IGNORECASE)
ALL = re.compile(rf"(?:all|alles?){OF_THEM}{HOLD}", re.IGNORECASE)
FILLERS = frozenset(
    {"and", "und", "only", "nur", "both", "beide", "option", "options", "answer", "answers", "antwort", "antworten", "the", "x"}
    | {"is", "are", "ist", "sind", "true", "correct", "right", "wahr", "richtig"}
)
DENIALS = frozenset({"not", "nicht", "no", "nein", "false", "falsch", "wrong", "incorrect"})
ARROW = re.compile(r"=>|->|[→⇒]|\\to\b|\\rightarrow\b")
REASONS = frozenset({"because", "since", "as", "weil", "da", "denn"})


@dataclass(frozen=True)
class Choice:
    """The options that were ticked."""

    keys: frozenset
    text: str


def read_choice(text, keys):
    """The ticked options: `a, c`, `A and C`, `(a) (c)`, `ac`, `only b`, `a because ...`, `[x] A [ ] B`, `A: no, B: yes`, `none`.

    Raises LanguageError for an option that is not there, and wherever it is not clear which options are meant.
    """
    if ARROW.search(text):
        raise LanguageError("it is not clear whether an option was taken back", text, 0)
    text = re.sub(r"(?m)^[^\S\n]*[-*•]\s+(?!\[)", "", re.sub(r"~~.*?~~", " ", text))  # crossed out; bullets
    typed = notation.clean(text)
    bare = typed.strip().rstrip(".!")
    if NONE.fullmatch(bare) or ALL.fullmatch(bare) and bare.lower() not in _known(keys):
        chosen = () if NONE.fullmatch(bare) else keys
        return Choice(frozenset(chosen), ", ".join(chosen) or "none")
    ways = (_ticked_boxes(text, keys), _answered_one_by_one(typed, keys))
    chosen = next((way for way in ways if way is not None), None)
    if chosen is None:
        chosen = _named_options(typed, keys)
    return Choice(frozenset(chosen), ", ".join(key for key in keys if key in chosen) or "none")


def _ticked_boxes(text, keys):
    """The options behind ticked boxes, or None where there are no boxes."""
    boxes = re.findall(r"(\[\s*[xX✓✔]?\s*\]|[☐☑☒])\s*\(?(\w+)", text)
    known = _known(keys)
    if not boxes or not all(word.lower() in known for _, word in boxes):
        return None
    return [known[word.lower()] for box, word in boxes if re.search(r"[xX✓✔☑☒]", box)]


def _answered_one_by_one(typed, keys):
    """The options answered with yes, or None where not every option is answered as in `A: no, B: yes`."""
    pairs = re.findall(r"\b(\w+)\s*[:=)]?\s*([✗✘✓✔]|\b(?:yes|no|true|false|ja|nein|wahr|falsch)\b)", typed, re.IGNORECASE)
    known = _known(keys)
    if sorted(word.lower() for word, _ in pairs) != sorted(known):
        if re.search(r"[✗✘✓✔]", typed):
            raise LanguageError(f"it is not clear which of the options {', '.join(keys)} are meant", typed, 0)
        return None
    return [known[word.lower()] for word, answer in pairs if answer.lower() in ("yes", "true", "ja", "wahr", "✓", "✔")]


def _known(keys):
    return {key.lower(): key for key in keys}


def _refuse_doubt(typed, keys):
    """Raises LanguageError for a question mark, dots that leave more open, and options that are compared or made one number."""
    either = "|".join(re.escape(key) for key in keys)
    open_end = re.search(r"\?|\.\.\.|…", typed)
    compared = re.search(rf"(?<!\w)(?:{either})\s*[<>=]+\s*(?:{either})(?!\w)", typed, re.IGNORECASE)
    if open_end or compared or re.fullmatch(r"\d+\.\d+", typed.strip()):
        raise LanguageError(f"it is not clear which of the options {', '.join(keys)} are meant", typed, 0)


def _named_options(typed, keys):
    _refuse_doubt(typed, keys)
    known, chosen = _known(keys), []
    words = list(re.finditer(r"\w+", typed))
    for match in words:
        word = match.group().lower()
        if word in known:
            chosen.append(known[word])
        elif len(words) == 1 and len(set(word)) == len(word) and all(letter in known for letter in word):
            chosen.extend(known[letter] for letter in word)
        elif word in FILLERS:
            continue
        elif chosen and _begins_a_reason(match, typed):
            _refuse_further_options(typed[match.start() :], keys)
            break  # the reason behind the options
        else:
            raise LanguageError(f"'{match.group()}' is not one of the options {', '.join(keys)}", typed, match.start())
    if not chosen or re.search(r"\w\s*[-–]\s*\w", typed[: words[0].end() + 4]):
        raise LanguageError(f"it is not clear which of the options {', '.join(keys)} are meant", typed, 0)
    return list(dict.fromkeys(chosen))


def _begins_a_reason(match, typed):
    """Whether a word behind options begins the reason for them: `because`, or a word behind a full stop, a comma or the like."""
    word = match.group()
    if word.lower() in DENIALS or (len(word) == 1 and word.isupper() and word != "I"):
        return False
    return word.lower() in REASONS or bool(re.search(r"[.:;,)]\s*$", typed[: match.start()]))


def _refuse_further_options(reason, keys):
    """Raises LanguageError where a text behind the first options names more of them (`B: ..., D: ...`)."""
    more = [key for key in keys if re.search(rf"(?<!\w){re.escape(key)}\s*[:).]|(?<!\w){re.escape(key.upper())}(?!\w)", reason)]
    if more:
        raise LanguageError(f"it is not clear whether {', '.join(more)} is meant, too", reason, 0)


def judge_choice(truths, ticked, policy):
    """The finding for ticked options."""
    faults = sum((key in ticked) != truth for key, truth in truths.items() if truth in (0, 1))
    share = choice_share(truths, ticked, policy)
    state = RIGHT if not faults else PARTLY if share else WRONG
    return Finding.of(state, "options" if faults else "", share, wrong_options=faults)


def choice_share(truths, ticked, policy):
    """The share of marks for ticked options. Truths are 1, 0, or 1/2 where an option may be ticked or not.

    all-or-nothing: every box as it should be; per-option: the share of boxes that are; negative: right ticks less wrong ones,
    at least 0.
    """
    decided = {key: truth for key, truth in truths.items() if truth in (0, 1)}
    good = sum((key in ticked) == truth for key, truth in decided.items())
    if policy == "all-or-nothing" or not decided:
        return Fraction(int(good == len(decided)))
    if policy == "per-option":
        return Fraction(good, len(decided))
    right = [key for key, truth in decided.items() if truth]
    balance = sum(1 if decided[key] else -1 for key in ticked if key in decided)
    return max(Fraction(0), Fraction(balance, len(right))) if right else Fraction(int(not ticked))


# --- choices as a kind of answer ---


def read_ticks(question, text):
    """The ticked options; beside slips, a value that is typed stands for the option that has it."""
    keys = [option.key for option in question.solution.options(question.part)]
    if not question.part.distractors:
        return [read_choice(text, keys)]
    try:
        ticked, refused = read_choice(text, keys), None
    except LanguageError as error:
        ticked, refused = None, error
    try:
        met = [one.key for one in options_with_value(question, text)]
    except GraderError:
        met = None
    if ticked is None:
        return [_with_value(text, met, keys, refused)]
    alone = text.strip(" ().").lower() in _known(keys)
    if met is not None and ticked.keys != {*met} and (met or not alone):
        told = f"the value of option {met[0]}" if met else "a value that is no option"
        raise LanguageError(f"it is not clear whether {ticked.text} or {told} is meant", text, 0)
    return [ticked]


def _with_value(text, met, keys, refused):
    """The Choice of the option whose value is typed; met: the options that have it, None where the text is no value."""
    if met is None:
        raise refused
    if len(met) != 1:
        found = "which is the value of several options" if met else "which is not the value of an option"
        raise LanguageError(f"a value is typed, {found}; type one of {', '.join(keys)}", text, 0)
    return Choice(frozenset(met), f"option {met[0]}")


def judge_ticks(question, choice):
    """The finding for ticked options, also from own earlier answers and under other readings."""
    if question.part.distractors:
        return _judge_beside_slips(question, choice)
    under = question.readings_under_which(lambda solution: _all_right(solution.truths(question.part), choice.keys))
    if under:
        return right_under(under, wrong_options=0)
    options = question.solution.program.options[question.part.id]
    carried = carried_forward(
        question,
        lambda solution: stack(list(solution.program.options[question.part.id].values())),
        lambda value: value.exact and _all_right(_truths(options, value), choice.keys),
    )
    if carried is not None and carried["state"] == FOLLOWS:
        return carried
    return judge_choice(question.solution.truths(question.part), choice.keys, question.policies.choice)


def _judge_beside_slips(question, choice):
    """The same where one option is right, and the others are what slips give."""
    offers = {one.key: one for one in offers_of(question.solution, question.part)}
    ticked = [offers[key] for key in choice.keys]
    alone = ticked[0] if len(ticked) == 1 else None
    if alone is not None and alone.right:
        return Finding.of(RIGHT, share=Fraction(1), wrong_options=0)
    if alone is not None and not question.symbolic:
        for solution in question.solutions[1:]:
            if option_meeting(question, solution.value(solution.program.boxes[question.place])) is alone:
                return right_under((solution.reading,), wrong_options=0)
        carried = carried_forward(
            question,
            lambda solution: solution.program.boxes[question.place],
            lambda value: option_meeting(question, value) is alone,
        )
        if carried is not None and carried["state"] == FOLLOWS:
            return carried
    finding = judge_choice(question.solution.truths(question.part), choice.keys, question.policies.choice)
    if alone is None:
        return finding
    told = slip_told(question.solution, question.node, alone.slip)
    return Finding.of(finding["state"], alone.slip.tag, finding["share"], **finding["evidence"], **told)


def value_of_option(question, choice):
    """The Numbers of the one option that is ticked beside slips, as later answers may follow from it; None for all else."""
    if not question.part.distractors or question.symbolic or len(choice.keys) != 1:
        return None
    return next(numbers_of(one) for one in offers_of(question.solution, question.part) if one.key in choice.keys)


def _truths(options, value):
    return {key: as_fraction(element) for key, element in zip(options, value.array.flat, strict=True)}


def _all_right(truths, ticked):
    return all((key in ticked) == truth for key, truth in truths.items() if truth in (0, 1))


def nothing_ticked(question):
    """Nothing typed; for a choice without a right option that may be meant, so a human decides."""
    if question.attempted and 1 not in question.solution.truths(question.part).values():
        return Finding.of(UNDECIDED, "nothing-ticked", None)
    return Finding.of(BLANK)


def show_right_options(question):
    """The options that are right; those that may be ticked or not in brackets."""
    truths = question.solution.truths(question.part)
    right = ", ".join(key if truth == 1 else f"({key})" for key, truth in truths.items() if truth) or "none"
    return Shown(right, right)


def samples_of_choice(question):
    truths = question.solution.truths(question.part)
    right = ", ".join(key for key, truth in truths.items() if truth == 1) or "none"
    wrong = ", ".join(key for key, truth in truths.items() if truth == 0) or "none"
    return Samples(right, wrong if set(truths.values()) & {0, 1} else "")


def fault_of_choice(question):
    try:
        question.solution.truths(question.part)  # raises where a condition cannot be decided
    except BankError as error:  # slips give too few options
        return error.complaints[0].sentence
    return ""
