"""Every complaint the grader can make, as one family of exceptions.

Bad input of any sort raises a subclass of `GraderError`; its text is one or more plain sentences for the person who typed.
"""

import difflib


class GraderError(Exception):
    """Something that was handed in cannot be used; the message says what, where, and what was expected."""


class LanguageError(GraderError):
    """A typed text that is not in the language.

    `text` is what was typed, `position` the 0-based offset of the trouble, `problem` the sentence about it;
    `str(error)` shows all three, with a caret under the place.
    """

    def __init__(self, problem, text="", position=None):
        self.problem, self.text, self.position = problem, text, position
        super().__init__(problem if position is None else f"{problem}\n{caret(text, position)}")


class SeveralStatementsError(LanguageError):
    """Several statements where one answer is asked; `last` is the last of them, empty where one name is given two values."""

    def __init__(self, text, position, last):
        self.last = last
        super().__init__("several statements stand here, but one answer is asked", text, position)


class ShapeError(GraderError):
    """Operands whose shapes do not fit, said in words."""


class UndefinedError(GraderError):
    """A value that does not exist: division by zero, a logarithm or a root of a negative number, a singular matrix."""


class UndecidedError(GraderError):
    """A ball is too wide to say which side of a jump it lies on; more digits might decide it, this evaluation cannot."""


class InexactError(GraderError):
    """An irrational value was asked for in exact rational arithmetic."""


class TooLargeError(GraderError):
    """A counted resource (length, nesting, integer bits, array elements, steps) would pass its limit."""


class UnsupportedError(GraderError):
    """A question that the tool knows it cannot answer, with the reason."""


class BankError(GraderError):
    """All faults of a problem or paper file at once; `complaints` holds them in the order of the file.

    `partial` is what could be read all the same, so that further faults can be looked for, or None.
    """

    def __init__(self, complaints, partial=None):
        self.complaints, self.partial = tuple(complaints), partial
        super().__init__("\n".join(str(complaint) for complaint in self.complaints))


class UsageError(GraderError):
    """A missing, empty or unsuitable input to a command (exit code 2)."""


class HandInError(GraderError):
    """A hand-in that cannot be read; it is listed, and the others go on."""


def caret(text, position):
    """The line of `text` around `position` (0-based) with a caret under it, at most 76 characters wide."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : len(text) if end < 0 else end]
    column = position - start
    cut = max(0, column - 60)
    shown = "".join(c if c.isprintable() else " " for c in line[cut : cut + 76])
    return f"    {shown}\n    {' ' * (column - cut)}^"


def nearest(name, known):
    """A clause that offers the closest known name, such as ` (did you mean 'kernel'?)`, or nothing."""
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.6)
    return f" (did you mean '{close[0]}'?)" if close else ""
