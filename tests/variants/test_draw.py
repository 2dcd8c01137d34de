"""Variants: the same for one seed, what they are rejected for, exact, and drawn alike in blocks and one by one."""

import hashlib
import json
import subprocess
import sys
from fractions import Fraction

import pytest

from grader.marking.solution import solution_of, solve_problem
from grader.maths.errors import BankError, UsageError
from grader.maths.systems import as_fraction
from grader.variants import blocks, space
from grader.variants.draw import Tally, draw, draw_faults, draw_many, space_of

STEP = """\
title: A step
topics: [optimizer]
text: Take $w = {{w}}$, $x = {{x}}$, $y = {{y}}$ and the learning rate {{lr}}.
given: {w: 1/2, x: 2, y: 3, lr: 0.1}
let:
  L: (w * x - y)^2
  g: grad(L, w)
  w_new: w - lr * g
parts:
- {id: a, text: Compute the gradient., answer: g, marks: 1}
- {id: b, text: Compute the new weight., answer: w_new, marks: 1}
"""
DRAW = """\
draw:
  w: halves(-3..3)
  x: ints(1..4)
  y: ints(-4..4)
"""


def fractions(array):
    return [as_fraction(entry) for entry in array.flat]


def values(variant):
    return {name: fractions(array) for name, array in variant.exact.items()}


# --------------------------------------------------------------------------------------------------------- the same again


def splitmix(state, place):
    z = (state + place * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def below(name, candidate, count, seed=7):
    """What the definition gives for the only entry of a name of problem `p`."""
    state = int(hashlib.sha256(f"p\n{seed}\n{name}".encode()).hexdigest()[:16], 16)
    return (splitmix(state, candidate * 2**20 + 1) >> 32) * count >> 32


def test_the_first_variant_is_that_of_the_definition(bank):
    """w in -3, -5/2, ..., 3; x in 1..4; y in -4..4: kept where no default rejects, which is worked out here by hand."""

    def kept(w, x, y):
        slope = 2 * (w * x - y) * x
        new = w - slope / 10
        ends = slope.denominator == 1 and 10 % new.denominator == 0  # as in the original: g = -8, w_new = 1.3
        zero = 0 in (slope, new)  # as L = 0 and g = 0, neither of which is 0 in the original
        return ends and not zero

    problem = bank(STEP + DRAW.replace("-3..3", "1..3"))
    expected = (
        (candidate + 1, w, x, y)
        for candidate in range(1000)
        for w in [Fraction(2 + below("w", candidate, 5), 2)]
        for x in [1 + below("x", candidate, 4)]
        for y in [below("y", candidate, 9) - 4]
        if kept(w, x, y)
    )
    tries, w, x, y = next(expected)
    variant = draw(problem, 7)
    assert values(variant) == {"w": [w], "x": [x], "y": [y]}
    assert variant.tries == tries


def test_variants_do_not_depend_on_how_many_are_drawn(bank):
    problem = bank(STEP + DRAW)
    many = [variant.hash for variant in draw_many(problem, 60, 3)]
    assert [variant.hash for variant in draw_many(problem, 7, 3)] == many[:7]
    assert draw(problem, 3).hash == many[0]
    assert len(set(many)) == 60
    assert [variant.number for variant in draw_many(problem, 3, 3)] == [0, 1, 2]


def test_seeds_differ(bank):
    problem = bank(STEP + DRAW)
    assert len({draw(problem, seed).hash for seed in range(-5, 15)}) > 15


def test_another_process_draws_the_same(bank, tmp_path):
    problem = bank(STEP + DRAW)
    program = "import json\nfrom grader import draw\nprint(json.dumps([draw('p', seed).hash for seed in range(5)]))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(run.stdout) == [draw(problem, seed).hash for seed in range(5)]


def test_a_hash_is_that_of_the_values(bank):
    variant = draw(bank(STEP + DRAW), 1)
    lines = "\n".join(["p", *(f"{name}={value[0]}" for name, value in sorted(values(variant).items()))])
    assert variant.hash == hashlib.sha256(lines.encode()).hexdigest()[:16]


def test_block_by_block_as_one_by_one(bank, monkeypatch):
    """Confirmed in columns or singly, in blocks of any size: the same candidates in the same order."""
    problem = bank(STEP + DRAW + "  keep:\n  - decimals(w_new) <= 1\n  - g != 4\n")
    expected = [(one.tries, one.hash) for one in draw_many(problem, 80, 5)]
    from grader.variants import draw as module

    module._space_of.cache_clear()
    monkeypatch.setattr(blocks, "FEWEST_AT_ONCE", 10**9)
    monkeypatch.setattr(space, "BLOCKS", (7, 13))
    assert [(one.tries, one.hash) for one in draw_many(problem, 80, 5)] == expected
    module._space_of.cache_clear()


# ------------------------------------------------------------------------------------------------------------ conditions


def rejected(problem, seed=1, count=50):
    tally = Tally()
    variants = draw_many(problem, count, seed, tally=tally)
    assert tally.tried == tally.kept + sum(tally.rejected.values())
    return variants, tally


def test_keep_and_alike_hold_exactly(bank):
    more = "  keep:\n  - w * x == 1.5\n  - y > w\n  alike:\n  - sign(w_new)\n"
    variants, tally = rejected(bank(STEP + DRAW + more), count=5)
    for variant in variants:
        (w,), (x,), (y,) = (values(variant)[name] for name in "wxy")
        assert w * x == Fraction(3, 2)
        assert y > w
        assert w - Fraction(1, 10) * 2 * (w * x - y) * x > 0  # as 1/2 + 8/10 in the original
    assert set(tally.rejected) >= {"keep: w * x == 1.5", "keep: y > w"}


def test_alike_may_be_an_array(bank):
    text = """\
title: t
topics: [activation]
text: "{{x}}"
given: {x: "[3, -1, 3, 2]"}
parts:
- {id: a, text: Add up., answer: sum(relu(x)), marks: 1}
draw:
  x: nonzero_ints(4, -5..5)
  alike:
  - x > 0
"""
    variants, _ = rejected(bank(text), count=20)
    assert all([value > 0 for value in values(variant)["x"]] == [True, False, True, True] for variant in variants)


def test_a_condition_that_floats_get_wrong_is_decided_exactly(bank):
    """0.1 + 0.2 is 0.3; in floats it is not."""
    text = """\
title: t
topics: [loss]
text: Take {{a}}, {{b}}, {{c}}.
given: {a: 0.1, b: 0.5, c: 0.9}
parts: [{id: p, text: Add., answer: a + b + c, marks: 1}]
draw:
  a: choice(0.1, 0.7)
  b: choice(0.2, 0.1)
  c: choice(0.3, 0.8)
  keep: [a + b == c]
"""
    variants, tally = rejected(bank(text), count=10)
    assert sorted(values(one)["a"] + values(one)["b"] for one in variants) == [
        [Fraction(1, 10), Fraction(1, 5)],
        [Fraction(7, 10), Fraction(1, 10)],
    ]
    assert tally.rejected["duplicates"] > 0


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ("decimals(w) <= 0", lambda w: w.denominator == 1),
        ("decimals(w) == 1", lambda w: w.denominator == 2),
        ("decimals([w, w / 10]) >= 2", lambda w: w.denominator == 2),
        ("decimals(w / 3) <= 8", lambda w: w.numerator % 3 == 0),
        ("decimals(w / 3) > 8", lambda w: w.numerator % 3 != 0),
        ("[w > 0, w < 2]", lambda w: 0 < w < 2),
    ],
)
def test_what_a_condition_lets_pass(bank, condition, passes):
    found = {values(one)["w"][0] for one in draw_many(bank(STEP + DRAW + f"  keep:\n  - '{condition}'\n"), 100, 1)}
    assert found
    assert all(passes(w) for w in found)


def test_what_rejects_everything_is_named_with_its_line(bank):
    more = "  keep:\n  - w > -9\n  - w > 3\n  - x > 0\n"
    with pytest.raises(BankError) as caught:
        draw(bank(STEP + DRAW + more), 1)
    sentence = str(caught.value)
    assert sentence.startswith("p.yaml:18: draw: of 21,")
    assert "candidates none can be kept: 'keep: w > 3' rejects all" in sentence


# --------------------------------------------------------------------------------------------------- default rejections

RELU = """\
title: t
topics: [activation]
text: Take {{x}} and {{y}}.
given: {x: 2, y: -1}
let: {h: "relu(x * y + {more})", L: h + 1}
parts: [{id: a, text: Compute., answer: L, marks: 1}]
draw:
  x: ints(-2..2)
  y: ints(-2..2)
"""


def test_corners_are_rejected_but_where_the_original_has_one(bank):
    tally = rejected(bank(RELU.replace("{more}", "5")), count=12)[1]
    corner = tally.rejected["a corner or tie (relu)"]
    assert corner == 0  # x y + 5 is 1 at least
    variants, tally = rejected(bank(RELU.replace("{more}", "4")), count=12)
    assert tally.rejected["a corner or tie (relu)"] > 0
    assert all(values(one)["x"][0] * values(one)["y"][0] != -4 for one in variants)
    variants = draw_many(bank(RELU.replace("{more}", "2")), 12, 1)  # the original is on the corner
    assert any(values(one)["x"][0] * values(one)["y"][0] == -2 for one in variants)


def test_ties_are_rejected(bank):
    text = """\
title: t
topics: [loss]
text: Take {{x}}.
given: {x: "[1, 5, 3]"}
parts: [{id: a, text: Which is largest?, answer: argmax(x), kind: count, marks: 1}, {id: b, text: t, answer: 2 * x, marks: 1}]
draw: {x: "ints(3, 0..3)"}
"""
    variants, tally = rejected(bank(text), count=40)
    assert sum(count for reason, count in tally.rejected.items() if reason.startswith("a corner or tie (argmax)")) > 0
    assert all(values(one)["x"].count(max(values(one)["x"])) == 1 for one in variants)
    assert len(variants) == sum(
        (a, b, c).count(max(a, b, c)) == 1 and (a, b, c) != (1, 5, 3) and (a, b, c) != (0, 0, 0) and max(a, b, c) != a
        for a in range(4)
        for b in range(4)
        for c in range(4)
    )  # the largest at place 0 would make an answer all zero


def test_uglier_decimals_are_rejected(bank):
    """The original's answers are -8 and 1.3, so 2 (w x - y) x has to be whole, and w - that / 10 has one decimal at most."""
    variants, tally = rejected(bank(STEP + DRAW.replace("halves", "quarters")), count=100)
    assert tally.rejected["more decimals than the original"] > 0
    for variant in variants:
        (w,), (x,), (y,) = (values(variant)[name] for name in "wxy")
        slope = 2 * (w * x - y) * x
        assert slope.denominator == 1
        assert (10 * (w - slope / 10)).denominator == 1


def test_answers_without_an_end_may_stay_so(bank):
    text = STEP.replace("L: (w * x - y)^2", "L: (w * x - y)^2 / 3") + DRAW
    assert draw_many(bank(text), 5, 1)


def test_degenerate_and_undefined_values_are_rejected(bank):
    text = """\
title: t
topics: [loss]
text: Take {{x}} and {{y}}.
given: {x: 6, y: 3}
parts: [{id: a, text: Divide., answer: x / y, marks: 1}]
draw: {x: ints(-3..3), y: ints(-3..3)}
"""
    variants, tally = rejected(bank(text), count=30)
    assert {"undefined values", "all zero (a)"} <= tally.rejected.keys()
    found = {(values(one)["x"][0], values(one)["y"][0]) for one in variants}
    assert found == {(x, y) for x in range(-3, 4) for y in range(-3, 4) if x and y and x % y == 0}


def test_a_slip_that_gives_the_right_answer_is_rejected(bank):
    text = """\
title: t
topics: [activation]
text: Take {{z}}.
given: {z: "[-1, 2]", s: 1/2}
let: {h: "leaky_relu(z, s)"}
parts: [{id: a, text: "Compute, with slope {{s}}.", answer: h, marks: 1}]
draw: {z: "nonzero_ints(2, -3..3)"}
"""
    variants, tally = rejected(bank(text), count=40)
    assert tally.rejected["a slip gives the right answer"] > 0
    assert all(min(values(one)["z"]) < 0 for one in variants)  # else nobody sees whether the activation is applied


def test_a_choice_of_slips_is_checked_like_a_number(bank):
    """The answer has to end as the original's does, and as many slips are told apart."""
    text = STEP.replace("answer: w_new, marks: 1}", "kind: choice, answer: w_new, distractors: slips, marks: 1}") + DRAW
    assert "distractors" in text
    variants, tally = rejected(bank(text.replace("halves", "quarters")), count=40)
    assert tally.rejected["more decimals than the original"] > 0
    expected = draw_many(bank(STEP + DRAW.replace("halves", "quarters")), 40, 1)
    assert [one.hash for one in variants] == [one.hash for one in expected]


def test_the_original_is_no_variant_of_itself(bank):
    text = STEP + "draw: {x: ints(1..3)}\n"
    variants, tally = rejected(bank(text), count=10)
    assert tally.rejected["the original"] > 0
    assert {values(one)["x"][0] for one in variants} == {1, 3}
    assert tally.rejected["duplicates"] > 0


def test_explained_options_stay_as_they_are(bank):
    text = """\
title: t
topics: [optimizer]
text: Take the rate {{lr}}.
given: {lr: 0.3}
parts:
- id: a
  text: Which?
  options: {A: {text: Long., right: 2 * lr > 1, because: It overshoots.}, B: {text: Short., right: 2 * lr <= 1}}
  marks: 1
draw: {lr: "decimals(0.1..0.9)"}
"""
    variants, tally = rejected(bank(text), count=9)
    assert sorted(values(one)["lr"][0] for one in variants) == [Fraction(n, 10) for n in (1, 2, 4)]  # 0.5 is the corner's edge
    assert tally.rejected["another option is right"] > 0


# ------------------------------------------------------------------------------------------------------ what changes graphs

SIZES = """\
title: Sizes
topics: [conv-shapes]
text: An image of {{w}} x {{w}}, kernel {{k}}, stride {{s}}; then a vector {{v}} of {{n}}.
given:
  w: 32
  k: 5
  s: 1
  n: 2
  v: "[1, 2]"
  net: {input: 3 x w x w, layers: [{conv: {name: c, filters: 4, kernel: k, stride: s}}]}
parts:
- {id: a, text: Which size?, answer: size(net.c), kind: shape, marks: 1}
- {id: b, text: How many parameters?, answer: parameters(net), kind: count, marks: 1}
- {id: c, text: How long is it?, answer: "sum(j in 1..n, v[j])", marks: 1}
draw:
  k: choice(3, 5, 7)
  s: ints(1..2)
  n: ints(1..3)
  v: ints(n, 1..9)
"""


def test_drawn_sizes(bank):
    problem = bank(SIZES)
    variants = draw_many(problem, 40, 1)
    assert len({variant.hash for variant in variants}) == 40
    seen = set()
    for variant in variants:
        k, s, n = (int(values(variant)[name][0]) for name in "ksn")
        solution = solve_problem(variant.problem)
        size = (32 - k) // s + 1
        assert fractions(solution.reference("a", "").array) == [4, size, size]
        assert fractions(solution.reference("b", "").array) == [4 * 3 * k * k + 4]
        assert len(values(variant)["v"]) == n
        assert fractions(solution.reference("c", "").array) == [sum(values(variant)["v"])]
        seen.add((k, s, n))
    assert len(seen) > 9
    assert [one.hash for one in draw_many(problem, 3, 1)] == [one.hash for one in variants[:3]]


# --------------------------------------------------------------------------------------------------------- put to use


def test_the_variant_is_a_problem_with_these_values(bank):
    problem = bank(STEP + DRAW)
    variant = draw(problem, 2)
    (w,), (x,), (y,) = (values(variant)[name] for name in "wxy")
    solution = solution_of("p", 2)
    assert fractions(solution.reference("b", "").array) == [w - Fraction(1, 10) * 2 * (w * x - y) * x]
    assert dict(solution.problem.given) == {"w": str(w), "x": str(x), "y": str(y), "lr": "0.1"}
    assert dict(variant.values) == {"w": str(w), "x": str(x), "y": str(y)}
    assert variant.answers == {"a": str(2 * (w * x - y) * x), "b": str(w - Fraction(1, 5) * (w * x - y) * x)}
    assert solution_of("p").problem is problem
    assert solution_of(problem, 2).problem.given == solution.problem.given


def test_decimals_stay_decimals(bank):
    text = STEP + "draw: {lr: 'choice(1/4, 1/2)', w: 'decimals(0.1..0.9)'}\n"
    variant = draw(bank(text.replace("w: 1/2", "w: 1/5")), 1)
    assert "." in variant.values["lr"]
    assert "." in variant.values["w"]


def test_a_problem_without_draw(bank):
    with pytest.raises(UsageError, match="problem p has no 'draw', so it has no variants"):
        draw(bank(STEP), 1)
    assert draw_faults(bank(STEP)) == ()
    assert solution_of("p", 5).problem.given["w"] == "1/2"


def test_large_seeds_and_counts(bank):
    problem = bank(STEP + DRAW)
    assert draw(problem, 10**30).hash != draw(problem, -(10**30)).hash
    with pytest.raises(UsageError):
        draw_many(problem, 0, 1)
    assert len(draw_many(bank(STEP + "draw: {x: 'ints(1..4)'}\n"), 50, 1)) < 4


@pytest.mark.parametrize(
    ("more", "sentences"),
    [
        ("draw:\n  w: halvs(1..2)\n", ["13: draw: 'halvs(1..2)' is no distribution (did you mean 'halves'?)"]),
        ("draw:\n  w: ints(2, 1..2)\n", ["13: draw: 'w' would be a vector of 2, but the original is a number"]),
        (
            "draw:\n  w: ints(1..x)\n  x: ints(y..3)\n  y: ints(1..2)\n",
            [
                "13: draw: 'x' is drawn here or below; only what is drawn above may be used",
                "14: draw: 'y' is drawn here or below",
            ],
        ),
        ("draw:\n  keep: [w > 0]\n", ["13: draw: nothing is drawn"]),
        (DRAW + "  keep: [q > 0]\n", ["16: draw: 'q' is not a name known here"]),
        (DRAW + "  alike: [exp(w)]\n", ["16: draw: 'exp(w)' is not rational in the original"]),
        (DRAW + "  keep: ['decimals(w, 2) <= 1']\n", ["16: draw: decimals is used as decimals(x)"]),
        (DRAW + "  keep: [x > 0, x > 4]\n", ["16: draw: of 21,760 candidates none can be kept: 'keep: x > 4' rejects all"]),
        (DRAW + "  keep: [x > 3]\n  alike: [x]\n", ["16: draw: of 21,760 candidates none can be kept: 'keep: x > 3' and"]),
        (DRAW + "  per: 'x in [2, 5]'\n", ["16: draw: of 21,760 candidates none can be kept: none lies in the stratum 'x = 5'"]),
        (DRAW + "  per: not x\n", ["16: draw: 'not x' is no condition, as 'x' is none; write a comparison such as x != 0"]),
    ],
)
def test_faults_of_a_draw(bank, more, sentences):
    faults = [str(fault) for fault in draw_faults(bank(STEP + more))]
    assert len(faults) == len(sentences)
    assert all(fault.startswith(f"p.yaml:{sentence}") for fault, sentence in zip(faults, sentences, strict=True)), faults


MATRIX = STEP.replace("lr: 0.1}", "lr: 0.1, W: '[[1, 2], [3, 4]]'}").replace("let:\n", "let:\n  s: W @ [1, w]\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("W", "'W' is no condition; write a comparison such as all(W != 0)"),
        ("x", "'x' is no condition; write a comparison such as x != 0"),
        ("s", "'s' is no condition; write a comparison such as all(s != 0)"),
        ("w + x", "'w + x' is no condition; write a comparison such as w + x != 0"),
        ("count(W > 0)", "'count(W > 0)' is no condition; write a comparison such as count(W > 0) != 0"),
        ("any(W)", "'any(W)' is no condition, as 'W' is none; write a comparison such as all(W != 0)"),
        ("not x", "'not x' is no condition, as 'x' is none; write a comparison such as x != 0"),
        ("w > 0 and x", "'w > 0 and x' is no condition, as 'x' is none; write a comparison such as x != 0"),
        ("x > 0 and x - 1", "'x > 0 and x - 1' is no condition; it must be made of comparisons such as x != 0"),
        ("where(w > 0, 1, 2)", "'where(w > 0, 1, 2)' is no condition; it must be made of comparisons such as x != 0"),
    ],
)
def test_what_is_kept_must_be_a_condition(bank, text, sentence):
    faults = [str(fault) for fault in draw_faults(bank(MATRIX + DRAW + f"  keep:\n  - x > 0\n  - {text}\n"))]
    assert faults == [f"p.yaml:19: draw: {sentence}"]


@pytest.mark.parametrize(
    "text",
    [
        "x > 1",
        "not x < 2",
        "all(W > 0) and any(s != 1)",
        "(x == 2 or W > 0)[0, 1]",
        "1 < x <= 4",
        "decimals(w) <= 1",
        "where(w > 0, x > 1, x < 3)",
        "big",
        "min(W > 0)",
        "one_hot(x, 5)[2] == 0 or x > 0",
    ],
)
def test_conditions_are_made_of_comparisons(bank, text):
    problem = MATRIX.replace("let:\n", "let:\n  big: x > 2\n") + DRAW + f"  keep:\n  - {text}\n  alike:\n  - count(W > 0)\n"
    assert draw_faults(bank(problem)) == ()


@pytest.mark.parametrize(
    ("offered", "structural"),
    [
        ("x[0], x[1]", ()),
        ("x[0] + 1, 2 * k", ()),
        ("[x[0], k], [k, 7]", ()),
        ("x, 2 * x", ()),
        ("x[0:k], x[1:k + 1]", ("k",)),
        ("ones(k), zeros(k)", ("k",)),
    ],
)
def test_of_offered_values_only_what_decides_about_shapes_is_structural(bank, offered, structural):
    """Each variant has one of the values that its own x and k offer, as plain Python says."""
    first = {"x, 2 * x": "[1, 2, 3]", "[x[0], k], [k, 7]": "[1, 2]"}.get(offered, "1" if "[0]" in offered else "[1, 2]")
    text = f"""\
title: A choice
topics: [loss]
text: Take {{{{x}}}}, {{{{k}}}} and {{{{y}}}}.
given: {{x: '[1, 2, 3]', k: 2, y: '{first}'}}
parts: [{{id: a, text: Add., answer: sum(x) + 100 * k + 1000 * sum(y), marks: 1}}]
draw: {{x: 'ints(3, 4..9)', k: 'ints({"2..2" if structural else "2..5"})', y: 'choice({offered})'}}
"""
    problem = bank(text)
    assert space_of(problem).structural == structural
    for one in draw_many(problem, 12, 1):
        x, (k,), y = (fractions(one.exact[name]) for name in "xky")
        meant = {
            "x[0], x[1]": ([x[0]], [x[1]]),
            "x[0] + 1, 2 * k": ([x[0] + 1], [2 * k]),
            "[x[0], k], [k, 7]": ([x[0], k], [k, 7]),
            "x, 2 * x": (x, [2 * entry for entry in x]),
            "x[0:k], x[1:k + 1]": (x[0:2], x[1:3]),
            "ones(k), zeros(k)": ([1, 1], [0, 0]),
        }[offered]
        assert y in meant


def test_what_goes_wrong_only_when_it_is_drawn_is_a_fault(bank):
    text = """\
title: A choice
topics: [loss]
text: Take {{n}}, {{x}} and {{y}}.
given: {n: 2, x: '[1, 2]', y: '[1, 2]'}
parts: [{id: a, text: Add., answer: sum(x) + 100 * sum(y), marks: 1}]
draw: {n: 'ints(2..4)', x: 'ints(n, 1..9)', y: 'choice(x, 2 * x)'}
"""
    (fault,) = draw_faults(bank(text))
    assert str(fault).startswith("p.yaml:6: draw: a value of shape a vector of ")


def test_symbols_and_stacks_are_not_drawn(bank):
    text = SIZES.replace("  k: choice(3, 5, 7)", "  net: ints(1..2)")
    assert "'net' is a layer stack; draw the numbers that its settings name" in str(draw_faults(bank(text))[0])
    text = STEP.replace("w: 1/2", "w: real") + "draw: {w: ints(1..2)}\n"
    assert "'w' is a symbol; only values are drawn" in str(draw_faults(bank(text))[0])


@pytest.mark.parametrize(
    ("given", "how", "shown"),
    [
        ("1/2", "choice(1/4, 3/4)", {"1/4", "3/4"}),
        ("0.5", "choice(1/4, 3/4)", {"0.25", "0.75"}),
        ("3", "choice(0.25, 0.75)", {"0.25", "0.75"}),
        ("3", "halves(-1..-0.5)", {"-1", "-0.5"}),
        ("1/2", "nonzero_halves(-3..-2)", {"-3", "-5/2", "-2"}),
        ("0.5", "choice(1/3, 2/3)", {"1/3", "2/3"}),
        ("[1, 2]", "choice([1/2, -1], [0, 3])", {"[1/2, -1]", "[0, 3]"}),
    ],
)
def test_how_values_are_typed(bank, given, how, shown):
    text = f"""\
title: t
topics: [loss]
text: Take {{{{x}}}}.
given: {{x: "{given}"}}
parts: [{{id: a, text: t, answer: exp(x), marks: 1}}]
draw: {{x: "{how}"}}
"""
    variants = draw_many(bank(text), 10, 1)
    assert {one.values["x"] for one in variants} == shown
    for one in variants:  # what is typed is what was drawn
        assert fractions(solve_problem(one.problem).program.values["x"]) == values(one)["x"]
