"""All variants of a problem: its `draw:` read and checked, and candidates drawn, filtered and confirmed block by block."""

from dataclasses import replace
from math import lcm

import numpy as np

from grader.bank.model import Complaint, Stack
from grader.bank.program import build_program, place
from grader.maths.errors import BankError, GraderError, LanguageError
from grader.maths.graph import show_shape
from grader.maths.language.declarations import declaration
from grader.maths.language.meaning import Scope
from grader.maths.language.named_functions import NAMES, NamedFunction
from grader.maths.systems import as_fraction
from grader.variants.blocks import FAILURES, Block, Graph, Layout, Tally, exact_array
from grader.variants.checks import DUPLICATE, ORIGINAL, Checks
from grader.variants.counter import bits, key
from grader.variants.distributions import called, names_in, names_in_sizes, sampler
from grader.variants.rough import RoughEvaluation
from grader.variants.strata import PER, read_strata

CONDITIONS = ("keep", "alike")
NO_NAMES = (*CONDITIONS, PER)  # of what stands under `draw`, all but the names that are drawn
BLOCKS = (256, 1024, 4096)  # candidates drawn at once: the first, the second, all others
SMALL_BLOCKS = (32, 64)  # where values, and not functions alone, change the graph
MOST_FLOATS = 8_000_000  # of a block
MOST_GRAPHS = 1_000  # that are kept
FEW_EACH = (8, 64, 512)  # candidates of a seed that are looked at one after the other, where only the first kept is wanted
OFTEN = 10  # candidates for each set of values, after which hardly one is left out
PATIENCE, LESS_PATIENCE = 20_000, 2_000  # candidates without a new variant, after which there is none; less where graphs change


class _Watched(np.ndarray):
    """An array that tells when its entries are read."""

    def __array_finalize__(self, other):
        self.read = getattr(other, "read", None)

    def __array_ufunc__(self, ufunc, method, *inputs, **settings):
        for value in inputs:
            if isinstance(value, _Watched) and value.read:
                value.read()
        plain = [value.view(np.ndarray) if isinstance(value, _Watched) else value for value in inputs]
        return getattr(ufunc, method)(*plain, **settings)


def _watched(array, read):
    result = array.view(_Watched)
    result.read = read
    return result


class Space:
    """What can be drawn for a problem under some conventions.

    Raises BankError with every fault of its `draw:`. `structural` names the drawn values that change the graph (a length, an
    index, a function); candidates that agree in them are evaluated together. `values` are the original's, of a function its
    place in NAMES. `strata` are those of `per:`.
    """

    def __init__(self, problem, conventions):
        self.problem, self.conventions = problem, conventions
        self.program = build_program(problem, self.conventions)
        places = {name: exact_array(NAMES.index(one.function), 1) for name, one in self.program.functions.items()}
        self.values = {**self.program.values, **places}
        self.complaints = []
        self.calls = dict(self._read())
        self._raise()
        self.structural = self._structural()
        self.many_graphs = any(name not in self.program.functions for name in self.structural)
        self.original = Checks(problem, self.program, self.conventions)
        self._twins = {}
        self._check_conditions()
        self._raise()
        self._check_functions()
        self.strata = read_strata(self, self._guarded)
        self._raise()
        self._graphs, self._originals = {}, {}

    # --- reading ---

    def _raise(self):
        if self.complaints:
            raise BankError(self.complaints)

    def _guarded(self, text, work):
        try:
            return work()
        except GraderError as error:
            self.complaints.append(Complaint(place(text, self.problem.where), f"draw: {error}"))
            return None

    def _read(self):
        """(name, call) of everything drawn, in the order of the file, each tried with the original's values."""
        names = [name for name in self.problem.draw if name not in NO_NAMES]
        if not names:
            where = next((text.where for texts in self.problem.draw.values() for text in texts), self.problem.where)
            self.complaints.append(Complaint(where, "draw: nothing is drawn; it needs a given, such as 'x: ints(-3..3)'"))
        for position, name in enumerate(names):
            text = self.problem.draw[name]
            call = self._guarded(text, lambda text=text: called(text))
            if call and self._guarded(text, lambda n=name, c=call, t=text, p=position: self._tried(n, c, t, names[p:])):
                yield name, call

    def _tried(self, name, call, text, later):
        given = self.problem.given[name]
        if isinstance(given, Stack):
            raise LanguageError(f"'{name}' is a layer stack; draw the numbers that its settings name")
        if declaration(given) is not None:
            raise LanguageError(f"'{name}' is a symbol; only values are drawn")
        wrong = names_in(call).intersection(later)
        if wrong:
            raise LanguageError(f"'{min(wrong)}' is drawn here or below; only what is drawn above may be used")
        found = sampler(call, self.scope(self.values), text)
        if name in self.program.functions and not found.functions:
            raise LanguageError(f"'{name}' is a function; draw it as in '{name}: choice(relu, tanh)'")
        if found.functions and name not in self.program.functions:
            raise LanguageError(f"'{name}' is a value, but functions would be drawn for it")
        shape = self.values[name].shape
        if found.shape != shape:
            raise LanguageError(f"'{name}' would be {show_shape(found.shape)}, but the original is {show_shape(shape)}")
        return True

    def scope(self, values):
        """What names mean in the arguments of a distribution, with these values."""
        names = {name: self.program.names[name] for name in values}
        drawn = {name: NamedFunction(name, function) for name, function in self._functions(values).items()}
        return Scope({**names, **drawn}, values, self.conventions)

    def _functions(self, values):
        """Name -> the name of the function that it is, of the given functions among some values."""
        return {name: NAMES[int(as_fraction(values[name][()]))] for name in self.program.functions if name in values}

    def _structural(self):
        """The drawn names whose values are read while the graph is built, or decide about shapes, and functions."""
        read = {name for call in self.calls.values() for name in names_in_sizes(call)} | self.program.functions.keys()
        drawn = [name for name in self.calls if name not in self.program.functions]
        watched = {name: _watched(self.values[name], lambda n=name: read.add(n)) for name in drawn}
        build_program(self.problem, self.conventions, watched)
        return tuple(name for name in self.calls if name in read)

    def _check_conditions(self):
        for kind in CONDITIONS:
            for text in self.problem.draw.get(kind, ()):
                one = replace(self.problem, draw={kind: (text,)})
                checks = Checks(one, self.program, self.conventions)
                self._guarded(text, lambda checks=checks: list(checks.conditions()))

    def _check_functions(self):
        """Complain about functions that can be drawn, but with which the problem cannot be read."""
        for name, call in self.calls.items():
            text = self.problem.draw[name]
            for place_of in sampler(call, self.scope(self.values), text).functions:
                self._guarded(text, lambda n=name, p=place_of: self._read_with(n, exact_array(p, 1)))

    def _read_with(self, name, place_of):
        try:
            list(self.twin({**self.values, name: place_of}).conditions())
        except GraderError as error:
            why = error.complaints[0].sentence if isinstance(error, BankError) else getattr(error, "problem", error)
            raise LanguageError(f"with {name} = {NAMES[int(place_of[()])]}, {why}") from None

    # --- drawing ---

    def found(self, seed, tally=None, all_at_once=False, stratum=None):
        """The candidates that are kept (of a stratum), as Found, in order; each set of values once. Ends when patience does.

        all_at_once: whole blocks are looked at before the first of them is given; else a block is counted when its last is taken.
        """
        tally = Tally() if tally is None else tally
        patience = LESS_PATIENCE if self.many_graphs else PATIENCE
        seen, outcomes, start, last = set(), {}, 0, 0
        for size in self.block_sizes():
            block, ready = Block(self, seed, np.arange(start, start + size), stratum, outcomes), []
            for found in block.kept(all_at_once):
                known = found.layout, found.row.tobytes()
                if known in seen or known == (found.layout, self.original_row(found.layout)):
                    block.reject(found.candidate, DUPLICATE if known in seen else ORIGINAL)
                    continue
                seen.add(known)
                last = found.candidate
                if all_at_once:
                    ready.append(found)
                else:
                    yield found
            block.count(tally)
            yield from ready
            start += size
            if start - last > patience:
                return

    def firsts(self, seeds, stratum=None):
        """Seed -> the first candidate that is kept, as Found, for many seeds at once; without those that look for long."""
        found, waiting, start = {}, list(dict.fromkeys(seeds)), 0
        most = max(MOST_FLOATS // self.graph(self.values).entries, 1)
        for size in FEW_EACH:
            at_once = max(most // size, 1)
            for begin in range(0, len(waiting), at_once):
                some = waiting[begin : begin + at_once]
                candidates = np.tile(np.arange(start, start + size), len(some))
                owners = np.empty(len(candidates), dtype=object)
                owners[:] = [seed for seed in some for _ in range(size)]
                kept = Block(self, owners, candidates, stratum).first_of_each(size)
                found.update({some[number]: one for number, one in kept.items()})
            waiting = [seed for seed in waiting if seed not in found]
            start += size
        return found

    def promises(self, seed, stratum=None):
        """Whether one of the first candidates (of a stratum) passes in floats, slips left out: a fast look, no proof."""
        start = 0
        for size in FEW_EACH:
            groups = self.groups(seed, np.arange(start, start + size))
            if any(self._passes(rows, layout, stratum) for _, rows, layout in groups):
                return True
            start += size
        return False

    def _passes(self, rows, layout, stratum):
        """Whether some of the candidates of a group pass in floats, slips left out."""
        numerators = layout.numerators(rows)
        inside = stratum.inside(numerators) if stratum else None
        left = np.ones(len(rows), dtype=bool) if inside is None else inside
        try:
            graph = self.graph(layout.exact(rows[0])) if left.any() else None
            tests = graph.tests_of(stratum) if graph else ()
        except GraderError:  # shapes that do not fit, a size below 1
            return False
        if graph is None:
            return False
        drawn = {name: whole / denominator for name, (whole, denominator) in numerators.items()}
        work = RoughEvaluation({**graph.checks.program.values, **drawn})
        with np.errstate(all="ignore"):
            for test in tests:
                try:
                    left = left & (np.broadcast_to(work(test.node), len(rows)) == 0)
                except FAILURES:  # floats cannot tell
                    continue
                if not left.any():
                    return False
        return True

    def whole(self, seed, tried):
        """Whether the first candidates of a seed are, as far as one can tell, all there are: each set of values came often."""
        seen, start, sizes = set(), 0, self.block_sizes()
        while start < tried and len(seen) * OFTEN <= tried:
            size = next(sizes)
            for _, rows, layout in self.groups(seed, np.arange(start, start + size)):
                seen.update((layout, row.tobytes()) for row in rows)
            start += size
        return len(seen) * OFTEN <= tried

    def block_sizes(self):
        """Sizes without end; they do not depend on how many variants are wanted."""
        most = max(MOST_FLOATS // self.graph(self.values).entries, 1)
        sizes = SMALL_BLOCKS if self.many_graphs else BLOCKS
        yield from (min(size, most) for size in sizes)
        while True:
            yield min(sizes[-1], most)

    def original_row(self, layout):
        """The original's values as a row of that layout, in bytes; None where it has no such row."""
        if layout not in self._originals:
            self._originals[layout] = self._row_of_original(layout)
        return self._originals[layout]

    def _row_of_original(self, layout):
        row = []
        for name, shape, denominator in layout.parts:
            scaled = [as_fraction(entry) * denominator for entry in self.values[name].flat]
            if self.values[name].shape != shape or any(entry.denominator != 1 for entry in scaled):
                return None
            row += map(int, scaled)
        return np.array(row, dtype=np.int64).tobytes()

    def graph(self, values):
        """The Graph of candidates with these values (name -> exact array)."""
        known = tuple((name, values[name].shape, tuple(map(str, values[name].flat))) for name in self.structural)
        if known not in self._graphs:
            if len(self._graphs) >= MOST_GRAPHS:
                self._graphs.clear()
            self._graphs[known] = self._built(values)
        return self._graphs[known]

    def _built(self, values):
        if not self.structural:
            return Graph(self.original)
        program = build_program(self.problem, self.conventions, values)
        return Graph(Checks(self.problem, program, self.conventions, self.original, self.twin(values)))

    def twin(self, values):
        """The Checks of the original with the functions among these values."""
        functions = self._functions(values)
        if functions == self._functions(self.values):
            return self.original
        known = tuple(functions.items())
        if known not in self._twins:
            program = build_program(self.problem, self.conventions, {name: values[name] for name in functions})
            self._twins[known] = Checks(self.problem, program, self.conventions, self.original)
            self._twins[known].twin = self._twins[known]
        return self._twins[known]

    def groups(self, seed, candidates):
        """Groups of candidates that share a graph: (places in `candidates`, rows, Layout), structural values first.

        seed: a number, or an array with the seed of each candidate.
        """
        groups = [(np.arange(len(candidates)), {})]
        for name in self.calls:
            groups = [group for places, drawn in groups for group in self._drawn(name, seed, candidates, places, drawn)]
        for places, drawn in groups:
            parts = tuple((name, numerators.shape[1:], denominator) for name, (numerators, denominator) in drawn.items())
            rows = [numerators.reshape(len(places), -1) for numerators, _ in drawn.values()]
            yield places, np.ascontiguousarray(np.concatenate(rows, axis=1)), Layout(parts)

    def _drawn(self, name, seed, candidates, places, drawn):
        """A group with one more value drawn: split where the value changes the graph."""
        numerators, denominator = self._numerators(name, _of(seed, places), candidates[places], drawn)
        if name not in self.structural:
            yield places, {**drawn, name: (numerators, denominator)}
            return
        for inside in _alike(numerators):
            kept = {other: (own[inside], by) for other, (own, by) in drawn.items()}
            yield places[inside], {**kept, name: (numerators[inside], denominator)}

    def _keys(self, name, seed):
        """The key of a given's stream, or a key for each of many seeds."""
        if not isinstance(seed, np.ndarray):
            return np.asarray(key(self.problem.id, seed, name), dtype=np.uint64)
        known = {one: key(self.problem.id, one, name) for one in set(seed.tolist())}
        return np.array([known[one] for one in seed.tolist()], dtype=np.uint64)

    def _numerators(self, name, seed, candidates, drawn):
        """(numerators, denominator) of one given for some candidates, whose values above are drawn."""
        call, text, keys = self.calls[name], self.problem.draw[name], self._keys(name, seed)
        above = [other for other in drawn if other in names_in(call)]
        groups, pieces = [np.arange(len(candidates))], []
        if above:
            groups = _alike(np.concatenate([_flat(drawn[other][0]) for other in above], axis=1))
        for inside in groups:
            values = {other: exact_array(drawn[other][0][inside[0]], drawn[other][1]) for other in above}
            found = sampler(call, self.scope({**self.values, **values}), text)
            random = bits(keys if keys.ndim == 0 else keys[inside], candidates[inside], found.places)
            pieces.append((inside, found, found.numerators(random).reshape(len(inside), *found.shape)))
        denominator = lcm(*(found.denominator for _, found, _ in pieces))
        result = np.empty((len(candidates), *pieces[0][1].shape), dtype=np.int64)
        for inside, found, numerators in pieces:
            result[inside] = numerators * (denominator // found.denominator)
        return result, denominator


def _of(seed, places):
    """The seeds of some candidates; a single one is that of all."""
    return seed[places] if isinstance(seed, np.ndarray) else seed


def _flat(array):
    return array.reshape(len(array), -1)


def _alike(array):
    """The places of equal rows, in the order of their first."""
    if not len(array):
        return []
    _, inverse = np.unique(_flat(array), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1)
    return sorted(parts, key=lambda part: part[0])
