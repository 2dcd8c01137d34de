"""Worked solutions: the values on the way to an answer, in the order a person works, each as formula, numbers put in, and result.

Long formulas are cut: their parts get names of their own (`u_1`), and so do the gradients with respect to these, so that every
factor of the chain rule is a step. Products of matrices, windows and long lists are shown with one entry worked out in full.
"""

import re
from dataclasses import dataclass

from grader.maths.gradient import adjoints
from grader.maths.graph import constant, dependencies, spelled_out
from grader.maths.show import MOVING
from grader.maths.step_entries import Entry, kind_of, opened
from grader.maths.step_formulas import WRITTEN, StepFormulas, _is_nothing, _of_constants, _same_along_axes
from grader.maths.step_reasons import COLLECTED, reason

WIDEST_NUMBERS = 160  # characters of a line with numbers put in; longer ones are left out
WIDEST_FORMULA = 72  # characters of a formula; longer ones are cut into several steps
LONGEST_FORMULA = 240  # characters of a formula that could not be cut; longer ones are no step, but for counts
SHORTEST_PART = 12  # characters of a part that gets a name of its own
WIDEST_PART = 48
MOST_PARTS = 40  # parts of a problem that get names of their own
BASES = ("u", "q", "r", "k", "e")
SIZES = frozenset({*WRITTEN, "stride_product", "transposed_count"})
ATOMS = frozenset({"given", "constant", "dimension"})
PICKING = frozenset({"index", "reshape", "broadcast_to", "permute", "row"})
UNCUT = PICKING | {"place", "active", "extreme_mask", "pad", "over_index", "concat"}
DERIVATIVE = re.compile(r"d(\w+)/d(\w+)")
NEEDED, MOST_USERS = "needed for {names}", 2
ASKED = "this is what is asked for"
LIKEWISE = "one entry in full; the others go the same way"


@dataclass(frozen=True)
class Step:
    """One line of a worked solution.

    `numbers` is empty where putting them in would be unreadable; `why` says what is done, and may be empty where the formula
    says all. Of an example the name has the place of the entry behind it: `z, entry (1, 2)`.
    """

    name: str
    formula: str
    numbers: str
    value: str
    why: str


class Way:
    """The way to all answers of a problem.

    targets: for every part the (name, node) pairs of its answers, in order; names: node -> name for every value that may stand as
    a step; show: node -> text of its value, None where it has none; entries: node -> array of the texts of its entries; slopes:
    node -> name of gradients.
    """

    def __init__(self, targets, names, show, entries=None, slopes=None):
        self.targets, self.show, self.entries = dict(targets), show, entries
        self.slopes, self._used_by = dict(slopes or {}), None
        self.names = _told_apart(names)
        self.answers = {}
        for pairs in self.targets.values():
            for name, node in pairs:
                self.answers.setdefault(node, name)
        self._drop_aliases()
        self._cut()
        self.examples = self._examples()

    def steps(self, part, told=()):
        """The Steps to the answers of a part, less those whose names are in `told`."""
        found = []
        for node in self._wanted(self.targets[part]):
            name = self.names.get(node) or self.answers[node]
            if name not in told and not self._is_bare_answer(node) and not self._says_the_answer(node):
                found.append(self._step(node, name))
                if found[-1] is not None and (example := self._example(node, name)) is not None:
                    found.append(example)
        return [step for step in found if step is not None]

    # --- which values are steps ---

    def _wanted(self, pairs):
        """The named nodes on the way to some nodes, in the order of calculation."""
        ends = dict.fromkeys(node for _, node in pairs)
        return [node for node in _in_order(ends) if (node in self.names or node in ends) and _worked_out(node)]

    def _every(self):
        return self._wanted([pair for pairs in self.targets.values() for pair in pairs])

    def _drop_aliases(self):
        """Take the names from values that are another named value (or nothing), as the size of a layer of 10 units is 10."""
        for node in [node for node in self.names if _worked_out(node)]:
            below = spelled_out(node)
            while below.op in ("reshape", "broadcast_to", "index") and below not in self.names and below.op != "index":
                below = spelled_out(below.inputs[0])
            alias = node.op == "reshape" and not node.inputs[0].rank and spelled_out(node.inputs[0]).op in ATOMS
            if (alias or _is_nothing(spelled_out(node))) and node not in self.answers:
                del self.names[node]

    def _is_bare_answer(self, node):
        """Whether an answer only picks from or lists values that stand there anyway."""
        if node not in self.answers or self.show(node) is None:
            return False
        plain = spelled_out(node)
        if plain.op == "concat":
            members = [self._behind(child) for child in plain.inputs]
            return all(one in self.names or one.op in ATOMS for one in members)
        if plain.op in PICKING:
            below = self._behind(plain.inputs[0])
            while below.op == "index" and below not in self.names:
                below = self._behind(below.inputs[0])
            return plain.op == "index" and (below in self.names or below.op in ATOMS)
        return False

    def _says_the_answer(self, node):
        """Whether the formula of a step is that of the answer, with nothing before it."""
        if node not in self.answers or self.show(node) is not None:
            return False
        return not any(map(_worked_out, self._named_inside(node))) and reason(node, self.names, self.slopes) in ("", COLLECTED)

    def _behind(self, node):
        """What a node moves the entries of; named ones stay."""
        while node not in self.names and (node.op in MOVING or node.transparent):
            node = node.expansion if node.transparent else node.inputs[0]
        return node

    # --- parts of long formulas get names ---

    def _cut(self):
        losses = self._losses()
        parts, short = [], set()  # what is short stays so
        for _ in range(MOST_PARTS):
            found = self._next_part(short)
            if found is None:
                break
            parts.append(found)
            self.names[found] = "u_0"
            self._name_gradients(found, "u_0", losses)
        self._number(parts, losses)

    def _next_part(self, short):
        """The next part to get a name, or None; adds the steps that need none to `short`."""
        for node in self._every():
            if node not in short:
                if (part := self._part_of(node)) is not None:
                    return part
                short.add(node)
        return None

    def _number(self, parts, losses):
        """The names of parts, numbered as they come."""
        taken = set(self.names.values()) | {one.settings["name"] for one in _in_order(self.answers) if one.op == "given"}
        base = _free_base(taken - {"u_0"})
        position = {node: place for place, node in enumerate(self._every())}
        for number, part in enumerate(sorted(parts, key=lambda part: position.get(part, len(position))), 1):
            self.names[part] = f"{base}_{number}"
            self._name_gradients(part, self.names[part], losses)

    def _losses(self):
        """Name -> node of the values that are differentiated, the gradients of which have names."""
        by_name = {name: node for node, name in self.names.items()}
        heads = dict.fromkeys(match[1] for name in self.slopes.values() if (match := DERIVATIVE.fullmatch(name)))
        return {name: by_name[name] for name in heads if name in by_name and by_name[name].rank == 0}

    def _name_gradients(self, part, name, losses):
        for loss, node in losses.items():
            if part not in self._adjoints(node):
                continue
            slope = self._adjoints(node)[part]
            if (slope not in self.names or self.names[slope].endswith("/du_0")) and _worked_out(slope):
                self.names[slope] = self.slopes[slope] = f"d{loss}/d{name}"

    def _adjoints(self, loss):
        known = self.__dict__.setdefault("_known_adjoints", {})
        if loss not in known:
            known[loss] = adjoints(loss, constant(1))
        return known[loss]

    def _part_of(self, node):
        """A part of a step's formula that gets a name; None where the formula is short."""
        formulas = StepFormulas(self.names, self.show)
        is_short = len(formulas(node)) <= WIDEST_FORMULA
        if _counts(node) or (is_short and not self._says_the_answer(node)):
            return None
        parts = [part for part in self._inside(node) if part.op not in UNCUT and not _is_plain(part)]
        lengths = {part: len(formulas(part)) for part in parts}
        fit = [part for part in parts if SHORTEST_PART <= lengths[part] <= WIDEST_PART]
        if not fit:
            return None
        often = [part for part in fit if parts.count(part) > 1]
        if is_short and not often:  # the formula of an answer is a step where a part that comes twice has a name
            return None
        return max(often or fit, key=lambda part: (lengths[part], -parts.index(part)))

    def _inside(self, node):
        """The parts of a step's formula, the outermost first; one that stands there twice comes twice."""
        found, waiting = [], list(reversed(_shown_parts(node)))
        while waiting and len(found) < 400:
            part = waiting.pop()
            while part not in self.names and part.op in MOVING:
                part = part.inputs[0]
            if part in self.names:
                continue
            if not part.transparent:
                found.append(part)
            waiting += reversed(_shown_parts(part))
        return found

    # --- the steps themselves ---

    def _step(self, node, name):
        formula, value = StepFormulas(self.names, self.show)(node), self.show(node)
        why = reason(node, self.names, self.slopes) or self._purpose(node)
        if len(formula) > (WIDEST_NUMBERS if value is None else LONGEST_FORMULA) and not _counts(node):
            return None
        if value is None:
            return Step(name, formula, "", formula, why)
        if node.op == "reshape" and _long_axes(node) != _long_axes(node.inputs[0]) and self._behind(node.inputs[0]) in self.names:
            return Step(name, f"row_major({formula})", "", value, "the rows of the matrix, one after the other")
        if _same_along_axes(node, self.show):
            member = spelled_out(node).inputs[0].inputs[0]
            formula = StepFormulas(self.names, self.show)(member)
            numbers = StepFormulas(self.names, self.show, True)(member)
            return Step(name, formula, numbers if numbers != formula else "", self.show(member), why)
        numbers = StepFormulas(self.names, self.show, True)(node)
        shown = numbers if numbers not in (formula, value) and len(numbers) <= WIDEST_NUMBERS else ""
        return Step(name, formula, shown, value, why)

    def _purpose(self, node):
        """What a step is done for, where no more is known of it: the steps that it goes into."""
        users = [self.names.get(user) or _box(self.answers[user]) for user in self._users().get(node, ())]
        users = list(dict.fromkeys(users))
        if users:
            named = ", ".join(users[:MOST_USERS]) if len(users) > MOST_USERS else " and ".join(users)
            return NEEDED.format(names=named + (" and others" if len(users) > MOST_USERS else ""))
        return ASKED if node in self.answers else ""

    def _users(self):
        """Node -> the steps whose formulas it stands in."""
        if self._used_by is None:
            self._used_by = {}
            for user in self._every():
                if not self._is_bare_answer(user):
                    for part in self._named_inside(user):
                        self._used_by.setdefault(part, []).append(user)
        return self._used_by

    def _named_inside(self, node):
        found, seen, waiting = [], set(), list(reversed(_shown_parts(node)))
        while waiting:
            part = waiting.pop()
            if part in seen:
                continue
            seen.add(part)
            if part in self.names:
                found.append(part)
            else:
                waiting += reversed(_shown_parts(part))
        return found

    # --- examples ---

    def _examples(self):
        """The nodes of which one entry is shown: the first of every kind, and those whose numbers are too long to be put in."""
        kinds, found = set(), set()
        if self.entries is None:
            return found
        for node in self._every():
            if not _is_array(node) or self.show(node) is None:
                continue
            kind = kind_of(node, self.names)
            if kind not in ("entries", "outer") and kind not in kinds:
                kinds.add(kind)
                found.add(node)
        return found

    def _is_too_long(self, node):
        """Whether the numbers of a step are too long to be put in."""
        if opened(node, self.names).op in ("concat", *PICKING):
            return False
        return len(StepFormulas(self.names, self.show, True)(node)) > WIDEST_NUMBERS

    def _example(self, node, name):
        if self.entries is None or not _is_array(node) or self.show(node) is None:
            return None
        if node not in self.examples and not self._is_too_long(node):
            return None
        place = (0,) * node.rank
        text = Entry(self.names, self.entries)(node, place)
        value = str(self.entries(node)[place])
        if not text or text == value or len(text) > WIDEST_NUMBERS:
            return None
        where = [index + 1 for index, size in zip(place, node.shape, strict=True) if size != 1] or [1]
        entry = str(where[0]) if len(where) == 1 else f"({', '.join(map(str, where))})"
        cut = self.show(node).startswith("≈")
        return Step(f"{name}, entry {entry}", text, "", f"≈ {value}" if cut else value, LIKEWISE)


def worked_steps(targets, names, show):
    """The Steps to some nodes: (name, node) pairs; see `Way`."""
    return Way({"": targets}, names, show).steps("")


def _box(answer):
    """What an answer without a name of its own is called in a sentence: by its box."""
    _, _, box = answer.partition(".")
    return box or "the answer"


def _told_apart(names):
    """Node -> name, without gradients that have the same name as another one (rows of a Jacobian)."""
    counts = {}
    for name in names.values():
        counts[name] = counts.get(name, 0) + 1
    return {node: name for node, name in names.items() if counts[name] == 1 or not DERIVATIVE.fullmatch(name)}


def _free_base(taken):
    """A letter that no name of the problem begins with as an index would be put behind it."""
    used = {name.split("_")[0].rstrip("0123456789") for name in taken}
    return next((base for base in BASES if base not in used), "aux")


def _in_order(nodes):
    """All nodes that some nodes depend on, themselves included, in the order of asking: each behind what it is made from."""
    found, order = set(), []
    for root in nodes:
        waiting = [(root, False)]
        while waiting:
            node, ready = waiting.pop()
            if ready:
                order.append(node)
            elif node not in found:
                found.add(node)
                waiting.append((node, True))
                waiting += [(child, False) for child in reversed(dependencies(node))]
    return order


def _worked_out(node):
    return spelled_out(node).op not in ATOMS


def _below(node):
    """What a node moves the entries of."""
    while node.op in MOVING or node.transparent:
        node = node.expansion if node.transparent else node.inputs[0]
    return node


def _shown_parts(node):
    """What a node's formula is made of."""
    return (node.expansion,) if node.transparent else node.inputs


def _counts(node):
    """Whether a formula of sizes or counts is shown, however long."""
    while node.op not in SIZES and (node.transparent or node.op in MOVING):
        node = node.expansion if node.transparent else node.inputs[0]
    return node.op in SIZES or (
        node.op == "concat"
        and all(child.op == "reshape" for child in node.inputs)
        and any(child.inputs[0].op in SIZES for child in node.inputs)
    )


def _is_plain(node):
    """Whether a part is no calculation: a number of the question, moved entries, a sum of gradients of entries."""
    if node.op == "add":
        return any(
            _below(child).op == "place" or (_below(child).op == "add" and _is_plain(_below(child))) for child in node.inputs
        )
    if node.op == "matmul" and any(map(_of_constants, node.inputs)):
        return True
    return node.op in ATOMS or (node.op in ("concat", "pad", "one_hot", "flip") and all(map(_of_constants, node.inputs)))


def _is_array(node):
    return any(size != 1 for size in node.shape)


def _long_axes(node):
    """The shape without axes of length 1, which only change how a value is laid out."""
    return [size for size in node.shape if size != 1]
