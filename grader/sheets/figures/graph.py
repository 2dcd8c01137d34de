"""The computational graph of a named value: what is given in boxes, operations in circles, arrows between them.

A circle whose operands may not be exchanged shows them (`a − b`); a number of the question stands inside (`+ 1`). `from`: names
at which the graph begins, instead of at what is given. `hide`: what is left out with all its arrows, such as a learning rate.
`values: false` hides the given numbers. `direction`: `right` or `down`; absent, what fits.
"""

from grader.maths.errors import UsageError
from grader.maths.graph import Node, spelled_out
from grader.maths.show import MOVING, exact_number
from grader.sheets.figures import graph_layout as layout
from grader.sheets.figures.drawing import SIZE, SMALL, WIDE, Canvas, name, plain, runs
from grader.sheets.figures.graph_layout import HEIGHT, Vertex
from grader.sheets.figures.values import MINUS, Values, joined, sizes

MOST = 60  # nodes of a figure
SIGNS = {
    "add": "+",
    "multiply": "×",
    "sum": "Σ",
    "maximum": "max",
    "minimum": "min",
    "log": "ln",
    "absolute": "| · |",
    "sqrt": "√",
    "sigmoid": "σ",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "log_softmax": "log softmax",
    "conv2d": "conv",
    "max_pool": "max pool",
    "average_pool": "avg pool",
}
NAMELESS = [("( )", "")]  # the label of an operand without a name
ORDERED = {"subtract": MINUS, "divide": "/", "matmul": "·", "less": "<", "less_equal": "≤", "equal": "=", "power": "^"}


def drawn(solution, figure):
    """The canvas of a graph and its description."""
    values, settings = Values(solution), figure.settings
    collected = Collector(values, settings)
    root = collected.root(settings["graph"])
    if root.given or len(collected.order) == 1:
        raise UsageError(f"'{settings['graph']}' is given, so it has no graph")
    links, ranks = layout.ranked(collected.order)
    layout.ordered(links, ranks)
    direction = settings.get("direction") or ("right" if layout.extent(ranks) <= WIDE + 40 else "down")
    layout.placed(links, ranks, direction)
    return _draw(collected.order, links, ranks, root, direction), _words(collected.order, root)


# --- from nodes to vertices ---


class Collector:
    """Vertices of a graph, in an order of evaluation."""

    def __init__(self, values, settings):
        self.values, self.shown = values, settings.get("values", True)
        self.names = {}
        for called, meaning in values.program.names.items():
            if isinstance(meaning, Node):
                self.names.setdefault(_seen(meaning), str(called))
        nodes = {key: {_seen(values.node(text)) for text in settings.get(key, ())} for key in ("from", "hide")}
        self.begin, self.hide = nodes["from"], nodes["hide"]
        self.vertices, self.order = {}, []

    def root(self, text):
        node = _seen(self.values.node(text))
        self.begin.discard(node)
        if node in self.hide:
            raise UsageError(f"'{text}' is drawn and hidden")
        waiting = [(node, False)]
        while waiting:
            node, ready = waiting.pop()
            if node in self.vertices:
                continue
            inputs = self._inputs(node)
            if ready:
                self._add(node, inputs)
            else:
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(inputs) if child not in self.vertices)
        return self.vertices[node]

    def _inputs(self, node):
        if node.op in ("given", "constant") or node in self.begin:
            return []
        found = [child for child in map(_seen, node.inputs) if child not in self.hide]
        return [child for child in dict.fromkeys(found) if _number(child) is None]

    def _add(self, node, inputs):
        if len(self.order) >= MOST:
            raise UsageError(f"the graph has more than {MOST} nodes; let it begin at a name on the way ('from: name')")
        vertex = Vertex(node, "", self.names.get(node, ""))
        vertex.inputs = [self.vertices[child] for child in inputs]
        if node.op == "given" or node in self.begin:
            vertex.given, vertex.label, vertex.value = True, name(vertex.called), self._value(node)
        elif node.op == "constant":
            vertex.given, vertex.label = True, self._constant(node)
        else:
            vertex.number = f"({1 + sum(not other.given for other in self.order)})"
            vertex.label = self._label(node)
        self.vertices[node] = vertex
        self.order.append(vertex)

    def _value(self, node):
        if node.shape:
            return f"({found})" if (found := self.values.sizes(node)) else ""
        text = self.values.scalar(node.settings["name"]) if node.op == "given" and self.shown else None
        return f"= {text}" if text else ""

    def _constant(self, node):
        entries = set(node.settings["entries"])
        return exact_number(entries.pop()).replace("-", MINUS) if len(entries) == 1 else sizes(node.shape)

    def _operand(self, child):
        child = _seen(child)
        number = _number(child)
        if number is not None:
            return [(f"({number})" if number.startswith(MINUS) else number, "")]
        return name(self.names[child]) if child in self.names else NAMELESS

    @staticmethod
    def _numbered(vertex):
        """The number of an operand, which is then written beside it, too."""
        vertex.numbered = not vertex.given
        return [(vertex.number, "")] if vertex.number else NAMELESS

    def _label(self, node):
        op, inputs = node.op, node.inputs
        numbers = [_number(_seen(child)) for child in inputs]
        if (op == "power" and numbers[1]) or (op == "multiply" and inputs[0] is inputs[1]):
            return [("( )", ""), (numbers[1] or "2", "up")]
        if op == "negate":
            return f"× ({MINUS}1)"
        if op in ("subtract", "divide") and numbers[1]:
            return f"{'÷' if op == 'divide' else MINUS} {self._operand(inputs[1])[0][0]}"
        if op in ORDERED:
            both = [self._operand(child) for child in inputs]
            if both[0] == both[1] == NAMELESS:
                operands = [self.vertices.get(_seen(child)) for child in inputs]
                if None not in operands:
                    both = [self._numbered(operand) for operand in operands]
            return [*both[0], (f" {ORDERED[op]} ", ""), *both[1]]
        sign = SIGNS.get(op, op.replace("_", " "))
        if op in ("add", "multiply") and any(numbers):
            number = next(number for number in numbers if number)
            return f"{sign} ({number})" if number.startswith(MINUS) else f"{sign} {number}"
        if op == "permute":
            return [("( )", ""), ("T", "up")]
        if op == "index":
            return f"[{_key(node.settings['key'])}]"
        return sign


def _key(key):
    return ", ".join(str(part) if not isinstance(part, slice) else ":" for part in key)


def _seen(node):
    """The node that is drawn for another: what it stands for, or what it only moves."""
    node = spelled_out(node)
    while node.op in MOVING or (node.op == "row"):
        node = spelled_out(node.inputs[0])
    return node


def _number(node):
    """The text of a number that stands in the question, else None."""
    if node.op == "negate" and (number := _number(_seen(node.inputs[0]))):
        return number.removeprefix(MINUS) if number.startswith(MINUS) else MINUS + number
    if node.op != "constant" or len(set(node.settings["entries"])) != 1:
        return None
    return exact_number(node.settings["entries"][0]).replace("-", MINUS)


# --- drawing ---


def _draw(order, links, ranks, root, direction):
    canvas = Canvas()
    depths = [layout.depth(rank, direction) / 2 for rank in ranks]
    middles = [next((one.x if direction == "right" else one.y) for one in rank) for rank in ranks]
    blocks = {id(vertex): layout.block(vertex, direction) for vertex in order}
    for path in links:
        others = [block for key, block in blocks.items() if key not in (id(path[0]), id(path[-1]))]
        own = [blocks[id(path[0])], blocks[id(path[-1])]]
        canvas.line(*layout.pulled(layout.way(path, depths, middles, direction), others, own), arrow=True, thick=0.9)
    end = (root.x + root.wide / 2, root.y) if direction == "right" else (root.x, root.y + root.high / 2)
    tail = (end[0] + 26, end[1]) if direction == "right" else (end[0], end[1] + 22)
    canvas.line(end, tail, arrow=True)
    for vertex in order:
        _vertex(canvas, vertex, direction)
    return canvas


def _vertex(canvas, vertex, direction):
    x, y, wide, high = vertex.x, vertex.y, vertex.wide, vertex.high
    if vertex.given:
        canvas.rect(x - wide / 2, y - high / 2, wide, high)
        lift = 7 if vertex.value else 0
        canvas.text(x, y - lift, vertex.label)
        if vertex.value:
            canvas.text(x, y + 10, vertex.value, size=SMALL)
        return
    if wide > HEIGHT:
        canvas.rect(x - wide / 2, y - high / 2, wide, high, round=high / 2)
    else:
        canvas.circle(x, y, HEIGHT / 2)
    canvas.text(x, y, vertex.label, size=SIZE if wide > HEIGHT or len(plain(runs(vertex.label))) > 1 else 15)
    if label := vertex.beside:
        if direction == "right":
            canvas.text(x, y - high / 2 - 8, label, size=SMALL, bold=True, ground=True)
        else:
            canvas.text(x + wide / 2 + 5, y, label, size=SMALL, bold=True, anchor="start")


# --- words ---


def _words(order, root):
    numbers = {id(vertex): vertex.called or f"step {vertex.number.strip('()')}" for vertex in order if not vertex.given}
    said = []
    given = [_start(vertex) for vertex in order if vertex.given]
    for vertex in order:
        if not vertex.given:
            said.append(f"{numbers[id(vertex)]} = {_formula(vertex, numbers)}")
    return (
        f"A computational graph that leads to {root.called or 'its last node'}. It begins at {joined(given)}. "
        f"The operations, each with arrows from its operands: {'; '.join(said)}."
    )


def _start(vertex):
    """Something that is given, with its value or its sizes."""
    return (vertex.called or plain(vertex.label)) + (f" {vertex.value}" if vertex.value else "")


def _formula(vertex, numbers):
    """The operation of a vertex with its operands by name."""
    seen = {id(child.node): child for child in vertex.inputs}

    def operand(child):
        child = _seen(child)
        if (number := _number(child)) is not None:
            return f"({number})" if number.startswith(MINUS) or "/" in number else number
        found = seen.get(id(child))
        if found is None:
            return "…"
        return numbers.get(id(found), found.called or plain(found.label))

    node = vertex.node
    operands = [operand(child) for child in node.inputs]
    sign = {"add": "+", "multiply": "×", **ORDERED}.get(node.op)
    if sign and len(operands) == 2:
        return f"{operands[0]} {sign} {operands[1]}"
    if node.op == "negate":
        return f"{MINUS}{operands[0]}"
    if node.op == "permute":
        return f"{operands[0]} transposed"
    if node.op == "index":
        return f"{operands[0]}[{_key(node.settings['key'])}]"
    called = SIGNS.get(node.op, node.op.replace("_", " "))
    called = {"absolute": "the absolute value of ", "sum": "the sum of all of "}.get(node.op, called)
    bracketed = len(operands) == 1 and operands[0].startswith("(")
    return called + (operands[0] if bracketed else f"({', '.join(operands)})")
