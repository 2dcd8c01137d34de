"""The same problem and seed give the same variants: for any count, for many seeds at once, in other threads and processes."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.bank.load import load_problem
from grader.maths.errors import BankError
from grader.variants.draw import draw, draw_for, draw_many

PLAIN = """\
title: A layer
topics: [activation]
text: Take $x = {{x}}$, $W = {{W}}$ and $b = {{b}}$.
given: {x: "[1, 2]", W: "[[1, -1], [2, 1], [-3, 1]]", b: 1/2}
let: {h: relu(W @ x + b), p: sigmoid(sum(h) / 9)}
parts:
- {id: a, text: Compute., answer: h, marks: 1}
- {id: b, text: Compute., answer: p, marks: 1, digits: 3}
draw:
  x: nonzero_ints(2, -3..3)
  W: nonzero_ints(3, 2, -3..3)
  b: choice(1/2, 3/2, 5/2)
"""
SIZES = """\
title: Sizes
topics: [conv-shapes]
text: An image of {{w}} pixels a side; kernel {{k}}, stride {{s}}.
given: {w: 32, k: 5, s: 1, net: {input: 3 x w x w, layers: [{conv: {name: c, filters: 4, kernel: k, stride: s}}]}}
parts: [{id: a, text: Which size?, answer: size(net.c), kind: shape, marks: 1}]
draw: {w: ints(20..60), k: "choice(3, 5, 7)", s: ints(1..2), keep: [w > 2 * k]}
"""
RARE = PLAIN + "  keep:\n  - h[0] == 17 / 2 and h[2] > 5\n"  # one in some hundreds
PROBLEMS = {"plain": PLAIN, "per": PLAIN + "  per: [b, 'x[0] > 0']\n", "sizes": SIZES, "rare": RARE}
SEEDS = [*range(-3, 12), 10**30, 2**63]


@pytest.fixture
def bank(make_bank):
    make_bank({f"{name}.yaml": text for name, text in PROBLEMS.items()})


def told(variant):
    return variant.hash, variant.seed, variant.number, variant.tries, variant.stratum


@pytest.mark.parametrize("name", PROBLEMS)
def test_any_count_and_many_seeds_at_once(bank, name):
    problem = load_problem(name)
    together = draw_for(problem, SEEDS)
    for seed, one in zip(SEEDS, together, strict=True):
        assert told(one) == told(draw(problem, seed))
        assert told(one) == told(draw_many(problem, 1, seed)[0])
    for seed in SEEDS[:3]:
        many = [told(one) for one in draw_many(problem, 13, seed)]
        assert many[0] == told(together[SEEDS.index(seed)])
        assert [told(one) for one in draw_many(problem, 4, seed)] == many[:4]
    assert [told(one) for one in draw_for(problem, [5, 4, 5])] == [told(draw(problem, seed)) for seed in (5, 4, 5)]


def test_threads(bank):
    jobs = [(load_problem(name), seed) for seed in range(8) for name in ("plain", "per", "sizes")]
    expected = [told(draw(*job)) for job in jobs]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda job: told(draw(*job)), jobs)) == expected


def test_processes(bank):
    program = (
        "import json\nfrom grader.variants.draw import draw_for, draw_many\n"
        f"print(json.dumps([[one.hash for one in (*draw_for(p, range(6)), *draw_many(p, 5, 7))] for p in {list(PROBLEMS)}]))"
    )
    expected = [[one.hash for one in (*draw_for(p, range(6)), *draw_many(p, 5, 7))] for p in PROBLEMS]
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(run.stdout) == expected


def test_what_cannot_be_drawn_is_told_for_many_seeds_too(make_bank):
    make_bank({"p.yaml": PLAIN + "  keep: [b > 3]\n"})
    with pytest.raises(BankError, match="'keep: b > 3' rejects all"):
        draw_for("p", range(5))
