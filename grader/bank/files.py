"""Files that are written: their names, made of what people typed, and whole files in place of the old ones."""

import os
import re
import tempfile
import unicodedata

from grader.maths.errors import UsageError

LONGEST_NAME = 80
_STEERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")  # they turn text around
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


def clean(text):
    r"""Text without control characters, line ends as `\n`.

    >>> clean("a\x1b[31m\u2028b")
    'a[31m\nb'
    """
    text = str(text).replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _STEERING))


def file_names(ids, taken=()):
    """A file name (without suffix) for each id: nothing in it leads elsewhere, and no two are the same, whatever their case.

    taken: names that are none of theirs.
    """
    taken, names = {name.casefold() for name in taken}, {}
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


def write_whole(path, content):
    """Write text or bytes so that a reader finds the old file or the new one, never half of it; raises UsageError."""
    folder, name = os.path.split(str(path))
    try:
        os.makedirs(folder or ".", exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{name[:40]}.", dir=folder or ".")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content if isinstance(content, bytes) else content.encode())
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


def free_name(path):
    """A name beside a file that is not taken: `to-review.kept-1.csv`."""
    base, suffix = os.path.splitext(str(path))
    number = 1
    while os.path.exists(f"{base}.kept-{number}{suffix}"):
        number += 1
    return f"{base}.kept-{number}{suffix}"
