"""Numbers of things, lists and marks in words."""


def counted(number, noun):
    """A number of things in words: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(texts, most=10, between=", "):
    """The first of some texts in words, and how many more there are.

    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    more = len(texts) - most
    return between.join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def show_marks(marks):
    """Marks in words: `1/2 mark`, `5/2 marks`."""
    return f"{marks} mark{'' if 0 < marks <= 1 else 's'}"
