"""How much lies in what is meant to fill up to a bound: order flow, tapes, books and candles."""

from __future__ import annotations

import asyncio
import gc
import sys
import types
from typing import Any

import numpy as np

from hlmaster.core.bus import Bus

BORDERS = (types.MethodType, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, asyncio.Task, Bus)
"""Behind these lies what others hold."""


def held_mb(*roots: object) -> float:
    """Of everything that can be reached from these, each thing counted once."""
    seen: set[int] = set()
    waiting: list[Any] = list(roots)
    held = 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, BORDERS):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            held += one.nbytes if one.base is None else 0
            waiting.append(one.base)
        else:
            held += sys.getsizeof(one, 0)
            waiting.extend(gc.get_referents(one))
    return held / 2**20
