"""Somebody's own key for a paper: the file formats of hand-ins, and CSV with a question and an answer in each line."""

import csv
from io import StringIO
from pathlib import Path

from grader.bank.model import Located, Where
from grader.course.answers import Answers, tidy
from grader.course.handins import read_handin, read_text
from grader.course.names import Places
from grader.maths.errors import HandInError, UsageError

QUESTION = ("question", "problem", "exercise", "task", "nr", "no", "number", "id", "aufgabe", "frage")
FURTHER = ("part", "subquestion", "teil", "box", "name")
ANSWER = ("answer", "key", "solution", "value", "result", "antwort", "lösung", "loesung")
DELIMITERS = ",;\t|"


def read_own_key(path, paper):
    """([(Problem, part -> text or {box: text})], sentences about what has no place in the paper).

    Raises UsageError for a file that cannot be read or holds no answer.
    """
    places = Places(paper)
    try:
        if Path(path).suffix.lower() == ".csv":
            answers = Answers(places)
            _read_csv(read_text(path), str(path), answers)
            found, remarks = answers.finished()
        else:
            handin = read_handin(path, paper, places)
            found, remarks = handin.answers, handin.remarks
    except HandInError as error:
        raise UsageError(
            f"'{path}' cannot be used as a key: {str(error).replace('A hand-in is', 'A key is a .csv or')}"
        ) from error
    if not found:
        raise UsageError(f"'{path}' answers no question of the paper '{paper.id}'.")
    told = [f"{'.'.join(filter(None, (remark.problem, remark.part, remark.box)))}: {remark.reason}" for remark in remarks]
    return [(places.problems[short], parts) for short, parts in found.items()], told


def _read_csv(text, file, answers):
    """Collect the answers of a CSV file: a heading that names the columns, then a line for each question, part or box."""
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = csv.reader(StringIO(text), delimiter=delimiter)
    heading = [cell.strip().casefold() for cell in next(rows)]
    answer = next((heading.index(name) for name in ANSWER if name in heading), None)
    names = [column for column, name in enumerate(heading) if name in QUESTION] + [
        heading.index(name) for name in FURTHER if name in heading
    ]
    if answer is None or not names:
        raise HandInError("Its first line must name the columns, such as 'question,answer' or 'problem,part,answer'.")
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = [*row, *[""] * (len(heading) - len(row))]
        if any(cell.strip() for cell in row[len(heading) :]):
            reason = f"Line {rows.line_num} has more cells than the heading; put an answer that holds '{delimiter}' in quotes."
            answers.unknown(row[0].strip(), "", "", Located(delimiter.join(row), Where(file, rows.line_num)), reason)
            continue
        asked = ".".join(cell for column in names if (cell := cells[column].strip()))
        place = answers.places.find(asked)
        typed = Located(cells[answer], Where(file, rows.line_num))
        if place is None:
            answers.unknown(asked, "", "", typed, f"There is no '{asked}' in this paper{answers.hint(asked)}.")
        elif place.part is None:
            answers.add_text(place.problem, typed)
        else:
            answers.add(place, tidy(place, typed))
