"""Small banks, made up for a test."""

from pathlib import Path

import pytest

from grader.bank.load import load_problem


@pytest.fixture
def make_bank(tmp_path, monkeypatch):
    """A function that writes files (path below the bank -> text) and gives the bank's folder, which is then the default one."""

    def make(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv("GRADER_BANK", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make


@pytest.fixture
def bank(make_bank):
    """A function that writes the problem `p` and gives it."""

    def write(text):
        make_bank({"p.yaml": text})
        return load_problem("p")

    return write


SMALL = """\
title: Small things
topics: [loss]
text: Take $x = {{x}}$.
given: {x: 1/3}
let: {y: 2 * x}
parts:
- {id: a, text: Compute y., answer: y, marks: 1/2}
- {id: b, text: Which?, options: {A: {text: This., right: true}, B: {text: That., right: false}}, marks: 2}
- {id: c, text: Why?, rubric: [{marks: 3, text: says so}]}
- {id: d, text: More., answer: 3 * y, marks: 1, bonus: true}
"""
ONE_PART = """\
title: One part
topics: [loss]
given: {x: 2}
parts: [{id: a, text: Compute the double., answer: 2 * x, marks: 1}]
"""


@pytest.fixture
def exam(tmp_path, monkeypatch):
    """A bank with the paper `exam` (problems 06, 07 and, from the real bank, 08) and a function that writes files beside it.

    Its 15.5 marks: 06 has parts a (1/2), b (2, choice), c (3, for a human), d (1, bonus); 07 has a (1); 08 has boxes a.z, a.h,
    a.o (1 each), b (1) and c (5).
    """
    real = Path(__file__).parent.parent / "problems" / "tum-mock-2020" / "03.yaml"

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    write({"bank/exam/06.yaml": SMALL, "bank/exam/07.yaml": ONE_PART, "bank/exam/08.yaml": real.read_bytes()})
    write({"bank/exam/paper.yaml": 'title: The exam\nproblems: ["06", "07", "08"]\n'})
    monkeypatch.setenv("GRADER_BANK", str(tmp_path / "bank"))
    monkeypatch.chdir(tmp_path)
    return write
