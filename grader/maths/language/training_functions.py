"""Optimisers in the language: one step with a gradient that is given, or several steps on a loss."""

from fractions import Fraction

from grader.maths.builders import optimisers
from grader.maths.builders.training import batches, train
from grader.maths.errors import LanguageError, ShapeError
from grader.maths.graph import Node, constant, show_shape
from grader.maths.language import syntax
from grader.maths.language.functions import Tree, Value, function

ROWS = "rows"
SEVERAL = "steps=, over=rows(X, y), batch=, epochs="


def _usages(single, repeated):
    return f"{single} or {repeated[:-1]}, {SEVERAL})"


def _single(values, least, most, **settings):
    """The nodes of the arguments of a single step, None where they are a loss and its parameters."""
    if len(values) == 2:
        return None
    reader = values[0].reader if values else None
    if not least <= len(values) <= most:
        raise LanguageError(f"a single step has {least}{f' to {most}' if most > least else ''} values, several steps have 2")
    for name, setting in settings.items():
        if setting is not None:
            raise LanguageError(f"'{name}' is a setting of several steps on a loss; a single step has it as a value")
    return [reader.node(value.tree) for value in values]


def _several(scope, optimiser, values, course, **state):
    """Several steps: values are the loss and its parameters, course the settings `steps`, `over`, `batch` and `epochs`."""
    loss, parameters = values[0].reader.node(values[0].tree), _parameters(values[1])
    if loss.shape:
        raise ShapeError(f"a loss is a number, not {show_shape(loss.shape)}")
    missing = [name for name, setting in state.items() if setting is None]
    if missing:
        raise LanguageError(f"several steps need {' and '.join(f'{name}=' for name in missing)}")
    if optimiser is optimisers.nesterov and len(parameters) > 1:
        raise LanguageError("Nesterov's steps are worked out for one parameter only")
    losses, steps = _course(loss, **course)
    return train(losses, parameters, optimiser, steps, state)


def _parameters(typed):
    """Name -> node of the parameters: a single one, or several in brackets."""
    several = isinstance(typed.tree, syntax.Items)
    found = {}
    for tree in typed.tree.items if several else (typed.tree,):
        node = typed.reader.value(tree)
        if not isinstance(node, Node) or (several and not isinstance(tree, syntax.Name)):
            typed.reader.fail("the parameters of a loss are names, such as theta or (w, b)", tree)
        found[getattr(tree, "name", "theta")] = node
    if not found:
        typed.reader.fail("there is no parameter here", typed.tree)
    return found


def _course(loss, steps, over, batch, epochs):
    """(losses to be taken in turn, number of steps)."""
    if over is None:
        if batch is not None or epochs is not None:
            raise LanguageError("'batch' and 'epochs' are for steps over=rows(X, y)")
        if steps is None:
            raise LanguageError("several steps need steps= or over=rows(X, y)")
        return (loss,), steps
    losses = batches(loss, _rows(over), 1 if batch is None else batch)
    if steps is not None and epochs is not None:
        raise LanguageError("either the steps or the epochs are told, not both")
    return losses, len(losses) * (1 if epochs is None else epochs) if steps is None else steps


def _rows(over):
    """The nodes of X and y in `rows(X, y)`."""
    tree = over.tree
    called = isinstance(tree, syntax.Call) and isinstance(tree.function, syntax.Name) and tree.function.name == ROWS
    if not called or tree.settings:
        over.reader.fail("what the steps go over is written as rows(X, y)", tree)
    return [over.reader.node(item) for item in tree.arguments]


def _epsilon(scope, epsilon):
    return constant(Fraction(scope.convention("optimizer_epsilon"))) if epsilon is None else epsilon


@function(
    _usages("sgd(theta, g, lr)", "sgd(L, theta, lr=)"),
    "one step of gradient descent: result theta; or steps on a loss L, over=: for every row or batch: results theta and g after "
    "each step, theta_last; of several parameters (w, b): results w, b, g.w, g.b",
)
def _(
    scope,
    *values: Tree,
    lr: Value = None,
    steps: int = None,
    over: Tree = None,
    batch: int = None,
    epochs: int = None,
):
    course = {"steps": steps, "over": over, "batch": batch, "epochs": epochs}
    single = _single(values, 3, 3, lr=lr, **course)
    return optimisers.sgd(*single) if single else _several(scope, optimisers.sgd, values, course, lr=lr)


@function(
    _usages("momentum(theta, g, v, lr, beta)", "momentum(L, theta, lr=, beta=)"),
    "one step with momentum (convention momentum_form): results v, theta; or steps on a loss, as sgd, from v = 0",
)
def _(
    scope,
    *values: Tree,
    lr: Value = None,
    beta: Value = None,
    steps: int = None,
    over: Tree = None,
    batch: int = None,
    epochs: int = None,
):
    course, form = {"steps": steps, "over": over, "batch": batch, "epochs": epochs}, scope.convention("momentum_form")
    single = _single(values, 5, 5, lr=lr, beta=beta, **course)
    if single:
        return optimisers.momentum(*single, form=form)
    return _several(scope, optimisers.momentum, values, course, lr=lr, beta=beta, form=form)


@function(
    _usages("nesterov(theta, g, v, lr, beta)", "nesterov(L, theta, lr=, beta=)"),
    "one Nesterov step, g the gradient at the look-ahead point: results v, theta; or steps on a loss, as sgd, from v = 0",
)
def _(
    scope,
    *values: Tree,
    lr: Value = None,
    beta: Value = None,
    steps: int = None,
    over: Tree = None,
    batch: int = None,
    epochs: int = None,
):
    course = {"steps": steps, "over": over, "batch": batch, "epochs": epochs}
    single = _single(values, 5, 5, lr=lr, beta=beta, **course)
    return optimisers.nesterov(*single) if single else _several(scope, optimisers.nesterov, values, course, lr=lr, beta=beta)


@function(
    _usages("adagrad(theta, g, s, lr, epsilon=)", "adagrad(L, theta, lr=, epsilon=)"),
    "one AdaGrad step: results s (sum of squares), theta; or steps on a loss, as sgd, from s = 0",
)
def _(
    scope,
    *values: Tree,
    lr: Value = None,
    epsilon: Value = None,
    steps: int = None,
    over: Tree = None,
    batch: int = None,
    epochs: int = None,
):
    course = {"steps": steps, "over": over, "batch": batch, "epochs": epochs}
    epsilon, form = _epsilon(scope, epsilon), scope.convention("adam_epsilon")
    single = _single(values, 4, 4, lr=lr, **course)
    if single:
        return optimisers.adagrad(*single, epsilon, form=form)
    return _several(scope, optimisers.adagrad, values, course, lr=lr, epsilon=epsilon, form=form)


@function(
    _usages("rmsprop(theta, g, s, lr, beta, epsilon=)", "rmsprop(L, theta, lr=, beta=, epsilon=)"),
    "one RMSProp step: results s (mean of squares), theta; or steps on a loss, as sgd, from s = 0",
)
def _(
    scope,
    *values: Tree,
    lr: Value = None,
    beta: Value = None,
    epsilon: Value = None,
    steps: int = None,
    over: Tree = None,
    batch: int = None,
    epochs: int = None,
):
    course = {"steps": steps, "over": over, "batch": batch, "epochs": epochs}
    epsilon, form = _epsilon(scope, epsilon), scope.convention("adam_epsilon")
    single = _single(values, 5, 5, lr=lr, beta=beta, **course)
    if single:
        return optimisers.rmsprop(*single, epsilon, form=form)
    return _several(scope, optimisers.rmsprop, values, course, lr=lr, beta=beta, epsilon=epsilon, form=form)


@function(
    _usages("adam(theta, g, m, v, t, lr, beta1, beta2, epsilon=)", "adam(L, theta, lr=, beta1=, beta2=, epsilon=)"),
    "step t of Adam: results m, v, m_hat, v_hat, theta; or steps 1, 2, ... on a loss, as sgd, from m = v = 0",
)
def _(
    scope,
    *values: Tree,
    lr: Value = None,
    beta1: Value = None,
    beta2: Value = None,
    epsilon: Value = None,
    steps: int = None,
    over: Tree = None,
    batch: int = None,
    epochs: int = None,
):
    course = {"steps": steps, "over": over, "batch": batch, "epochs": epochs}
    epsilon, form = _epsilon(scope, epsilon), scope.convention("adam_epsilon")
    single = _single(values, 6, 8, lr=lr, beta1=beta1, beta2=beta2, **course)
    usual = [constant(Fraction(9, 10)), constant(Fraction(999, 1000))]
    if single:
        return optimisers.adam(*single, *usual[len(single) - 6 :], epsilon, form=form)
    beta1, beta2 = (given or default for given, default in zip((beta1, beta2), usual, strict=True))
    return _several(scope, optimisers.adam, values, course, lr=lr, beta1=beta1, beta2=beta2, epsilon=epsilon, form=form)
