"""`grader draw`: variants of a problem, with their values and answers."""

import click

from grader.commands.output import counted, echo, echo_json

MOST = 10_000


@click.command()
@click.argument("problem")
@click.option("--count", type=click.IntRange(1, MOST), default=1, show_default=True, help="How many variants.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which variants; 'solve --seed' takes the first of them.")
@click.option("--stats", is_flag=True, help="Only how many candidates pass, and what the others are rejected for.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="{problem, title, seed, variants: [{number, hash, tries, values, answers: [{part, box, exact, decimal}]}], stats}; "
    "with --stats no variants, but {tried, kept, rate, rejected: {reason: count}, variants, answers}.",
)
def draw(problem, count, seed, stats, as_json):
    """Draw variants of PROBLEM and print what is drawn, with the answers.

    PROBLEM is an id such as tum-2022ss/06, or a YAML file, with a 'draw'. The same seed gives the same variants on every
    machine. A variant's hash stands for its values.

    \b
    Examples:
      grader draw tum-2022ss/06 --count 3
      grader draw tum-2022ss/06 --count 1000 --stats
    """
    from grader.variants.draw import Tally, draw_many

    tally = Tally()
    variants = draw_many(problem, count, seed, tally=tally if stats else None)
    original = variants[0].original
    shown = {"problem": original.id, "title": original.title, "seed": seed, "variants": [], "stats": None}
    if stats:
        shown["stats"] = _stats(variants, tally)
    else:
        shown["variants"] = [_row(problem, variant) for variant in variants]
    if as_json:
        echo_json(shown)
    else:
        echo(f"{original.id}: {original.title}")
        _echo_stats(shown["stats"]) if stats else _echo_variants(shown["variants"])
        if len(variants) < count:
            echo(f"There are no more; {count} were wanted.", err=True)


def _solution(problem, variant):
    """The Solution of a variant, under the conventions under which it was drawn."""
    from grader.bank.load import problem_with_paper
    from grader.marking.solution import solve_problem

    return solve_problem(variant.problem, problem_with_paper(problem)[1])


def _row(problem, variant):
    from grader.marking.working import references

    solution = _solution(problem, variant)
    answers = [answer for part in solution.problem.parts for answer in references(solution, part)]
    fields = ("part", "box", "exact", "decimal", "formula")
    return {
        "number": variant.number,
        "hash": variant.hash,
        "tries": variant.tries,
        "values": dict(variant.values),
        "answers": [{field: getattr(one, field) for field in fields} for one in answers if one.kind not in ("text", "file")],
    }


def _echo_variants(rows):
    for row in rows:
        echo()
        echo(f"variant {row['number']}, {row['hash']}, candidate {row['tries']:,}")
        for name, value in row["values"].items():
            echo(f"  {name}: {value}")
        for answer in row["answers"]:
            echo(f"  ({'.'.join(filter(None, (answer['part'], answer['box'])))}) {_answer(answer)}")


def _answer(answer):
    if answer["formula"]:
        return answer["formula"]
    exact, decimal = answer["exact"], answer["decimal"]
    return f"{exact}  ({decimal})" if decimal and decimal not in exact else exact


# --- stats ---


def _stats(variants, tally):
    return {
        "tried": tally.tried,
        "kept": tally.kept,
        "rate": tally.rate,
        "rejected": dict(tally.rejected.most_common()),
        "variants": len({variant.hash for variant in variants}),
        "answers": len({tuple(variant.answers.values()) for variant in variants}),
    }


def _echo_stats(stats):
    passed = round(stats["rate"] * stats["tried"])
    echo(f"{passed:,} of {counted(stats['tried'], 'candidate')} pass ({100 * stats['rate']:.3g} %)")
    for reason, count in stats["rejected"].items():
        echo(f"  {count:>9,}  {reason}")
    echo(f"{counted(stats['variants'], 'variant')} drawn, with {stats['answers']:,} different sets of answers")
