"""The generator against its definition in plain Python, and against published numbers."""

import hashlib

import numpy as np
import pytest

from grader.variants.counter import below, bits, key, mixed

WORD = 2**64
# the first outputs of splitmix64 for the seed 1234567, as published with its reference code
PUBLISHED = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821)


def splitmix(state, place):
    """Output number `place` (from 1) of splitmix64, in whole numbers of any length."""
    z = (state + place * 0x9E3779B97F4A7C15) % WORD
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % WORD
    return z ^ (z >> 31)


def test_the_published_numbers():
    states = np.array([(1234567 + place * 0x9E3779B97F4A7C15) % WORD for place in range(1, 6)], dtype=np.uint64)
    assert [int(value) for value in mixed(states)] == list(PUBLISHED)
    assert [splitmix(1234567, place) for place in range(1, 6)] == list(PUBLISHED)
    assert [int(value) for value in bits(1234567, np.array([0]), 5)[0]] == list(PUBLISHED)


def test_every_place_has_its_number():
    found = bits(WORD - 3, np.array([0, 1, 70_000]), 4)
    expected = [[splitmix(WORD - 3, candidate * 2**20 + entry) for entry in range(1, 5)] for candidate in (0, 1, 70_000)]
    assert found.tolist() == expected


def test_a_key_is_the_beginning_of_a_hash():
    assert key("exam/one", 7, "x") == int(hashlib.sha256(b"exam/one\n7\nx").hexdigest()[:16], 16)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1000, 2**31 - 1])
def test_numbers_below_a_bound(count):
    random = bits(key("a", 1, count), np.arange(500), 3)
    expected = [[(value >> 32) * count >> 32 for value in row] for row in random.tolist()]
    found = below(random, count)
    assert found.tolist() == expected
    assert found.min() >= 0
    assert found.max() < count


def test_all_values_come_up_about_equally_often():
    counts = np.bincount(below(bits(key("even", 1, "x"), np.arange(60_000), 1)[:, 0], 6), minlength=6)
    assert counts.sum() == 60_000
    assert np.all(abs(counts - 10_000) < 6 * (10_000 * 5 / 6) ** 0.5)  # six standard deviations
