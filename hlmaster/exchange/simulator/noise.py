"""Random numbers by key: any stretch of a series can be drawn alone and is always the same.

A counter is hashed with a key (SplitMix64's finaliser, Steele, Lea and Flood 2014), so there is no generator state to
replay: bucket 1,000,000 costs what bucket 1 costs.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * _MIX_A
    x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return x ^ (x >> np.uint64(31))


def key_of(seed: int, *words: str) -> int:
    """A 64-bit key from a seed and names, the same on every machine."""
    text = "/".join((str(seed), *words)).encode()
    return crc32(text) | crc32(text[::-1], 0x9E3779B9) << 32


def uniform(key: int, counters: Ints) -> Floats:
    """In (0, 1), one number per counter; any shape."""
    base = np.uint64(key)
    with np.errstate(over="ignore"):
        bits = _mix(_mix(counters.astype(np.uint64) * _GOLDEN + base) + base)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT


def normal(key: int, counters: Ints) -> Floats:
    """Standard normal by Box and Muller, one number per counter; any shape."""
    radius = np.sqrt(-2.0 * np.log(uniform(key, counters)))
    angle: Floats = np.cos(2.0 * np.pi * uniform(key ^ 0x5555_5555_5555_5555, counters))
    return radius * angle


def autoregressive(key: int, counters: Ints, memory: float) -> Floats:
    """A first-order autoregression of unit variance on consecutive ``counters``, of time constant ``memory``.

    Truncated after eight time constants, so that a stretch drawn alone equals the same stretch of a longer one.
    """
    reach = int(8 * memory)
    phi = float(np.exp(-1.0 / memory))
    shocks = normal(key, np.arange(int(counters[0]) - reach, int(counters[-1]) + 1))
    weights = phi ** np.arange(reach + 1) * np.sqrt(1.0 - phi * phi)
    series: Floats = np.convolve(shocks, weights, mode="valid")
    return series
