"""How much lies in what is meant to fill up to a bound: order flow, tapes, books and candles."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import mmap
import sys
import types
from typing import Any

import numpy as np

from hlmaster.core.bus import Bus

BORDERS = (types.MethodType, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, asyncio.Task, Bus)
"""Behind these lies what others hold."""
FEW_PAGES = 16 * mmap.PAGESIZE
LIBRARY = ctypes.CDLL(None)


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
            held += _resident(one) if one.base is None else 0
            waiting.append(one.base)
        else:
            held += sys.getsizeof(one, 0)
            waiting.extend(gc.get_referents(one))
    return held / 2**20


def _resident(array: np.ndarray[Any, Any]) -> int:
    """Bytes of it that have been written to: a ring that begins empty takes its memory page by page."""
    if array.nbytes < FEW_PAGES:
        return array.nbytes
    start = array.ctypes.data & -mmap.PAGESIZE
    pages = (ctypes.c_ubyte * -(-(array.ctypes.data + array.nbytes - start) // mmap.PAGESIZE))()
    if LIBRARY.mincore(ctypes.c_void_p(start), ctypes.c_size_t(len(pages) * mmap.PAGESIZE), pages):
        return array.nbytes
    return sum(page & 1 for page in pages) * mmap.PAGESIZE
