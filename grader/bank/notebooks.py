"""What sheets and hand-ins in the form of notebooks have in common."""

from hashlib import sha256

KEY = "grader"  # under which our metadata stand, in cells and in the notebook
ANSWER_WORDS = ("Answer", "Antwort")  # how the first line of an answer cell begins, in every language of sheets


def check_sum(text):
    """A short sum over what a cell with a question says; blanks and line ends do not count.

    >>> check_sum("a  b\\n") == check_sum("a b")
    True
    """
    return sha256(" ".join(text.split()).encode()).hexdigest()[:16]
