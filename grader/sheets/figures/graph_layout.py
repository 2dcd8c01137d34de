"""Where the vertices of a graph go, and the ways between them.

Ranks one after the other in the direction of the arrows; in each of them an order in which few arrows cross; everything near its
neighbours, operations in line; arrows as straight as they can be without touching a vertex. (The steps are those of Sugiyama,
Tagawa and Toda, Methods for visual understanding of hierarchical system structures, 1981.)
"""

from dataclasses import dataclass, field
from statistics import median

from grader.maths.graph import Node
from grader.sheets.figures.drawing import SMALL, name, width

HEIGHT = 32
BESIDE = 22  # between neighbours of a rank
BETWEEN = 34  # between ranks


@dataclass
class Vertex:
    """A node as it is drawn. `label` stands inside, `called` (its name) beside; `x`, `y` is its middle.

    number: what an operation without a name is called in words, and beside it where another one has to tell its operands apart.
    """

    node: Node
    label: object
    called: str = ""
    number: str = ""
    numbered: bool = False
    given: bool = False
    value: str = ""
    inputs: list = field(default_factory=list)
    rank: int = 0
    x: float = 0
    y: float = 0

    @property
    def beside(self):
        """The label outside, or None."""
        if self.given or not (self.called or self.numbered):
            return None
        return name(self.called) if self.called else [(self.number, "")]

    @property
    def wide(self):
        return max(HEIGHT, width(self.label) + (16 if self.label else 0), width(self.value, SMALL) + 12 if self.given else 0)

    @property
    def high(self):
        return HEIGHT + (12 if self.given and self.value else 0)


@dataclass
class Bend:
    """A place where a long arrow passes between the vertices of a rank."""

    rank: int
    x: float = 0
    y: float = 0
    wide: float = 6
    high: float = 6


def ranked(order):
    """Links `(from, to)` between neighbouring ranks (long arrows have bends) and the ranks as lists."""
    for vertex in order:
        vertex.rank = 1 + max((child.rank for child in vertex.inputs), default=-1)
    users = {id(vertex): [] for vertex in order}
    for vertex in order:
        for child in vertex.inputs:
            users[id(child)].append(vertex)
    for vertex in reversed(order):
        if users[id(vertex)]:
            vertex.rank = min(user.rank for user in users[id(vertex)]) - 1  # as near to its first use as it can be
    ranks = [[] for _ in range(1 + max(vertex.rank for vertex in order))]
    for vertex in order:
        ranks[vertex.rank].append(vertex)
    links = []
    for vertex in order:
        for child in vertex.inputs:
            path = [child, *(Bend(rank) for rank in range(child.rank + 1, vertex.rank)), vertex]
            for bend in path[1:-1]:
                ranks[bend.rank].append(bend)
            links.append(path)
    return links, ranks


def _pairs(links):
    return [pair for path in links for pair in zip(path, path[1:], strict=False)]


def ordered(links, ranks):
    """Order every rank so that few links cross: each by the middle of its neighbours, to and fro; the best order is kept."""
    before, behind = {}, {}
    for one, other in _pairs(links):
        behind.setdefault(id(one), []).append(other)
        before.setdefault(id(other), []).append(one)
    best = (_crossings(links, ranks), [list(rank) for rank in ranks])
    for sweep in range(16):
        neighbours = before if sweep % 2 else behind
        for rank in ranks if sweep % 2 else reversed(ranks):
            places = {id(one): at for other in ranks for at, one in enumerate(other)}
            keys = {id(one): median(places[id(x)] for x in neighbours.get(id(one), [one])) for one in rank}
            rank.sort(key=lambda one, keys=keys: keys[id(one)])
        if (found := _crossings(links, ranks)) < best[0]:
            best = (found, [list(rank) for rank in ranks])
    ranks[:] = best[1]


def _crossings(links, ranks):
    places = {id(one): at for rank in ranks for at, one in enumerate(rank)}
    spans = [(one.rank, places[id(one)], places[id(other)]) for one, other in _pairs(links)]
    return sum(a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0 for at, a in enumerate(spans) for b in spans[at + 1 :])


def _called_wide(one):
    return width(one.beside, SMALL, bold=True) if isinstance(one, Vertex) and one.beside else 0


def _room(one, direction):
    """How much of a rank something takes: across it for `down`, along it for `right`."""
    if isinstance(one, Bend):
        return 6
    if direction == "down":
        return one.wide + (2 * (_called_wide(one) + 6) if _called_wide(one) else 0)
    return one.high + (2 * 15 if _called_wide(one) else 0)


def depth(rank, direction):
    """How deep a rank is, in the direction of the arrows."""
    if direction == "right":
        return max(max(one.wide, _called_wide(one)) for one in rank)
    return max(one.high for one in rank)


def extent(ranks):
    return sum(depth(rank, "right") for rank in ranks) + BETWEEN * (len(ranks) - 1) + 40


def placed(links, ranks, direction):
    """Give everything its place: ranks one after the other, in each of them everything near its neighbours."""
    near = {}
    for one, other in _pairs(links):
        near.setdefault(id(one), []).append(other)
        near.setdefault(id(other), []).append(one)
    across = {}
    for rank in ranks:
        at = 0
        for one in rank:
            across[id(one)] = at + _room(one, direction) / 2
            at += _room(one, direction) + BESIDE
    for sweep in range(24):
        for rank in ranks if sweep % 2 else reversed(ranks):
            wanted = [_middle(near.get(id(one), [one]), across) for one in rank]
            for one, place in zip(rank, _spread(rank, wanted, direction), strict=True):
                across[id(one)] = place
    along = 0
    for rank in ranks:
        deep = depth(rank, direction)
        for one in rank:
            place = (along + deep / 2, across[id(one)])
            one.x, one.y = place if direction == "right" else place[::-1]
        along += deep + BETWEEN


def _middle(neighbours, across):
    """The mean place of neighbours; what is given weighs little, so that operations stay in line."""
    weights = [_weight(one) for one in neighbours]
    return sum(weight * across[id(one)] for weight, one in zip(weights, neighbours, strict=True)) / sum(weights)


def _weight(one):
    return 0.05 if isinstance(one, Vertex) and one.given else 1


def _spread(rank, wanted, direction):
    """Places as near to the wanted ones as the room between neighbours allows, in their order (least squares, by merging)."""
    offsets, total = [], 0.0
    for at, one in enumerate(rank):
        if at:
            total += (_room(rank[at - 1], direction) + _room(one, direction)) / 2 + BESIDE
        offsets.append(total)
    groups = []  # (mean, weight, size)
    for one, place, offset in zip(rank, wanted, offsets, strict=True):
        groups.append((place - offset, _weight(one), 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (a, v, m), (b, w, n) = groups[-2:]
            groups[-2:] = [((a * v + b * w) / (v + w), v + w, m + n)]
    means = [mean for mean, _, size in groups for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def way(path, depths, middles, direction):
    """The points of an arrow: straight between ranks, level where it passes one."""
    flat = direction == "right"
    points = []
    for at, one in enumerate(path):
        along, across = (one.x, one.y) if flat else (one.y, one.x)
        half = (one.wide if flat else one.high) / 2
        deep, middle = depths[one.rank], middles[one.rank]
        if at:
            points.append((middle - deep, across))
        if isinstance(one, Bend):
            points.append((middle + deep, across))
        elif at:
            points.append((along - half, across))
        else:
            points += [(along + half, across), (middle + deep, across)]
    points = [point for at, point in enumerate(points) if not at or point != points[at - 1]]
    return points if flat else [(across, along) for along, across in points]


def block(vertex, direction):
    """The rectangle of a vertex with its name."""
    wide, high, called = vertex.wide / 2, vertex.high / 2, _called_wide(vertex)
    if direction == "right":
        across = max(wide, called / 2)
        return vertex.x - across, vertex.y - high - (16 if called else 0), vertex.x + across, vertex.y + high
    return vertex.x - wide, vertex.y - high, vertex.x + wide + (called + 6 if called else 0), vertex.y + high


def pulled(points, others, own):
    """A way with the points left out that it does not need to keep clear of all vertices."""
    kept = [points[0]]
    while kept[-1] != points[-1]:
        start = points.index(kept[-1])
        for end in range(len(points) - 1, start, -1):
            one, other = points[start], points[end]
            if end == start + 1 or not (_meets(one, other, others, 7) or _meets(one, other, own, -2)):
                kept.append(other)
                break
    return kept


def _meets(one, other, blocks, gap):
    """Whether a straight line comes nearer than `gap` to one of the blocks."""
    (x0, y0), (x1, y1) = one, other
    for left, top, right, bottom in blocks:
        low, high = 0.0, 1.0
        for start, way, least, most in ((x0, x1 - x0, left - gap, right + gap), (y0, y1 - y0, top - gap, bottom + gap)):
            if abs(way) < 1e-9:
                low, high = (low, high) if least < start < most else (1.0, 0.0)
                continue
            first, last = sorted(((least - start) / way, (most - start) / way))
            low, high = max(low, first), min(high, last)
        if low < high:
            return True
    return False
