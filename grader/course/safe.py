"""What somebody typed, made safe to write into a spreadsheet's cell or a Markdown page."""

import re
import unicodedata

from grader.bank.files import clean
from grader.maths.show import terminating

FORMULA_SIGNS = ("=", "+", "-", "@", "'")
_AFTER_SEPARATOR = re.compile(r"([;,])(?=[=+\-@])")
_NOT_TEXT = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!&~$])")


def readable(text):
    r"""Text that was read, line ends as `\n`, with what is no text in it (control characters) as `\N{REPLACEMENT CHARACTER}`."""
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def cell(text):
    """A text for a cell of a CSV file that no spreadsheet takes for a formula, on one line.

    Where it begins with `=`, `+`, `-`, `@` or an apostrophe an apostrophe goes in front (so `-1` becomes `'-1`; taking one away
    gives back what was typed). Line ends become ` ⏎ `, and a `;` or `,` before such a sign is followed by a space, in case a
    spreadsheet splits there.

    >>> cell("=1+1"), cell("-1"), cell("2;-0.5"), cell("0.5")
    ("'=1+1", "'-1", '2; -0.5', '0.5')
    """
    line = " ⏎ ".join(part.strip() for part in clean(text).strip().split("\n")).replace("\t", " ")
    line = _AFTER_SEPARATOR.sub(r"\1 ", line)
    return f"'{line}" if unicodedata.normalize("NFKC", line[:1]).startswith(FORMULA_SIGNS) else line


def code(text):
    """A text as code in Markdown, in a span or, where it has several lines, in a fence; nothing in it is markup.

    >>> code("a`b")
    '`` a`b ``'
    """
    text = clean(text).strip("\n")
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    if "\n" in text:
        fence = ticks if len(ticks) > 2 else "```"
        return f"\n{fence}text\n{text}\n{fence}"
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) or len(ticks) > 1 else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def words(text):
    """A sentence for Markdown in which nothing is markup.

    >>> words("<b>*x*")
    '\\\\<b\\\\>\\\\*x\\\\*'
    """
    return _MARKUP.sub(r"\\\1", " ".join(clean(text).split()))


def number(marks):
    """Marks as a decimal where it ends, else as a fraction; exact in both.

    >>> from fractions import Fraction
    >>> number(Fraction(5, 2)), number(Fraction(1, 3))
    ('2.5', '1/3')
    """
    return terminating(marks) or str(marks)
