"""`grader practice`: whole sessions with typed lines, what they print, and the marks, worked out by hand."""

import importlib.util
import json
import os
import select
import signal
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.commands import main
from grader.marking.feedback import BY_TAG
from grader.marking.verdict import UNDECIDED
from grader.practice.session import in_practice
from grader.practice.words import WORDS

# The only variant has n = 9: a is 9 - 3 + 1 = 7, b is 7 + 2 = 9, c is 9 * 9 = 81. Who has 6 in a has 8 in b and 64 in c.
SIZES = """\
title: Output sizes
topics: [conv-shapes]
text: A ${{F}} \\times {{F}}$ filter runs over an image that is ${{n}}$ pixels wide.
given: {n: 7, F: 3}
let: {out: n - F + 1, padded: out + 2, area: padded * padded}
parts:
- {id: a, text: How wide is the output?, answer: out, kind: count, marks: 1}
- {id: b, text: Two columns are added. How wide is it now?, answer: padded, kind: count, marks: 2}
- {id: c, text: How many pixels has a square of that width?, answer: area, kind: count, marks: 3/2}
draw: {n: 'choice(7, 9)'}
"""
WORDY = """\
title: About strides
topics: [conv]
text: Strides.
parts:
- id: a
  text: Which hold?
  options:
    A: {text: Output gets smaller., right: true}
    B: {text: Output gets larger., right: false, because: It skips pixels.}
  marks: 1
- id: b
  text: Why is a stride used?
  rubric:
  - {marks: 1, text: names the cost}
  - {marks: 1/2, text: names the receptive field}
  model: It saves work and widens what an entry sees.
- {id: c, text: Say more., kind: text, marks: 2}
"""
# g = 2 (w x - y) x = 2 (1/2 * 2 - 3) * 2 = -8; w - g / 10 = 1/2 + 4/5 = 1.3; who has g = 0 stays at 1/2.
STEP = """\
title: A step
topics: [optimizer]
text: Take $L = (w x - y)^2$ with $w = {{w}}$, $x = {{x}}$, $y = {{y}}$.
given: {w: 1/2, x: 2, y: 3}
let: {L: (w * x - y)^2, g: "grad(L, w)", w_new: w - g / 10}
parts:
- {id: a, text: Compute the gradient., answer: g, marks: 1}
- {id: b, text: Compute the weight after a step of rate 0.1., answer: w_new, marks: 2}
"""
TABLE = """\
title: Two boxes
topics: [pooling]
text: Take $x = {{x}}$.
given: {x: 12345}
parts:
- id: a
  text: Compute both.
  answer: {double: {value: 2 * x, marks: 1}, next: {value: x + 1, marks: 1}}
"""


@pytest.fixture
def practice(make_bank, monkeypatch):
    """A function from lines that are typed, and arguments, to click's result."""
    monkeypatch.setenv("COLUMNS", "92")
    make_bank({"sizes.yaml": SIZES, "wordy.yaml": WORDY, "step.yaml": STEP, "table.yaml": TABLE})

    def run(typed, *arguments, seed=1):
        typed = typed if isinstance(typed, str | bytes) else "".join(f"{line}\n" for line in typed)
        given = [] if seed is None else ["--seed", str(seed)]
        result = CliRunner().invoke(main, ["practice", *arguments, *given], input=typed)
        assert result.exit_code == 0, result.output
        return result

    return run


def summary(result):
    """The summary as one line, without what repeats the session."""
    told = " ".join(result.stdout.partition("\n-------\n")[2].split())
    return told.partition(" The same questions again: ")[0]


def test_a_whole_session(practice):
    result = practice(["7", "9", "81"], "sizes")
    assert result.stdout == (
        "Practice with seed 1: 1 question. Type 'help' to see what else you may type.\n"
        "\n"
        "Question 1 of 1: Output sizes [9/2 marks]\n"
        "-----------------------------------------\n"
        "sizes, variant 1\n"
        "\n"
        "A 3 × 3 filter runs over an image that is 9 pixels wide.\n"
        "\n"
        "(a) [1 mark] How wide is the output?\n"
        "\n"
        "(a) (a whole number): 7\n"
        "  read as 7\n"
        "  Right. 1 of 1 mark.\n"
        "\n"
        "(b) [2 marks] Two columns are added. How wide is it now?\n"
        "\n"
        "(b) (a whole number): 9\n"
        "  read as 9\n"
        "  Right. 2 of 2 marks.\n"
        "\n"
        "(c) [3/2 marks] How many pixels has a square of that width?\n"
        "\n"
        "(c) (a whole number): 81\n"
        "  read as 81\n"
        "  Right. 3/2 of 3/2 marks.\n"
        "\n"
        "Summary\n"
        "-------\n"
        "Sizes of convolutional layers: 9/2 of 9/2 marks; 3 right.\n"
        "The same questions again: --seed 1\n"
    )


def test_errors_are_carried_forward(practice):
    result = practice(["6", "skip", "8", "64"], "sizes")
    assert "Follows correctly from your own answer to (a)" in result.stdout
    assert "2 of 2 marks." in result.stdout
    assert summary(result) == "Sizes of convolutional layers: 7/2 of 9/2 marks; 2 right, 1 wrong."


def test_a_second_answer_takes_the_place_of_the_first_but_the_first_counts(practice):
    result = practice(["6", "7", "8", "9", "81"], "sizes")  # 8 would follow from 6, but 6 was put right
    assert result.stdout.count("Not right") == 2
    assert result.stdout.count("Right. That was try 2; the first answer counts.") == 2
    assert summary(result) == "Sizes of convolutional layers: 3/2 of 9/2 marks; 1 right, 2 right with help."


def test_hints_come_step_by_step_and_the_result_last(practice):
    result = practice(["skip", "?", "hint", "TIPP", "?", "9", "81"], "sizes")
    lines = result.stdout.split("(b) (a whole number): ")
    assert "Hints cost no marks; what is first answered after one counts as 'with hints'." in lines[1]
    assert "Step 1 of 3:\n    out = n − F + 1\n        = 9 − 3 + 1\n        = 7\n" in lines[1]
    assert "Step 2 of 3:\n    padded = out + 2\n" in lines[2]
    assert "9" not in lines[2].replace("Step 2", "")
    assert "Step 3 of 3:\n    padded = out + 2\n           = 7 + 2\n           = 9\n" in lines[3]
    assert "That was the last step; solution shows the answer." in lines[4]
    assert "Right. 2 of 2 marks. Counted as 'with hints'." in lines[5]
    outcomes = "1 right, 1 right with help, 1 left out."
    assert summary(result) == f"Sizes of convolutional layers: 7/2 of 9/2 marks (2 with hints); {outcomes}"


def test_steps_that_were_told_do_not_come_again(practice):
    told = practice(["?", "?", "7", "?", "quit"], "sizes").stdout
    assert told.count("= 9 − 3 + 1") == 1
    assert "Step 1 of 2:\n    padded = out + 2\n" in told


def test_a_hint_after_the_first_answer_does_not_mark_it(practice):
    result = practice(["7", "5", "?", "9", "quit"], "sizes")
    assert "with hints);" not in result.stdout
    assert summary(result) == "Sizes of convolutional layers: 1 of 3 marks; 1 right, 1 right with help."


def test_a_shown_solution_is_no_solved_part(practice):
    result = practice(["solution", "10", "solution", "81"], "sizes")
    assert "Solution:" in result.stdout
    assert "Answer: 7" in result.stdout
    assert summary(result) == "Sizes of convolutional layers: 3/2 of 9/2 marks; 1 right, 1 wrong, 1 left out."


def test_wrong_answers_do_not_tell_the_reference(practice):
    told = practice(["1", "2", "nonsense", "", "help", "skip", "99", "skip"], "table").stdout
    assert "24690" not in told
    assert "12346" not in told
    assert "24690" in practice(["solution"], "table").stdout


def test_what_cannot_be_read_is_no_try_and_is_forgotten(practice):
    """Were it kept, what is wrong later would rest on an answer that was not read, and a person would have to decide."""
    result = practice(["see my notes", "6", "skip", "5", "skip", "quit"], "sizes")
    assert "This could not be read: " in result.stdout
    assert "person" not in result.stdout
    assert result.stdout.count("Not right") == 2
    assert "0 of 1 mark." in result.stdout


def test_text_is_compared_with_the_model_by_the_student(practice):
    typed = ["A", "It is cheaper", "and faster.", "", "y", "no idea", "1/4", "more", "", "3", "1,5"]
    result = practice(typed, "wordy")
    assert "It saves work and widens what an entry sees." in result.stdout
    assert result.stdout.index("and faster.") < result.stdout.index("It saves work")
    assert "Type y, n or a number up to 1/2." in result.stdout
    assert "By your own judgement: 5/4 of 3/2 marks." in result.stdout
    assert "Type a number up to 2." in result.stdout
    line = "Convolution by hand: 15/4 of 9/2 marks (11/4 by your own judgement); 1 right, 2 partly right."
    assert summary(result) == line


def test_skipped_text_shows_no_model(practice):
    result = practice(["B", "skip", "skip", "skip"], "wordy")
    assert "It saves work" not in result.stdout
    assert "names the cost" not in result.stdout
    assert summary(result) == "Convolution by hand: 0 of 9/2 marks; 1 wrong, 2 left out."


def test_what_nobody_can_decide_is_left_to_the_student(practice):
    """Who takes the gradient for 0 stays where they are, which is right in itself and shows nothing."""
    for said, marks, outcome in (("y", 2, "1 right, 1 wrong"), ("n", 0, "2 wrong")):
        result = practice(["0", "skip", "0.5", "solution", "maybe", said], "step")
        told = " ".join(result.stdout.split())
        assert "but they made it trivial; you decide. Type solution to compare, or try again." in told
        assert "Type y or n." in result.stdout
        assert "Answer: 13/10" in result.stdout
        own = " (2 by your own judgement)" if marks else ""
        assert summary(result) == f"Optimisers: {marks} of 3 marks{own}; {outcome}."


def test_no_sentence_leaves_anything_to_a_person():
    sentences = [
        in_practice(sentence) for (state, tag), sentence in BY_TAG.items() if state == UNDECIDED and tag != "for-a-human"
    ]
    assert len(sentences) > 5
    assert not [sentence for sentence in sentences if "person" in sentence]
    assert all("you decide" in sentence or "You decide" in sentence for sentence in sentences)


def test_back_changes_an_earlier_answer(practice):
    result = practice(["back", "6", "skip", "back", "7", "9", "81"], "sizes")
    assert "There is no answer before this one in this question." in result.stdout
    assert "That was try 2" in result.stdout
    assert summary(result) == "Sizes of convolutional layers: 7/2 of 9/2 marks; 2 right, 1 right with help."
    assert "its solution was shown" in practice(["solution", "back", "quit"], "sizes").stdout


@pytest.mark.parametrize("end", [["quit"], ["EXIT"], ["ende"], []])
def test_the_end_comes_with_a_summary(practice, end):
    result = practice(["7", *end], "sizes", "wordy")
    assert summary(result) == "Sizes of convolutional layers: 1 of 1 mark; 1 right. Not reached: 1 question."
    assert result.stdout.endswith("\nThe same questions again: --seed 1\n")


def test_nothing_at_all_is_typed(practice):
    assert summary(practice("", "sizes")) == "No question was answered. Not reached: 1 question."


def test_topics_are_told_apart(practice):
    result = practice(["7", "quit"], "sizes")
    assert "Together" not in result.stdout
    result = practice(["7", "skip", "skip", "A", "quit"], "sizes", "wordy")
    assert summary(result) == (
        "Sizes of convolutional layers: 1 of 9/2 marks; 1 right, 2 left out. "
        "Convolution by hand: 1 of 1 mark; 1 right. "
        "Together: 2 of 11/2 marks; 2 right, 2 left out."
    )


def test_the_summary_as_json(practice):
    result = practice(["6", "7", "?", "9", "quit"], "sizes", "--json")
    assert "Question 1 of 1" in result.stderr
    found = json.loads(result.stdout)
    first, second = found["questions"][0].pop("answers")
    assert found == {
        "seed": 1,
        "questions": [{"problem": "sizes", "title": "Output sizes", "topic": "conv-shapes", "seed": 1}],
        "topics": [
            {
                "topic": "conv-shapes",
                "right": 0,
                "helped": 2,
                "partly": 0,
                "wrong": 0,
                "left_out": 0,
                "marks": "2",
                "out_of": "3",
                "with_hints": "2",
                "own": "0",
            }
        ],
        "marks": "2",
        "out_of": "3",
        "not_reached": 0,
    }
    kept = ("part", "outcome", "tries", "right_at", "hints", "solution", "state", "marks", "out_of", "typed", "own")
    assert [first[name] for name in kept] == ["a", "helped", 2, 2, False, False, "wrong", "0", "1", "6", False]
    assert [second[name] for name in kept] == ["b", "helped", 1, 1, True, False, "right", "2", "2", "9", False]


def test_the_seed_decides_and_is_printed(practice, monkeypatch):
    """Of ten problems on a topic three are asked."""
    one = "title: P{0}\ntopics: [loss]\ntext: t\nparts: [{{id: a, text: t, answer: {0}, marks: 1}}]\n"
    for number in range(10):
        with open(f"p{number}.yaml", "w", encoding="utf-8") as stream:
            stream.write(one.format(number))

    def asked(result):
        return [line for line in result.stdout.splitlines() if line.startswith("Question")]

    skipped = ["skip"] * 3
    assert asked(practice(skipped, "loss", "--count", "3")) == asked(practice(skipped, "loss", "--count", "3"))
    assert len({tuple(asked(practice(skipped, "loss", "--count", "3", seed=seed))) for seed in range(8)}) > 3
    monkeypatch.setattr("grader.commands.practice.time.time", lambda: 1_700_000_123.4)
    result = practice(skipped, "loss", "--count", "3", seed=None)
    assert result.stdout.startswith("Practice with seed 123: 3 questions.")
    assert asked(result) == asked(practice(skipped, "loss", "--count", "3", seed=123))


def test_more_questions_than_problems_are_further_variants(practice):
    with open("sizes.yaml", "w", encoding="utf-8") as stream:
        stream.write(SIZES.replace("choice(7, 9)", "ints(8..99)"))
    told = practice(["skip"] * 12, "sizes", "table", "--count", "4").stdout
    assert [line for line in told.splitlines() if line.startswith(("sizes", "table"))] == [
        "sizes, variant 1",
        "table",
        "sizes, variant 2",
        "sizes, variant 3",
    ]
    told = practice([], "table", "--count", "2").stdout
    assert told.startswith("2 questions were wanted; there are 1, and none of them has variants to go on with.\n")


def test_a_problem_that_cannot_be_drawn_is_left_out(practice):
    with open("sizes.yaml", "w", encoding="utf-8") as stream:
        stream.write(SIZES.replace("9)'}", "9)', keep: [n > 10]}"))
    result = practice(["24690", "12346"], "sizes", "table")
    assert "sizes is left out: " in result.stdout
    assert "Pooling: 2 of 2 marks; 2 right." in result.stdout
    assert "Not reached: 1 question." in result.stdout


def test_control_characters_are_spelled_out(practice):
    told = practice("\x1b[31mred\x07\nquit\n", "sizes").stdout
    assert "\x1b" not in told
    assert "\\x1b[31mred\\x07" in told


def test_bytes_that_are_no_text(practice):
    told = practice(b"\xff\xfe7\n7\nquit\n", "sizes").stdout
    assert "This could not be read: " in told
    assert "Right. 1 of 1 mark." in told


def test_an_endless_input_ends(practice):
    result = practice("5\n" * 1000, "sizes")
    assert result.stdout.count("That is enough for this one.") == 3
    assert summary(result) == "Sizes of convolutional layers: 0 of 9/2 marks; 3 wrong."
    assert practice("\n" * 1000, "sizes").stdout.count("Left out.") == 3
    told = practice(["A", *["word"] * 499, "more", "y", "y", "skip"], "wordy").stdout  # a text has at most 500 lines
    assert "By your own judgement: 3/2 of 3/2 marks." in told


@pytest.mark.parametrize("columns", [40, 57, 80])
def test_lines_fit_the_terminal(practice, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    result = practice(["help", "?", "5", "solution", "A", "text", "", "y", "n", "x", "", "1"], "sizes", "wordy", "step")
    prompts = ("(a) (", "(b) (", "(c) (", "    Does your", "  How many")
    lines = [line for line in result.stdout.splitlines() if not line.startswith(prompts)]
    assert max(map(len, lines)) <= columns


def test_german(practice):
    result = practice(["hilfe", "tipp", "6", "7", "lösung", "weiter", "ende"], "sizes", "--language", "de")
    assert result.stdout.startswith("Übung mit Startzahl 1: 1 Aufgabe.")
    assert "Aufgabe 1 von 1: Output sizes [9/2 Punkte]" in result.stdout
    assert "gelesen als 6" in result.stdout
    assert "Das war Versuch 2; es zählt die erste Antwort." in result.stdout
    line = "Sizes of convolutional layers: 0 von 9/2 Punkten; 1 richtig mit Hilfe, 2 ausgelassen."
    assert line in " ".join(result.stdout.split())


def test_every_language_says_the_same():
    places = {name: {word: _places(text) for word, text in words.items()} for name, words in WORDS.items()}
    assert places["en"] == places["de"]


def _places(text):
    return {piece.partition("}")[0] for piece in text.split("{")[1:]}


def test_the_list_of_topics(practice):
    result = CliRunner().invoke(main, ["practice", "--list"])
    assert result.stdout.splitlines() == [
        "conv         Convolution by hand: 1 problem, 0 with variants",
        "conv-shapes  Sizes of convolutional layers: 1 problem, 1 with variants",
        "optimizer    Optimisers: 1 problem, 0 with variants",
        "pooling      Pooling: 1 problem, 0 with variants",
    ]
    rows = json.loads(CliRunner().invoke(main, ["practice", "--list", "--json"]).stdout)
    assert rows[1] == {
        "topic": "conv-shapes",
        "title": "Sizes of convolutional layers",
        "problems": 1,
        "variants": 1,
        "by_hand": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["conv-shape"], "There is no topic, problem or paper 'conv-shape' (did you mean 'conv-shapes'?)"),
        (["sizs"], "There is no topic, problem or paper 'sizs' (did you mean 'sizes'?)"),
        (["gone.yaml"], "There is no problem 'gone'"),
        (["pca"], "There is no problem on pca."),
        (["sizes", "--count", "0"], "From 1 to 50 questions can be practised at once, not 0."),
        (["--language", "fr"], "Practice is in en or de, not in 'fr'"),
    ],
)
def test_what_is_refused(practice, arguments, sentence):
    result = CliRunner().invoke(main, ["practice", *arguments])
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_a_paper_and_its_conventions(make_bank):
    problem = (
        "title: Variance\ntopics: [data]\ntext: 'The sample is ${{x}}$.'\ngiven: {x: '[1, 3]'}\n"
        "parts: [{id: a, text: What is its variance?, answer: var(x), marks: 1}]\n"
    )
    paper = "title: E\nproblems: ['1', '2']\nconventions: {ddof: 1}\n"
    make_bank({"exam/1.yaml": problem, "exam/2.yaml": problem.replace("[1, 3]", "[1, 5]"), "exam/paper.yaml": paper})
    result = CliRunner().invoke(main, ["practice", "exam", "--seed", "1"], input="2\n8\n")  # by n they would be 1 and 4
    assert "2 of 2 marks; 2 right." in result.stdout, result.output


# --- the manual ---

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_session_of_the_manual_is_a_real_one(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    spec = importlib.util.spec_from_file_location("make_practice", DOCS / "make_practice.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    text = maker.FILE.read_text(encoding="utf-8")
    (session,) = maker.SESSION.findall(text)
    assert len(maker.TYPED.findall(session[1])) > 5
    now = maker.page(text, lambda arguments, typed: CliRunner().invoke(main, arguments, input=typed).stdout)
    assert now == text, "run 'make docs'"


# --- a real terminal ---

pty = pytest.importorskip("pty")


def in_terminal(arguments, keys):
    """(what a terminal shows, exit code) of `grader` with keys typed one after the other, each when a prompt stands there.

    The last is pressed again where nothing happens for a while, as a person does: Python's readline misses a Ctrl-C that comes in
    the instant between the prompt and its wait for a key.
    """
    process, terminal = pty.fork()
    if process == 0:
        os.environ |= {"COLUMNS": "80", "TERM": "dumb"}
        os.execv(sys.executable, [sys.executable, "-m", "grader", *arguments])
    shown, waiting, end = b"", list(keys), time.monotonic() + 20
    heard = time.monotonic()
    try:
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 4096)
                heard = time.monotonic()
            if waiting and shown.count(b"): ") > len(keys) - len(waiting):
                os.write(terminal, waiting.pop(0))
            elif not waiting and time.monotonic() > heard + 2:
                os.write(terminal, keys[-1])
    except OSError:  # the other side is closed
        pass
    else:
        os.kill(process, signal.SIGKILL)
    return shown.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("last", [b"\x04", b"\x03"])
def test_a_terminal_with_ctrl_d_and_ctrl_c(make_bank, last):
    make_bank({"sizes.yaml": SIZES})
    shown, code = in_terminal(["practice", "sizes", "--seed", "1"], [b"7\r", b"5\r", last])
    assert code == 0
    assert "Sizes of convolutional layers: 1 of 3 marks; 1 right, 1 wrong." in shown
    assert "Traceback" not in shown
