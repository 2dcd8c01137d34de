"""Typed answers read as values, with the precision they were typed in. Reading never judges.

The rules are those of `grader.maths.language.notation`, shown by example in docs/notation.md.
"""

from grader.marking.reading.formulas import Formula, free_names, read_formula, read_formulas
from grader.marking.reading.names import CONSTANTS, STUDENT_CONVENTIONS, STUDENT_FUNCTIONS, aliases, is_product, products_apart
from grader.marking.reading.numbers import Entry, Numbers, read_numbers, read_numbers_in_every_sense
from grader.marking.reading.shapes import Sizes, read_shape

__all__ = [
    "CONSTANTS",
    "STUDENT_CONVENTIONS",
    "STUDENT_FUNCTIONS",
    "Entry",
    "Formula",
    "Numbers",
    "Sizes",
    "aliases",
    "free_names",
    "is_product",
    "products_apart",
    "read_formula",
    "read_formulas",
    "read_numbers",
    "read_numbers_in_every_sense",
    "read_shape",
]
