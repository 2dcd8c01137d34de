"""Numbers of things and marks in words."""


def counted(number, noun):
    """A number of things in words: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def show_marks(marks):
    """Marks in words: `1/2 mark`, `5/2 marks`."""
    return f"{marks} mark{'' if 0 < marks <= 1 else 's'}"
