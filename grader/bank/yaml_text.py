"""YAML as located text: every scalar stays the text that was typed, and everything knows its file and line.

YAML guesses types (`no` is false, `1:30` is 90, `010` is 8, `0.1` is a float); nothing is guessed here. What could surprise
is refused: tags, anchors and aliases, repeated keys, directives, several documents, deep nesting, files that are not text.
"""

import re
from functools import lru_cache

import yaml

from grader.bank.model import Complaint, Located, Where
from grader.bank.places import shown
from grader.maths.errors import BankError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPECIAL = re.compile(r"\s*(?:- +)*(?:[^:#]+: +)?(?:- +)*([\[{@|!*&%`>])")
_UNSPACED = re.compile(r"\s*(?:(-)[A-Za-z]\w*:(?: |$)|(?:- +)*[A-Za-z_]\w*(:)[^\s/:])")
_ODD_SPACE = re.compile("\\s*[^\\S \\t]")
_OPEN_QUOTE = re.compile(r"""\s*(?:- +)*(?:[\w.-]+: +)?"(?:[^"\\]|\\.)*$""")
_NAME = re.compile(r"( *(?:- +)*)[\w.-]+:(?: +(\S)|$| )")
_QUOTE = "put the value in quotes"
_ANYTHING = "check the indentation, and put a value in quotes when it holds ': ' or begins with one of [ { @ | ! * & % `"


class Mapping(dict):
    """A YAML mapping with the place where it begins in `.where`; its keys are Located."""

    def __init__(self, where):
        super().__init__()
        self.where = where


class Sequence(list):
    """A YAML list with the place where it begins in `.where`.

    `.span`: for a list in brackets the offsets in the text between which it was typed, else None.
    """

    def __init__(self, where):
        super().__init__()
        self.where = where
        self.span = None


def read_yaml(path):
    """The tree in a file and the complaints about its YAML, as `(tree, complaints)`.

    The tree holds Mapping, Sequence and Located only. Raises BankError when there is no tree to go on with.
    """
    file = shown(path)
    return parse(_decoded(path, file), file)


def _decoded(path, file):
    if not file.endswith(".yaml"):
        raise _fatal(file, 1, "the file is not read: its name must end in .yaml")
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _fatal(file, 1, f"the file cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise _fatal(file, 1, f"the file is longer than {MAX_BYTES:,} bytes; split it into several problems")
    if b"\0" in data:
        raise _fatal(file, 1, "this is not a text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _fatal(file, line, "the file is not in UTF-8; save it as UTF-8 text") from error
    if stray := _NOT_TEXT.search(text):
        line = text.count("\n", 0, stray.start()) + 1
        raise _fatal(file, line, f"the file holds the control character {ord(stray[0]):#04x}")
    return text


def parse(text, file="text"):
    """As `read_yaml`, for text that is already at hand; `file` is what complaints call it."""
    tree = _Tree(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        raise BankError([*tree.complaints, _syntax_complaint(error, text, file)]) from error
    if tree.root is None:
        raise BankError([Complaint(Where(file, 1), "the file is empty")])
    return tree.root, tree.complaints


def _fatal(file, line, sentence):
    return BankError([Complaint(Where(file, line), sentence)])


class _Tree:
    """A tree under construction from parser events. Nothing recurses, so depth and aliases cannot hurt."""

    def __init__(self, file):
        self.root = None
        self.complaints = []
        self.open = []  # collections not yet closed, outermost first
        self.keys = []  # for each of them the key that waits for its value
        self.where = lru_cache(maxsize=1)(lambda line: Where(file, line))

    def take(self, event):
        """Take in the next event."""
        match event:
            case yaml.ScalarEvent():
                self.no_tag_or_anchor(event)
                self.put(Located(event.value, self.at(event)))
            case yaml.MappingStartEvent():
                self.begin(event, Mapping(self.at(event)))
            case yaml.SequenceStartEvent():
                self.begin(event, Sequence(self.at(event)))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.end(event)
            case yaml.AliasEvent():
                self.complain(event, f"'*{event.anchor}' would be a YAML alias, which is not used here; {_QUOTE}")
                self.put(Located(f"*{event.anchor}", self.at(event)))
            case yaml.DocumentStartEvent():
                self.only_document(event)

    def at(self, event):
        return self.where(event.start_mark.line + 1)

    def begin(self, event, collection):
        self.no_tag_or_anchor(event)
        if len(self.open) == MAX_DEPTH:
            self.stop(event, f"lists and mappings are nested more than {MAX_DEPTH} deep")
        self.put(collection)
        self.open.append(collection)
        self.keys.append(None)
        if event.flow_style and isinstance(collection, Sequence):
            collection.span = (event.start_mark.index, None)

    def end(self, event):
        collection = self.open.pop()
        self.keys.pop()
        if isinstance(collection, Sequence) and collection.span:
            collection.span = (collection.span[0], event.end_mark.index)

    def put(self, node):
        """Add a finished scalar or a collection just begun to what is open."""
        if not self.open:
            self.root = node
        elif isinstance(self.open[-1], Sequence):
            self.open[-1].append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = self.key(node)
        else:
            key, self.keys[-1] = self.keys[-1], None
            self.open[-1].setdefault(key, node)

    def key(self, node):
        if not isinstance(node, Located):
            self.stop(node, "a name was expected before the colon; put a value that begins with '{' or '[' in quotes")
        if node in self.open[-1]:
            first = next(key for key in self.open[-1] if key == node)
            begins = isinstance(self.open[-2:][0], Sequence) and first is next(iter(self.open[-1]))
            hint = "; begin the next entry of the list with '- '" if begins and node.where.line > first.where.line else ""
            self.complain(node, f"'{node}' stands here twice (first in line {first.where.line}){hint}")
        return node

    def no_tag_or_anchor(self, event):
        if event.anchor is not None:
            self.complain(event, f"'&{event.anchor}' would be a YAML anchor, which is not used here; {_QUOTE}")
        if event.tag is not None:
            self.complain(event, f"'{event.tag}' would be a YAML tag, which is not used here; {_QUOTE}")

    def only_document(self, event):
        if self.root is not None:
            self.stop(event, "a second YAML document begins here ('---'); a file holds one")
        if event.version or event.tags:
            self.complain(event, "YAML directives ('%') are not used here")

    def complain(self, spot, sentence):
        where = spot.where if hasattr(spot, "where") else self.at(spot)
        self.complaints.append(Complaint(where, sentence))

    def stop(self, spot, sentence):
        self.complain(spot, sentence)
        raise BankError(self.complaints)


def _syntax_complaint(error, text, file):
    """A parser's error as a sentence with a hint, at the line where its author should look."""
    inside = re.search("flow|quoted|simple key", error.context or "")  # the trouble lies where the bracket, quote or key begins
    mark = error.context_mark if inside and error.context_mark else error.problem_mark
    lines = text.splitlines()
    line = min(mark.line, len(lines) - 1)
    hint = _hint(lines, line)
    if "quoted" in (error.context or ""):
        hint = "close the quotes"
    elif "',' or " in error.problem:
        hint = "separate the entries by ', ' and close the bracket, or put the value in quotes"
    return Complaint(Where(file, line + 1), f"this is not YAML ({error.problem}); {hint}")


def _hint(lines, number):
    """What most likely mends a line that YAML trips over."""
    line = lines[number]
    if re.match(r" *\t", line):
        return "indent with spaces, not with tabs"
    for near in range(number, max(number - 2, -1), -1):
        if _ODD_SPACE.match(lines[near]):
            return f"line {near + 1} begins with a special space character; indent with ordinary spaces"
        if unspaced := _UNSPACED.match(lines[near]):
            return f"put a space behind the '{unspaced[1] or unspaced[2]}' of line {near + 1}"
    if (start := _open_quote(lines, number)) is not None:
        return f"are the quotes closed that line {start + 1} opens?"
    if special := _SPECIAL.match(line):
        return f"put a value that begins with '{special[1]}' in quotes"
    if line.count(": ") > 1:
        return "put a text that contains ': ' in quotes, or write it below '|'"
    if ":" not in line:
        return "indent it when it goes on with the text above; else it lacks 'name: '"
    return _indentation(lines, number) or _ANYTHING


def _open_quote(lines, number):
    """The first line up to `number` whose value opens double quotes and does not close them, or None."""
    return next((at for at, line in enumerate(lines[: number + 1]) if _OPEN_QUOTE.match(line)), None)


def _indentation(lines, number):
    """A hint for a line whose name begins in another column than that of the line above, or None."""
    above = next((at for at in range(number - 1, -1, -1) if lines[at].strip() and not lines[at].lstrip().startswith("#")), None)
    names = [_NAME.match(lines[at]) for at in (number, above)] if above is not None else []
    if not all(names) or len(names) < 2:
        return None
    here, there = (len(name[1]) + 1 for name in names)
    if here == there or (here > there and not names[1][2]):
        return None
    return f"its name begins in column {here}, that of line {above + 1} in column {there}; let them begin in the same column"
