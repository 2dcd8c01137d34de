"""A problem's expressions as one graph: given values, what is worked out from them, and the reference of every box."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from grader.bank.model import Complaint, Located, Stack, Where
from grader.maths.builders.layers import layer_stack
from grader.maths.errors import BankError, GraderError, LanguageError, ShapeError
from grader.maths.evaluate import Evaluation
from grader.maths.graph import Node, Record, given, reachable, show_shape
from grader.maths.language import syntax
from grader.maths.language.declarations import SIZES, declaration, named_sizes
from grader.maths.language.meaning import FUNCTIONS, Scope
from grader.maths.language.named_functions import NAMES, NamedFunction, is_named, refuse_misfit
from grader.maths.ops.indexed import Opaque, upto
from grader.maths.ops.reductions import all_, over
from grader.maths.systems import BALL, EXACT


@dataclass(frozen=True)
class Program:
    """The graph of one problem under one set of conventions.

    names: every name an expression may use -> Node, Record or tuple; values: given -> array of exact numbers (symbols have none);
    symbols: name -> Declaration; boxes: (part, box) -> reference node; options: part -> {option: node, 1 where it is right, or
    what an order ascends by}; starts: (part, box) -> the node that a chain has to begin with; partial: (part, box) -> nodes in
    the order of the box's `partial`; used: part -> the conventions its answers depend on; derivatives: nodes of gradients on the
    way -> what they are called (`dL/dz`); order: the stacks and the names under `let`, in the order of the file; conventions:
    name -> value, those under which it was made.
    """

    names: MappingProxyType
    values: MappingProxyType
    symbols: MappingProxyType
    boxes: MappingProxyType
    options: MappingProxyType
    partial: MappingProxyType
    used: MappingProxyType
    derivatives: MappingProxyType
    starts: MappingProxyType = field(default_factory=lambda: MappingProxyType({}))
    order: tuple = field(default=())
    conventions: object = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @cached_property
    def sizes_and_functions(self):
        """The names of the dimensions and of the functions that are declared."""
        return tuple(
            name
            for name, meaning in self.names.items()
            if isinstance(meaning, Opaque) or (isinstance(meaning, Node) and meaning.op == "dimension")
        )

    @cached_property
    def functions(self):
        """Name -> NamedFunction of every function that is given by its name."""
        return MappingProxyType({name: meaning for name, meaning in self.names.items() if isinstance(meaning, NamedFunction)})

    @staticmethod
    def has_indices(node):
        """Whether index symbols, sums over an index or unknown functions are in a graph, which have no closed form of numbers."""
        return any(step.op in ("over_index", "opaque", "dimension") or upto(step) is not None for step in reachable([node]))

    def named_nodes(self):
        """(name, node) of every layer of a stack and every value under `let`, in the order of the file.

        Results of builders are called `name.field`, entries of lists `name[0]`.
        """
        return [pair for name in self.order for pair in _flattened(name, self.names[name])]


def expressions(problem):
    """Everything of a problem that is worked out, as it stands in the file."""
    yield from problem.let.values()
    for part in problem.parts:
        for box in part.boxes:
            yield from (text for text in (box.value, box.start, *(line.value for line in box.partial)) if text)
        yield from (option.right for option in part.options)
    for value in problem.given.values():
        yield from (value.input, str(value.layers)) if isinstance(value, Stack) else (value,)


UNTOLD = frozenset(
    {"fits", "whole", "jump", "statistics", "weights", "biases", "macs", "flops", "input"}
)  # of a stack, unless asked for


def _flattened(name, value):
    if isinstance(value, Node):
        return [(name, value)] if value.op not in ("given", "constant") else []
    if isinstance(value, Record):
        told = {key: part for key, part in value.fields.items() if key not in UNTOLD}
        return [pair for key, part in told.items() for pair in _flattened(f"{name}.{key}", part)]
    return [pair for position, part in enumerate(value) for pair in _flattened(f"{name}[{position}]", part)]


class _Builder:
    """Collects names and complaints while a problem is read into a graph."""

    def __init__(self, problem, conventions, stand_ins=SIZES):
        self.problem, self.complaints, self.stand_ins = problem, [], stand_ins
        self.scope = Scope(conventions=conventions)
        self.symbols, self.sizes = {}, {}
        self.called = frozenset().union(*(syntax.names_before_brackets(str(text)) for text in expressions(problem)))
        self.failed = set()  # names without a meaning; what builds on them is not complained about again

    def guarded(self, text, work):
        """What `work` gives, or None with a complaint at the text's place."""
        if isinstance(text, str) and self.failed.intersection(names_in(text)):
            return None
        try:
            return work()
        except LanguageError as error:
            self.complaints.append(Complaint(place(text, self.problem.where), str(error)))
        except GraderError as error:
            where = f" (in '{text}')" if isinstance(text, str) else ""
            self.complaints.append(Complaint(place(text, self.problem.where), f"{error}{where}"))
        return None

    def give(self, name, text, replacement=None):
        """Give a name under `given` its meaning: a layer stack, a symbol, a function, or a value.

        replacement: what takes the place of a value, or of a function (its place in NAMES), where there is one.
        """
        if isinstance(text, Stack):
            self.define(name, self.guarded(text, lambda: self.stack(text)))
            return
        domain = self.guarded(text, lambda: declaration(text))
        if domain is not None:
            self.declare(name, domain)
            return
        if is_named(text, self.problem.given):
            function = str(text).strip() if replacement is None else NAMES[int(replacement[()])]
            self.define(name, NamedFunction(name, function))
            return
        value = replacement if replacement is not None else self.guarded(text, lambda: self.exact(text))
        self.define(name, None if value is None else given(name, value.shape))
        if value is not None:
            self.scope.values[name] = value

    def declare(self, name, domain):
        """Give a name the meaning of its declaration, and those of the sizes in it theirs; given values are sizes, too."""
        for size in domain.dimensions:
            if size in self.scope.values and size not in self.sizes:
                self.sizes[size] = self.scope.integer(self.scope.names[size])
        meaning = domain.meaning(name, self.sizes, self.stand_ins)
        if isinstance(meaning, Node):
            self.symbols[name] = domain.sized(self.sizes, self.stand_ins)
        self.define(name, meaning)
        for size, node in named_sizes(self.sizes).items():
            if size not in self.problem.given and size not in self.problem.let:
                self.scope.names[size] = node

    def define(self, name, meaning):
        """Give a name its meaning; None where there is none because of an earlier complaint."""
        if name in FUNCTIONS and not FUNCTIONS[name].is_another_name and (FUNCTIONS[name].students or name in self.called):
            sentence = f"'{name}' is the name of a function of the language; give this value another one"
            self.complaints.append(Complaint(place(name, self.problem.where), sentence))
        if meaning is None:
            self.failed.add(name)
        else:
            self.scope.names[name] = meaning

    def exact(self, text):
        """A given's value; it must be rational."""
        refuse_misfit(text, self.problem.given)
        value, system = Evaluation(self.scope.values, (EXACT, BALL)).with_system(self.scope.node(text))
        if system is not EXACT:
            raise LanguageError("a given value must be rational; work irrational ones out under 'let'", text, 0)
        return value

    def stack(self, text):
        """The record of a layer stack (a `Stack` of the file)."""
        dimensions = [self.scope.node(part) for part in _sizes(text.input)]
        conventions = self.scope.convention
        layers = [self.layer(kind, settings) for kind, settings in text.layers]
        return layer_stack(
            dimensions,
            layers,
            rounding=conventions("rounding_of_sizes"),
            bias=conventions("bias") == "counted",
            multiply_add=1 if conventions("flops") == "mac" else 2,
        )

    def layer(self, kind, settings):
        """A layer as `layer_stack` wants it: settings as nodes or words, nested layers likewise."""
        return str(kind), {key: self.nested(key, value) for key, value in settings.items()}

    def nested(self, key, value):
        """A setting; `layers`, `shortcut` and `paths` hold further layers."""
        if key == "paths":
            return [[self.layer(*layer) for layer in path] for path in value]
        if key in ("layers", "shortcut"):
            return [self.layer(*layer) for layer in value]
        return self.setting(value)

    def setting(self, text):
        """A layer's setting: a bare word that names nothing stays a word, all else is an expression or a pair of them."""
        if text.isidentifier() and text not in self.scope.names:
            return {"true": True, "false": False}.get(text, str(text))
        tree = syntax.parse(str(text))
        if isinstance(tree, syntax.Items):
            value = self.scope.node(text)
            return (value[0], value[1])
        return self.scope.node(text)

    def used_by(self, work):
        """The value of `work` and the conventions it consulted itself."""
        before, self.scope.used = self.scope.used, set()
        value = work()
        used, self.scope.used = self.scope.used, before | self.scope.used
        return value, used


def _stacks(problem):
    return [name for name, text in problem.given.items() if isinstance(text, Stack)]


def _sizes(text):
    """The sizes of `3 x 32 x 32`, `[3, 32, 32]`, `(3, 32, 32)` or a single number, as texts."""
    inner = str(text).strip().strip("[]()").replace("×", "x")
    return [part.strip() for part in re.split(r"\s+x\s+|,|(?<=\d)x(?=\d)", inner)]


def place(text, otherwise=None):
    """Where a text was read from."""
    return text.where if isinstance(text, (Located, Stack)) else otherwise or Where("", 0)


def build_program(problem, conventions, values=None, replace=None, stand_ins=SIZES):
    """The graph of a problem; raises BankError with every faulty expression.

    conventions: mapping name -> value for all conventions. values: given -> array that takes the place of the file's (a
    variant), of a function its place in NAMES. replace: given -> expression over the original givens (a reading's
    substitution, such as `1 - p`).
    stand_ins: sizes that stand for dimensions given by name only.
    """
    builder = _Builder(problem, conventions, stand_ins)
    for name, text in problem.given.items():
        builder.give(name, text, (values or {}).get(name))
    _substitute(builder, replace or {})
    given_conventions, used = set(builder.scope.used), {}
    for name, text in problem.let.items():
        found, used[name] = builder.used_by(lambda text=text: builder.guarded(text, lambda: builder.scope.read(text)))
        builder.define(name, found)
    boxes, options, partial, starts, per_part = {}, {}, {}, {}, {}
    for part in problem.parts:
        _, own = builder.used_by(lambda part=part: _part(builder, part, boxes, options, partial, starts))
        per_part[part.id] = own | given_conventions
    if builder.complaints:
        raise BankError(builder.complaints)
    return Program(
        names=MappingProxyType(builder.scope.names),
        values=MappingProxyType(builder.scope.values),
        symbols=MappingProxyType(builder.symbols),
        boxes=MappingProxyType(boxes),
        options=MappingProxyType(options),
        partial=MappingProxyType(partial),
        starts=MappingProxyType(starts),
        derivatives=MappingProxyType(builder.scope.derivatives),
        used=MappingProxyType(_conventions_by_part(problem, per_part, used)),
        order=tuple(name for name in (*_stacks(problem), *problem.let) if name in builder.scope.names),
        conventions=conventions,
    )


def _substitute(builder, replace):
    """Exchange given values for expressions over the original ones."""
    original = dict(builder.scope.values)
    for name, text in replace.items():
        if name in builder.symbols:
            builder.define(name, builder.guarded(text, lambda text=text: builder.scope.node(text)))
            continue
        value = builder.guarded(text, lambda text=text: Evaluation(original)(builder.scope.node(text)))
        if value is not None:
            builder.scope.values[name] = value


def _part(builder, part, boxes, options, partial, starts):
    for box in part.boxes:
        if box.value is not None:
            boxes[part.id, box.name] = builder.guarded(box.value, lambda box=box: builder.scope.node(box.value))
            partial[part.id, box.name] = tuple(
                builder.guarded(line.value, lambda line=line: builder.scope.node(line.value)) for line in box.partial
            )
        if box.start is not None:
            starts[part.id, box.name] = builder.guarded(box.start, lambda box=box: builder.scope.node(box.start))
    meaning = _rank if any(box.kind == "order" for box in part.boxes) else _truth
    options[part.id] = MappingProxyType(
        {
            option.key: builder.guarded(option.right, lambda option=option: meaning(builder, option.right))
            for option in part.options
        }
    )


def _truth(builder, text):
    """1 where an option is right, 0 where not, 1/2 where it may be ticked or not (`either`)."""
    truth = builder.scope.node({"true": "1", "false": "0", "either": "1/2"}.get(text.lower(), text))
    return over(all_, truth) if truth.rank else truth


def _rank(builder, text):
    """The number that an option of an order ascends by."""
    rank = builder.scope.node(text)
    if rank.rank:
        raise ShapeError(f"the options of an order ascend by numbers, not by {show_shape(rank.shape)}")
    return rank


def _conventions_by_part(problem, own, used):
    """For every part the conventions its expressions consult, also through the names they use."""
    result = {}
    for part in problem.parts:
        texts = [text for box in part.boxes for text in (box.value, box.start) if text]
        texts += [option.right for option in part.options]
        result[part.id] = tuple(sorted(own[part.id].union(*(used.get(name, ()) for name in names_behind(texts, problem)))))
    return result


def names_behind(texts, problem):
    """All names in expressions, and in what these names stand for under `let`."""
    found, waiting = {}, list(texts)
    while waiting:
        for name in names_in(waiting.pop()):
            if name not in found:
                found[name] = None
                waiting += [problem.let[name]] if name in problem.let else []
    return list(found)


def names_in(text):
    """The names that occur in an expression."""
    try:
        return [token.text for token in syntax.tokens(str(text)) if token.kind == "name"]
    except GraderError:
        return []
