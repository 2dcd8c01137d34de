"""Practice sheets: which problems are chosen, compared with trying all choices; the paper beside a sheet; `sheet --topic`."""

import itertools
import json
import random
from collections import Counter
from fractions import Fraction
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from grader.bank.load import load_bank, load_paper
from grader.commands import main
from grader.maths.errors import BankError, UsageError
from grader.sheets import selection as module
from grader.sheets.selection import practice_of, select

TOPICS = ("conv", "conv-shapes", "receptive-field", "pooling")


def bank_of(rows):
    """A bank of made-up problems: (id, topics, marks, items of the catalogue, has variants, kind)."""
    problems = {}
    for id, topics, marks, items, draw, kind in rows:
        box = SimpleNamespace(kind=kind, marks=Fraction(marks))
        part = SimpleNamespace(boxes=(box,), catalogue=items, for_human=kind == "text")
        draw = {"x": "ints(1..9)"} if draw else {}
        problems[id] = SimpleNamespace(id=id, topics=topics, marks=Fraction(marks), parts=(part,), draw=draw, conventions={})
    return SimpleNamespace(root=None, problems=problems, papers={})


def random_bank(chance, problems):
    rows = []
    for number in range(problems):
        topics = tuple(chance.sample(TOPICS, chance.choice((1, 1, 2))))
        items = (f"item{chance.randrange(problems)}",) if chance.random() < 0.4 else ()
        rows.append((f"p{number}", topics, Fraction(chance.randrange(2, 25), 2), items, chance.random() < 0.5, None))
    return bank_of(rows)


def nearest_by_trying(bank, topics, count, marks):
    """(problems, difference between topics, distance to the marks) of the best choice, by trying all of them.

    A choice is allowed if no two problems share an item, directly or by way of a chain of others; every problem counts for one
    of its topics.
    """
    fitting = [problem for problem in bank.problems.values() if set(problem.topics) & set(topics)]
    group = {problem.id: problem.id for problem in fitting}
    for one, two in itertools.combinations(fitting, 2):
        if set(one.parts[0].catalogue) & set(two.parts[0].catalogue):
            old, new = group[two.id], group[one.id]
            group = {id: new if name == old else name for id, name in group.items()}
    best = None
    for size in range(1, count + 1):
        for chosen in itertools.combinations(fitting, size):
            if len({group[problem.id] for problem in chosen}) < size:
                continue
            away = abs(sum(problem.marks for problem in chosen) - marks)
            for stood_for in itertools.product(*([t for t in problem.topics if t in topics] for problem in chosen)):
                numbers = [Counter(stood_for)[topic] for topic in topics]
                rank = -size, max(numbers) - min(numbers), away
                best = rank if best is None else min(best, rank)
    return best


@pytest.mark.parametrize("seed", range(60))
def test_the_choice_is_as_good_as_any(seed):
    chance = random.Random(seed)
    bank = random_bank(chance, 9)
    topics, count = TOPICS[: chance.randint(1, 3)], chance.randint(1, 5)
    marks = Fraction(chance.randrange(2, 80), 2)
    if not any(set(problem.topics) & set(topics) for problem in bank.problems.values()):
        pytest.skip("nothing on these topics")
    found = select(bank, topics, count, marks, seed=seed)
    numbers = [sum(pick.topic == topic for pick in found.picks) for topic in topics]
    got = -len(found.picks), max(numbers) - min(numbers), abs(found.marks - marks)
    assert got == nearest_by_trying(bank, topics, count, marks)
    assert all(pick.topic in pick.problem.topics for pick in found.picks)
    assert bool(found.remarks) == bool(len(found.picks) < count or found.marks != marks)


def test_marks_without_a_number_of_problems():
    bank = bank_of([(f"p{n}", ("conv",), marks, (), True, None) for n, marks in enumerate((7, 11, 13, 20))])
    for marks in (7, 18, 20, 24, 31, 51):
        assert select(bank, ("conv",), marks=marks).marks == marks
    assert select(bank, ("conv",), marks=30).remarks == ("The nearest total of 2 problems here is 31 marks, not 30 marks.",)


def test_the_same_seed_chooses_the_same_and_others_do_not():
    bank = load_bank()
    chosen = {seed: [problem.id for problem in select(bank, TOPICS[:3], 6, 30, seed).problems] for seed in range(6)}
    assert chosen[2] == [problem.id for problem in select(bank, TOPICS[:3], 6, 30, 2).problems]
    assert len({tuple(ids) for ids in chosen.values()}) > 3
    assert len({id for ids in chosen.values() for id in ids}) > 10


def test_the_order_of_the_bank_changes_nothing():
    bank = random_bank(random.Random(5), 20)
    turned = SimpleNamespace(root=None, papers={}, problems=dict(reversed(bank.problems.items())))
    ids = [[problem.id for problem in select(one, TOPICS, 8, 40, 3).problems] for one in (bank, turned)]
    assert ids[0] == ids[1]


def test_problems_with_variants_that_the_engine_marks_are_preferred():
    rows = [(f"fixed{n}", ("conv",), 5, (), False, None) for n in range(6)]
    rows += [(f"drawn{n}", ("conv",), 5, (), True, None) for n in range(3)]
    rows += [(f"text{n}", ("conv",), 5, (), True, "text") for n in range(3)]
    for seed in range(20):
        chosen = {problem.id for problem in select(bank_of(rows), ("conv",), 3, 15, seed).problems}
        assert chosen == {"drawn0", "drawn1", "drawn2"}


def test_texts_only_when_asked_for():
    bank = bank_of([("text", ("conv",), 5, (), False, "text"), ("one", ("conv",), 5, (), False, None)])
    assert [problem.id for problem in select(bank, ("conv",), 2).problems] == ["one"]
    assert len(select(bank, ("conv",), 2, with_text=True).problems) == 2
    bank.problems.pop("one")
    with pytest.raises(UsageError, match="only problems that a person marks; --with-text takes them in"):
        select(bank, ("conv",), 2)


def test_many_topics_are_searched_half_by_half(monkeypatch):
    bank = random_bank(random.Random(1), 60)
    monkeypatch.setattr(module, "MOST_CELLS", 50)
    found = select(bank, TOPICS, 8, 50, 1)
    assert len(found.picks) == 8 == len({problem.id for problem in found.problems})
    assert set(Counter(pick.topic for pick in found.picks).values()) == {2}
    assert abs(found.marks - 50) <= 2
    items = [item for problem in found.problems for item in problem.parts[0].catalogue]
    assert len(items) == len(set(items))


def test_too_few_problems_are_told():
    bank = bank_of([("a", ("conv",), 5, ("x",), False, None), ("b", ("conv",), 5, ("x",), False, None)])
    found = select(bank, ("conv", "pooling"), 3, 5)
    assert len(found.picks) == 1
    assert found.remarks == ("There is only 1 problem to choose from; 3 were wanted.",)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"topics": ("conv-shape",)},
            "There is no topic 'conv-shape' (did you mean 'conv-shapes'?); 'grader bank list --by topic'",
        ),
        ({"topics": ("convolution",)}, "There is no topic 'convolution' (did you mean 'conv'?)"),
        ({"topics": ("pca",)}, "There is no problem on pca."),
        ({"count": 0}, "from 1 to 50 problems, not 0"),
        ({"count": 51}, "from 1 to 50 problems, not 51"),
        ({"marks": Fraction(0)}, "0 is too few"),
    ],
)
def test_what_is_refused(arguments, sentence):
    bank = bank_of([("one", ("conv",), 5, (), False, None)])
    with pytest.raises(UsageError) as error:
        select(bank, **arguments)
    assert sentence in str(error.value)


def test_problems_whose_paper_sets_conventions_stay_in_their_paper(make_bank):
    problem = "title: T\ntopics: [conv]\ntext: t\nparts: [{id: a, answer: 1, marks: 1}]\n"
    make_bank({"exam/1.yaml": problem, "other.yaml": problem, "exam/paper.yaml": "title: E\nproblems: ['1']\n"})
    assert {one.id for one in select(load_bank(), ("conv",), 2).problems} == {"exam/1", "other"}
    make_bank({"exam/paper.yaml": "title: E\nproblems: ['1']\nconventions: {ddof: 1}\n"})
    assert {one.id for one in select(load_bank(), ("conv",), 2).problems} == {"other"}


# --- as a paper ---


def test_the_paper_of_a_practice_sheet_is_read_again(tmp_path):
    practice = practice_of(select(load_bank(), ("conv", "receptive-field"), 4, 20, 3), seed=3)
    assert practice.values
    path = tmp_path / "handouts" / "paper.yaml"
    path.parent.mkdir()
    path.write_text(practice.text, encoding="utf-8")
    read = load_paper(str(path))
    assert (read.id, read.title, read.marks) == (practice.paper.id, practice.paper.title, practice.paper.marks)
    assert [one.id for one in read.problems] == [one.id for one in practice.paper.problems]
    for one, two in zip(read.problems, practice.paper.problems, strict=True):
        assert dict(one.given) == dict(two.given)
        assert not one.draw or one.id not in practice.values


def test_the_id_stands_for_what_is_asked():
    chosen = select(load_bank(), ("conv",), 3, seed=1)
    assert practice_of(chosen, seed=1).paper.id == practice_of(chosen, "Other", seed=1).paper.id
    ids = {practice_of(chosen, seed=seed).paper.id for seed in (None, 1, 2)}
    assert len(ids) == 3
    assert all(id.startswith("practice-") for id in ids)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("{on: {x: 2}}", "values: problem 'on' is not in the paper (did you mean 'one'?)"),
        ("{one: {y: 2}}", "values of one: 'y' is not given"),
        ("{one: {s: 2}}", "values of one: 's' is a symbol; only values can be set"),
        ("{one: {net: 2}}", "values of one: 'net' is a layer stack; only values can be set"),
        ("{one: 2}", "values of one: fields such as 'name: value' were expected"),
    ],
)
def test_faulty_values_of_a_paper(make_bank, values, sentence):
    one = "title: T\ntopics: [conv]\ntext: t\ngiven: {x: 1, s: real, net: {input: 3, layers: [relu]}}\n"
    root = make_bank({"e/one.yaml": one + "parts: [{id: a, answer: x, marks: 1}]\n"})
    paper = root / "e" / "paper.yaml"
    paper.write_text(f"title: E\nproblems: [one]\nvalues: {values}\n", encoding="utf-8")
    with pytest.raises(BankError) as error:
        load_paper("e")
    assert any(sentence in complaint.sentence for complaint in error.value.complaints), error.value.complaints


def test_a_paper_outside_the_bank_does_not_climb_out(make_bank):
    make_bank({"bank/one.yaml": "title: T\ntopics: [conv]\ntext: t\nparts: [{id: a, answer: 1, marks: 1}]\n"})
    make_bank({"own/paper.yaml": "title: E\nproblems: ['../bank/one']\n"})
    with pytest.raises(BankError, match="there is no problem '../bank/one'"):
        load_paper("own/paper.yaml")


# --- the command ---

# By hand: 8 - 3 + 1 = 6; 5 * 5 = 25.
BANK = {
    "wide.yaml": "title: Wide\ntopics: [conv-shapes]\ntext: 'Width ${{n}}$, kernel 3.'\ngiven: {n: 7}\nlet: {out: n - 3 + 1}\n"
    "parts: [{id: a, text: How wide is the output?, answer: out, kind: count, marks: 2}]\ndraw: {n: 'choice(7, 8)'}\n",
    "deep/far.yaml": "title: Far\ntopics: [receptive-field]\ntext: A pixel sees ${{n}}$ times ${{n}}$ pixels.\ngiven: {n: 5}\n"
    "parts: [{id: a, text: How many is that?, answer: n * n, kind: count, marks: 3}]\n",
}


@pytest.fixture
def run(make_bank, monkeypatch, tmp_path):
    root = make_bank({f"bank/{name}": text for name, text in BANK.items()})
    monkeypatch.setenv("GRADER_BANK", str(root / "bank"))
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_practice_sheet_is_written_and_marked(run, tmp_path):
    topics = ("--topic", "conv-shapes", "--topic", "receptive-field", "--count", 2, "--marks", 5)
    result = run("sheet", *topics, "--seed", 4, "--to", "markdown", "-o", "handout")
    assert result.exit_code == 0, result.output
    assert "paper.yaml" in result.stdout
    sheet = next((tmp_path / "handout").glob("practice-*.md")).read_text(encoding="utf-8")
    assert sheet.startswith("# Practice: Sizes of convolutional layers, Receptive fields")
    assert "Width $8$" in sheet
    answers = (tmp_path / "handout" / "answers.yaml").read_text(encoding="utf-8")
    answers = answers.replace("student:", "student: s1").replace("  # a whole number", "")
    answers = answers.replace("  wide:\n    a:", "  wide:\n    a: 6").replace('far":\n    a:', 'far":\n    a: 24')
    (tmp_path / "s1.yaml").write_text(answers, encoding="utf-8")
    result = run("grade", "s1.yaml", "--paper", "handout/paper.yaml", "-o", "results", "--json")
    assert result.exit_code == 0, result.output
    (handin,) = json.loads(result.stdout)["handins"]
    assert (handin["id"], handin["decided"], handin["maximum"]) == ("s1", "2", "5")
    result = run("sheet", "handout/paper.yaml", "--solutions")  # the same values again
    assert "Width 8" in result.stdout
    assert "Answer: 6" in result.stdout


def test_another_paper_in_the_folder_is_kept(run, tmp_path):
    assert run("sheet", "--topic", "conv-shapes", "-o", "out").exit_code == 0
    before = (tmp_path / "out" / "paper.yaml").read_text(encoding="utf-8")
    assert run("sheet", "--topic", "conv-shapes", "-o", "out").exit_code == 0
    result = run("sheet", "--topic", "receptive-field", "-o", "out")
    assert result.exit_code == 2
    assert "is another paper, which hand-ins may answer; choose another folder with -o." in result.stderr
    assert (tmp_path / "out" / "paper.yaml").read_text(encoding="utf-8") == before


def test_a_practice_sheet_as_text_leaves_no_files(run, tmp_path):
    result = run("sheet", "--topic", "conv-shapes", "--count", 1, "--language", "de")
    assert result.stdout.startswith("Übung: Sizes of convolutional layers\n")
    assert not (tmp_path / "sheets").exists()
    result = run("sheet", "--topic", "conv-shapes", "--count", 3)
    assert "There is only 1 problem to choose from; 3 were wanted." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name a PAPER, or --topic for a practice sheet"),
        (["wide", "--topic", "conv"], "Name a PAPER or topics, not both."),
        (["wide", "--count", "3"], "--count belongs to --topic, which is missing."),
        (["--with-text"], "--with-text belongs to --topic, which is missing."),
        (["--topic", "conv-shapes", "--marks", "many"], "--marks takes a number such as 30 or 15/2, not 'many'."),
        (["--topic", "conv-shapes", "--marks", "0"], "--marks takes a number such as 30 or 15/2, not '0'."),
        (["--topic", "conv-shaps"], "There is no topic 'conv-shaps' (did you mean 'conv-shapes'?)"),
    ],
)
def test_what_the_command_refuses(run, arguments, sentence):
    result = run("sheet", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
