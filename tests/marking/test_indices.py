"""Derivations with indices: what students type for sums, entries, deltas and unknown functions, right and wrong."""

import pytest

import grader

PROBLEM = """
title: Indices
topics: [backprop]
text: A layer, a softmax, a hinge loss and an unknown activation.
given:
  x: vector(n)
  s: vector(n)
  W: matrix(n, m)
  i: index(n)
  j: index(m)
  y: index(n)
  b: real
  f: function
  g: function
let:
  z: sum(k in 1..n, W[k, j] * x[k])
  loss: log(sum(k in 1..n, exp(s[k]))) - s[y]
  total: sum(k in 1..n, log_softmax(s)[k])
  margins: sum(k in 1..n if k != y, max(0, 1 + s[k] - s[y]))
  a: sum(k in 1..n, f(x[k]) * W[k, j])
parts:
- id: p
  text: Give them.
  answer:
    z: {value: z, marks: 1}
    dz: {value: "grad(z, x[i])", marks: 1}
    dloss: {value: "grad(loss, s[i])", marks: 1}
    dtotal: {value: "grad(total, s[i])", marks: 1}
    hinge: {value: margins, marks: 1}
    dhinge: {value: "grad(margins, s[y])", marks: 1}
    mean: {value: "sum(x) / n", marks: 1}
    var: {value: "sum(k in 1..n, (x[k] - b)^2) / n", marks: 1}
    da: {value: "grad(a, x[i])", marks: 1}
    second: {value: "grad(grad(a, x[i]), x[i])", marks: 1}
    product: {value: "prod(k in 1..n, x[k])", marks: 1}
    entry: {value: "W[i, j]", marks: 1}
    kronecker: {value: "delta(i, y)", marks: 1}
    first: {value: "x[0] + x[1]", marks: 1}
    all: {value: "sum(k in 1..n, l in 1..m, W[k, l])", marks: 1}
    rival: {value: "max(k in 1..n if k != y, s[k])", marks: 1}
    short: {value: "sum(k in 1..n-1, x[k] * x[k+1])", marks: 1}
"""

RIGHT = [
    ("z", r"\sum_{k=1}^{n} w_{kj} x_k"),
    ("z", r"\sum_k w_{kj}x_k"),
    ("z", "sum_k w_kj x_k"),
    ("z", "Σ_k w_kj x_k"),
    ("z", "∑_{k=1}^n x_k W_kj"),
    ("z", "sum_{i=1}^n W_{ij} x_i"),
    ("z", "sum(k in 1..n, W[k, j] x[k])"),
    ("z", "sum over k of w_kj * x_k"),
    ("z", "z_j = sum_k=1^n w_kj x_k"),
    ("z", "(W^T x)_j = sum_k w_kj x_k"),
    ("dz", "w_ij"),
    ("dz", "W_{ij}"),
    ("dz", "W[i, j]"),
    ("dz", r"\frac{\partial z_j}{\partial x_i} = w_{ij}"),
    ("dz", "sum_k w_kj δ_ki"),
    ("dz", r"\sum_k \delta_{ik} w_{kj}"),
    ("dloss", r"\frac{e^{s_i}}{\sum_k e^{s_k}} - \delta_{iy}"),
    ("dloss", "exp(s_i) / sum_k exp(s_k) - 1[i = y]"),
    ("dloss", "softmax(s)_i - δ_iy"),
    ("dloss", r"\mathrm{softmax}(s)[i] - \mathbb{1}_{i=y}"),
    ("dloss", "e^{s_i} / (Σ_k e^{s_k}) - δ_{i,y}"),
    ("dtotal", r"1 - n \frac{e^{s_i}}{\sum_{k=1}^{n} e^{s_k}}"),
    ("dtotal", r"1 - n \, \mathrm{softmax}(s)_i"),
    ("dtotal", "sum_k (δ_ki - e^(s_i)/sum_l e^(s_l))"),
    ("hinge", r"\sum_{k \neq y} \max(0, s_k - s_y + 1)"),
    ("hinge", "sum_{j != y} max(0, 1 + s_j - s_y)"),
    ("hinge", "Σ_{k≠y} max(0, s_k − s_y + 1)"),
    ("hinge", "sum_k max(0, 1 + s_k - s_y) - 1"),
    ("dhinge", r"-\sum_{k \neq y} \mathbb{1}[s_k - s_y + 1 > 0]"),
    ("dhinge", "- sum_{k != y} 1[1 + s_k > s_y]"),
    ("mean", r"\frac{1}{n} \sum_{k=1}^{n} x_k"),
    ("mean", "1/n sum_k x_k"),
    ("mean", "(sum_k x_k) / n"),
    ("mean", "mean(x)"),
    ("var", r"\frac1n \sum_{k=1}^n (x_k - b)^2"),
    ("var", "sum_k (x_k - b)^2 / n"),
    ("var", "1/n sum_k x_k^2 - 2 b/n sum_k x_k + b^2"),
    ("da", "f'(x_i) w_ij"),
    ("da", r"W_{ij} f^{\prime}(x_i)"),
    ("da", "sum_k f'(x_k) w_kj δ_ki"),
    ("second", "f''(x_i) w_ij"),
    ("second", "w_ij * f''(x[i])"),
    ("product", r"\prod_{k=1}^{n} x_k"),
    ("product", "prod_i x_i"),
    ("entry", "w_ij"),
    ("kronecker", "δ_iy"),
    ("kronecker", "1[i = y]"),
    ("kronecker", "delta(y, i)"),
    ("first", "x_1 + x_2"),
    ("first", "x1 + x2"),
    ("all", r"\sum_{k,l} w_{kl}"),
    ("all", r"\sum_i \sum_j w_ij"),
    ("all", "sum(W)"),
    ("rival", r"\max_{k \neq y} s_k"),
    ("short", r"\sum_{k=1}^{n-1} x_k x_{k+1}"),
    ("short", "sum_{k=2}^n x_k x_{k-1}"),
]

WRONG = [
    ("z", "w_ij x_i"),  # the sum is missing
    ("z", "w_kj x_k", "unreadable"),  # and its index is unknown
    ("z", r"\sum_k w_{ki} x_k"),  # i counts up to n, the second axis of W only to m
    ("z", r"\sum_k w_{jk} x_k", "unreadable"),  # transposed: k cannot count both
    ("z", r"\sum_{k=1}^{n-1} w_{kj} x_k"),
    ("z", r"\sum_{k=2}^{n} w_{kj} x_k"),
    ("z", r"\sum_{k=1}^{3} w_{kj} x_k"),  # right only where n is 3
    ("z", r"\sum_k w_{kj} x_i"),
    ("z", r"\sum_k w_{kj}"),
    ("dz", "x_i"),
    ("dz", "w_ji"),
    ("dz", "sum_k w_kj"),
    ("dloss", r"\frac{e^{s_i}}{\sum_k e^{s_k}}"),
    ("dloss", "exp(s_i) / sum_k exp(s_k) - 1"),
    ("dloss", r"\frac{e^{s_y}}{\sum_k e^{s_k}} - \delta_{iy}"),
    ("dloss", "δ_iy - softmax(s)_i"),
    ("dtotal", r"1 - \frac{e^{s_i}}{\sum_k e^{s_k}}"),
    ("dtotal", "1 - 3 softmax(s)_i"),
    ("hinge", "sum_k max(0, 1 + s_k - s_y)"),  # the right class is among them
    ("hinge", r"\sum_{k \neq i} \max(0, s_k - s_y + 1)"),
    ("hinge", r"\sum_{k \neq y} \max(0, s_y - s_k + 1)"),
    ("dhinge", r"\sum_{k \neq y} 1[1 + s_k > s_y]"),
    ("mean", "sum_k x_k"),
    ("mean", "1/3 sum_k x_k"),
    ("mean", "1/m sum_k x_k"),
    ("var", "1/n sum_k x_k - b^2"),
    ("da", "f(x_i) w_ij"),
    ("da", "f'(x_i)"),
    ("da", "g'(x_i) w_ij"),
    ("da", "sum_k f'(x_k) w_kj"),
    ("second", "f'(x_i)^2 w_ij"),
    ("product", "sum_k x_k"),
    ("entry", "w_ii"),
    ("entry", "w_11"),
    ("kronecker", "1[i != y]"),
    ("first", "x_2 + x_3"),
    ("all", "sum_k w_kj"),
    ("rival", r"\max_k s_k"),
    ("short", r"\sum_{k=1}^{n} x_k x_k"),
]

UNREADABLE = [
    ("z", "sum_k w_kj x_k + q_k"),
    ("z", r"\sum_{k=1} w_{kj} x_k"),
    ("z", "sum_j w_ij x_j"),
    ("z", "sum_x x"),
    ("mean", "1/sum_k x_k n"),  # one over the product, or the product with n
    ("first", "x[1] + x[2]"),
    ("first", "x(1) + x(2)"),
    ("entry", "x^{(i)}"),
    ("da", "f' w_ij"),
    ("da", "f w_ij"),
    ("short", r"\sum_{k=1}^{n} x_k x_{k+1}"),  # x has no entry behind its last
]


@pytest.fixture(scope="module")
def problem(tmp_path_factory):
    path = tmp_path_factory.mktemp("indices") / "indices.yaml"
    path.write_text(PROBLEM, encoding="utf-8")
    return str(path)


def state(problem, box, typed):
    return grader.check(problem, f"p.{box}", typed).state


@pytest.mark.parametrize(("box", "typed"), RIGHT)
def test_what_is_right_in_indices(problem, box, typed):
    assert state(problem, box, typed) == "right"


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case[0]}: {case[1]}")
def test_what_is_wrong_in_indices(problem, case):
    box, typed, *expected = case
    assert state(problem, box, typed) in (expected or ["wrong"])


@pytest.mark.parametrize(("box", "typed"), UNREADABLE)
def test_what_leaves_open_what_is_meant(problem, box, typed):
    assert state(problem, box, typed) == "unreadable"
