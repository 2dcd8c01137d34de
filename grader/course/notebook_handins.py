"""Hand-ins as Jupyter notebooks: `student:` in the first cell for answers, answers in cells of their own. Nothing is executed.

Where a cell belongs is said by its metadata, `{"grader": {"problem": "06", "part": "a"}}`, and by its first line,
`# Answer 06 (a)`; the line decides where the two differ, as it is what one sees. A cell without that line goes on with the one
before it, as after splitting a cell. Changed cells with questions, and cells that somebody put in, are listed as remarks.
"""

import json
import re
from dataclasses import dataclass

from grader.bank.model import Located, Where
from grader.bank.notebooks import ANSWER_WORDS, KEY, check_sum
from grader.course.answers import split_parts, tidy, without_comments
from grader.course.names import LONGEST, Place, box_named, box_names, within
from grader.course.safe import readable
from grader.marking.reading.boxes import split_boxes
from grader.maths.errors import GraderError, HandInError

MOST_CELLS = 5_000

_FIRST_LINE = re.compile(
    rf"\s*(?P<sign>#{{0,6}})[ \t]*(?:{'|'.join(ANSWER_WORDS)})\b[ \t:]*(?P<name>[^\n]*?)[ \t]*(?:\n|$)", re.IGNORECASE
)
_HEADER = re.compile(r"[ \t]*(?:[-*#][ \t]+)?(?P<bold>\**)(student|group|paper|copy|seed)\**[ \t]*:(.*)", re.IGNORECASE)
_NAME_ENDS = re.compile(r"\s|$|(?<=\)):?|:")
_QUESTION = re.compile(r"\s*#{1,6}\s")
_DATA = re.compile(r'"data:[^"]*"')  # of an image
_EMPTY_BOX = re.compile(r"[^=\n]*=[ \t]*")


def read_notebook(text, file, answers):
    """Collect the answers of a hand-in; gives its header, name -> text. Raises HandInError."""
    notebook = _parsed(text)
    reader = _Reader(answers, file)
    for number, cell in enumerate(_cells(notebook), 1):
        reader.take(cell, number)
    return reader.finished(_about(notebook))


def _parsed(text):
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise HandInError(f"It is no notebook: it is not valid JSON{line}.") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise HandInError("It is no notebook of format 4: it has no list of cells.")
    return notebook


@dataclass(frozen=True)
class _Cell:
    """A cell: its type, its text, and what our metadata say of it."""

    kind: str
    text: str
    about: dict

    @property
    def blank(self):
        return not without_comments(self.text).strip()


def _cells(notebook):
    if len(notebook["cells"]) > MOST_CELLS:
        raise HandInError(f"It has more than {MOST_CELLS} cells.")
    cells = [_cell(cell) for cell in notebook["cells"] if isinstance(cell, dict)]
    if any(cell.about for cell in cells):
        return cells
    # no metadata are left: what begins with a heading and is no answer is taken for a question
    return [
        _Cell(cell.kind, cell.text, {"question": check_sum(cell.text)})
        if cell.kind == "markdown" and _QUESTION.match(cell.text) and not _first_line(cell)
        else cell
        for cell in cells
    ]


def _cell(cell):
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    text = readable("".join(line for line in lines if isinstance(line, str)))
    about = cell.get("metadata", {}).get(KEY) if isinstance(cell.get("metadata"), dict) else None
    return _Cell(str(cell.get("cell_type", "")), text, about if isinstance(about, dict) else {})


def _first_line(cell):
    """The match of `# Answer ...` at the beginning of a cell; the sign may be missing where metadata say it is for an answer."""
    line = _FIRST_LINE.match(cell.text)
    return line if line and (line["sign"] or "problem" in cell.about) else None


def _about(notebook):
    """What the notebook's own metadata say: the paper."""
    about = notebook.get("metadata", {}).get(KEY) if isinstance(notebook.get("metadata"), dict) else None
    paper = about.get("paper") if isinstance(about, dict) else None
    return {"paper": paper} if isinstance(paper, str) else {}


class _Reader:
    """Goes through a notebook cell by cell."""

    def __init__(self, answers, file):
        self.answers, self.file = answers, file
        self.header, self.last, self.named = {}, None, False
        self.found = []  # (Place, texts of its cells, number of the first of them)
        self.texts = {}  # names of a place -> the texts of its latest answer
        self.code = []

    def take(self, cell, number):
        """Take in the next cell."""
        line = _first_line(cell)
        place, rest = self.place_of_name(line["name"].replace("\\", "")) if line else (None, "")
        if place is not None:
            self.begin(place, "\n".join(filter(None, (rest, cell.text[line.end() :]))), number)
        elif "header" in cell.about or (not self.found and self.is_header(cell)):
            self.take_header(cell)
        elif "problem" in cell.about:
            self.by_metadata(cell, number)
        elif "question" in cell.about:
            self.question(cell)
        elif line and not cell.blank:
            name = line["name"][:LONGEST]
            self.answers.unknown(name, "", "", cell.text, f"There is no '{name}' in this paper{self.answers.hint(name)}.")
        elif not cell.blank:
            self.of_their_own(cell)

    # --- answers ---

    def place_of_name(self, name):
        """(Place, the rest) for the longest beginning of a line that names a part, or a problem with or without several."""
        ends = [match for match in _NAME_ENDS.finditer(name) if match.start() <= LONGEST][-8:]
        for end in reversed(ends):
            place = self.answers.places.find(name[: end.start()], by_number=False) if end.start() else None
            rest = name[end.end() :].strip()
            if place is not None and not (place.part is None and rest):
                return place, rest
        return None, ""

    def by_metadata(self, cell, number):
        """An answer cell whose first line names no place."""
        line = _first_line(cell)
        text = cell.text[line.end() :] if line and not line["name"] else cell.text
        names = [str(cell.about.get(key, "")) for key in ("problem", "part", "box")]
        place = self.place_of(*names)
        if place is None:
            if _filled_in(text):
                reason = f"There is no '{'/'.join(filter(None, names))[:LONGEST]}' in this paper."
                self.answers.unknown(*(name[:LONGEST] for name in names), text, reason)
        elif _names(place) in self.texts:
            self.texts[_names(place)].append(text)
        else:
            self.begin(place, text, number)

    def place_of(self, problem, part, box):
        found = self.answers.places.problem(problem, by_number=False)
        place = within(found, part) if found is not None else None
        name = box_named(place.part, box) if place is not None and box else None
        return None if place is None or (box and name is None) else Place(found, place.part, name)

    def begin(self, place, text, number):
        self.named, self.last = True, place
        self.texts[_names(place)] = [text]
        self.found.append((place, self.texts[_names(place)], number))

    # --- other cells ---

    @staticmethod
    def is_header(cell):
        lines = [line for line in cell.text.split("\n") if line.strip()]
        return bool(lines) and cell.kind != "code" and all(map(_HEADER.fullmatch, lines))

    def take_header(self, cell):
        """`student: s01`, also with the id on the line below."""
        key, beside = None, []
        for line in filter(str.strip, without_comments(cell.text).split("\n")):
            match = _HEADER.fullmatch(line)
            if match:
                key = match[2].lower()
                self.header.setdefault(key, match[3].strip("* \t" if match["bold"] else None))
            elif key and not self.header[key]:
                self.header[key] = line.strip()
            else:
                beside.append(line)
        if beside:
            self.answers.unknown("", "", "", "\n".join(beside), "This stands in the cell for the student's id.")

    def question(self, cell):
        if cell.about["question"] != check_sum(cell.text):
            self.remark(_DATA.sub('"…"', cell.text), "A cell with a question was changed; only cells for answers were marked.")

    def of_their_own(self, cell):
        if cell.kind == "code":
            self.code.append(cell)
        else:
            self.remark(cell.text, "This stands in a cell of its own; only cells for answers were marked.")

    def remark(self, text, reason):
        if self.last is not None:
            self.answers.remark(Place(self.last.problem), text, reason)
        else:
            self.answers.unknown("", "", "", text, reason)

    # --- the end ---

    def finished(self, about):
        """Take all answers to their places; gives the header."""
        for place, texts, number in self.found:
            self.answer(place, Located("\n".join(text.strip("\n") for text in texts), Where(self.file, number)))
        if self.code:
            count = f"{len(self.code)} code cells are" if len(self.code) > 1 else "A code cell is"
            self.answers.unknown("", "", "", self.code[0].text, f"{count} no cells for answers and not marked.")
        if not self.named and not self.header:
            example = next(iter(self.answers.places.problems), "06")
            raise HandInError(f"It has no cell for answers, such as one that begins with '# Answer {example} (a)'.")
        return {**about, **{key: text for key, text in self.header.items() if text}}

    def answer(self, place, text):
        if place.part is None:
            self.answers.add_text(place.problem, text)
            return
        own, further = text, []
        if place.box is None and not place.part.for_human:
            own, further = split_parts(place.problem, text, start=place)
        for where, piece in self.boxes(place, Located(own, text.where)):
            self.answers.add(where, tidy(where, piece))
        for later, piece in further:
            self.answers.add(later, tidy(later, piece))

    def boxes(self, place, text):
        """(Place, text) for what a cell holds: by box where other boxes of the part have cells of their own, or where lines tell
        more boxes apart than the text does (a bracket that nobody closes swallows the lines that follow).
        """
        if place.box is not None or not text.strip() or place.part.for_human:
            return [(place, text)]
        places = [Place(place.problem, place.part, box.name) for box in place.part.boxes if box.name]
        try:
            found = split_boxes(place.part, tidy(place, text))
        except GraderError:
            found = {}
        lines = _by_lines(place.part, text)
        if len(lines) > len(found):
            found = lines
        elif not any(_names(other) in self.texts for other in places):
            return [(place, text)]
        return [(other, Located(found[other.box], text.where)) for other in places if other.box in found] or [(place, text)]


def _by_lines(part, text):
    """Box name -> text, where each box begins on a line of its own, `name =`; empty where anything stands before the first."""
    found, name = {}, None
    for line in text.strip().split("\n"):
        label, sign, rest = line.partition("=")
        if sign and label.strip() in box_names(part) and label.strip() not in found:
            name = label.strip()
            found[name] = rest.strip()
        elif name is not None:
            found[name] += f"\n{line}"
        elif line.strip():
            return {}
    return found


def _names(place):
    return place.problem.id, place.part and place.part.id, place.box


def _filled_in(text):
    """Whether anything stands in a cell but its first line and names of boxes."""
    lines = without_comments(_FIRST_LINE.sub("", text, count=1)).split("\n")
    return any(line.strip() and not _EMPTY_BOX.fullmatch(line) for line in lines)
