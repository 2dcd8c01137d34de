"""The root of an equation among all that it has."""

from grader.maths.ops.table import Sample, formula

chosen_root = formula(
    "chosen_root",
    lambda root, *others: root,
    "is the root of the equation that lies in the domain",
    (
        (
            "other-root",
            lambda root, *others: others[0] if others else None,
            "another root of the equation is taken, which does not lie in the domain",
        ),
        (
            "last-other-root",
            lambda root, *others: others[-1] if len(others) > 1 else None,
            "another root of the equation is taken, which does not lie in the domain",
        ),
    ),
    (Sample((2, -3)), Sample((2, -3, 5))),
)
