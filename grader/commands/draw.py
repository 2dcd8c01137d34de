"""`grader draw`: variants of a problem, with their values and answers."""

import click

from grader.commands.output import counted, echo, echo_json, value_text

MOST = 10_000


@click.command()
@click.argument("problem")
@click.option("--count", type=click.IntRange(1, MOST), help="How many variants.  [default: 1]")
@click.option("--per", type=click.IntRange(1, MOST), metavar="N", help="N variants of each stratum, for a problem with 'per'.")
@click.option("--seed", type=int, default=1, show_default=True, help="Which variants; 'solve --seed' takes the first of them.")
@click.option("--stats", is_flag=True, help="Only how many candidates pass, and what the others are rejected for.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="{problem, title, seed, variants: [{number, hash, tries, stratum, values, answers: [{part, box, exact, decimal, "
    "formula, options: [{key, text, slip}]}]}], stats}; with --stats no variants, but {tried, kept, rate, "
    "rejected: {reason: count}, strata: {stratum: {tried, kept, rate}}, variants, answers}.",
)
def draw(problem, count, per, seed, stats, as_json):
    """Draw variants of PROBLEM and print what is drawn, with the answers.

    PROBLEM is an id such as tum-2022ss/06, or a YAML file, with a 'draw'. The same seed gives the same variants on every
    machine. A variant's hash stands for its values. Where its 'draw' has a 'per', variants take the strata in turn.

    \b
    Examples:
      grader draw tum-2022ss/06 --count 3
      grader draw tum-2022ss/06 --count 1000 --stats
    """
    from grader.variants.draw import Tally, draw_many

    count = _wanted(problem, count, per)
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


def _wanted(problem, count, per):
    """How many variants are wanted: `count`, or `per` of each stratum."""
    from grader.maths.errors import UsageError
    from grader.variants.draw import strata

    if per is None:
        return count or 1
    if count is not None:
        raise UsageError("--per and --count exclude each other.")
    labels = strata(problem)
    if not labels:
        raise UsageError(f"problem {problem} has no 'per' under 'draw', so it has no strata; use --count.")
    if per * len(labels) > MOST:
        raise UsageError(f"{per:,} variants of each of {len(labels)} strata are too many (limit {MOST:,}).")
    return per * len(labels)


def _solution(problem, variant):
    """The Solution of a variant, under the conventions under which it was drawn."""
    from grader.bank.load import problem_with_paper
    from grader.marking.solution import solve_problem

    return solve_problem(variant.problem, problem_with_paper(problem)[1])


def _row(problem, variant):
    from grader.marking.working import references

    solution = _solution(problem, variant)
    answers = [answer for part in solution.problem.parts for answer in references(solution, part)]
    return {
        "number": variant.number,
        "hash": variant.hash,
        "tries": variant.tries,
        "stratum": variant.stratum,
        "values": dict(variant.values),
        "answers": [_answer_row(solution, one) for one in answers if one.kind not in ("text", "file")],
    }


def _answer_row(solution, answer):
    row = {field: getattr(answer, field) for field in ("part", "box", "exact", "decimal", "formula")}
    return row | {"options": _made_options(solution, solution.problem.part(answer.part))}


def _made_options(solution, part):
    """The options that are made of slips, each with the tag of its slip, the right one with None."""
    from grader.marking.kinds.distractors import offers_of

    offers = offers_of(solution.plain or solution, part) if part.distractors else ()
    return [{"key": one.key, "text": one.text, "slip": one.slip and one.slip.tag} for one in offers]


def _echo_variants(rows):
    for row in rows:
        echo()
        stratum = f"; {row['stratum']}" if row["stratum"] else ""
        echo(f"variant {row['number']}, {row['hash']}, candidate {row['tries']:,}{stratum}")
        for name, value in row["values"].items():
            echo(f"  {name}: {value}")
        for answer in row["answers"]:
            echo(f"  ({'.'.join(filter(None, (answer['part'], answer['box'])))}) {_answer(answer)}")


def _answer(answer):
    if answer["options"]:
        right = "; ".join(f"{one['key']} = {one['text']}" for one in answer["options"] if not one["slip"])
        return f"{right}; " + ", ".join(
            f"{one['key']} = {one['text']} ({one['slip']})" for one in answer["options"] if one["slip"]
        )
    return answer["formula"] or value_text(answer["exact"], answer["decimal"])


# --- stats ---


def _stats(variants, tally):
    return {
        "tried": tally.tried,
        "kept": tally.kept,
        "rate": tally.rate,
        "rejected": dict(tally.rejected.most_common()),
        "strata": {
            label: {"tried": own.tried, "kept": own.kept, "rate": own.rate} for label, own in sorted(tally.by_stratum.items())
        },
        "variants": len({variant.hash for variant in variants}),
        "answers": len({tuple(variant.answers.values()) for variant in variants}),
    }


def _share(stats):
    of = " of those in their stratum" if stats["strata"] else ""
    return f" ({100 * stats['rate']:.3g} %{of})"


def _echo_stats(stats):
    from grader.variants.checks import DUPLICATE, ORIGINAL

    passed = stats["kept"] + stats["rejected"].get(DUPLICATE, 0) + stats["rejected"].get(ORIGINAL, 0)
    echo(f"{passed:,} of {counted(stats['tried'], 'candidate')} pass{_share(stats)}")
    for reason, count in stats["rejected"].items():
        echo(f"  {count:>9,}  {reason}")
    for label, own in stats["strata"].items():
        echo(f"  {own['kept']:>9,}  kept where {label} ({100 * own['rate']:.3g} %)")
    echo(f"{counted(stats['variants'], 'variant')} drawn, with {stats['answers']:,} different sets of answers")
