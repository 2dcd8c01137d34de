"""Hand-ins in Markdown: an optional front matter, `## Problem 06: title` for problems, `### (a)` for parts, the answers beneath.

Parts may also be marked by `a) ...` or `**a)** ...` at the start of lines beneath a problem's heading. Headings in fenced code
are text. A heading that names nothing in the paper becomes a remark together with the text beneath it.
"""

import re
from dataclasses import dataclass, field

from grader.bank.model import Located, Where
from grader.course.answers import outside_fences, split_parts, tidy, without_comments
from grader.course.names import LONGEST, PART_WORD, PROBLEM_WORD, Place, box_named, within
from grader.course.yaml_handins import header_of, parse_mapping
from grader.maths.errors import HandInError

MOST_HEADINGS = 2_000

_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$")
_BOLD = re.compile(r"\s{0,3}\*\*([^*]{1,80})\*\*:?\s*$")
_NAME_ENDS = re.compile(r"\)|[.:](?=\s|$)|\s+[-–—](?=\s)|$")
_MARKS = re.compile(r"\[[^\[\]]{0,20}\d[\d/.,]{0,9}\s(?:marks?|points?|punkte?)\]$", re.IGNORECASE)  # behind a sheet's heading
_HEADER_LINE = re.compile(r"\s*(?:[-*]\s+)?\**(student|group|paper|copy|seed)\**\s*:\s*\**\s*(.+?)\**\s*$", re.IGNORECASE)
_ANSWER_WORDS = ("answer", "answers", "my answer", "solution", "antwort", "lösung")
_TELLS = re.compile(r"[=\d]")  # the rest of a heading that holds one of these may be an answer


def read_markdown(text, file, answers):
    """Collect the answers of a hand-in; gives its header, name -> text. Raises HandInError."""
    header, body, first = _front_matter(text, file)
    reader = _Reader(answers, file, header)
    for number, (line, outside) in enumerate(outside_fences(body.split("\n")), first):
        reader.take(line, outside, number)
    reader.finish()
    if not reader.named and not header:
        example = next(iter(answers.places.problems), "06")
        raise HandInError(f"It has no heading that names a problem of this paper, such as '## {example}'.")
    return header


def _front_matter(text, file):
    """(header, the text after it, the number of that text's first line)."""
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return {}, text, 1
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() in ("---", "...")), None)
    if end is None:
        raise HandInError("Line 1: the front matter that begins with '---' has no end.")
    matter = "\n" + "\n".join(lines[1:end])  # a line more, so that faults are told with the right line
    header = header_of(parse_mapping(matter, file), matter) if matter.strip() else {}
    return header, "\n".join(lines[end + 1 :]), end + 2


@dataclass
class _Section:
    """What stands beneath a heading: the place it names (None outside all problems), or the unknown name; and its lines."""

    place: Place | None = None
    unknown: tuple = ()
    rest: str = ""
    line: int = 1
    lines: list = field(default_factory=list)


class _Reader:
    """Goes through a hand-in line by line."""

    def __init__(self, answers, file, header):
        self.answers, self.file, self.header = answers, file, header
        self.section = _Section()
        self.problem_level, self.part_level = None, None
        self.named, self.headings = False, 0

    def take(self, line, outside, number):
        """Take in the next line; `outside`: not in fenced code."""
        heading = _HEADING.match(line) if outside else None
        if heading and self.heading(len(heading[1]), heading[2].strip(), number):
            return
        bold = _BOLD.match(line) if outside and not heading else None
        if bold and PROBLEM_WORD.match(bold[1]) and self.problem(self.problem_level or 2, bold[1], number):
            return
        if self.section.place is None and not self.section.unknown and (match := _HEADER_LINE.match(line)):
            self.header.setdefault(match[1].lower(), match[2])
            return
        self.section.lines.append(line)

    # headings

    def heading(self, level, title, number):
        """Begin what a heading names; False where it belongs to the text."""
        self.headings += 1
        if self.headings > MOST_HEADINGS:
            raise HandInError(f"It has more than {MOST_HEADINGS} headings.")
        deeper = self.problem_level is not None and level > self.problem_level
        steps = (self.part, self.problem) if deeper else (self.problem, self.part)
        named = _MARKS.sub("", title).rstrip()
        if any(step(level, named, number) for step in steps):
            return True
        if self._is_text(level, title, deeper):
            return title.rstrip(":").casefold() in _ANSWER_WORDS
        self.begin(_Section(unknown=self._unknown(title, deeper), line=number))
        if not deeper:
            self.problem_level, self.part_level = level, None
        return True

    def _is_text(self, level, title, deeper):
        """Whether a heading that names nothing is a title above all problems, or stands in an answer."""
        if self.problem_level is None:
            return level == 1 and not PROBLEM_WORD.match(title)
        inside = self.section.unknown or (self.section.place and len(self.section.place.problem.parts) == 1)
        return bool(deeper and (inside or (self.part_level is not None and level > self.part_level)))

    def _unknown(self, title, deeper):
        """(problem, part, reason) of a heading that names nothing."""
        name = next(_prefixes(title))[0] if title else ""
        current = self.section.place.problem if deeper and self.section.place else None
        if current is None:
            return title[:LONGEST], "", f"There is no problem '{title[:LONGEST]}' in this paper{self.answers.hint(name)}."
        short = self.answers.places.short(current)
        reason = f"Problem {short} has no part '{title[:LONGEST]}'{self.answers.hint(PART_WORD.sub('', name), current)}."
        return short, title[:LONGEST], reason

    def problem(self, level, title, number):
        """Begin the problem (or the part of one) that a title names; False where it names none.

        A number alone is none within a problem, unless problems have such names: there it is likely a step of an answer.
        """
        if self.answers.places.meanings(title):
            return False
        deeper = self.problem_level is not None and level > self.problem_level
        by_number = not deeper or bool(PROBLEM_WORD.match(title))
        for name, rest in _prefixes(title):
            place = self.answers.places.find(name, by_number)
            if place is not None:
                self.named = True
                self.problem_level = level if place.part is None or self.problem_level is None else min(level, self.problem_level)
                self.part_level = None if place.part is None else level
                self.begin(_Section(place, rest=rest, line=number))
                return True
        return False

    def part(self, level, title, number):
        """Begin the part or box of the current problem that a title names; False where it names none."""
        current = self.section.place or (self.section.unknown and self._problem_of_unknown())
        if not current:
            return False
        for name, rest in _prefixes(title):
            place = self._box(current, level, name) or within(current.problem, name)
            if place is not None:
                if place.box is None:
                    self.part_level = level
                self.begin(_Section(place, rest=rest, line=number))
                return True
        return False

    def _box(self, current, level, name):
        """The box that a heading beneath that of its part names."""
        if current.part is None or self.part_level is None or level <= self.part_level:
            return None
        box = box_named(current.part, name)
        return Place(current.problem, current.part, box) if box else None

    def _problem_of_unknown(self):
        """The problem in which an unknown part stands; None beneath an unknown problem."""
        problem = self.answers.places.problems.get(self.section.unknown[0])
        return Place(problem) if problem is not None and self.section.unknown[1] else None

    # sections

    def begin(self, section):
        self.finish()
        self.section = section

    def finish(self):
        """Take the section that ends here to its place."""
        section = self.section
        text = Located("\n".join(section.lines).strip("\n"), Where(self.file, section.line))
        if section.unknown:
            problem, part, reason = section.unknown
            self.answers.unknown(problem, part, "", text, reason)
        elif section.place is None:
            self._outside(text)
        else:
            self._answer(section, text)

    def _outside(self, text):
        lines = [line for line in without_comments(text).split("\n") if line.strip() and not _HEADING.match(line)]
        if any(line.strip(" -*_=") for line in lines):
            self.answers.unknown("", "", "", "\n".join(lines), "This stands above the first problem.")

    def _answer(self, section, text):
        place, rest = section.place, "" if _copied(section.place, section.rest) else section.rest
        if place.part is None and len(place.problem.parts) > 1:
            self.answers.add_text(place.problem, text)
            return
        if place.part is None:
            place, rest = Place(place.problem, place.problem.parts[0]), rest if _TELLS.search(rest) else ""
        if not text.strip():
            text, rest = Located(rest, text.where), ""
        if _TELLS.search(rest):
            self.answers.remark(place, rest, "This stands in the heading; the text beneath it was marked.")
        own, further = text, []
        if place.box is None and not place.part.for_human:
            own, further = split_parts(place.problem, text, start=place)
        self.answers.add(place, tidy(place, Located(own, text.where)))
        for later, piece in further:
            self.answers.add(later, tidy(later, piece))


def _copied(place, rest):
    """Whether the rest of a heading repeats the question."""
    return rest in place.problem.title or bool(place.part and rest in place.part.text)


def _prefixes(title):
    """(name, rest) for what may be the name in a title: all of it, or what stands before `)`, `:`, `.` or a dash; longest first.

    Last, and only where it holds a digit or follows a word such as `Part`, its first word.
    """
    title = title[: 2 * LONGEST].strip()
    ends = list(_NAME_ENDS.finditer(title))[:6]
    for end in sorted({(match.start(), match.end()) for match in [*ends, _NAME_ENDS.search(title, len(title))]}, reverse=True):
        yield title[: end[0]], title[end[1] :].strip()
    bare = PART_WORD.sub("", PROBLEM_WORD.sub("", title))
    word, _, rest = bare.partition(" ")
    if rest and (bare != title or any(character.isdigit() for character in word)):
        yield word, rest.strip()
