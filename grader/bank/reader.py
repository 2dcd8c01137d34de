"""From a YAML file to a Problem or a Paper, or to all complaints about it at once."""

import re
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from grader.bank.fields import Faults, Fields, listed
from grader.bank.figures import check_figures, read_figures
from grader.bank.model import (
    ARRAY_POLICIES,
    CHOICE_POLICIES,
    FOLLOW_POLICIES,
    Located,
    Paper,
    Policies,
    Problem,
    Reading,
    Source,
    Stack,
    Test,
)
from grader.bank.parts import read_parts
from grader.bank.yaml_text import Mapping, read_yaml
from grader.maths.errors import BankError, UsageError, nearest
from grader.maths.language.declarations import declaration
from grader.maths.language.named_functions import is_named

_LINES = re.compile(r"[0-9]+(-[0-9]+)?(, *[0-9]+(-[0-9]+)?)*")


def read_problem(path, id, conventions, topics):
    """The Problem in a file; raises BankError with every fault of the file.

    `conventions` (Conventions) and `topics` are those the file may name.
    """
    tree, faults = read_yaml(path)
    faults = Faults(faults)
    _check_sort(tree, faults)
    problem = _problem(Fields(tree, "problem", faults), id, conventions, topics)
    faults.raise_any(partial=problem)
    return problem


def _check_sort(tree, faults):
    """Raise BankError with one complaint where a file is no problem, but a key or a paper."""
    if isinstance(tree, Mapping) and "parts" not in tree:
        if "answers" in tree or "claims" in tree:
            faults.add(tree, "this looks like a printed key; keys lie below 'solutions', and 'grader validate' tries them")
            faults.raise_any()
        if "problems" in tree:
            faults.add(tree, "this looks like a paper; the file of a paper must be called paper.yaml")
            faults.raise_any()


def _problem(fields, id, conventions, topics):
    title, topics = fields.text("title", required=True), _topics(fields, topics)
    source, text, given = _source(fields), fields.text("text"), _given(fields)
    problem = Problem(
        id=id,
        title=title,
        topics=topics,
        source=source or Source(""),
        text=text,
        given=given,
        let=_let(fields, given),
        conventions=_conventions(fields, conventions),
        readings=tuple(_reading(reading, given, conventions) for reading in _each(fields, "readings", "reading")),
        parts=read_parts(fields),
        draw=_draw(fields, given),
        where=fields.where,
        tests=_tests(fields, conventions),
        figures=read_figures(fields),
    )
    fields.end()
    _check_tests(problem, fields)
    _check_statement(problem, fields)
    check_figures(problem, fields.faults)
    return problem


def _topics(fields, known):
    topics = fields.texts("topics", required=True)
    return tuple(found for topic in topics if (found := fields.known(topic, known, "a topic")))


def _source(fields):
    source = fields.fields("source", "source")
    if source is None:
        return None
    document, lines, heading = source.text("document", required=True), source.text("lines"), source.text("heading")
    if lines and not _LINES.fullmatch(lines):
        source.fault(lines, f"'lines' must be such as 120-131 or 7, 9-12; this is '{lines}'")
    completed = source.text("completed")
    source.end()
    return Source(document, lines, heading, completed)


def _conventions(fields, known):
    """The conventions a mapping sets, each checked against the known ones."""
    found = {}
    for name, value in fields.pairs("conventions", "a convention").items():
        if not value:
            continue
        try:
            found[str(name)] = known.convention(name).value(value)
        except UsageError as error:
            fields.fault(value, str(error))
    return MappingProxyType(found)


def _each(fields, name, what):
    """The mappings of a list, as Fields."""
    return [Fields(node, what, fields.faults) for node in fields.items(name)]


# --- what is given, and what follows from it ---


def _given(fields):
    given = fields.fields("given", "given")
    if given is None:
        return MappingProxyType({})
    given.check_names(given.table, "a given")
    found = {name: _given_value(given, name, node) for name, node in given.table.items()}
    return MappingProxyType(found)


def _given_value(given, name, node):
    if isinstance(node, Mapping):
        return _stack(Fields(node, f"given {name}", given.faults))
    return given.as_text(node, f"'{name}'") or Located("", name.where)


def _let(fields, given):
    let = fields.pairs("let", "a value")
    for name in let:
        if name in given:
            fields.fault(name, f"'{name}' is both in 'let' and in 'given'; a name stands for one thing")
    return let


def _stack(fields):
    stack = Stack(fields.text("input", required=True), _layers(fields, "layers", required=True), fields.where)
    fields.end()
    return stack


def _layers(fields, name, required=False):
    return tuple(_layer(fields, node) for node in fields.items(name, required))


def _layer(fields, node):
    """A layer as `(kind, settings)`: `flatten`, or a mapping with one entry such as `conv: {filters: 8, kernel: 3}`."""
    if not isinstance(node, Mapping):
        return fields.as_text(node, "a layer"), MappingProxyType({})
    if len(node) != 1:
        fields.fault(node, "a layer is one name with its settings, such as 'conv: {filters: 8, kernel: 3}'")
        return "", MappingProxyType({})
    kind, settings = next(iter(node.items()))
    layer = Fields(node, fields.what, fields.faults)
    if kind == "residual" and isinstance(settings, Mapping):
        return kind, _residual(Fields(settings, f"{fields.what}, residual", fields.faults))
    if kind == "residual":
        return kind, MappingProxyType({"layers": _layers(layer, kind, required=True), "shortcut": ()})
    if kind == "branch":
        return kind, MappingProxyType({"paths": tuple(_path(fields, path) for path in layer.items(kind, required=True))})
    return kind, MappingProxyType({}) if settings == "" else layer.pairs(kind, "a setting")


def _residual(fields):
    """Layers with a way around them: `{layers: [...], shortcut: [...]}`; without a shortcut the input itself is added."""
    found = {"layers": _layers(fields, "layers", required=True), "shortcut": _layers(fields, "shortcut")}
    if name := fields.text("name"):
        found["name"] = name
    fields.end()
    return MappingProxyType(found)


def _path(fields, node):
    if isinstance(node, list):
        return tuple(_layer(fields, layer) for layer in node)
    fields.fault(node, "a path of 'branch' is a list of layers")
    return ()


# --- readings, variants, tests ---


def _reading(fields, given, conventions):
    name = fields.text("name", required=True)
    fields.what = f"reading '{name}'"
    changed, replaced = _conventions(fields, conventions), fields.pairs("replace", "a given")
    fields.end()
    for key in replaced:
        if key not in given:
            fields.fault(key, f"'{key}' is not given{nearest(key, given)}; 'replace' may name {listed(given) or 'nothing here'}")
        elif is_named(given[key], given):
            fields.fault(key, f"'{key}' is a function, and no reading replaces one")
    if not (changed or replaced or fields.broken):
        fields.fault(fields, "it changes nothing; it needs 'conventions' or 'replace'")
    return Reading(name, changed, replaced)


def _draw(fields, given):
    """How a variant is drawn: texts by the name they draw, and the lists `keep`, `alike` and `per` as tuples."""
    draw = fields.fields("draw", "draw")
    if draw is None:
        return MappingProxyType({})
    conditions = {name: draw.texts(name) for name in ("keep", "alike", "per") if name in draw}
    found = {name: draw.as_text(node, f"'{name}'") for name, node in draw.table.items() if name not in conditions}
    for name in found:
        if name not in given:
            draw.fault(name, f"'{name}' is not given{nearest(name, given)}; what is drawn takes the place of a given")
    return MappingProxyType({**{name: text for name, text in found.items() if text is not None}, **conditions})


def _tests(fields, conventions):
    return tuple(_test(test, conventions) for test in _each(fields, "tests", "test"))


def _test(fields, conventions):
    test = Test(
        where=fields.where,
        expect=fields.pairs("expect", "a part", identifiers=False),
        respond=fields.pairs("respond", "a part", identifiers=False, empty=True),
        marks=fields.marks("marks", required="respond" in fields),
        conventions=_conventions(fields, conventions),
    )
    fields.end()
    if not (test.expect or test.respond or fields.broken):
        fields.fault(fields, "it tests nothing; it needs 'expect' or 'respond'")
    if test.marks is not None and "respond" not in fields:
        fields.fault(fields, "'marks' belongs to 'respond', which is missing")
    return test


def _check_tests(problem, fields):
    """Complain about tests of parts and boxes that do not exist."""
    boxes = {f"{part.id}.{box.name}" if box.name else str(part.id) for part in problem.parts for box in part.boxes}
    answers = boxes | {str(part.id) for part in problem.parts}
    for test in problem.tests:
        _check_addresses(test.expect, sorted(filter(None, boxes)), fields)
        _check_addresses(test.respond, sorted(filter(None, answers)), fields)


def _check_addresses(named, known, fields):
    for address in named:
        if known and address not in known:
            fields.faults.add(
                address, f"test: there is no answer '{address}'{nearest(address, known)}; there are {listed(known)}"
            )


def _check_statement(problem, fields):
    """Complain where nothing says what to do, or where `{{name}}` has no value."""
    values = [*problem.given, *problem.let]
    for text in (problem.text, *(part.text for part in problem.parts)):
        for name in re.findall(r"\{\{ *([^{}]*?) *\}\}", text):
            if name.isidentifier() and name not in values:
                fields.fault(text, f"the text shows '{{{{{name}}}}}', which has no value{nearest(name, values)}")
    if not problem.text:
        for part in problem.parts:
            if not part.text:
                fields.fault(part, f"part {part.id} has no 'text', and the problem has none either")


# --- papers ---


def read_paper(path, id, conventions, find):
    """The Paper in a file; raises BankError with every fault of the file.

    `find` gives the Problem for an entry of `problems`; it raises UsageError where there is none, BankError where that file
    has faults, which are then told with those of the paper.
    """
    tree, faults = read_yaml(path)
    faults = Faults(faults)
    fields = Fields(tree, "paper", faults)
    title, source = fields.text("title", required=True), _source(fields)
    set_conventions, policies = _conventions(fields, conventions), _policies(fields)
    entries, id = fields.texts("problems", required=True), fields.text("id") or id
    values = fields.fields("values", "values")
    fields.end()
    problems = {entry: problem for entry in entries if (problem := _listed_problem(fields, entry, find))}
    _check_repeated(entries, problems, fields)
    if values is not None:
        problems.update(_with_values(values, problems))
    faults.raise_any()
    return Paper(str(id), title, tuple(problems.values()), fields.where, source, set_conventions, policies)


def _with_values(fields, problems):
    """Entry -> Problem with the values that a paper sets instead of those given; it has no variants then, and no tests."""
    for entry, node in fields.table.items():
        if entry not in problems:
            fields.fault(entry, f"problem '{entry}' is not in the paper{nearest(entry, problems)}")
            continue
        problem, values = problems[entry], Fields(node, f"values of {entry}", fields.faults)
        given = {str(name): text for name, text in values.table.items() if _is_value(values, problem, name, text)}
        changed = MappingProxyType({**problem.given, **given})
        yield entry, replace(problem, given=changed, draw=MappingProxyType({}), tests=())


def _is_value(fields, problem, name, text):
    """Whether a paper may set a given of a problem to something; if not, a fault is noted."""
    if name not in problem.given:
        fields.fault(name, f"'{name}' is not given{nearest(name, problem.given)}")
    elif isinstance(problem.given[name], Stack):
        fields.fault(name, f"'{name}' is a layer stack; only values can be set")
    elif declaration(problem.given[name]) is not None:
        fields.fault(name, f"'{name}' is a symbol; only values can be set")
    else:
        return fields.as_text(text, f"'{name}'") is not None
    return False


def _listed_problem(fields, entry, find):
    try:
        return find(entry)
    except UsageError as error:
        fields.fault(entry, str(error))
    except BankError as error:
        fields.faults.extend(error.complaints)
    return None


def _check_repeated(entries, problems, fields):
    seen = set()
    for entry in entries:
        id = problems[entry].id if entry in problems else entry
        if id in seen:
            fields.fault(entry, f"problem '{entry}' is listed twice")
        seen.add(id)


def _policies(fields):
    policies = fields.fields("policies", "policies")
    if policies is None:
        return Policies()
    found = Policies(
        choice=policies.one_of("choice", CHOICE_POLICIES, Policies.choice),
        follow=policies.one_of("follow", FOLLOW_POLICIES, Policies.follow),
        array=policies.one_of("array", ARRAY_POLICIES, Policies.array),
        slips=_slip_shares(policies.fields("slips", "policies, slips")),
    )
    policies.end()
    return found


def _slip_shares(fields):
    """(tag, share) for every slip that earns part of the marks; what the file says goes before the default."""
    shares = dict(Policies.slips)
    for tag in fields.table if fields else ():
        share = fields.marks(tag)
        if share is not None and share > 1:
            fields.fault(tag, f"'{tag}' must be a share of the marks from 0 to 1")
        shares[str(tag)] = share or Fraction(0)
    return tuple(shares.items())
