"""What a typed yes or no says: the word itself, and whether what stands behind it leaves it as it is."""

import re

YES = ("yes", "true", "ja", "wahr", "richtig", "correct", "stimmt", "yeah", "yep", "y", "t", "j")
NO = ("no", "false", "nein", "falsch", "incorrect", "nope", "n", "f")
WORDS = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
DIGITS = {"1": True, "0": False}
OPPOSED = {  # words that would say the other thing in an answer that begins with yes (True) or no (False)
    True: ("no", "nein", "nope", "false", "falsch", "wrong", "incorrect", "untrue", "unwahr"),
    False: ("yes", "ja", "yeah", "yep", "true", "wahr", "right", "richtig", "correct", "stimmt"),
}


def _any(words):
    return "|".join(sorted(words, key=len, reverse=True))


WORD = _any(WORDS)
LABEL = re.compile(
    r"(?:(?:the\s+|die\s+|das\s+|my\s+)?(?:answer|antwort|result|ergebnis|solution|lösung)\s*(?:is\b|ist\b|lautet\b|[:=])"
    r"|(?:it|this|that|the statement|the claim|das|es|die aussage)\s+(?:is|ist)\b)\s*:?\s*",
    re.I,
)
ANSWER = re.compile(rf"({WORD})(?!\w)(?:['’\"`*]*)(.*)", re.I | re.DOTALL)
REASON = re.compile(r"\b(?:because|since|weil|denn)\b|^\W*(?:as|da)\b(?! long)", re.I)
BEHIND = re.compile(  # what may stand directly behind the word
    r"\s*(?:$|[.,;:!(\n–—]|-\s|(?:because|since|as|weil|da|denn)\b"
    r"|(?:it|this|there|they|we|es|das|sie|er|der|die)\b|that(?:'s|\s+is)\b)",
    re.I,
)
# in any place, also in a reason
DOUBT = re.compile(
    r"\?|\b(?:maybe|perhaps|probably|possibly|presumably|not sure|unsure|not certain|no idea|guess|guessing|i think|i believe"
    r"|i suppose|don'?t know|vielleicht|wahrscheinlich|vermutlich|womöglich|glaube|denke|weiß nicht|oder so)\b",
    re.I,
)
# what limits an answer, before a reason
LIMIT = re.compile(
    r"%|->|=>|→|⇒|~~|\[|☐|☑|\.\.\.|…|\b(?:if|unless|only(?=\W*$|\s+(?:if|when|for|in|at|on|with|where|while|sometimes|partly|under|some))"
    r"|sometimes|often|usually|mostly|partly|partially|almost|when|whenever|while|until|as long as|provided|assuming|given that"
    r"|in case|except|but|although|though|however|depends?|depending|or|likely|hopefully|kind of|sort of|in general"
    r"|wenn|falls|sofern|solange|außer|manchmal|meist|meistens|oft|teilweise|fast|aber|jedoch|oder|eigentlich|je nach"
    r"|kommt darauf an|wait|actually|opposite|other way|gegenteil|umgekehrt)\b"
    r"|^\W*(?:for|at|in|on|where|under|with|für|bei|im|nur|only)\b|\b(?:only|nur)\W*$|\bnur\s+(?:für|bei|in|im|wenn|falls)\b",
    re.I,
)
CLAUSE = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[;:!()\n]|\s[-–—]\s")
# an answer said again
CONFIRMED = {
    True: re.compile(
        r"(?:it|this|that|they|es|das)(?:'s|\s+(?:is|does|do|are|holds?|ist|stimmt))(?:\s+(?:true|correct|right|so|wahr))?", re.I
    ),
    False: re.compile(
        r"(?:it|this|that|they|es|das)\s*(?:'s not|(?:is|does|do|are)(?:n['’]?t|\s+not)|(?:ist|stimmt)\s+nicht)"
        r"(?:\s+(?:true|correct|right|so|wahr|hold))?",
        re.I,
    ),
}
NOT = r"(?:\bnot\b|n['’]t\b|\bnicht\b|\bnever\b|\bnie\b)"
# a negation that takes a yes back: of a form of `to be`, at the end, or of a word that only repeats the statement
TAKEN_BACK = re.compile(
    rf"\b(?:is|are|was|ist|sind|am)\s*{NOT}|{NOT}\W*$|^\W*{NOT}|{NOT}\s+(?:the case|so|true|correct|right|really|always|quite"
    r"|necessarily|hold|apply|work|every|all|wahr|richtig|immer|ganz)\b",
    re.I,
)
TWICE = re.compile(
    rf"{NOT}\s+(?:\w+\s+)?(?:false|wrong|incorrect|falsch|always|really|quite|necessarily|immer|ganz|every|all)\b", re.I
)
NOUNLESS = "for|if|only|in|when|at|because|since|as|but|and|or|that|is|it|wait|sorry|doubt|way|here|there|now|then"


def said(text, asked=""):
    """True or False for a text that plainly says yes or no, else None; asked: the question, whose words a yes must not deny."""
    alone = DIGITS.get(LABEL.sub("", text, count=1).strip() if LABEL.match(text) else text)
    if alone is not None:
        return alone
    match = ANSWER.fullmatch(text) or ANSWER.fullmatch(LABEL.sub("", text, count=1) if LABEL.match(text) else "")
    if not match:
        return None
    holds = WORDS[match.group(1).lower()]
    return holds if _stands(holds, match.group(2), asked) else None


def _stands(holds, rest, asked):
    """Whether an answer stands with what is said behind it."""
    if not BEHIND.match(rest) or DOUBT.search(rest):
        return False
    reason = REASON.search(rest)
    before = rest[: reason.start()] if reason else rest
    if LIMIT.search(before) or any(_opposes(holds, clause, asked) for clause in CLAUSE.split(before)):
        return False
    return not any(_is_other_answer(holds, clause) for clause in CLAUSE.split(rest))


def _is_other_answer(holds, clause):
    """Whether a clause is nothing but the other answer."""
    match = re.fullmatch(rf"\W*(?:(?:or|so|and|also|thus|hence|wait|actually|oder|und|aber)\s+)*({WORD}|[01])\W*", clause, re.I)
    return bool(match) and {**WORDS, **DIGITS}[match.group(1).lower()] != holds


def _opposes(holds, clause, asked):
    """Whether a clause before any reason says the other thing, or may do so."""
    clause = clause.strip()
    if CONFIRMED[holds].fullmatch(clause):
        return False
    if (TAKEN_BACK if holds else TWICE).search(clause) or (holds and _denies(clause, asked)):
        return True
    return any(not _describes(match, clause) for match in re.finditer(rf"\b(?:{_any(OPPOSED[holds])})\b", clause, re.I))


def _denies(clause, asked):
    """Whether a word of the question stands behind a negation."""
    behind = re.split(NOT, clause, maxsplit=1, flags=re.I)[1:]
    stems = {word[:5].lower() for word in re.findall(r"[^\W\d]{4,}", asked)}
    return any(word[:5].lower() in stems for text in behind for word in re.findall(r"[^\W\d]{4,}", text))


def _describes(match, clause):
    """Whether a word only describes what comes behind it: `there is no bias`, `the true label`."""
    if not re.match(rf"\s+(?!(?:{NOUNLESS})\b)[^\W\d]{{2,}}", clause[match.end() :], re.I):
        return False
    ahead = clause[: match.start()].rstrip().lower()
    if match.group().lower() == "no":
        return bool(re.search(r"\b(?:is|are|was|has|have|had|with|needs?|contains?|gets?|gives?|there's|under|of)$", ahead))
    return not re.search(r"(?:\b(?:is|are|was|be|ist|sind)|'s)$", ahead)
