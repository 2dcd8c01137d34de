"""Solving, judging and comparing for other programs: `grader.solve`, `grader.check` and `grader.equal`."""

import re
from functools import lru_cache

from grader.bank.load import load_paper
from grader.marking.check import Judge
from grader.marking.credit import credit
from grader.marking.feedback import with_feedback
from grader.marking.reading.boxes import split_boxes
from grader.marking.reading.names import names_an_entry
from grader.marking.reading.typed import STUDENT_CONVENTIONS, aliases, free_names, is_product, read_formula
from grader.marking.solution import solution_of, solve_problem
from grader.maths.equality import Equality, equal_nodes, row_product, steps_of
from grader.maths.errors import LanguageError, ShapeError, TooLargeError, UsageError, nearest
from grader.maths.graph import Node, reachable, show_shape
from grader.maths.language.characters import GREEK
from grader.maths.language.declarations import OTHER_SIZES, SIZES, Declaration, declaration, named_sizes
from grader.variants.draw import draw
from grader.variants.manifest import is_manifest, read_manifest

MOST_STEPS = 20_000  # of single numbers, at one point, for arrays of a declared size


def solve(problem, seed=None):
    """The Solution of a problem: an id such as `tum-2022ss/06`, a YAML file, or a Problem.

    seed: which variant; without effect where a problem has no `draw`. Raises a GraderError for a problem that cannot be solved.
    """
    return solution_of(problem, seed)


def check(problem, part, text, *, seed=None, earlier=None):
    """The Verdict on one answer, with marks and feedback.

    problem: as for `solve`; part: a part (`b`) or a box (`a.z`); earlier: part or box -> the same person's earlier answers, which
    are carried forward. Raises UsageError for a part that is not there, and where an answer is for several boxes at once.
    """
    verdicts = check_boxes(problem, part, text, seed=seed, earlier=earlier)
    answered = [verdict for verdict in verdicts if verdict.typed.strip()] or verdicts
    if len(answered) > 1:
        names = ", ".join(verdict.name for verdict in verdicts)
        raise UsageError(f"part {part} has several boxes ({names}); check them one by one")
    return answered[0]


def solution_within(paper, problem, seed=None):
    """The Solution of a problem of a paper, under its conventions.

    paper: an id, a paper.yaml, or the manifest.json of sheets for a roster; problem: an id, or what the paper calls it; seed:
    which variant, with a manifest that of the copy whose values are meant. Raises UsageError where there is none of these.
    """
    if is_manifest(paper):
        issue = read_manifest(paper)
        copy = next((copy for copy in issue.copies if copy.seed == seed), None)
        if seed is not None and copy is None:
            raise UsageError(f"'{paper}' has no copy with the seed {seed}")
        paper, seed = issue.paper, None
    else:
        paper, copy = load_paper(paper), None
    known = {name: one for one in paper.problems for name in (one.id, one.id.removeprefix(f"{paper.id}/"))}
    if problem not in known:
        raise UsageError(f"the paper {paper.id} has no problem '{problem}'{nearest(problem, known)}")
    found = known[problem]
    if seed is not None and found.draw:
        found = draw(found, seed, paper).problem
    return solve_problem(copy.problem(found, paper) if copy else found, paper)


def check_boxes(problem, part, text, *, seed=None, earlier=None):
    """The Verdicts on all boxes of a part, or on the one box that is named; otherwise as `check`."""
    for typed in (text, *(earlier or {}).values()):
        if not isinstance(typed, str):
            raise UsageError(f"an answer is text; this is {type(typed).__name__}")
    solution = solution_of(problem, seed)
    policies = solution.paper.policies if solution.paper else None
    judge = Judge(solution, policies)
    order = [part.id for part in solution.problem.parts]
    for name, typed in sorted((earlier or {}).items(), key=lambda pair: _place(order, pair[0])):
        _judged(judge, name, typed)
    return [with_feedback(credit(verdict, judge.policies)) for verdict in _judged(judge, part, text)]


def _place(order, name):
    """Where a part stands in its problem; unknown ones last, to be complained about."""
    id = str(name).partition(".")[0]
    return order.index(id) if id in order else len(order)


def _judged(judge, name, text):
    part, box = find_box(judge.solution.problem, name)
    if box is not None:
        return [judge.box(part, box, text)]
    return judge.part(part, split_boxes(part, text))


def find_box(problem, name):
    """(part, box) that `a.z` names; (part, None) for `a`, the part as a whole. Raises UsageError with the nearest name."""
    id, _, box = str(name).partition(".")
    part = next((part for part in problem.parts if part.id == id), None)
    if part is None:
        known = [part.id for part in problem.parts]
        raise UsageError(f"problem {problem.id} has no part '{id}'{nearest(id, known)}; its parts are {', '.join(known)}")
    if not box:
        return part, None
    names = [one.name for one in part.boxes if one.name]
    if box not in names:
        which = f"; its boxes are {', '.join(names)}" if names else "; it has one answer, so the part's name is enough"
        raise UsageError(f"part {part.id} has no box '{box}'{nearest(box, names)}{which}")
    return part, part.box(box)


def equal(a, b, symbols=None):
    """Whether two typed expressions are equal: an Equality with `state` (equal, different, undecided) and `witness`.

    symbols: declarations such as `x: real(0, 1)`, `n: integer > 0`, `W: matrix(2, 3)`; other names are real numbers.
    Where only one of them has shapes that do not fit, they are different; a vector times a matrix has to be transposed, unless
    both write rows without it. The order of the two, and of the symbols, is without effect. Raises a GraderError for text that
    cannot be read, and for arrays that are too large to be compared quickly.
    """
    declared = dict(sorted(_declared(str(text)) for text in symbols or ()))
    own = declared.keys() | {size for domain in declared.values() for size in domain.dimensions}
    for name in sorted((free_names(a) | free_names(b)) - own, key=lambda name: (len(name), name)):
        if names_an_entry(name, declared):
            continue
        hat = "hat" in name and "hat" not in "".join(declared)  # a symbol of its own
        if (hat or not is_product(name, aliases(declared))) and not _looks_like_a_function(name, a, b):
            declared[name] = Declaration("real")
    found = _compared(a, b, declared, SIZES)
    named = any(isinstance(size, str) for domain in declared.values() for size in domain.dimensions)
    return _compared(a, b, declared, OTHER_SIZES) if named and found.state == "equal" else found


@lru_cache(maxsize=1024)
def _declared(text):
    """(name, Declaration) of a symbol."""
    name, _, domain = (part.strip() for part in text.partition(":"))
    found = declaration(domain) if name.isidentifier() else None
    if found is None:
        raise UsageError(f"'{text}' declares no symbol; it should look like 'x: real' or 'n: integer > 0'")
    return name, found


def _looks_like_a_function(name, *texts):
    """Whether a name is a word before a bracket, such as `inverse(`; a letter there is a factor."""
    word = len(name) > 1 and name.isalpha() and name not in GREEK.values()
    return word and any(re.search(rf"(?<!\w){name}\(", text) for text in texts)


def _compared(a, b, declared, stand_ins):
    """The Equality of two texts, with these sizes for dimensions that only have a name."""
    sizes, read, refused = {}, [], []
    nodes = {name: domain.meaning(name, sizes, stand_ins) for name, domain in declared.items()}
    declared = {name: domain.sized(sizes, stand_ins) for name, domain in declared.items() if isinstance(nodes[name], Node)}
    nodes |= {name: node for name, node in named_sizes(sizes).items() if name not in nodes}
    for text in (a, b):
        try:
            read.append(read_formula(text, nodes, STUDENT_CONVENTIONS))
        except LanguageError as error:
            if not isinstance(error.__cause__, ShapeError):
                raise
            refused.append(error)
    if len(refused) == 2:
        raise refused[0]
    if refused:
        return Equality("different", witness=f"one of them has no value: {refused[0].__cause__}")
    rows = [row_product(formula.node) for formula in read]
    if len([row for row in rows if row is not None]) == 1:
        return Equality("different", witness=f"one of them has no value: {_in_words(next(filter(None, rows)))}")
    _check_size([formula.node for formula in read])
    shapes = {name: nodes[name].shape for name in declared}
    turned = read[1].text < read[0].text
    first, second = reversed(read) if turned else read
    return equal_nodes(first.node, second.node, declared, shapes, seed_text=f"{first.text} | {second.text}", turned=turned)


def _in_words(product):
    """What is wrong with a product of a vector and a matrix that fits only if the vector is transposed."""
    left, right = (show_shape(node.shape) for node in product.inputs)
    return f"a matrix product of {left} and {right} does not fit, unless the vector is transposed"


def _check_size(nodes):
    """Raises TooLargeError where the arrays of two expressions take too many steps to be compared quickly."""
    steps = sum(map(steps_of, reachable(nodes)))
    if steps > MOST_STEPS:
        told = f"{steps:,} steps a point, limit {MOST_STEPS:,}"
        raise TooLargeError(f"the arrays are too large to be compared ({told}); declare smaller sizes, or sizes by name")
