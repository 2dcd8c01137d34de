"""The names and functions a typed answer may use, and names written side by side taken apart (rule N16 of `notation`)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from grader.maths.errors import GraderError, LanguageError, TooLargeError
from grader.maths.graph import Node, constant
from grader.maths.language import digits, square_brackets, syntax
from grader.maths.language.index_functions import DELTA
from grader.maths.language.meaning import may_have_sums, unknown_functions, values_before_brackets
from grader.maths.language.student_functions import STUDENT_FUNCTIONS
from grader.maths.language.sums import bound_names
from grader.maths.ops.arithmetic import exp, pi
from grader.maths.ops.indexed import Opaque, upto
from grader.maths.ops.structure import index

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
MOST_ENTRIES = 99  # of an array whose entries have names
LONGEST_PRODUCT = 12  # letters of a word that may be a product of names
BIG = frozenset({"sum", "prod", "max", "min"})
BOUND = "an index of a sum"
SIGMA = re.compile(r"(?<!\w)Sigma_(?=[A-Za-z(])")
TOKEN = re.compile(r"\w+|[^\w\s]")
WORD = re.compile(r"[^\W\d]\w*")
GLUED = re.compile(r"\d[^\W\d_]")
HATTED = re.compile(r"^([A-Za-z]+?)(_?\d*|_\w+)$")


def parse_typed(plain, functions=frozenset(), sums=False, values=frozenset()):
    """The syntax tree of a typed answer; raises TooLargeError for one of more than MOST_TOKENS numbers, names and signs."""
    if len(plain) > MOST_TOKENS and len(TOKEN.findall(plain)) > MOST_TOKENS:
        raise TooLargeError(f"an answer of more than {MOST_TOKENS:,} numbers, names and signs is too long")
    return syntax.parse(plain, functions, sums, values)


def is_product(word, known):
    """Whether a word is a known name or several of them side by side."""
    return word in known or _factors(word, known) is not None


def products_apart(plain, known):
    """The text with names that are written side by side apart: `ua^2` is `u a^2`, `GW^T` is `G W^T`, `y_2` may be y2."""
    bound = bound_names(plain)
    known = {**dict.fromkeys(bound, BOUND), **known} if bound else known

    def apart(match):
        word = match.group()
        if word in known or word in STUDENT_FUNCTIONS or word in syntax.KEYWORDS or _is_kept(word, known):
            return word
        if word.replace("_", "") in known and known[word.replace("_", "")] is not CONSTANTS["pi"]:  # p_i is no π
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
        if word[length : length + 1] == "_" and (rank := _rank(word[:length], known)):
            cut = length + 1 + rank
            if _is_index(word[cut : cut + 1], known):
                continue  # too many indices
            if _is_kept(word[:cut], known) and (rest := _factors(word[cut:], known)) is not None:
                return [word[:cut], *rest]
    return None


def _is_kept(word, known):
    """Whether a word begins a sum (`sum_k`), or names an entry (`w_kj`, `delta_ij`; `x_` in front of brackets)."""
    base, mark, letters = word.rpartition("_")
    if not mark:
        return False
    if base in BIG:
        return True
    rank = _rank(base, known)
    if not rank or not letters:
        return bool(rank)
    whole = (rank == 1 or (rank == 2 and base in known)) and _is_index(letters, known)
    return whole or (len(letters) == rank and all(letter.isdigit() or _is_index(letter, known) for letter in letters))


def _is_index(name, known):
    meaning = known.get(name)
    return meaning is BOUND or (isinstance(meaning, Node) and (upto(meaning) is not None or meaning.op == "dimension"))


def _rank(base, known):
    """How many indices an array has, known by its name or by that with a capital letter; 0 where there is none."""
    meaning = known.get(base) or known.get(base[:1].upper() + base[1:])
    if meaning is None and base == DELTA:
        return 2
    return meaning.rank if isinstance(meaning, Node) else 0


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
    with a hat, how without) for every name that may wear one; functions: unknown ones; declared: names of functions that mean
    something else here.
    """

    known: dict
    words: frozenset
    hats: tuple
    functions: frozenset = frozenset()
    sums: bool = True
    declared: frozenset = frozenset()

    def tree(self, plain):
        """The syntax tree of a text, names side by side taken apart; raises LanguageError or TooLargeError."""
        apart = self.apart(plain)
        if "hat" in apart:
            self._refuse_two_for_one(_words(apart))
        return parse_typed(apart, self.functions, self.sums, self.values(apart))

    def values(self, text):
        """The names in a text that are no functions although an opening bracket follows: known ones, and entries (`x_i`)."""
        before = syntax.names_before_brackets(text)
        bound = dict.fromkeys(bound_names(text), BOUND) if before else {}
        entries = (name for name in before if "_" in name and name[-1] != "_" and name not in self.known)
        kept = (name for name in entries if _is_kept(name, {**bound, **self.known}) and name.partition("_")[0] not in BIG)
        return frozenset((*values_before_brackets(text, self.known), *kept))

    def senses(self, prepared):
        """What commas and square brackets in a text can mean, the likelier first."""
        return [
            way for sense in digits.senses(prepared) for way in square_brackets.senses(sense, self.is_number, self.is_function)
        ]

    def is_number(self, name):
        meaning = self.known.get(name)
        return isinstance(meaning, Node) and not meaning.rank

    def is_function(self, name):
        return isinstance(self.known.get(name), Opaque) or (name in STUDENT_FUNCTIONS and name not in self.known)

    def apart(self, plain):
        """A text with names side by side taken apart; `Σ_k` is a sum where no name is Sigma."""
        if "Sigma_" in plain and "Sigma" not in self.known:
            plain = SIGMA.sub("sum_", plain)
        return plain if self._spells(plain) else products_apart(plain, self.known)

    def lends_a_hat(self, plain):
        """Whether a text writes a name with a hat that it has only as an alias: `ŷ` for `y`."""
        if "hat" not in plain:
            return False
        words = _words(products_apart(plain, self.known))
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


def names_an_entry(name, declared):
    """Whether a name is that of a sum, or of an entry of a declared vector or matrix (name -> Declaration): `x_1`, `w_ij`."""
    base, mark, letters = name.rpartition("_")
    own = declared.get(base) or declared.get(base[:1].upper() + base[1:])
    if not mark or own is None:
        return base in BIG or (base == DELTA and bool(mark))
    row = base in declared and letters in declared and declared[letters].kind == "index"
    return own.kind in ("vector", "matrix") and (not letters or len(letters) == len(own.dimensions) or letters.isdigit() or row)


def _words(text):
    """The words of a text, and what stands before the subscripts of some: `yhat` of `yhat_k`."""
    words = set(WORD.findall(text))
    return words | {word.rpartition("_")[0] for word in words if "_" in word}


def entries(names):
    """The entries of the vectors and matrices among some names, by subscripts that count from 1: `x_1`, `W_12`, also `w_12`."""
    found = {}
    for name, node in names.items():
        if not isinstance(node, Node) or node.rank not in (1, 2) or "_" in name or name[-1].isdigit():
            continue
        if max(node.shape) > (9 if node.rank == 2 else MOST_ENTRIES):
            continue
        small = name[:1].lower() + name[1:]
        for place in np.ndindex(*node.shape):
            mark = "".join(str(part + 1) for part in place)
            found.setdefault(f"{name}_{mark}", Entry(node, place))
            if small not in names:
                found.setdefault(f"{small}_{mark}", Entry(node, place))
    return {name: index(*one) for name, one in found.items()}


class Entry(NamedTuple):
    """An entry of an array, counted from 0."""

    array: Node
    place: tuple


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
    names = {**entries(names), **names}
    every = aliases(names)
    known = {**CONSTANTS, **every}
    if "pi" not in every and {"p", "i"} <= every.keys():
        del known["pi"]  # it is the product of the two
    hats = [(name, HATTED.sub(r"\1hat\2", name)) for name in names]
    hats = [(name, hatted) for name, hatted in hats if name != hatted and every[hatted] is names[name]]
    spelled = tuple((name, _spellings(hatted), _spellings(name)) for name, hatted in hats)
    words = frozenset(known) | STUDENT_FUNCTIONS.keys()
    unknown, declared = unknown_functions(known), frozenset(known.keys() & STUDENT_FUNCTIONS.keys())
    return Vocabulary(known, words, spelled, unknown, may_have_sums(known), declared)


def _spellings(name):
    return frozenset((name, name.replace("_", "")))
