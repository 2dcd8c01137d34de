"""Hand-ins in YAML: `student:` (or `group:`), `paper:`, and `answers:`, a mapping from problems to parts to what was typed.

Every scalar is text as it was typed (`no`, `1:30`, `010`), and so is a list in brackets. An answer may also stand under a key
such as `06/a`, `06.a.z` or `06a`.
"""

import re

from grader.bank.model import Located
from grader.bank.yaml_text import Mapping, Sequence, parse
from grader.course.answers import tidy
from grader.course.names import Place, box_named, within
from grader.maths.errors import BankError, HandInError

HEADER = ("student", "group", "paper", "copy", "seed")
DETAILS = ("name", "names", "member", "members", "email", "matriculation", "date", "course", "title")  # nothing to mark in them


def read_yaml_answers(text, file, answers):
    """Collect the answers of a hand-in; gives its header, name -> text. Raises HandInError."""
    tree = parse_mapping(text, file)
    source = _Source(text, answers)
    if "answers" in tree:
        source.problems(tree["answers"])
    elif not any(answers.places.find(key) for key in tree):
        raise HandInError("It has no 'answers'.")
    for key, node in tree.items():
        if key not in (*HEADER, *DETAILS, "answers"):
            source.at_key(key, node)
    return header_of(tree, text)


def parse_mapping(text, file):
    """The YAML mapping in a text; raises HandInError with the line of the first fault."""
    try:
        tree, complaints = parse(text, file)
    except BankError as error:
        tree, complaints = None, error.complaints
    if complaints:
        first = complaints[0]
        raise HandInError(f"Line {first.where.line}: {first.sentence}.")
    if not isinstance(tree, Mapping):
        raise HandInError("It is not a mapping with 'student', 'paper' and 'answers'.")
    return tree


def header_of(tree, text):
    """The header of a hand-in as texts; a list of students becomes their names with commas."""
    return {key: _names(tree[key], text) for key in HEADER if key in tree}


def _names(node, text):
    return ", ".join(map(str, node)) if isinstance(node, Sequence) else as_text(node, text)


class _Source:
    """Takes the nodes of a hand-in to their places."""

    def __init__(self, text, answers):
        self.text, self.answers = text, answers

    def problems(self, node):
        if isinstance(node, Mapping):
            for key, value in self.mended(node, lambda key: self.answers.places.find(key, by_number=False)):
                self.at_key(key, value)
        elif as_text(node, self.text).strip():
            raise HandInError("Its 'answers' name no problem; write them as a mapping from problems to parts.")

    def at_key(self, key, node):
        """A node under a key that names a problem, a part or a box."""
        place = self.answers.places.find(key)
        if place is None:
            reason = f"There is no '{key}' in this paper{self.answers.hint(key)}."
            self.answers.unknown(key, "", "", as_text(node, self.text), reason)
        elif place.part is not None:
            self.at_place(place, node)
        elif isinstance(node, Mapping):
            for name, value in self.mended(node, lambda name: within(place.problem, name)):
                self.at_part(place.problem, name, value)
        else:
            self.answers.add_text(place.problem, self.located(node))

    def at_part(self, problem, name, node):
        place = within(problem, name)
        short = self.answers.places.short(problem)
        if place is None:
            reason = f"Problem {short} has no part '{name}'{self.answers.hint(name, problem)}."
            self.answers.unknown(short, name, "", as_text(node, self.text), reason)
        else:
            self.at_place(place, node)

    def at_place(self, place, node):
        """A node that answers a part or a box."""
        if place.box is None and isinstance(node, Mapping):
            for name, value in self.mended(node, lambda name: box_named(place.part, name)):
                self.at_box(place, name, value)
        else:
            self.answers.add(place, tidy(place, self.located(node)))

    def at_box(self, place, name, node):
        box = box_named(place.part, name)
        if box is None:
            short, part = self.answers.places.short(place.problem), place.part
            reason = f"Part {part.id} of problem {short} has no box '{name}'{self.answers.hint(name, part=part)}."
            self.answers.unknown(short, part.id, name, as_text(node, self.text), reason)
        else:
            self.at_place(Place(place.problem, place.part, box), node)

    def mended(self, mapping, known):
        """The items of a mapping; an answer that YAML cut at a comma, as in `{z: 1,5}`, is put together again as it was typed."""
        items = []
        for key, node in mapping.items():
            before = items[-1][1] if items else None
            cut = node == "" and isinstance(node, Located) and isinstance(before, Located) and not known(key)
            comma = cut and re.search(f"{re.escape(before)}(\\s*,\\s*){re.escape(key)}(?!\\s*:)", self.text)
            if comma:
                items[-1] = (items[-1][0], Located(before + comma[1] + key, before.where))
            else:
                items.append((key, node))
        return items

    def located(self, node):
        return Located(as_text(node, self.text), node.where)


def as_text(node, source):
    """What was typed for a node: a scalar as it is, a list in brackets as it stands in the file, others put together again.

    Items of a list with dashes stand on lines of their own, unless they are lists in brackets themselves: `[[1, 2], [3, 4]]`.
    """
    if isinstance(node, Mapping):
        return "; ".join(f"{key}: {as_text(value, source)}" for key, value in node.items())
    if not isinstance(node, Sequence):
        return str(node)
    if node.span is not None:
        typed = source[slice(*node.span)]
        if not any(sign in typed for sign in "\"'#"):
            return " ".join(typed.split())
    items = [as_text(item, source) for item in node]
    if node.span is not None or (items and all(item.lstrip().startswith("[") for item in items)):
        return f"[{', '.join(items)}]"
    return "\n".join(items)
