"""Random numbers by counting: the number at a place depends on the key and the place alone, never on what was drawn before.

The generator is splitmix64 on 64-bit integers, so that every machine and every version of NumPy gives the same.
"""

import hashlib

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
MOST_ENTRIES = 2**20  # places of one candidate


def key(*words):
    """The key of a stream that is named by some words: the first 8 bytes of their SHA-256."""
    text = "\n".join(map(str, words))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def mixed(state):
    """The output of splitmix64 for an array of states."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def bits(key, candidates, entries):
    """64 random bits for every entry of every candidate: an array of uint64, `len(candidates)` x `entries`.

    Entry e of candidate i is output number i * 2^20 + e + 1 of the splitmix64 that begins at `key`, which may be an array with a
    key for each candidate.
    """
    places = candidates.astype(np.uint64)[:, None] * np.uint64(MOST_ENTRIES) + np.arange(1, entries + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        return mixed(np.asarray(key, dtype=np.uint64)[..., None] + places * np.uint64(GOLDEN))


def below(random, count):
    """Whole numbers from 0 to count - 1 (count < 2^31) from random bits."""
    return ((random >> np.uint64(32)) * np.uint64(count) >> np.uint64(32)).astype(np.int64)
