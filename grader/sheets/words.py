"""The fixed words of sheets, in every language that there is."""

from grader.maths.errors import UsageError, nearest

WORDS = {
    "en": {
        "name": "Name",
        "student": "Student number",
        "copy": "Copy",
        "problem": "Problem",
        "part": "Part",
        "solutions": "Solutions",
        "solution": "Solution",
        "variant": "Variant",
        "practice": "Practice",
        "mark": "mark",
        "marks": "marks",
        "bonus": "bonus",
        "total": "Total",
        "conventions": "Conventions",
        "answer": "Answer",
        "figure": "Figure",
        "model": "Model answer",
        "rubric": "What earns marks",
        "right": "right",
        "wrong": "wrong",
        "either": "may be ticked or not",
        "none": "none of these",
        "yes": "yes",
        "no": "no",
        "order": "from the first to the last",
        "digits": "{} decimals",
        "one-digit": "1 decimal",
        "save": "Save my answers as a file",
        "save-hint": "Answers are kept in this page only until it is closed.",
        "array": "entries such as [1, 2; 3, 4]",
        "shape": "sizes such as 3 x 32 x 32",
        "count": "a whole number",
        "expression": "a formula",
        "chain": "every step, joined by =",
        "growth": "such as O(n^2)",
        "boolean": "yes or no",
        "fill-in": "How to hand in: write your answers into this file, keep its headings, and save it under your name.",
        "cells": "How to hand in: type your answers into the cells that begin with “Answer”, below that line, and save the file.",
    },
    "de": {
        "name": "Name",
        "student": "Matrikelnummer",
        "copy": "Exemplar",
        "problem": "Aufgabe",
        "part": "Teil",
        "solutions": "Lösungen",
        "solution": "Lösung",
        "variant": "Variante",
        "practice": "Übung",
        "mark": "Punkt",
        "marks": "Punkte",
        "bonus": "Bonus",
        "total": "Summe",
        "conventions": "Konventionen",
        "answer": "Antwort",
        "figure": "Abbildung",
        "model": "Musterantwort",
        "rubric": "Wofür es Punkte gibt",
        "right": "richtig",
        "wrong": "falsch",
        "either": "darf angekreuzt sein oder nicht",
        "none": "keine davon",
        "yes": "ja",
        "no": "nein",
        "order": "vom ersten bis zum letzten",
        "digits": "{} Nachkommastellen",
        "one-digit": "1 Nachkommastelle",
        "save": "Meine Antworten als Datei speichern",
        "save-hint": "Die Seite behält die Antworten nur, bis sie geschlossen wird.",
        "array": "Einträge wie [1, 2; 3, 4]",
        "shape": "Größen wie 3 x 32 x 32",
        "count": "eine ganze Zahl",
        "expression": "eine Formel",
        "chain": "jeder Schritt, verbunden durch =",
        "growth": "etwa O(n^2)",
        "boolean": "ja oder nein",
        "fill-in": "Zur Abgabe: Antworten in diese Datei schreiben, Überschriften stehen lassen, unter eigenem Namen speichern.",
        "cells": "Zur Abgabe: Antworten in die Zellen schreiben, die mit „Antwort“ beginnen, unter diese Zeile; Datei speichern.",
    },
}


def words_in(language):
    """Fixed word -> its text in a language; raises UsageError for one that is not there."""
    if language not in WORDS:
        known = ", ".join(WORDS)
        raise UsageError(f"Sheets are written in {known}, not in '{language}'{nearest(language, WORDS)}.")
    return WORDS[language]


def marks_in(words, marks, bonus=False):
    """Marks in words: `1/2 mark`, `bonus, 2 marks`."""
    return f"{words['bonus'] + ', ' if bonus else ''}{marks}\u00a0{words['mark' if 0 < marks <= 1 else 'marks']}"


def hint_in(words, box):
    """How an answer is to be typed, or nothing where that is plain."""
    digits = None if box.digits is None else words["one-digit"] if box.digits == 1 else words["digits"].format(box.digits)
    return ", ".join(filter(None, [words.get(box.kind), digits])) if box.kind != "order" else words["order"]
