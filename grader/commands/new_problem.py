"""`grader bank new`: a commented problem file to begin with, and `grader bank schema`: the schema that editors check it by."""

import os
import re
from pathlib import Path

import click

from grader.bank.model import KINDS
from grader.commands.output import echo, echo_json

STACK = "stack"
SORTS = (*KINDS, STACK)
FILES = ("problem", "paper", "key")
RESERVED = ("paper.yaml", "topics.yaml", "conventions.yaml", "catalogue.yaml")

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.command()
@click.argument("id")
@click.option("--kind", "kinds", type=click.Choice(SORTS), multiple=True, help="A part of this kind; repeat it for several.")
@click.option("-o", "--output", metavar="FILE", help="Write this file instead; '-' prints the template.")
def new(id, kinds, output):
    """Write a commented problem file to begin with; it passes `grader bank check` as it is.

    ID is a path below the bank's folder (mine/step), or the name of a file that ends in .yaml. Without --kind the template asks
    for a number and has a choice that the engine decides. The kind `stack` asks about a layer stack. No file is overwritten.

    \b
    Example:
      grader bank new mine/step --kind number --kind expression
    """
    from grader.bank.places import shown
    from grader.maths.errors import UsageError

    path = _path(id) if output is None else Path(output)
    if output == "-":
        echo(template(path, _title(id), kinds).rstrip("\n"))
        return
    if path.suffix != ".yaml" or path.name in RESERVED:
        raise UsageError(
            f"'{shown(path)}' cannot be the file of a problem: its name must end in .yaml and be none of {', '.join(RESERVED)}."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(template(path, _title(id), kinds))
    except OSError as error:
        if os.path.lexists(path):
            raise UsageError(f"'{shown(path)}' is there already; nothing was written.") from error
        raise UsageError(f"'{shown(path)}' cannot be written: {error.strerror}.") from error
    echo(f"{shown(path)} written. Check it: grader bank check {shown(path)}")


@click.command()
@click.argument("file", type=click.Choice(FILES))
def schema(file):
    """Print the JSON Schema of problem files, paper files or printed keys, for editors.

    \b
    Example:
      grader bank schema problem > problem.schema.json
    """
    from grader.bank import schema as schemas

    echo_json(schemas.schema(file))


def _path(id):
    """The file of a new problem: ID itself where it ends in .yaml, else below the bank."""
    from grader.bank.places import bank_root
    from grader.maths.errors import UsageError

    if id.endswith(".yaml"):
        return Path(id)
    if not all(_SEGMENT.fullmatch(segment) for segment in id.split("/")):
        raise UsageError(
            f"'{id}' cannot be the name of a problem; use letters, digits, '-', '_' and '.', and '/' between folders."
        )
    return bank_root() / f"{id}.yaml"


def _title(id):
    words = re.sub(r"[^\w]+|_", " ", Path(id).name.removesuffix(".yaml")).strip() or "problem"
    return words[0].upper() + words[1:]


# --- the template ---


def template(path, title, kinds=()):
    """The text of a problem file with a part of each kind, to be written to a path."""
    from grader.bank.load import root_of
    from grader.bank.topics import known_topics

    kinds = kinds or ("number", "choice")
    topics = tuple(known_topics(root_of(path.parent)))
    rows = [_ROWS[kind] for kind in kinds]
    ids = [chr(ord("a") + number) if number < 26 else f"p{number + 1}" for number in range(len(rows))]
    lines = [*_schema_lines(path), *_wrapped(f"title: {_quoted(title)}", "# Topics are " + ", ".join(topics) + ".")]
    lines += [
        f"topics: [{topics[0]}]",
        "text: |",
        "  What all parts share. Values are shown by name: $w = {{w}}$, $x = {{x}}$ and $y = {{y}}$.",
    ]
    lines += [
        "# What is given: values, symbols, layer stacks. A value that begins with one of [ { @ | ! * & % ` stands in quotes."
    ]
    lines += ["given:", "  w: 1/2", "  x: 2", "  y: 3", *_once(row[0] for row in rows)]
    lines += ["# What follows from it, from top to bottom. No answer is typed here: all are worked out."]
    lines += ["let:", "  L: (w * x - y)^2", "  g: grad(L, w)", *_once(row[1] for row in rows)]
    lines += ["parts:"]
    for id, (_, _, part, _) in zip(ids, rows, strict=True):
        lines += [f"- id: {id}", *(f"  {line}" for line in part.splitlines())]
    tests = [line for id, row in zip(ids, rows, strict=True) for line in row[3].replace("ID", id).splitlines()]
    if tests:
        lines += [
            "# Worked out by hand, not copied from the grader: values to expect, typed answers with the marks they should get."
        ]
        lines += ["tests:", *tests]
    return "\n".join(lines) + "\n"


def _schema_lines(path):
    """The line by which an editor finds the schema; where the schema is not at hand, with a line that says how to get it."""
    from grader.bank.schema import schema_file

    file = schema_file("problem")
    if file.is_file():
        place = Path(os.path.relpath(file, path.resolve().parent)).as_posix()
        return [f"# yaml-language-server: $schema={place}"]
    return [
        "# yaml-language-server: $schema=problem.schema.json",
        "# (written by: grader bank schema problem > problem.schema.json)",
    ]


def _quoted(title):
    return title if re.fullmatch(r"[A-Za-z][\w ]*", title) and title.lower() not in ("true", "false", "null") else f'"{title}"'


def _wrapped(title, comment):
    """The title, and a long comment in lines of its own."""
    from textwrap import wrap

    return [title, *wrap(comment, 120, subsequent_indent="# ", break_on_hyphens=False)]


def _once(blocks):
    """The lines of several blocks, each block once."""
    return [f"  {line}" for block in dict.fromkeys(blocks) for line in block.splitlines()]


# Of each kind: lines for `given`, lines for `let`, the part, its tests; all of them go together.
_NET = """\
net:
  input: 3 x 32 x 32
  layers:
  - conv: {name: c1, filters: 8, kernel: 5, padding: 2}
  - relu
  - maxpool: {name: p1, kernel: 2}
  - flatten
  - dense: {name: out, units: 10}"""
_ROWS = {
    "number": (
        "",
        "",
        """\
text: Give the derivative $\\partial L / \\partial w$ of $L = (w x - y)^2$.
answer: g
marks: 2
# digits: 3        # decimals asked for; without it, three significant digits do
# partial:         # what earns some of the marks
# - {value: w * x - y, marks: 1, tag: residual}""",
        """\
- expect: {ID: -8}
- respond: {ID: "-8,0"}
  marks: 2""",
    ),
    "array": (
        'W: "[[1, -1], [0, 2]]"\nv: "[3, 1]"',
        "h: relu(W @ v)",
        """\
text: Give $h = \\mathrm{ReLU}(W v)$ with $W = {{W}}$ and $v = {{v}}$.
answer: h
marks: 2""",
        """\
- expect: {ID: "[2, 2]"}""",
    ),
    "shape": (
        "rows: 5\ninner: 3\ncolumns: 4",
        "",
        """\
text: What is the shape of $X W$, where $X$ is {{rows}} x {{inner}} and $W$ is {{inner}} x {{columns}}?
kind: shape
answer: "[rows, columns]"
marks: 1""",
        """\
- expect: {ID: "(5, 4)"}
- respond: {ID: 5x4}
  marks: 1""",
    ),
    "count": (
        "n: 4",
        "",
        """\
text: How many entries has a matrix of {{n}} rows and {{n}} columns?
kind: count
answer: n^2
marks: 1""",
        """\
- expect: {ID: 16}""",
    ),
    "expression": (
        "u: real          # a symbol: real, real(0, 1), positive, integer > 0, vector(3), matrix(2, 3)",
        "",
        """\
text: Give the derivative of $\\sigma(u) = 1 / (1 + e^{-u})$ as a formula in $u$.
kind: expression
answer: grad(sigmoid(u), u)
marks: 2""",
        """\
- expect: {ID: sigmoid(u) * (1 - sigmoid(u))}
- respond: {ID: "e^(-u) / (1 + e^(-u))^2"}
  marks: 2""",
    ),
    "chain": (
        "u: real          # a symbol: real, real(0, 1), positive, integer > 0, vector(3), matrix(2, 3)",
        "s: sigmoid(u)",
        """\
text: Derive the derivative of $s = \\sigma(u)$ by $u$ as a formula in $s$.
kind: chain
answer: s * (1 - s)       # where it ends
from: grad(s, u)          # where it begins
links: 2                  # the least number of equals signs
names: [s]                # the only names at the end
marks: 2""",
        """\
- expect: {ID: ds/du = e^-u / (1 + e^-u)^2 = s (1 - s)}
- respond: {ID: "= e^-u / (1 + e^-u)^2 = 1/(1 + e^-u) * e^-u/(1 + e^-u) = s (1 - s)"}
  marks: 2""",
    ),
    "growth": (
        "N: integer > 0",
        "",
        """\
text: How does the cost of multiplying two matrices of $N$ rows and $N$ columns grow by the schoolbook method?
kind: growth
answer: N^3
marks: 1""",
        """\
- expect: {ID: N^3}
- respond: {ID: O(N^3)}
  marks: 1""",
    ),
    "boolean": (
        "",
        "",
        """\
text: Does the loss $L = (w x - y)^2$ fall when $w$ grows a little?
kind: boolean
answer: g < 0
marks: 1""",
        """\
- expect: {ID: true}
- respond: {ID: "yes"}
  marks: 1""",
    ),
    "choice": (
        "",
        "",
        """\
text: "Which are true of $L = (w x - y)^2$?"
options:            # the engine decides by the condition under 'right', which may also be true, false or either
  A: {text: "It falls when $w$ grows a little.", right: g < 0}
  B: {text: "It is 0.", right: L == 0, because: The prediction misses the target.}
marks: 1""",
        """\
- respond: {ID: A}
  marks: 1""",
    ),
    "order": (
        "",
        "",
        """\
text: Order them by value, the least first.
kind: order
options:            # they ascend by the number under 'right'
  A: {text: $w$, right: w}
  B: {text: $x$, right: x}
  C: {text: $w x$, right: w * x}
marks: 1""",
        """\
- respond: {ID: "A, C, B"}
  marks: 1""",
    ),
    "text": (
        "",
        "",
        """\
text: Why is a small learning rate safer than a large one?
rubric:             # a human marks this part
- {marks: 1, text: names overshooting}
- {marks: 1, text: names the price in time}
model: Large steps can overshoot the minimum; small ones only take longer.""",
        "",
    ),
    "file": (
        "",
        "",
        """\
text: Hand in your code.
kind: file
marks: 2
rubric:             # a human marks this part
- {marks: 2, text: it runs}""",
        "",
    ),
    STACK: (
        _NET,
        "",
        """\
text: |
  A network takes images of 3 channels and 32 x 32 pixels. It has a convolution (8 filters of 5 x 5, padding 2), ReLU,
  max pooling of 2 x 2, and a dense layer of 10 units. Give the size behind the pooling and the parameters of the dense layer.
answer:             # several boxes, by name
  size: {value: size(net.p1), kind: shape, marks: 1}
  n: {value: parameters(net.out), kind: count, marks: 1}""",
        """\
- expect: {ID.size: "(8, 16, 16)", ID.n: 20490}
- respond: {ID.size: 8x16x16, ID.n: "20,490"}
  marks: 2""",
    ),
}
