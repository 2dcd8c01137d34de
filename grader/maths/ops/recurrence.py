"""Formulas of a step of a recurrent net: what reaches the units, and the states of LSTM and GRU.

Sources: Goodfellow, Bengio, Courville, Deep Learning (2016), section 10.10; Cho et al. (2014).
"""

from grader.maths.graph import as_node
from grader.maths.ops.table import Sample, formula

W, U, H, X, B = [[1, "1/2"], [-1, 2]], [[3, 1], ["1/4", -2]], ["1/2", "-3/4"], [2, "1/3"], [1, "-1/2"]
EARLIER, GATE, OTHER_GATE, STATE = ["1/5", 3], ["1/4", "2/3"], ["1/2", "1/5"], [2, "-3/2"]


def _with_bias(value, b):
    return value if b is None else value + b


def _recurrent_input(W, h, U, x, earlier, b=None):
    return _with_bias(W @ h + U @ x, b)


recurrent_input = formula(
    "recurrent_input",
    _recurrent_input,
    "adds what comes from the state before, from the input, and the bias",
    (
        (
            "recurrent-term-forgotten",
            lambda W, h, U, x, earlier, b=None: _with_bias(U @ x, b),
            "the term of the state before is missing",
        ),
        ("input-term-forgotten", lambda W, h, U, x, earlier, b=None: _with_bias(W @ h, b), "the term of the input is missing"),
        ("bias-forgotten", lambda W, h, U, x, earlier, b=None: W @ h + U @ x, "the bias is missing"),
        ("bias-counted-twice", {"b": lambda b: 2 * b}, "the bias is added twice"),
        (
            "weights-swapped",
            lambda W, h, U, x, earlier, b=None: _with_bias(U @ h + W @ x, b),
            "the weights of state and input are swapped",
        ),
        (
            "time-step-off-by-one",
            lambda W, h, U, x, earlier, b=None: _recurrent_input(W, earlier, U, x, earlier, b),
            "the state is one time step too old",
        ),
    ),
    (Sample((W, H, U, X, EARLIER, B)), Sample((W, H, U, X, EARLIER))),
)
gated_recurrent_input = formula(
    "gated_recurrent_input",
    lambda W, h, U, x, r, b=None: _with_bias(r * (W @ h) + U @ x, b),
    "adds what the reset gate lets through of the state before, the input, and the bias",
    (
        (
            "recurrent-term-forgotten",
            lambda W, h, U, x, r, b=None: _with_bias(U @ x, b),
            "the term of the state before is missing",
        ),
        (
            "input-term-forgotten",
            lambda W, h, U, x, r, b=None: _with_bias(r * (W @ h), b),
            "the term of the input is missing",
        ),
        ("bias-forgotten", lambda W, h, U, x, r, b=None: r * (W @ h) + U @ x, "the bias is missing"),
        ("reset-gate-forgotten", {"r": 1}, "the reset gate is missing"),
        (
            "reset-before-for-after",
            lambda W, h, U, x, r, b=None: _with_bias(W @ (r * h) + U @ x, b),
            "the reset gate works on the state, not on the state times its weights",
        ),
    ),
    (Sample((W, H, U, X, GATE, B)),),
)
reset_state = formula(
    "reset_state",
    lambda r, h: r * h,
    "lets through what the reset gate keeps of the state",
    (("reset-gate-forgotten", lambda r, h: h, "the reset gate is missing"),),
    (Sample((GATE, H)),),
)
cell_state = formula(
    "cell_state",
    lambda f, c, i, g: f * c + i * g,
    "keeps the old cell state by the forget gate and adds the candidate by the input gate",
    (
        ("gates-swapped", lambda f, c, i, g: i * c + f * g, "forget gate and input gate are swapped"),
        ("forget-gate-forgotten", {"f": 1}, "the forget gate is missing"),
        ("input-gate-forgotten", {"i": 1}, "the input gate is missing"),
        ("old-state-forgotten", lambda f, c, i, g: i * g, "what is kept of the old cell state is missing"),
        ("candidate-forgotten", lambda f, c, i, g: f * c, "what is added by the candidate is missing"),
        (
            "forget-gate-reversed",
            lambda f, c, i, g: (1 - f) * c + i * g,
            "the forget gate is used as what is forgotten; it is what is kept",
        ),
    ),
    (Sample((GATE, STATE, OTHER_GATE, X)),),
)
gated_output = formula(
    "gated_output",
    lambda o, squashed, c: o * squashed,
    "lets through what the output gate allows of the squashed cell state",
    (
        ("output-gate-forgotten", lambda o, squashed, c: squashed, "the output gate is missing"),
        (
            "output-activation-forgotten",
            lambda o, squashed, c: o * c,
            "the activation of the cell state is missing in the output",
        ),
    ),
    (Sample((GATE, OTHER_GATE, STATE)),),
)


def _updated(z, h, n, kept):
    return z * h + (1 - z) * n if kept else (1 - z) * h + z * n


updated_state = formula(
    "updated_state",
    _updated,
    "mixes the old state and the candidate by the update gate",
    (
        ("update-gate-reversed", {"kept": lambda kept: not kept}, "z and 1 - z are swapped"),
        ("one-minus-forgotten", lambda z, h, n, kept: z * h + z * n, "z is used where 1 - z belongs"),
        ("candidate-forgotten", lambda z, h, n, kept: z * h if kept else (1 - z) * h, "the term of the candidate is missing"),
        ("old-state-forgotten", lambda z, h, n, kept: (1 - z) * n if kept else z * n, "the term of the old state is missing"),
        ("update-gate-forgotten", lambda z, h, n, kept: as_node(n), "the update gate is missing: the candidate is the new state"),
    ),
    (Sample((GATE, H, STATE), {"kept": True}), Sample((GATE, H, STATE), {"kept": False})),
)
