"""What `fuzz` types: a box of the bank or of a small problem that has every kind, and a random or mutated answer for it.

`drawn(seed, number)` gives an Input; `HOSTILE` lists answers that are meant to break a checker.
"""

import random
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import yaml

from grader.bank.load import load_bank
from grader.bank.model import Policies
from grader.marking.kinds.question import Question
from grader.marking.kinds.table import KINDS
from grader.marking.solution import solution_of

EQUAL = "equal"
CASES = Path(__file__).parent.parent / "tests" / "cases"

# --- what is asked ---

SMALL = """\
title: Every kind
topics: [backprop]
given: {x: real, y: positive, n: integer > 0, m: integer > 0, W: "matrix(D, M)", A: "matrix(3, 3)", v: vector(M), u: vector(3),
  s: "[1, 2]", lr: 0.3, K: "[[1, -2], [1/2, 3]]"}
let: {g: sigmoid(x), p: softmax(s), z: 3 * lr, q: z^2 + 1, h: K @ s, net_z: z * x}
parts:
- {id: number, text: t, answer: lr / 7, marks: 1}
- {id: irrational, text: t, answer: "p[0]", marks: 2}
- {id: z, text: t, answer: z, marks: 1}
- {id: q, text: t, answer: q, marks: 2}
- {id: array, text: t, answer: h, marks: 3}
- {id: square, text: t, answer: K @ K, marks: 3}
- {id: boxes, text: t, answer: {z: {value: z, marks: 1}, h: {value: h, marks: 1}, w1: {value: "K[0, 1]", marks: 1}}}
- {id: count, text: t, kind: count, answer: 3 * 7 * 16, marks: 1}
- {id: shape, text: t, kind: shape, layout: any, answer: "[3, 4, 4]", marks: 1}
- {id: sizes, text: t, kind: shape, answer: "[n, 4]", marks: 1}
- {id: expression, text: t, answer: "grad(g, x)", marks: 1}
- {id: follows, text: t, answer: "net_z + y", marks: 1}
- {id: rational, text: t, answer: "(x + y)^3 / (1 + y)", marks: 1}
- {id: corners, text: t, answer: "relu(x) + abs(x - 1)", marks: 1}
- {id: matrix, text: t, answer: W @ v, marks: 1}
- {id: matrices, text: t, answer: "inv(A)' @ u", marks: 1}
- {id: chain, text: t, answer: {kind: chain, value: g * (1 - g), from: "grad(g, x)", links: 2, marks: 2}}
- {id: numbers, text: t, answer: {kind: chain, value: lr * 7, links: 1, marks: 1}}
- {id: growth, text: t, answer: {kind: growth, value: "n^2 * log(n) + m", marks: 1}}
- {id: boolean, text: t, answer: {kind: boolean, value: 2 * z > 1, marks: 1}}
- {id: choice, text: t, marks: 1, options: {A: {text: t, right: true}, B: {text: t, right: z > 1}, C: {text: t, right: true}}}
- id: order
  text: t
  kind: order
  marks: 2
  options: {A: {text: t, right: z}, B: {text: t, right: "p[1]"}, C: {text: t, right: 0}, D: {text: t, right: 0}}
- {id: text, text: t, kind: text, marks: 1}
"""
SYMBOLS = (
    (),
    ("x: real", "y: positive"),
    ("n: integer > 0", "p: real(0, 1)"),
    ("W: matrix(2, 3)", "v: vector(3)", "u: vector(2)"),
    ("A: matrix(N, N)", "v: vector(N)", "x: real"),
    ("f: function", "x: real"),
)
HOSTILE = {
    "sum to a billion": "\\sum_{k=1}^{1000000000} x",
    "sums in sums": "sum_(a=1)^9 sum_(b=1)^9 sum_(c=1)^9 sum_(d=1)^9 sum_(l=1)^9 a b c d l x",
    "many sums": " + ".join(["sum_(k=1)^90 k x"] * 70),
    "sums without terms": "sum_k " * 800,
    "sums without ends": "sum_(k=1)^" * 400,
    "functions of sums": "ln sum_k " * 300,
    "tower of a sum": "sum_(k=1)^(9^9^9^9) x",
    "product of powers": "prod_(k=1)^99 x^(k^k)",
    "huge ends": "sum_(k=10^99)^(10^99+5) k^k",
    "indicators in indicators": "1[1[" * 300 + "x = 1" + "]]" * 300,
    "primes": "f" + "'" * 3000 + "(x)",
    "semicolons around a word": ";" * 3776 + "Answer:" + ";" * 1119,
    "statements": "1;" * 2_445 + " = 1",
    "line ends": "\n" * 4_890 + " = 1",
    "ands": " and" * 1_220,
    "subscripts": "x_" * 2000 + "1",
    "many lines": "x\nA\nn\n2\n" * 600,
    "tower": "9**9**9**9",
    "tower of carets": "9^9^9^9",
    "tower of tens": "10^10^10",
    "tower of odd numbers": "93^98^75^5^41",
    "tiny number in a root": "sqrt(1e-100000000)",
    "vanishing exponential": "exp(-1e18)",
    "vanishing product": "1.5 * exp(-12345678901234567890)",
    "tiny number in a sum": "3e-100000000 + 1",
    "brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "brackets within the length": "(" * 2_400 + "1" + ")" * 2_400,
    "square brackets": "[" * 2_400 + "1" + "]" * 2_400,
    "braces": "{" * 2_400 + "1" + "}" * 2_400,
    "open brackets": "(" * 4_900,
    "minus signs": "-" * 4_900 + "1",
    "bars": "|" * 4_900,
    "fractions": r"\frac{" * 400 + "1" + "}{2}" * 400,
    "factorial": "factorial(10**9)",
    "exclamation mark": "1000000000!",
    "exponent": "1e999999999",
    "negative exponent": "1e-999999999",
    "honest sum": " + ".join(f"{n}/{n + 1}" for n in range(1, 41)),
    "long sum": " + ".join(["1/3"] * 2_000),
    "long sum of a name": "+".join(["x"] * 2_000),
    "expanded power": "x^1000 * (x + 1)^1000 - (x^2 + x)^1000",
    "product of sums": "*".join(f"(x+{n})" for n in range(400)),
    "nested power": "((((((x+1)^9+1)^9+1)^9+1)^9+1)^9+1)^9",
    "roots": "sqrt(" * 200 + "x" + ")" * 200,
    "roots of a number": "sqrt(" * 200 + "2" + ")" * 200,
    "exponentials": "exp(exp(exp(exp(9))))",
    "one over zero": "1/0",
    "zero over zero": "0/0",
    "logarithm of zero": "log(0)",
    "zero to the zero": "0^0",
    "root of a negative number": "(-8)^(1/3)",
    "zeros": "zeros(10000,10000)",
    "ones of numpy": "np.ones((1000, 1000))",
    "sum of zeros": "sum(zeros(10000,10000))",
    "wide matrix": "[" + ",".join(["1"] * 2_400) + "]",
    "tall matrix": ";".join(["1 2"] * 1_200),
    "just too long": "1" * 5_001,
    "just too long a text": "a " * 2_501,
    "a million": "1" * 1_000_000,
    "a million blanks": " " * 1_000_000 + "1",
    "a million line ends": "\n" * 1_000_000,
    "equals signs": "=" * 3_000,
    "equations": "1=" * 2_000 + "1",
    "equations of a name": "x=" * 2_000 + "x",
    "semicolons": ";" * 4_900,
    "commas": "1," * 2_400,
    "import": "__import__('os').system('x')",
    "bases": "().__class__.__bases__[0]",
    "attribute": "x.__class__",
    "lambda": "(lambda: 1)()",
    "comprehension": "[x for x in (1).__class__.__mro__]",
    "walrus": "(x := 1)",
    "format": "{0.__class__}",
    "format with digits": "%1000000000d {:>1000000000}",
    "backslashes": "\\" * 4_900,
    "latex definition": r"\def\x{\x\x}\x",
    "escape": "\x1b[31m12\x1b[0m",
    "open escape": "\x1b]" * 2_000,
    "escape that never ends": "\x1b[" + "1" * 4_900,
    "bidi": "\u202e21",
    "isolates": "\u2066" * 4_900,
    "nul": "1\x002",
    "surrogate": "\ud8001",
    "surrogates": "\udfff" * 4_900,
    "combining marks": "\u0301" * 1_000,
    "combining marks on a letter": "x" + "\u0302" * 1_000,
    "ligatures": "\ufdfa" * 4_900,
    "vulgar fractions": "½" * 4_900,
    "superscripts": "2" + "⁹" * 4_900,
    "roots of signs": "√" * 4_900,
    "bell": "\a1\b\r2",
}

# --- what is typed ---

WORDS = (
    r"\frac{1}{2} \frac12 \dfrac \sqrt \sqrt[3]{8} \left( \right) \cdot \times \begin{pmatrix} \end{pmatrix} & \\ "
    r"^{\top} ^T ^{-1} _{11} \sigma \text{px} \mathbf{ \mathrm{ \hat{y} \lvert \rvert \| \lambda_1 \sum_{i=1}^{n} \int "
    r"\infty \approx \Rightarrow \to $ $$ [ ] ( ) { } | || < > <= == != := = ≈ ~ -> => ; , . : ' ` ** * / + - ^ % ! ? "
    r"@ # & _ ∘ × · − ² √ π σ λ ½ ⅓ ᵀ ∂ ⌊ ⌋ … ± ∞ 0 1 2 -1 0.5 1/3 2e-3 1e400 1,5 1,234 1.234.567 10^-4 x10^3 50% ⅔ ２５ "
    r"٣ e i pi exp( ln log( log_2 sqrt( sigmoid( relu( tanh( softmax( sum( max( grad( inverse( det( norm( zeros( eye( "
    r"np.array([ torch.tensor( W.T transpose( diag( abs( if else and or not maybe none all yes no ja nein because "
    r"approx is [x] [X] ☑ ✗ A B C a) (b) A: Answer: O( Θ( n log n 5x5 8x15x15 "
)
FRAGMENTS = [*WORDS.split(), "\n", "\t", " ", "\r\n", "\n\n", "  "]
STRANGE = (
    "\x00\x01\x07\x08\x0b\x0c\x1b\x7f\x85\xa0\xad\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\ufffd"
    "\ud800\udfff\u0301\u0302\u20d7\u3000０９ａ＋（）［］ﬁ㎏℃№Ⅳ①𝑥𝟛𝜎🙂漢عא\U000e0041\U0010ffff"
)
TOKEN = re.compile(r"\\?[A-Za-z]+|\d+|\s+|.", re.DOTALL)
CALLS = "exp ln log sqrt sigmoid relu tanh abs sum softmax max sin cos floor inverse transpose det norm trace diag mean"
FUNCTIONS = CALLS.split()
NUMBERS = ("0", "1", "2", "-1", "0.5", "1/3", "e", "pi", "1e-9", "12345678901234567890")
OPERATORS = ("+", "-", "*", "/", "^", " ", "@", "∘", " = ", ", ", "; ", "**", "·", "×")


def typed(generator, asked):
    """A text that somebody may type for a box, or to break it."""
    way = generator.random()
    if way < 0.45:
        text = mutated(generator, generator.choice(asked.seeds), asked)
    elif way < 0.55:
        text = mutated(generator, generator.choice(seeds_of_cases() or asked.seeds), asked)
    elif way < 0.78:
        text = expression(generator, asked.names, generator.randint(1, 5))
    elif way < 0.88:
        text = generator.choice(("", " ")).join(generator.choices(FRAGMENTS, k=generator.randint(1, 25)))
    elif way < 0.95:
        text = "".join(character(generator) for _ in range(generator.randint(1, 40)))
    else:
        text = extreme(generator, asked)
    return text


def mutated(generator, text, asked):
    """A text with up to four changes."""
    for _ in range(generator.choice((0, 1, 1, 2, 3, 4))):
        text = generator.choice(MUTATIONS)(generator, text, asked)[:6_000]
    return text


def _span(generator, parts):
    start = generator.randint(0, len(parts))
    return start, min(len(parts), start + generator.choice((1, 1, 1, 2, 5)))


def _delete(generator, text, asked):
    start, end = _span(generator, text)
    return text[:start] + text[end:]


def _duplicate(generator, text, asked):
    start, end = _span(generator, text)
    return text[:end] + text[start:end] * generator.choice((1, 1, 2, 30)) + text[end:]


def _insert(generator, text, asked):
    place = generator.randint(0, len(text))
    new = generator.choice((lambda: character(generator), lambda: generator.choice(FRAGMENTS)))()
    return text[:place] + new + text[place:]


def _swap(generator, text, asked):
    parts = TOKEN.findall(text)
    if len(parts) > 1:
        one, other = generator.sample(range(len(parts)), 2)
        parts[one], parts[other] = parts[other], parts[one]
    return "".join(parts)


def _token(generator, text, asked):
    """Without a token, with one twice, or with another in its place."""
    parts = TOKEN.findall(text) or [""]
    place = generator.randrange(len(parts))
    other = generator.choice((*FRAGMENTS, *asked.names)) if asked.names else generator.choice(FRAGMENTS)
    parts[place] = generator.choice(("", parts[place] * 2, other))
    return "".join(parts)


def _digit(generator, text, asked):
    places = [place for place, one in enumerate(text) if one.isdigit()]
    if not places:
        return text
    place = generator.choice(places)
    return text[:place] + generator.choice("0123456789") + text[place + 1 :]


WRAPPINGS = (
    *(("(", ")"), ("[", "]"), ("$", "$"), ("-(", ")"), (r"\frac{", "}{2}"), ("x = ", ""), ("**", "**"), ("sqrt(", ")")),
    *(("1*", ""), ("", "%"), ("", " px"), ("", "^T"), ("|", "|")),
)


def _wrap(generator, text, asked):
    before, behind = generator.choice((*WRAPPINGS, ("", " = " + text), ("", "\n" + text), ("", "; " + text), ("", ", " + text)))
    return before + text + behind


def _otherwise(generator, text, asked):
    """In capitals, full-width, or without blanks."""
    return generator.choice(
        (str.upper, str.lower, str.swapcase, lambda one: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in one))
        + (lambda one: one.replace(" ", ""), lambda one: one.replace(".", ","), lambda one: " ".join(one), lambda one: one[::-1])
    )(text)


MUTATIONS = (_delete, _duplicate, _insert, _insert, _swap, _token, _token, _digit, _digit, _wrap, _otherwise)


def character(generator):
    """A character: ordinary, strange, or any at all, surrogates among them."""
    way = generator.random()
    if way < 0.5:
        return chr(generator.randint(32, 126))
    if way < 0.75:
        return generator.choice(STRANGE)
    return chr(generator.randrange(generator.choice((0x100, 0x3000, 0x110000))))


def expression(generator, names, depth):
    """A text of the grammar of expressions, well formed for the most part."""
    if depth <= 0 or generator.random() < 0.15:
        return atom(generator, names)
    way, inner = generator.random(), lambda: expression(generator, names, depth - generator.randint(1, 2))
    if way < 0.5:
        return f"{inner()}{generator.choice(('', ' '))}{generator.choice(OPERATORS)}{inner()}"
    if way < 0.65:
        return f"({inner()})"
    if way < 0.8:
        return f"{generator.choice(FUNCTIONS)}({inner()})"
    if way < 0.86:
        return "[" + generator.choice((", ", "; ", " ")).join(inner() for _ in range(generator.randint(1, 3))) + "]"
    if way < 0.92:
        return rf"\frac{{{inner()}}}{{{inner()}}}"
    return f"-{inner()}" if way < 0.96 else f"{inner()}^{{{inner()}}}"


def atom(generator, names):
    """A name or a number."""
    if names and generator.random() < 0.6:
        return generator.choice(names)
    return generator.choice((*NUMBERS, f"{generator.gauss(0, 10):.3g}"))


SAID = (" and", " und", " because", " weil", " for", " or", " not", " is", " so", " the", " yes", " none", "\n- ", "\n* ", "a)")
NESTS = (("(", ")"), ("[", "]"), ("sqrt(", ")"), ("{", "}"), ("-(", ")"), ("\\frac{", "}{2}"), ("exp(", ")"))
JOINTS = ("+", "*", " ", "=", ", ", "; ", "\n", "/", "^")


def extreme(generator, asked):
    """Something long, deep or huge, or of the hostile list."""
    size, name = generator.choice((50, 200, 800, 2_400)), generator.choice(asked.names or ("x",))
    way = generator.randrange(10)
    if way == 0:
        return mutated(generator, generator.choice(list(HOSTILE.values()))[:6_000], asked)
    before, behind = generator.choice(NESTS)
    return (
        before * size + name + behind * size,
        generator.choice("0123456789.") * size,
        generator.choice(JOINTS).join([atom(generator, asked.names) for _ in range(size)]),
        "^".join(str(generator.randint(2, 99)) for _ in range(generator.randint(2, 5))),
        f"{generator.choice(('', '-'))}{generator.randint(1, 99)}e{generator.choice(('', '-'))}{10 ** generator.randint(1, 9)}",
        f"({name} + {generator.randint(1, 9)})^{10 ** generator.randint(1, 6)}",
        generator.choice(FRAGMENTS) * size,
        character(generator) * size,
        repeated(generator),
    )[way - 1]


def repeated(generator):
    """One or two pieces again and again, as long as an answer may be: what takes quadratic time shows here."""
    piece = "".join(generator.choices((*FRAGMENTS, *SAID), k=generator.choice((1, 2, 2))))
    return generator.choice(("", "x = ", "1")) + piece * (4_900 // len(piece)) + generator.choice(("", "x", " = 1", "\n1"))


@cache
def seeds_of_cases():
    """What is typed in the tables of real answers, where they are at hand."""
    groups = (group for path in sorted(CASES.glob("answers-*.yaml")) for group in yaml.load(path.read_text(), yaml.BaseLoader))
    return tuple(str(case["typed"]) for group in groups for case in group["answers"])


# --- who is asked ---


@dataclass(frozen=True)
class Asked:
    """A box (or two texts to compare, where there is none): seeds, the texts that are changed; names that may stand in them."""

    kind: str
    solution: object = None
    part: object = None
    box: object = None
    seeds: tuple = ()
    names: tuple = ()


@cache
def everything():
    """All boxes of the bank by problem, those of the small problem, and `equal`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.yaml"
        path.write_text(SMALL)
        small = boxes_of(solution_of(path))
    bank = [one for id in sorted(load_bank().problems) for one in boxes_of(solution_of(id))]
    names = ("x", "y", "n", "p", "W", "v", "u", "A", "f", "x_1", "lambda")
    expressions = [seed for one in small + bank if one.kind in ("expression", "chain", "growth", "number") for seed in one.seeds]
    return small, bank, Asked(EQUAL, seeds=tuple(dict.fromkeys(expressions)), names=names)


def boxes_of(solution):
    """An Asked for each box of a problem."""
    names = tuple(dict.fromkeys((*solution.program.symbols, *list(solution.program.names)[:20])))
    return [
        Asked(solution.kind(part, box), solution, part, box, _seeds(solution, part, box), names)
        for part in solution.problem.parts
        for box in part.boxes
    ]


def _seeds(solution, part, box):
    question = Question((solution,), part, box)
    samples = KINDS[question.kind].samples(question)
    found = [text for text in (samples.right, samples.wrong, samples.unreadable) if text]
    shown = KINDS[question.kind].show(question)
    return tuple(dict.fromkeys([*found, *filter(None, (shown.exact, shown.decimal, shown.formula))])) or ("because of the bias",)


# --- one input ---


@dataclass(frozen=True)
class Input:
    """What is typed: for a box after earlier answers, or two texts with declarations."""

    asked: Asked
    text: str
    earlier: tuple = ()  # (part or box, text)
    whole: bool = False  # typed for the part as a whole
    policies: Policies | None = None
    other: str = ""
    symbols: tuple = ()

    def __str__(self):
        if self.asked.kind == EQUAL:
            return f"grader.equal({short(self.text)}, {short(self.other)}, {list(self.symbols)})"
        named = self.asked.part.id if self.whole or not self.asked.box.name else f"{self.asked.part.id}.{self.asked.box.name}"
        earlier = f", earlier={{{', '.join(f'{name!r}: {short(text)}' for name, text in self.earlier)}}}" if self.earlier else ""
        return f"grader.check({self.asked.solution.problem.id!r}, {named!r}, {short(self.text)}{earlier})"

    @property
    def size(self):
        return len(self.text) + len(self.other) + sum(len(text) + 100 for _, text in self.earlier)


def short(text):
    """A text as Python writes it, runs of the same piece as products."""
    run = re.search(r"(.{1,8}?)\1{29,}", text, re.DOTALL)
    if not run:
        return ascii(text)
    parts = (text[: run.start()], text[run.end() :])
    inner = f"{run.group(1)!a} * {len(run.group()) // len(run.group(1))}"
    return " + ".join(filter(None, (ascii(parts[0]) if parts[0] else "", inner, short(parts[1]) if parts[1] else "")))


def drawn(seed, number):
    """Input number `number`."""
    generator = random.Random(f"{seed} {number}")
    small, bank, compared = everything()
    way = generator.random()
    if way < 0.15:
        return compared_texts(generator, compared)
    asked = generator.choice(small if way < 0.45 else bank)
    others = [one for one in (small if way < 0.45 else boxes_beside(asked)) if one is not asked]
    before = generator.sample(others, min(len(others), generator.choice((0, 0, 0, 1, 2))))
    return Input(
        asked,
        typed(generator, asked),
        tuple(answered(generator, one) for one in before),
        generator.random() < 0.2,
        policies(generator),
    )


def compared_texts(generator, compared):
    """Two texts for `equal`, the second often near the first."""
    text = typed(generator, compared)
    other = generator.choice((lambda: mutated(generator, text, compared), lambda: typed(generator, compared), lambda: text))()
    return Input(compared, text, other=other, symbols=generator.choice(SYMBOLS))


def boxes_beside(asked):
    """The boxes of the same problem."""
    return _by_problem()[asked.solution.problem.id]


@cache
def _by_problem():
    found = defaultdict(list)
    for one in everything()[1]:
        found[one.solution.problem.id].append(one)
    return found


def answered(generator, asked):
    """(name, text) of an earlier answer that can be read most of the time."""
    text = generator.choice(asked.seeds)
    name = f"{asked.part.id}.{asked.box.name}" if asked.box.name else asked.part.id
    return name, text if generator.random() < 0.3 else mutated(generator, text, asked)


def policies(generator):
    """The policies of a paper."""
    return Policies(
        generator.choice(("all-or-nothing", "per-option", "negative")),
        generator.choice(("full", "half", "none")),
        generator.choice(("share", "all-or-nothing")),
        generator.choice(((), (("any", Fraction(1, 3)),), (("arithmetic", Fraction(1, 2)), ("bias-forgotten", Fraction(1))))),
    )


def prepare():
    """Reads and solves all that `drawn` takes from."""
    everything(), _by_problem(), seeds_of_cases()
