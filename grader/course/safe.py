"""What somebody typed, made safe to write: into a spreadsheet's cell, a Markdown page, a file's name; and files written whole."""

import os
import re
import tempfile
import unicodedata

from grader.maths.errors import UsageError
from grader.maths.show import terminating

FORMULA_SIGNS = ("=", "+", "-", "@", "'")
LONGEST_NAME = 80
_STEERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")  # they turn text around
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")
_AFTER_SEPARATOR = re.compile(r"([;,])(?=[=+\-@])")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!&~$])")


def clean(text):
    r"""Text without control characters, line ends as `\n`.

    >>> clean("a\x1b[31m\u2028b")
    'a[31m\nb'
    """
    text = str(text).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _STEERING))


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


def file_names(ids):
    """A file name (without suffix) for each id: nothing in it leads elsewhere, and no two are the same, whatever their case."""
    taken, names = set(), {}
    for id in sorted(ids):
        base = name = file_name(id)
        number = 2
        while name.casefold() in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name.casefold())
        names[id] = name
    return names


def file_name(id):
    """An id as a file name: letters, digits, `.`, `-` and `_`; not hidden, not reserved, not too long.

    >>> file_name("../../etc/passwd"), file_name("Ana Süß")
    ('etc_passwd', 'Ana_Süß')
    """
    name = re.sub(r"[^\w.-]+", "_", unicodedata.normalize("NFC", clean(id))).strip("._ ")
    name = re.sub(r"^[._-]+", "", re.sub(r"\.{2,}", ".", name))[:LONGEST_NAME]
    while len(name.encode()) > LONGEST_NAME:
        name = name[:-1]
    return f"_{name}" if _RESERVED.match(name) else name or "handin"


def write_whole(path, text):
    """Write a file so that a reader finds the old or the new one, never half of it; raises UsageError where that fails."""
    folder, name = os.path.split(path)
    try:
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{name[:40]}.", dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
            os.chmod(temporary, 0o644 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}.") from error


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
