"""The names and functions a typed answer may use, and names written side by side taken apart (rule N16 of `notation`)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from grader.maths.errors import GraderError, LanguageError, TooLargeError
from grader.maths.graph import constant
from grader.maths.language import syntax
from grader.maths.language.student_functions import STUDENT_FUNCTIONS
from grader.maths.ops.arithmetic import exp, pi

CONSTANTS = {"e": exp(constant(1)), "pi": pi()}
STUDENT_CONVENTIONS = {
    "relu_at_zero": "0",
    "logarithm": "natural",
    "abs_at_zero": "0",
    "ddof": "0",
    "ties": "first",
    "label_base": "0",
}
MOST_TOKENS = 1_000  # of one typed answer
LONGEST_PRODUCT = 12  # letters of a word that may be a product of names
TOKEN = re.compile(r"\w+|[^\w\s]")
WORD = re.compile(r"[^\W\d]\w*")
GLUED = re.compile(r"\d[^\W\d_]")
HATTED = re.compile(r"^([A-Za-z]+?)(_?\d*|_\w+)$")


def parse_typed(plain):
    """The syntax tree of a typed answer; raises TooLargeError for one of more than MOST_TOKENS numbers, names and signs."""
    if len(plain) > MOST_TOKENS and len(TOKEN.findall(plain)) > MOST_TOKENS:
        raise TooLargeError(f"an answer of more than {MOST_TOKENS:,} numbers, names and signs is too long")
    return syntax.parse(plain)


def is_product(word, known):
    """Whether a word is a known name or several of them side by side."""
    return word in known or _factors(word, known) is not None


def products_apart(plain, known):
    """The text with names that are written side by side apart: `ua^2` is `u a^2`, `GW^T` is `G W^T`, `y_2` may be y2."""

    def apart(match):
        word = match.group()
        if word in known or word in STUDENT_FUNCTIONS:
            return word
        if word.replace("_", "") in known:
            return word.replace("_", "")
        raised = match.string[: match.start()].endswith("^") and word.startswith("T")
        factors = _factors(word[1:] if raised else word, known)
        if factors is None and match.string[match.end() :][:1] == "(":
            factors = _factors_of_a_call(word, known)
        return word if factors is None else " ".join(["T", *factors] if raised else factors)

    plain = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)(?=[^\W\d_])(?![eE][+-]?\d)", r"\1 ", plain)  # `2ab` is `2 ab`
    return re.sub(r"(?<![\w.])[^\W\d]\w*", apart, plain)


def _factors(word, known):
    """The known names a word is made of, the longest first; None where it is not."""
    if not word or len(word) > LONGEST_PRODUCT:
        return [] if not word else None
    for length in range(len(word), 0, -1):
        if word[:length] in known and (rest := _factors(word[length:], known)) is not None:
            return [word[:length], *rest]
    return None


def _factors_of_a_call(word, known):
    """The names and the function that `aln` in `aln(a)` is made of; None where it is not."""
    for cut in range(1, len(word) - 1):
        if word[cut:] in STUDENT_FUNCTIONS and (rest := _factors(word[:cut], known)) is not None:
            return [*rest, word[cut:]]
    return None


def aliases(names):
    """The names, each also without its underscores (`w_11` is `w11`) and with a hat (`y_1` is `yhat_1`), if none has that."""
    hats = {HATTED.sub(r"\1hat\2", name): value for name, value in names.items()}
    hats = {**{name.replace("_", ""): value for name, value in hats.items()}, **hats}
    return {**hats, **{name.replace("_", ""): value for name, value in names.items()}, **names}


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """What an answer over certain names may be written with.

    known: name -> meaning, constants and aliases included; words: these names and the functions; hats: (name, how it is written
    with a hat, how without) for every name that may wear one.
    """

    known: dict
    words: frozenset
    hats: tuple

    def tree(self, plain):
        """The syntax tree of a text, names side by side taken apart; raises LanguageError or TooLargeError."""
        apart = plain if self._spells(plain) else products_apart(plain, self.known)
        if "hat" in apart:
            self._refuse_two_for_one(set(WORD.findall(apart)))
        return parse_typed(apart)

    def lends_a_hat(self, plain):
        """Whether a text writes a name with a hat that it has only as an alias: `ŷ` for `y`."""
        if "hat" not in plain:
            return False
        words = set(WORD.findall(products_apart(plain, self.known)))
        return any(not hatted.isdisjoint(words) for _, hatted, _ in self.hats)

    def _spells(self, plain):
        """Whether all names of a text are known as they stand, so that nothing has to be taken apart."""
        if "[" in plain and GLUED.search(plain):
            return False  # where blanks separate, `2x` is read as `2 x`
        try:
            found = syntax.tokens(plain)
        except GraderError:
            return False
        return self.words.issuperset(token.text for token in found if token.kind == "name")

    def _refuse_two_for_one(self, words):
        for name, hatted, bare in self.hats:
            if not hatted.isdisjoint(words) and not bare.isdisjoint(words):
                raise LanguageError(f"'{name}' stands here with and without a hat, but only one of them is a name known here")


def vocabulary(names):
    """The Vocabulary of names (name -> meaning), made once for the same names with the same meanings."""
    pairs = tuple(names.items())
    try:
        hash(pairs)
    except TypeError:  # records and lists of them
        return _vocabulary.__wrapped__(pairs)
    return _vocabulary(pairs)


@lru_cache(maxsize=256)
def _vocabulary(pairs):
    names = dict(pairs)
    every = aliases(names)
    known = {**CONSTANTS, **every}
    if "pi" not in every and {"p", "i"} <= every.keys():
        del known["pi"]  # it is the product of the two
    hats = [(name, HATTED.sub(r"\1hat\2", name)) for name in names]
    hats = [(name, hatted) for name, hatted in hats if name != hatted and every[hatted] is names[name]]
    spelled = tuple((name, _spellings(hatted), _spellings(name)) for name, hatted in hats)
    return Vocabulary(known, frozenset(known) | STUDENT_FUNCTIONS.keys(), spelled)


def _spellings(name):
    return frozenset((name, name.replace("_", "")))
