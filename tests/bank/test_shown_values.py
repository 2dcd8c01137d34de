"""Values in texts that rest on a convention."""

import textwrap

from grader.bank.load import load_problem
from grader.bank.statement import filled
from grader.marking.solution import solution_of


def test_a_text_may_show_the_largest_of_some_values(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(
        textwrap.dedent("""\
            title: Largest
            topics: [activation]
            text: "The values are {{x}}; the largest is {{max(x)}}, the smallest {{min(x)}}."
            given: {x: "[3, -1, 3, 2]"}
            parts:
            - {id: a, text: Add them up., answer: sum(x), marks: 1}
            """)
    )
    problem = load_problem(str(path))
    assert filled(problem.text, problem, solution_of(problem).program) == (
        "The values are [3, -1, 3, 2]; the largest is 3, the smallest -1."
    )
