"""The engine against PyTorch in float64: values, gradients and second derivatives. Left out where torch is not installed."""

from itertools import product

import numpy as np
import pytest
from engine import givens, scope

from grader.maths.evaluate import Evaluation
from grader.maths.systems import FLOAT

torch = pytest.importorskip("torch")
functional = torch.nn.functional
TOLERANCE = 1e-11


def draw(seed, **shapes):
    """Random float arrays by name; no two runs differ."""
    generator = np.random.default_rng(seed)
    return {name: generator.uniform(-2, 2, shape) for name, shape in shapes.items()}


class Both:
    """The same named float arrays in the engine's language and as torch tensors that remember their gradients."""

    def __init__(self, arrays, **conventions):
        self.arrays = arrays
        self.room = scope({name: array.tolist() for name, array in arrays.items()}, **conventions)
        self.tensors = {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in arrays.items()}
        self.work = Evaluation(arrays, (FLOAT,))

    def ours(self, text):
        return self.work(self.room.node(text))

    def agree(self, text, tensor, tolerance=TOLERANCE):
        """The expression has torch's value and, under a random upstream gradient, torch's gradient for every array."""
        expected = tensor.detach().numpy()
        self.room.names["result"] = self.room.node(text)
        assert self.room.names["result"].shape == expected.shape
        np.testing.assert_allclose(self.ours("result"), expected, rtol=tolerance, atol=tolerance)
        upstream = np.random.default_rng(99).uniform(-1, 1, expected.shape)
        gradients = torch.autograd.grad(tensor, list(self.tensors.values()), torch.tensor(upstream), allow_unused=True)
        self.room.names |= givens({"upstream": upstream.tolist()})
        self.work.values["upstream"] = upstream
        for name, gradient in zip(self.tensors, gradients, strict=True):
            wanted = np.zeros(self.arrays[name].shape) if gradient is None else gradient.numpy()
            found = self.ours(f"vjp(result, {name}, upstream)")
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance, err_msg=name)

    def agree_in_second_derivatives(self, text, function, name, tolerance=1e-9):
        """The Hessian of a number with respect to one array is torch's; `function` takes the named tensors."""
        others = {other: tensor.detach() for other, tensor in self.tensors.items()}
        hessian = torch.autograd.functional.hessian(lambda moved: function(**others | {name: moved}), others[name])
        size = self.arrays[name].size
        expected = hessian.numpy().reshape(size, size)
        np.testing.assert_allclose(self.ours(f"hessian({text}, {name})"), expected, rtol=tolerance, atol=tolerance)
        return expected


@pytest.mark.parametrize(("stride", "padding", "dilation"), list(product((1, (2, 1), 3), (0, 1, (0, 2)), (1, (1, 2)))))
def test_convolution(stride, padding, dilation):
    both = Both(draw(1, x=(2, 3, 7, 8), w=(4, 3, 3, 2), b=(4,)))
    x, w, b = both.tensors.values()
    expected = functional.conv2d(x, w, b, stride, padding, dilation)
    both.agree(f"conv2d(x, w, b, stride={stride}, padding={padding}, dilation={dilation})", expected)


@pytest.mark.parametrize(("size", "stride", "padding"), [(2, 2, 0), (3, 1, 1), (3, 2, 1), ((2, 3), (1, 2), (1, 0)), (2, 3, 1)])
def test_pooling(size, stride, padding):
    both = Both(draw(2, x=(2, 3, 7, 8)))
    x = both.tensors["x"]
    text = f"(x, size={size}, stride={stride}, padding={padding})"
    both.agree("max_pool" + text, functional.max_pool2d(x, size, stride, padding))
    both.agree("avg_pool" + text, functional.avg_pool2d(x, size, stride, padding))


@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2, 5)])
def test_batch_norm(shape):
    both = Both(draw(3, x=shape, gamma=(4,), beta=(4,)), batch_norm_epsilon="1/1000")
    x, gamma, beta = both.tensors.values()
    both.agree("batch_norm(x, gamma, beta)", functional.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3), 1e-10)


@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 2, 5)])
def test_batch_norm_with_running_statistics(shape):
    arrays = draw(4, x=shape, gamma=(4,), beta=(4,), mean=(4,), spread=(4,))
    arrays["spread"] = arrays["spread"] ** 2 + 0.1
    both = Both(arrays, batch_norm_epsilon="1e-5")
    x, gamma, beta, mean, spread = both.tensors.values()
    shaped = [part.reshape(1, 4, *(1,) * (len(shape) - 2)) for part in (gamma, beta, mean, spread)]
    expected = shaped[0] * (x - shaped[2]) / torch.sqrt(shaped[3] + 1e-5) + shaped[1]
    library = functional.batch_norm(x, mean.detach(), spread.detach(), gamma, beta, training=False, eps=1e-5)
    torch.testing.assert_close(expected, library)
    both.agree("batch_norm_test(x, gamma, beta, mean, spread)", expected)


ACTIVATIONS = {
    "relu(x)": torch.relu,
    "leaky_relu(x, 1/10)": lambda x: functional.leaky_relu(x, 0.1),
    "elu(x, 3/2)": lambda x: functional.elu(x, 1.5),
    "sigmoid(x)": torch.sigmoid,
    "tanh(x)": torch.tanh,
    "softplus(x)": functional.softplus,
    "softmax(x)": lambda x: torch.softmax(x, -1),
    "softmax(x, axis=0)": lambda x: torch.softmax(x, 0),
    "log_softmax(x)": lambda x: torch.log_softmax(x, -1),
    "exp(x)": torch.exp,
    "sin(x) + cos(x)": lambda x: torch.sin(x) + torch.cos(x),
    "abs(x)": torch.abs,
    "log(x x' + 9)": lambda x: torch.log(x @ x.T + 9),
    "x^3 / (x^2 + 1)": lambda x: x**3 / (x**2 + 1),
    "(x + 3)^x": lambda x: (x + 3) ** x,
    "max(x, axis=0)": lambda x: x.amax(0),
    "min(x, axis=1)": lambda x: x.amin(1),
    "max(x, -x)": lambda x: torch.maximum(x, -x),
    "var(x, axis=1, ddof=1)": lambda x: x.var(1),
    "std(x, axis=0, ddof=0)": lambda x: x.std(0, correction=0),
    "norm(x)": torch.linalg.norm,
    "where(x > 1/2, x^2, -x)": lambda x: torch.where(x > 0.5, x**2, -x),
    "mean(x, axis=0) + sum(x, axis=1)[0:3]": lambda x: x.mean(0) + x.sum(1)[:3],
    "reshape(x, 2, 6)' flatten(x)[0:2]": lambda x: x.reshape(2, 6).T @ x.flatten()[:2],
    "concat(x[1:, :], 2 x)[:, 1]": lambda x: torch.cat([x[1:], 2 * x])[:, 1],
    "stack(x[0], x[0] ∘ x[1])": lambda x: torch.stack([x[0], x[0] * x[1]]),
    "flip(x) ∘ x[::-1, :]": lambda x: x.flip(0, 1) * x.flip(0),
    "outer(x[0], x[1])": lambda x: torch.outer(x[0], x[1]),
}


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_functions_of_a_matrix(text):
    both = Both(draw(5, x=(4, 3)))
    both.agree(text, ACTIVATIONS[text](both.tensors["x"]))


def test_activations_far_out():
    both = Both({"x": np.array([-800.0, -40.0, -1e-9, 1e-9, 40.0, 800.0])})
    x = both.tensors["x"]
    for text in ("sigmoid(x)", "tanh(x)", "softmax(x)", "log_softmax(x)", "elu(x, 3/2)"):
        both.agree(text, ACTIVATIONS[text](x))
    both.agree("softplus(x)", functional.softplus(x))


LABELS = np.array([2, 0, 3])
LOSSES = {
    "cross_entropy(s, y)": ("cross_entropy", lambda s, t, how: functional.cross_entropy(s, torch.tensor(LABELS), reduction=how)),
    "cross_entropy(s, softmax(t))": (
        "cross_entropy",
        lambda s, t, how: functional.cross_entropy(s, torch.softmax(t, -1), reduction=how),
    ),
    "bce(sigmoid(s), sigmoid(t))": (
        "cross_entropy",
        lambda s, t, how: functional.binary_cross_entropy(torch.sigmoid(s), torch.sigmoid(t), reduction=how),
    ),
    "bce_logits(s, sigmoid(t))": (
        "cross_entropy",
        lambda s, t, how: functional.binary_cross_entropy_with_logits(s, torch.sigmoid(t), reduction=how),
    ),
    "mse(s, t)": ("squared_error", lambda s, t, how: functional.mse_loss(s, t, reduction=how)),
    "l1(s, t)": ("absolute_error", lambda s, t, how: functional.l1_loss(s, t, reduction=how)),
    "hinge(s, y)": (
        "cross_entropy",
        lambda s, t, how: 4 * functional.multi_margin_loss(s, torch.tensor(LABELS), reduction=how),  # torch divides by classes
    ),
}


@pytest.mark.parametrize(("text", "reduction"), list(product(LOSSES, ("mean", "sum"))))
def test_losses(text, reduction):
    convention, loss = LOSSES[text]
    both = Both(draw(6, s=(3, 4), t=(3, 4)), **{convention: reduction})
    both.room.names |= givens({"y": LABELS.tolist()})
    both.work.values["y"] = LABELS
    both.agree(text, loss(both.tensors["s"], both.tensors["t"], reduction))


def test_linear_algebra():
    both = Both(draw(7, A=(4, 4), b=(4,), B=(4, 2)))
    A, b, B = both.tensors.values()
    both.agree("inv(A)", torch.linalg.inv(A), 1e-9)
    both.agree("solve(A, b)", torch.linalg.solve(A, b), 1e-9)
    both.agree("solve(A, B)", torch.linalg.solve(A, B), 1e-9)
    both.agree("det(A)", torch.linalg.det(A), 1e-9)
    both.agree("log(det(A A' + eye(4)))", torch.logdet(A @ A.T + torch.eye(4, dtype=torch.float64)), 1e-9)
    both.agree("trace(A A)", torch.trace(A @ A))
    both.agree("b' A b", b @ A @ b)
    both.agree("b' (A + A') B", b[None] @ (A + A.T) @ B)
    both.agree("(A b)' (A b) / (b' b)", (A @ b) @ (A @ b) / (b @ b))


def conv_net(x, w, b, v, c, **_):
    """conv, tanh, max pooling, flatten, linear, cross-entropy."""
    hidden = torch.tanh(functional.conv2d(x, w, b, stride=(1, 2), padding=1))
    pooled = functional.max_pool2d(hidden, 2, stride=1)
    return functional.cross_entropy(pooled.flatten(1) @ v + c, torch.tensor([1, 0]))


POOLED = "max_pool(tanh(conv2d(x, w, b, stride=(1, 2), padding=1)), size=2, stride=1)"
CONV_NET = f"cross_entropy(reshape({POOLED}, 2, -1) @ v + c, [1, 0])"


def test_a_small_conv_net_to_the_second_derivative():
    both = Both(draw(8, x=(2, 2, 4, 5), w=(2, 2, 3, 2), b=(2,), v=(12, 3), c=(3,)))
    both.agree(CONV_NET, conv_net(**both.tensors))
    for name in ("w", "b", "c", "x"):
        expected = both.agree_in_second_derivatives(CONV_NET, conv_net, name)
        assert np.abs(expected).max() > 1e-3


def test_mixed_second_derivatives_of_the_conv_net():
    both = Both(draw(8, x=(2, 2, 4, 5), w=(2, 2, 3, 2), b=(2,), v=(12, 3), c=(3,)))
    loss = conv_net(**both.tensors)
    (by_w,) = torch.autograd.grad(loss, both.tensors["w"], create_graph=True)
    direction = np.random.default_rng(5).uniform(-1, 1, (2, 2, 3, 2))
    both.room.names |= givens({"direction": direction.tolist()})
    both.work.values["direction"] = direction
    product_with_direction = (by_w * torch.tensor(direction)).sum()
    for name in ("x", "v", "b"):
        (expected,) = torch.autograd.grad(product_with_direction, both.tensors[name], retain_graph=True)
        found = both.ours(f"grad(sum(direction ∘ grad({CONV_NET}, w)), {name})")
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-10, atol=1e-10)


def normalised(x):
    return functional.batch_norm(x, None, None, training=True, eps=1e-3)


SECOND = {
    "mean(batch_norm(x, 2, 1)^3)": lambda x: (2 * normalised(x) + 1).pow(3).mean(),
    "sum(softmax(x)^2)": lambda x: torch.softmax(x, -1).pow(2).sum(),
    "cross_entropy(x, [0, 2, 1, 1])": lambda x: functional.cross_entropy(x, torch.tensor([0, 2, 1, 1])),
    "sum(elu(x, 1) ∘ x)": lambda x: (functional.elu(x) * x).sum(),
    "sum(sigmoid(x)) sum(softplus(x))": lambda x: torch.sigmoid(x).sum() * functional.softplus(x).sum(),
    "log(det(x' x))": lambda x: torch.logdet(x.T @ x),
    "sum(relu(x)^2 ∘ x)": lambda x: (torch.relu(x) ** 2 * x).sum(),
    "max(x)^2 sum(x^2)": lambda x: x.amax() ** 2 * x.pow(2).sum(),
    "norm(x)": torch.linalg.norm,
    "sum(inv(x' x))": lambda x: torch.linalg.inv(x.T @ x).sum(),
}


@pytest.mark.parametrize("text", SECOND)
def test_second_derivatives(text):
    both = Both(draw(9, x=(4, 3)), batch_norm_epsilon="1/1000")
    both.agree_in_second_derivatives(text, SECOND[text], "x", tolerance=1e-8)


def test_a_recurrent_net_with_shared_weights():
    both = Both(draw(10, X=(5, 3), h0=(4,), W=(4, 4), U=(4, 3), b=(4,)))
    X, state, W, U, b = both.tensors.values()
    for t in range(5):
        both.room.names[f"h{t + 1}"] = both.room.node(f"tanh(W h{t} + U X[{t}] + b)")
        state = torch.tanh(W @ state + U @ X[t] + b)
    both.agree("h5", state)


def test_a_batch_of_variants_in_one_call():
    """Leading batch axes in all arrays: torch's vmap of the same net."""
    shapes = {"x": (2, 2, 4, 5), "w": (2, 2, 3, 2), "b": (2,), "v": (12, 3), "c": (3,)}
    one = Both(draw(8, **shapes))
    many = draw(11, **{name: (7, *shape) for name, shape in shapes.items()})
    node = one.room.node(f"grad({CONV_NET}, w)")
    found = Evaluation(many, (FLOAT,))(node)
    gradient = torch.func.grad(lambda w, rest: conv_net(w=w, **rest))
    for k in range(7):
        tensors = {name: torch.tensor(array[k]) for name, array in many.items()}
        expected = gradient(tensors.pop("w"), tensors)
        np.testing.assert_allclose(found[k], expected.numpy(), rtol=1e-10, atol=1e-10)
