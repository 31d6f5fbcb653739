"""The steps of all indicators, compiled: the same functions over whole columns, with the same bits as the plain loop.

Needs numba (the ``quant`` extra), imported at the first use. An indicator is compiled once in a process, in about a
second, whatever its parameters; it runs without the interpreter's lock, so that threads may share the work. Nothing is
kept on disk: numba's cache does not notice that a function called by a cached one has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators.indicator import KERNELS, Indicator, Live, Step, chosen

_known: set[Callable[..., Any]] = set()
_translating = Lock()
STRICT = {"error_model": "numpy", "forceinline": True}
"""Steps guard their own divisions. Fast-math stays off: it would change the bits."""


def over(indicator: Indicator | Live, columns: Mapping[str, Floats]) -> Floats:
    """As ``indicator.over``, bit for bit. A ``Live`` is advanced too, and may go on row by row afterwards."""
    live = indicator if isinstance(indicator, Live) else Live(indicator)
    inputs = tuple(np.ascontiguousarray(column, np.float64) for column in chosen(live.indicator, columns))
    if len({len(column) for column in inputs}) > 1:
        raise ValueError("the columns differ in length")
    out = np.empty((len(live.indicator.outputs), len(inputs[0])), np.float64)
    memory = tuple(np.array(buffer, np.float64) for buffer in live.memory)
    run = loop(live.indicator.step, len(inputs))
    live.state = run(live.state, memory, inputs, live.indicator.constants(), tuple(out))
    live.memory = tuple(buffer.tolist() for buffer in memory)
    return out


@cache
def loop(step: Step, inputs: int) -> Callable[..., Any]:
    """``loop(state, memory, columns, constants, out) -> state``, compiled for a step of so many inputs."""
    try:
        from numba import njit
        from numba.extending import register_jitable
    except ImportError as error:
        raise ConfigError("Compiled indicators need numba.", "Install the quant extra: hlmaster[quant].") from error
    with _translating:  # numba must hear of a function once
        for part in KERNELS:
            if part not in _known:
                register_jitable(**STRICT)(part)
                _known.add(part)
    take, total = (register_jitable(**STRICT)(table[inputs - 1]) for table in (ROWS, TOTALS))

    def whole(state: Any, memory: Any, columns: Any, constants: Any, out: Any) -> Any:
        for i in range(len(columns[0])):
            row = take(columns, i)
            known = total(row)
            if known - known == 0.0:
                state, values = step(state, memory, row, constants)
                for k in range(len(values)):
                    out[k][i] = values[k]
            else:
                for k in range(len(out)):
                    out[k][i] = np.nan
        return state

    return njit(error_model="numpy", nogil=True)(whole)  # type: ignore[no-any-return]


ROWS: tuple[Callable[[Any, int], tuple[float, ...]], ...] = (
    lambda c, i: (c[0][i],),
    lambda c, i: (c[0][i], c[1][i]),
    lambda c, i: (c[0][i], c[1][i], c[2][i]),
    lambda c, i: (c[0][i], c[1][i], c[2][i], c[3][i]),
    lambda c, i: (c[0][i], c[1][i], c[2][i], c[3][i], c[4][i]),
)
TOTALS: tuple[Callable[[Any], float], ...] = (
    lambda r: r[0],
    lambda r: r[0] + r[1],
    lambda r: r[0] + r[1] + r[2],
    lambda r: r[0] + r[1] + r[2] + r[3],
    lambda r: r[0] + r[1] + r[2] + r[3] + r[4],
)
"""Written out for each number of inputs: the compiler makes straight code of these, and a slow loop of a loop."""
