"""Optimisers, one step at a time, and steps repeated with the gradient taken anew.

In every step `theta` is the parameter (any shape), `g` its gradient, or a function that gives the gradient at a point; `lr` the
learning rate; v, s, m are the running values before the step. A Record of kind "step" holds the values after it, main `theta`.
Sources: Goodfellow, Bengio, Courville, Deep Learning (2016), chapter 8 (GBC); Kingma and Ba, Adam (2015).
"""

import inspect
from itertools import cycle, islice

from grader.maths.builders.counting import check_settings, chosen
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.gradient import gradient
from grader.maths.graph import Record, as_node, is_number, replace
from grader.maths.ops.structure import zeros
from grader.maths.ops.updates import (
    accumulated_square,
    accumulated_velocity,
    adaptive_step,
    bias_corrected,
    decayed_average,
    decayed_square,
    gradient_step,
    look_ahead,
    nesterov_direction,
    velocity,
    velocity_step,
)

RUNNING = ("v", "s", "m")
ROOTS = ("outside", "inside")


def _at(g, point):
    g = g(point) if callable(g) else as_node(g)
    if g.shape not in ((), point.shape):
        raise ShapeError("the gradient and the parameter have different shapes")
    return g


def _adaptive(theta, lr, g, s, epsilon, form):
    chosen(form, dict.fromkeys(ROOTS), "the place of epsilon")
    form = ROOTS[0] if is_number(as_node(epsilon), 0) else form  # without epsilon they are one node
    return adaptive_step(theta, lr, g, s, epsilon, form=form)


def _step(**fields):
    return Record.of("step", main="theta", **fields)


def sgd(theta, g, lr):
    """theta - lr g. Fields g, theta."""
    theta = as_node(theta)
    g = _at(g, theta)
    return _step(g=g, theta=gradient_step(theta, lr, g))


def momentum(theta, g, v, lr, beta, *, form="velocity"):
    """A step with momentum. Fields g, v, theta.

    form "velocity": v = beta v - lr g, theta + v (GBC algorithm 8.2); "accumulate": v = beta v + g, theta - lr v (as
    torch.optim.SGD); "average": v = beta v + (1 - beta) g, theta - lr v.
    """
    theta, v, beta, lr = map(as_node, (theta, v, beta, lr))
    g = _at(g, theta)
    forms = {
        "velocity": lambda: velocity(v, lr, g, beta),
        "accumulate": lambda: accumulated_velocity(v, g, beta),
        "average": lambda: decayed_average(v, g, beta),
    }
    v = chosen(form, forms, "the form of momentum")()
    return _step(g=g, v=v, theta=velocity_step(theta, v) if form == "velocity" else gradient_step(theta, lr, v))


def nesterov(theta, g, v, lr, beta, *, form="look_ahead"):
    """A step with Nesterov's momentum. Fields ahead (where the gradient is taken), g, v, theta.

    form "look_ahead": the gradient at theta + beta v, then v = beta v - lr g, theta + v (Sutskever et al. 2013, GBC algorithm
    8.3); a gradient given as a value must be the one at `ahead`. "accumulate": the gradient at theta, v = beta v + g,
    theta - lr (g + beta v) (as torch.optim.SGD with nesterov).
    """
    theta, v, beta, lr = map(as_node, (theta, v, beta, lr))
    if chosen(form, {"look_ahead": True, "accumulate": False}, "the form of Nesterov's momentum"):
        ahead = look_ahead(theta, v, beta)
        return _step(ahead=ahead, **momentum(theta, _at(g, ahead), v, lr, beta).fields)
    g = _at(g, theta)
    v = accumulated_velocity(v, g, beta)
    return _step(ahead=theta, g=g, v=v, theta=gradient_step(theta, lr, nesterov_direction(g, v, beta)))


def adagrad(theta, g, s, lr, epsilon, *, form="outside"):
    """s + g^2, then theta - lr g / (sqrt(s) + epsilon); form "inside": sqrt(s + epsilon). Fields g, s, theta.

    Sources: Duchi et al. (2011), GBC algorithm 8.4.
    """
    theta, s, lr = map(as_node, (theta, s, lr))
    g = _at(g, theta)
    s = accumulated_square(s, g)
    return _step(g=g, s=s, theta=_adaptive(theta, lr, g, s, epsilon, form))


def rmsprop(theta, g, s, lr, beta, epsilon, *, form="outside"):
    """s = beta s + (1 - beta) g^2, then as AdaGrad. Fields g, s, theta.

    Sources: Tieleman and Hinton (2012), lecture 6.5; GBC algorithm 8.5 has form "inside", PyTorch "outside".
    """
    theta, s, lr, beta = map(as_node, (theta, s, lr, beta))
    g = _at(g, theta)
    s = decayed_square(s, g, beta)
    return _step(g=g, s=s, theta=_adaptive(theta, lr, g, s, epsilon, form))


def adam(theta, g, m, v, t, lr, beta1, beta2, epsilon, *, form="outside", corrected=True):
    """Adam; `t` is this step's number, from 1. Fields g, m, v, m_hat, v_hat, theta.

    m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, m_hat = m / (1 - beta1^t), v_hat = v / (1 - beta2^t),
    theta - lr m_hat / (sqrt(v_hat) + epsilon); form "inside": sqrt(v_hat + epsilon); corrected False: m_hat = m, v_hat = v.
    Source: Kingma and Ba (2015), algorithm 1.
    """
    theta, m, v, t, lr, beta1, beta2 = map(as_node, (theta, m, v, t, lr, beta1, beta2))
    g = _at(g, theta)
    m, v = decayed_average(m, g, beta1), decayed_square(v, g, beta2)
    m_hat, v_hat = (bias_corrected(m, beta1, t), bias_corrected(v, beta2, t)) if corrected else (m, v)
    return _step(g=g, m=m, v=v, m_hat=m_hat, v_hat=v_hat, theta=_adaptive(theta, lr, m_hat, v_hat, epsilon, form))


OPTIMISERS = {build.__name__: build for build in (sgd, momentum, nesterov, adagrad, rmsprop, adam)}


def repeat_steps(loss, theta, optimiser, steps, **state):
    """Steps of an optimiser (its name or function) on `loss`, a number that depends on the node `theta`.

    The gradient is taken anew at each theta. `loss` may be a tuple of losses (mini-batches), taken in turn, beginning again after
    the last. `state` holds the optimiser's settings and, if they do not begin at zero, its running values v, s, m; `t` counts
    from 1. Record("steps", main theta_last): every field of the optimiser as a tuple, one entry per step (theta = (theta_1, ...),
    g, ...), and theta_last.
    """
    optimiser = optimiser if callable(optimiser) else chosen(optimiser, OPTIMISERS, "an optimiser")
    if not isinstance(steps, int) or steps < 1:
        raise LanguageError("the number of steps is a whole number, at least 1")
    wanted = inspect.signature(optimiser).parameters
    values = {name: zeros(theta.shape) for name in RUNNING if name in wanted} | state
    own = {name: part.default for name, part in wanted.items() if name not in ("theta", "g", "t")}
    check_settings(optimiser.__name__, values, own)
    slopes = [gradient(as_node(part), theta) for part in (loss if isinstance(loss, (tuple, list)) else (loss,))]
    taken, here = [], theta
    for number, slope in enumerate(islice(cycle(slopes), steps), start=1):
        counted = {"t": number} if "t" in wanted else {}
        step = optimiser(here, _gradient_function(slope, theta), **values | counted).fields
        values |= {name: step[name] for name in RUNNING if name in wanted}
        here = step["theta"]
        taken.append(step)
    return Record.of("steps", main="theta_last", theta_last=here, **{name: tuple(s[name] for s in taken) for name in taken[0]})


def _gradient_function(slope, theta):
    """The gradient graph `slope`, taken at theta, as a function of the point."""
    return lambda point: replace(slope, {theta: point})
