"""LaTeX as plain text (rule N3 of `notation`): one walk over the tokens, groups kept whole however deeply they nest."""

import re

from grader.maths.errors import LanguageError, TooLargeError
from grader.maths.language.characters import one_blank

MAX_NESTING = 60

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
CASE_WORDS = re.compile(r"\b(?:if|for|when|otherwise|else|falls|wenn|für|sonst)\b")
CASE_CONDITION = re.compile(r"[<>=]")
WORDS = {
    "cdot": "*",
    "times": "*",
    "ast": "*",
    "odot": "∘",
    "circ": "∘",
    "div": "/",
    "approx": "=",
    "simeq": "=",
    **dict.fromkeys(("leftarrow", "longleftarrow", "gets", "coloneqq"), "="),
    "le": "<=",
    "leq": "<=",
    "ge": ">=",
    "geq": ">=",
    "ne": "!=",
    "neq": "!=",
    "pm": "±",
    "top": "T",
    "intercal": "T",
    "prime": "'",
    "partial": "d",
    "infty": "infinity",
    "varepsilon": "epsilon",
    "varphi": "phi",
    "vartheta": "theta",
    "mid": "|",
    **dict.fromkeys(("lvert", "rvert", "vert"), "|"),
    **dict.fromkeys(("lVert", "rVert", "Vert"), "||"),
    **dict.fromkeys(("to", "rightarrow", "Rightarrow", "implies", "longrightarrow", "therefore"), "⇒"),
    "langle": "dot(",
    "rangle": ")",
    "lfloor": "floor(",
    "lceil": "ceil(",
    **dict.fromkeys(("rfloor", "rceil"), ")"),
}
NOTHING = frozenset(
    {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "limits", "hline", "quad", "qquad", "bf", "rm"}
)
NOTHING |= {"displaystyle", "textstyle", "bigg", "Bigg", "biggl", "biggr", "Biggl", "Biggr"}
STYLES = frozenset({"text", "textbf", "textrm", "emph", "mbox", "mathrm", "operatorname", "mathbf", "boldsymbol", "bm", "mathit"})
STYLES |= {"mathbb", "mathsf", "mathcal", "vec", "bar", "overline", "underline", "boxed", "fbox"}
SIGNS = {
    **dict.fromkeys(("\\,", "\\;", "\\:", "\\!", "\\ ", "\\(", "\\)", "\\[", "\\]"), " "),
    **{"\\{": "(", "\\}": ")", "\\%": "%", "\\|": "||", "\\_": "_", "\\&": "&", "\\#": "#", "\\$": "", "\\\\": "\n", "$": " "},
}
MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix", "array"})


def latex(text):
    """LaTeX commands, groups and matrices in a cleaned text as plain text; raises LanguageError where a group has no end."""
    if "\\" not in text and "$" not in text and "{" not in text:
        return text
    plain, _ = _Reader(text.replace("{,}", ",")).until(())
    return re.sub(r" ?\^ ?(?:\( ?T ?\)|T(?!\w))", "^T", one_blank(plain))


class _Reader:
    """One walk over the tokens of one text."""

    def __init__(self, text):
        self.text, self.tokens, self.position, self.depth = text, TOKEN.findall(text), 0, 0

    def take(self):
        self.position += 1
        return self.tokens[self.position - 1]

    def skip_blanks(self):
        while self.position < len(self.tokens) and self.tokens[self.position].isspace():
            self.position += 1

    def at(self, token):
        return self.position < len(self.tokens) and self.tokens[self.position] == token

    def fail(self, problem):
        raise LanguageError(problem, self.text, len(self.text))

    def deeper(self):
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise TooLargeError(f"LaTeX groups are nested deeper than {MAX_NESTING}")

    def until(self, ends):
        """(plain text up to one of the tokens `ends`, that token), or (all of the rest, "") where `ends` is empty."""
        self.deeper()
        pieces = []
        while self.position < len(self.tokens):
            token = self.take()
            if token in ends:
                self.depth -= 1
                return "".join(pieces), token
            pieces.append(self.piece(token))
        if ends:
            self.fail("a LaTeX group or matrix has no end")
        self.depth -= 1
        return "".join(pieces), ""

    def argument(self):
        """The plain text of the next group, or of the next single token."""
        self.skip_blanks()
        if self.position >= len(self.tokens):
            self.fail("something is missing behind the last LaTeX command")
        self.deeper()
        token = self.take()
        text = self.until(("}",))[0] if token == "{" else self.piece(token)
        self.depth -= 1
        return text

    def piece(self, token):
        if token == "{":
            return self.group()
        if token == "_" and self.at("{"):
            return self.subscript()
        if len(token) > 1 and token[1:].isalpha():
            return self.command(token[1:])
        return SIGNS.get(token, ")" if token == "}" else token)

    def group(self):
        """The rest of a group in brackets; `{a \\over b}` as a quotient."""
        inner, end = self.until(("}", "\\over"))
        return f"({inner})" if end == "}" else f"(({inner})/({self.until(('}',))[0]}))"

    def subscript(self):
        inner = self.argument()
        together = re.sub(r"[\s,]", "", inner)
        behind = self.tokens[self.position] if self.position < len(self.tokens) else ""
        apart = " " if behind.isalnum() else ""
        return f"_{together}{apart}" if together.isalnum() else f"_({inner})"

    def command(self, name):
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return f"(({self.argument()})/({self.argument()}))"
        if name == "sqrt":
            return self.root()
        if name in ("hat", "widehat"):
            return re.sub(r"^\s*([A-Za-z]+)", r" \1hat", self.argument())
        if name in STYLES:
            inner = self.argument()
            return f"overline({inner})" if name in ("overline", "bar") and inner.isdigit() else f" {inner} "  # 0.333...
        if name == "begin":
            return self.environment()
        if name in NOTHING:
            return self.delimiter(name)
        return self.word(WORDS.get(name, name))

    def delimiter(self, name):
        """Nothing, or a blank; `\\left.` stands for no bracket at all."""
        if name in ("left", "right") and self.at("."):
            self.take()
        return " "

    def word(self, word):
        behind = self.tokens[self.position] if self.position < len(self.tokens) else ""
        if word == "d":
            self.skip_blanks()
            return " d"
        return f" {word} " if behind[:1].isalnum() or not word[-1:].isalpha() else f" {word}"

    def root(self):
        self.skip_blanks()
        if not self.at("["):
            return f" sqrt({self.argument()})"
        self.take()
        degree, _ = self.until(("]",))
        return f"(({self.argument()})^(1/({degree})))"

    def cases(self, rows):
        """Rows of a value and its condition as `where(c, a, where(...))`; the last value stands for all the rest."""
        if len(rows) < 2 or any(len(row) != 2 for row in rows):
            self.fail("each line of cases needs a value and its condition")
        values = [f"({value.strip(' ,')})" for value, _ in rows]
        conditions = [CASE_WORDS.sub("", condition).strip(" ,.") for _, condition in rows]
        if not all(map(CASE_CONDITION.search, conditions[:-1])) or (conditions[-1] and not CASE_CONDITION.search(conditions[-1])):
            self.fail("the conditions of these cases are not read")
        chosen = values[-1]
        for value, condition in zip(values[-2::-1], conditions[-2::-1], strict=True):
            chosen = f"where({condition}, {value}, {chosen})"
        return chosen

    def environment(self):
        """A matrix as nested brackets, cases as `where(...)`; the rows of other environments as lines."""
        name = self.argument().strip()
        if name == "array" and self.at("{"):
            self.argument()
        rows, end = [[]], ""
        while end != "\\end":
            cell, end = self.until(("&", "\\\\", "\\end"))
            rows[-1].append(cell.strip())
            if end == "\\\\":
                rows.append([])
        self.argument()
        rows = [row for row in rows if any(row)]
        if name in ("cases", "dcases", "rcases"):
            return f" {self.cases(rows)}"
        if name not in MATRICES:
            return "\n".join("".join(row) for row in rows)
        matrix = "[" + ", ".join("[" + ", ".join(f"({cell})" for cell in row) + "]" for row in rows) + "]"
        return f" det({matrix})" if name == "vmatrix" else f" {matrix}"
