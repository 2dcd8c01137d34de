"""Printed keys: what people published as the answers to the problems of the bank, and what is expected of their trial.

A key is a YAML file below `solutions/`, under the name of its problem. `answers` maps parts, or boxes, to what is printed there;
`claims` holds further printed values (working, remarks), each with the expression of the problem that it is about. Nothing here
is ever taken for the truth.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType

from grader.bank.fields import Faults, Fields
from grader.bank.model import KINDS, Located, Where
from grader.bank.places import bank_root, version
from grader.bank.yaml_text import Mapping, Sequence, read_yaml
from grader.maths.errors import nearest

FOLDER = "solutions"  # beside the bank's folder
ITEMS = "catalogue.yaml"  # in FOLDER: what a catalogue of the source documents says of every item

AGREES, ROUNDING, READING, WRONG, NOT_PRINTED, HUMAN = "agrees", "rounding", "reading", "wrong", "not-printed", "human"
FINDINGS = {
    AGREES: "agrees",
    ROUNDING: "agrees by rounding",
    READING: "agrees under another reading",
    WRONG: "is wrong",
    NOT_PRINTED: "is not printed",
    HUMAN: "needs a human",
}
AMBIGUOUS = "ambiguous"
JUDGEMENTS = (AGREES, WRONG, AMBIGUOUS)  # what a person can say where the engine cannot, or of what lies around the answer
VERDICTS = {"agrees": AGREES, "published-wrong": WRONG, "ambiguous": AMBIGUOUS, "not-printed": NOT_PRINTED}
LOST = "lost"  # in the catalogue: what cannot be a problem


@dataclass(frozen=True)
class Printed:
    """One printed answer.

    place: a part, or a box (`a.z`); empty for a claim, which is about `value`, an expression of the problem, of the kind `kind`
    where that does not follow from it. printed: the text (None where none is printed). marks: as printed. finding: what the
    trial is expected to say, one of FINDINGS; cause: the reading or slip expected with it. judged: what a person found, one of
    JUDGEMENTS, where the engine cannot; because: the explanation. catalogue: the items it belongs to, where not all of its part.
    """

    where: Where
    place: str
    printed: Located | None
    marks: Fraction | None = None
    finding: str | None = None
    cause: str = ""
    judged: str = ""
    because: str = ""
    catalogue: tuple[str, ...] = ()
    about: str = ""
    value: Located | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Key:
    """All that is printed about one problem, in the order of the file."""

    id: str
    printed: tuple[Printed, ...]
    where: Where


@dataclass(frozen=True)
class Item:
    """What the catalogue says of one item: its verdict on what is printed (a value of VERDICTS), or why it is no problem."""

    id: str
    verdict: str
    lost: str = ""


def keys_root(root=None):
    """The folder of the printed keys: `solutions` beside the bank's folder; None where there is none."""
    folder = bank_root(root).resolve().parent / FOLDER
    return folder if folder.is_dir() else None


def key_file(id, root=None):
    """The file of a problem's key, or None."""
    folder = keys_root(root)
    path = folder and folder / f"{id}.yaml"
    return path if path and path.is_file() else None


def key_files(root=None):
    """The file of every key, by the id of its problem."""
    folder = keys_root(root)
    if folder is None:
        return {}
    files = sorted(path for path in folder.rglob("*.yaml") if path.name != ITEMS)
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in files}


def load_key(problem, root=None):
    """The Key of a problem, or None where none is printed; raises BankError with every fault of its file."""
    path = key_file(problem.id, root)
    return None if path is None else read_key(path, problem)


def read_key(path, problem):
    """The Key in a file, for a Problem; raises BankError with every fault of the file."""
    tree, complaints = read_yaml(path)
    fields = Fields(tree, "key", Faults(complaints))
    printed = (*_answers(fields, problem), *_claims(fields))
    fields.end()
    fields.faults.raise_any()
    return Key(problem.id, printed, fields.where)


def _answers(fields, problem):
    answers = fields.fields("answers", "answers")
    if answers is None:
        return
    for name, node in answers.table.items():
        _check_place(answers, name, problem)
        for one in node if isinstance(node, Sequence) else [node]:
            if isinstance(one, Mapping):
                inside = Fields(one, f"answer {name}", fields.faults)
                yield _printed(inside, str(name))
                inside.end()
            else:
                text = answers.as_text(one, f"'{name}'")
                yield Printed(name.where, str(name), text)


def _check_place(fields, name, problem):
    part, _, box = name.partition(".")
    found = next((one for one in problem.parts if one.id == part), None)
    if found is None:
        known = [one.id for one in problem.parts]
        fields.fault(name, f"problem {problem.id} has no part '{part}'{nearest(part, known)}")
    elif box and box not in [one.name for one in found.boxes]:
        known = [one.name for one in found.boxes if one.name]
        fields.fault(name, f"part {part} has no box '{box}'{nearest(box, known)}")


def _claims(fields):
    for node in fields.items("claims"):
        claim = Fields(node, "claim", fields.faults)
        about, value, kind = claim.text("about", required=True), claim.text("value") or None, claim.one_of("kind", KINDS)
        printed = _printed(claim, "", about=about, value=value, kind=kind)
        if value is None and not printed.judged:
            claim.fault(claim, "it needs 'value', the expression it is about, or 'judged', where a person has to decide")
        claim.end()
        yield printed


def _printed(fields, place, **further):
    text = fields.text("printed") or None
    found = Printed(
        where=fields.where,
        place=place,
        printed=text,
        marks=fields.marks("marks"),
        finding=fields.one_of("finding", FINDINGS),
        cause=fields.text("cause"),
        judged=fields.one_of("judged", JUDGEMENTS) or "",
        because=fields.text("because"),
        catalogue=fields.texts("catalogue"),
        **further,
    )
    told = found.finding in (READING, WRONG, HUMAN) or found.judged in (WRONG, AMBIGUOUS)
    if told and not found.because:
        fields.fault(fields, f"'because' is missing: a sentence that explains '{found.judged or found.finding}'")
    if found.cause and found.finding not in (ROUNDING, READING, WRONG, HUMAN):
        fields.fault(found.cause, "a 'cause' belongs to the findings rounding, reading, wrong and human")
    return found


# --- the catalogue of the source documents ---


def load_items(root=None):
    """Item id -> Item, of the catalogue beside the keys; empty where there is none. Raises BankError for a faulty file."""
    folder = keys_root(root)
    path = folder and folder / ITEMS
    return _items(version(path)) if path and path.is_file() else MappingProxyType({})


@cache
def _items(file):
    tree, complaints = read_yaml(file[0])
    fields = Fields(tree, "catalogue", Faults(complaints))
    found = {}
    for id, node in fields.table.items():
        fields.asked.append(id)
        inside = Fields(node, f"item {id}", fields.faults) if isinstance(node, Mapping) else None
        verdict = inside.text("verdict") if inside else fields.as_text(node, f"'{id}'")
        lost = inside.text(LOST) if inside else ""
        if fields.known(verdict or "", VERDICTS, "a verdict"):
            found[str(id)] = Item(str(id), VERDICTS[verdict], lost)
        if inside:
            inside.end()
    fields.faults.raise_any()
    return MappingProxyType(found)
