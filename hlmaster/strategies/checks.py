"""Whether a strategy keeps its word: causal, complete within its lookback, pure, and well-formed whatever is missing.

Every check runs the strategy on a market (a rehearsal, or one that is given) and compares what it says about a row:

    signals(full)[i]  ==  signals(rows up to i)[-1]  ==  signals(what the desk shows at i)[-1]

once as it was, and again with the rows after i shuffled, turned round, blown up and wiped out. Directions must be
equal; numbers to nine digits, which a sum taken in another order keeps and an average restarted on a tail does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Floats
from hlmaster.core.errors import ConfigError
from hlmaster.core.signals import Opportunity
from hlmaster.market.window import Needs, Window
from hlmaster.strategies.alterations import desk_view, futures, known_at, locked, without, without_row
from hlmaster.strategies.base import Explanation, Signals, Strategy
from hlmaster.strategies.rehearsal import rehearsal

REHEARSALS, ROWS = 3, 400
"""How many, and the rows of each beyond the warm-up."""
SAMPLES, CUTS = 24, 6
"""Rows that are compared, and rows after which the future is changed."""
TOLERANCE = 1e-9
Bools = NDArray[np.bool_]
NUMBERS = ("confidence", "strength", "entry", "stop", "target")


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that was not kept: which check, on which row (None where it is of no single row), and what happened."""

    check: str
    row: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    passed: bool
    findings: tuple[Finding, ...]
    rows: int = 0
    """Rows of the market that it was checked on."""
    spoke: int = 0
    """Rows on which it was LONG or SHORT. With none, little was proved."""


class Broken(Exception):
    """A strategy did what none may; ends the check."""

    def __init__(self, check: str, row: int | None, sentence: str) -> None:
        super().__init__(sentence)
        self.finding = Finding(check, row, sentence)


def check(strategy: Strategy[Any], window: Window | None = None) -> CheckReport:
    """All checks, on ``window`` or else on rehearsals. Takes a fraction of a second and raises nothing."""
    rows = spoke = 0
    with np.errstate(all="ignore"):
        for seed in range(1 if window else REHEARSALS):
            try:
                market = window or rehearsed(strategy.needs, seed)
            except ConfigError as error:
                return CheckReport(False, (Finding("runs", None, f"Its needs cannot be met: {error}"),), rows, spoke)
            trial = Trial(strategy, locked(market))
            findings = tuple(trial.findings())
            rows, spoke = rows + len(market), spoke + trial.spoke
            if findings:
                return CheckReport(False, findings, rows, spoke)
    return CheckReport(True, (), rows, spoke)


def rehearsed(needs: Needs, seed: int = 0) -> Window:
    return rehearsal(needs, needs.warm_up + ROWS, seed).window(needs)


class Trial:
    """One strategy before one market."""

    def __init__(self, strategy: Strategy[Any], window: Window) -> None:
        self.strategy = strategy
        self.full = window
        self.spoke = 0

    def findings(self) -> Iterator[Finding]:
        """One of each check at the most; what makes further checks pointless is the last."""
        try:
            for part in (self.purity, self.look_ahead, self.warm_up, self.missing, self.explanations):
                yield from part()
        except Broken as broken:
            yield broken.finding

    def purity(self) -> Iterator[Finding]:
        """Two calls on the same rows say the same, also in an instance that has seen nothing else."""
        self.said = self._signals(self.full)
        self.spoke = int(np.count_nonzero(self.said.direction))
        self.samples = self._choose_rows()
        fresh = attempted("making it twice", lambda: type(self.strategy)(self.strategy.params))
        for strategy in (self.strategy, fresh):
            again = self._signals(self.full, strategy)
            if (row := difference(self.said, again)) is not None:
                text = "called twice with the same rows it said two things; it must keep nothing between calls"
                yield Finding("purity", row, f"Row {row}: {text}.")
                return

    def look_ahead(self) -> Iterator[Finding]:
        """No row knows of a later one: neither that there is one nor what is in it."""
        for row in self.samples:
            if (text := self._differs(self._signals(known_at(self.full, row)), row)) is not None:
                yield Finding("look-ahead", row, f"Row {row} says {text} when later rows do not exist yet.")
                return
        random = np.random.default_rng(len(self.full))
        for row in self.samples[:: max(1, len(self.samples) // CUTS)]:
            past = slice(0, row + 1)
            for name, changed in futures(self.full, row, random):
                said = self._signals(changed)
                if (at := difference(self.said.rows(past), said.rows(past))) is not None:
                    yield Finding("look-ahead", at, f"Row {at} changes when only rows after {row} are {name}.")
                    return

    def warm_up(self) -> Iterator[Finding]:
        """The rows it asked for are all that it needs."""
        lookback = self.strategy.needs.lookback
        for row in self.samples:
            if (text := self._differs(self._signals(desk_view(self.full, row, self.strategy.needs)), row)) is not None:
                cure = "declare a longer lookback, or an indicator, which remembers by itself"
                yield Finding(
                    "warm-up", row, f"Row {row} says {text} when only the last {lookback} rows are there: {cure}."
                )
                return

    def missing(self) -> Iterator[Finding]:
        """Unknown columns make no nonsense, and a row of which nothing is known is NEUTRAL."""
        for name in (*self.full.columns, "frames"):
            self._signals(without(self.full, name))
        for row in self.samples:
            if self._signals(without_row(self.full, row)).direction[row]:
                yield Finding("missing data", row, f"Row {row} is not NEUTRAL although nothing on it is known.")
                return
        self._signals(self.full.upto(0))

    def explanations(self) -> Iterator[Finding]:
        """Each row can be explained, from the rows that the desk shows, and in the same words twice."""
        for row in self.samples:
            seen = desk_view(self.full, row, self.strategy.needs)
            told = self._explain(seen, row)
            if not told.reason.strip():
                yield Finding("explanation", row, f"Row {row} is explained with no words.")
            elif told.missing and self.said.direction[row]:
                yield Finding(
                    "explanation", row, f"Row {row} has a side although {told.missing[0]} is said to be missing."
                )
            elif told != self._explain(seen, row):
                yield Finding("explanation", row, f"Row {row} is explained in two ways.")
            else:
                continue
            return

    def _choose_rows(self) -> list[int]:
        """Half of them rows on which it speaks, all late enough for a whole lookback."""
        first = min(self.strategy.needs.lookback, len(self.full) - 1)
        random = np.random.default_rng(len(self.full))
        loud = first + np.flatnonzero(self.said.direction[first:])
        some = random.permutation(loud)[: SAMPLES // 2]
        others = random.integers(first, len(self.full), SAMPLES - len(some))
        return sorted({int(row) for row in (*some, *others)})

    def _differs(self, short: Signals, row: int) -> str | None:
        """How the last row of ``short`` differs from what was said about ``row``."""
        for name in ("direction", *NUMBERS):
            whole, part = getattr(self.said, name), getattr(short, name)
            if (whole is None) != (part is None):
                return f"another {name}"
            if whole is not None and not same(whole[row : row + 1], part[-1:])[0]:
                return f"{name} {part[-1]:.6g} instead of {whole[row]:.6g}"
        return None

    def _signals(self, window: Window, strategy: Strategy[Any] | None = None) -> Signals:
        chosen = strategy or self.strategy
        return well_formed(attempted("signals", lambda: chosen.signals(window)), window)

    def _explain(self, window: Window, row: int) -> Explanation:
        told = attempted("explain", lambda: self.strategy.explain(window))
        if not isinstance(told, Explanation):
            raise Broken("explanation", row, f"explain returned {type(told).__name__}, not an Explanation.")
        if not isinstance(told.reason, str) or not isinstance(told.missing, tuple):
            raise Broken("explanation", row, "The reason must be a text, and what is missing a tuple of texts.")
        seen = attempted("opportunity", lambda: self.strategy.opportunity(window))
        if not isinstance(seen, Opportunity | None):
            raise Broken("explanation", row, f"opportunity returned {type(seen).__name__}, not an Opportunity.")
        return told


def attempted(what: str, work: Callable[[], Any]) -> Any:
    """What the strategy's own code gives; what it raises is the finding."""
    try:
        return work()
    except Exception as error:
        if isinstance(error, ValueError) and "read-only" in str(error):
            raise Broken("purity", None, f"{what} writes to the window, which belongs to everybody.") from error
        if isinstance(error, KeyError):
            raise Broken("runs", None, f"{what} reads {error}, which its needs do not declare.") from error
        raise Broken("runs", None, f"{what} raised {type(error).__name__}: {error}.") from error


def well_formed(said: Any, window: Window) -> Signals:
    """The signals, if there is one in range for each row. Raises Broken."""
    rows = len(window)
    if not isinstance(said, Signals):
        raise Broken("shape", None, f"signals returned {type(said).__name__}, not Signals.")
    for name in ("direction", *NUMBERS):
        column = getattr(said, name)
        if column is None and name in NUMBERS[2:]:
            continue
        kind = np.int8 if name == "direction" else np.float64
        if not isinstance(column, np.ndarray) or column.dtype != kind or column.shape != (rows,):
            found = (
                f"{column.dtype} of shape {column.shape}" if isinstance(column, np.ndarray) else type(column).__name__
            )
            raise Broken("shape", None, f"{name} must be {np.dtype(kind)} of shape ({rows},), and is {found}.")
    refuse(~np.isin(said.direction, (-1, 0, 1)), "range", "the direction is none of -1, 0 and 1")
    for name in NUMBERS[:2]:
        column = getattr(said, name)
        refuse(~((column >= 0) & (column <= 1)), "range", f"the {name} is not between 0 and 1")
    side = said.direction
    for name in NUMBERS[2:]:
        price = getattr(said, name)
        if price is not None:
            refuse(
                (side != 0) & (~(price > 0) | np.isinf(price)) & ~np.isnan(price), "range", f"the {name} is no price"
            )
    for low, high in (("stop", "entry"), ("entry", "target"), ("stop", "target")):
        one, other = getattr(said, low), getattr(said, high)
        if one is not None and other is not None:
            refuse(side * (other - one) < 0, "range", f"the {low} lies on the wrong side of the {high}")
    return said


def refuse(bad: Bools, name: str, text: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise Broken(name, row, f"Row {row}: {text}.")


def same(one: Floats, other: Floats) -> Bools:
    equal: Bools = np.isclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    return equal


def difference(one: Signals, other: Signals) -> int | None:
    """The first row on which two differ."""
    rows: list[int] = []
    for name in ("direction", *NUMBERS):
        left, right = getattr(one, name), getattr(other, name)
        if left is None or right is None:
            if left is not right:
                return 0
        elif not (equal := same(left, right)).all():
            rows.append(int(np.argmin(equal)))
    return min(rows, default=None)
