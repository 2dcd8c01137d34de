"""`grader equal`: whether two expressions are equal."""

import click

from grader.commands.output import echo, echo_json


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--symbol", "symbols", multiple=True, metavar="DECLARATION", help="Such as 'x: real(0, 1)' or 'n: integer > 0'.")
@click.option("--json", "as_json", is_flag=True, help="{state, witness, reason, only_at_corners}.")
def equal(a, b, symbols, as_json):
    """Compare the expressions A and B at points of their domain: exactly where they are rational, else in certified balls.

    Prints `equal`, `different` with a point that proves it, or `undecided` with the reason. Names that are not declared are real
    numbers. Sizes of vectors and matrices are numbers or names: 'W: matrix(2, D)'. Written side by side (`A B`), matrices are
    multiplied as matrices; `A * B` and powers (`S^2`) go entry by entry, only `S^-1` is the inverse. A vector in front of a
    matrix is transposed: `u^T W`. Where one side has no value at more than isolated points of the domain, as `2 ln(x)` beside
    `ln(x^2)`, nothing is decided; declare 'x: positive' then.

    \b
    Example:
      grader equal "1/(1+e^-x)" "sigmoid(x)" --symbol "x: real"
    """
    from grader.marking.api import equal as compare

    found = compare(a, b, list(symbols))
    if as_json:
        echo_json(found)
        return
    detail = found.witness if found.state == "different" else found.reason if found.state == "undecided" else ""
    echo(f"{found.state}: {detail}" if detail else found.state)
