"""What a strategy is: typed parameters, declared needs, and one pure causal function from a window to signals.

A strategy says where to be; how much, how, and how it is protected is decided elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hlmaster.core.candles import Floats
from hlmaster.core.config import Config
from hlmaster.core.registry import Registry
from hlmaster.core.signals import Detail, Opportunity, Terms
from hlmaster.market.window import Needs, Window

Signs = NDArray[np.int8]
JUST_MET, CERTAIN = 0.7, 0.9
"""Confidence of an idea whose conditions are all just met, and of one far beyond them. Beliefs, not measured odds."""


class Params(Config):
    """Base of every strategy's parameters, each declared by ``number`` or a pydantic ``Field``."""


def number(default: float, low: float, high: float, title: str, description: str, unit: str = "") -> Any:
    """A parameter that is a number in [low, high]; whole where it is annotated ``int``."""
    return Field(default, ge=low, le=high, title=title, description=description, json_schema_extra={"unit": unit})


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True)
class Signals:
    """One entry for each row of a window. Prices are NaN where the strategy names none."""

    direction: Signs
    """int8: +1 LONG, -1 SHORT, 0 NEUTRAL; missing inputs give 0."""
    confidence: Floats
    """0 to 1; 0 where NEUTRAL."""
    strength: Floats
    """0 to 1; 0 where NEUTRAL."""
    entry: Floats | None = None
    stop: Floats | None = None
    target: Floats | None = None

    def __len__(self) -> int:
        return len(self.direction)

    @classmethod
    def silent(cls, rows: int, *named: str) -> Signals:
        """NEUTRAL throughout; ``named``: the prices that there would be."""
        return _silence(rows, named) if rows <= SHORT else _silent(rows, named)

    def rows(self, chosen: slice) -> Signals:
        prices = (None if price is None else price[chosen] for price in (self.entry, self.stop, self.target))
        return Signals(self.direction[chosen], self.confidence[chosen], self.strength[chosen], *prices)

    @classmethod
    def of(
        cls,
        direction: Floats | Signs,
        strength: Floats,
        least: float = JUST_MET,
        most: float = CERTAIN,
        **prices: Floats,
    ) -> Signals:
        """Confidence goes with strength from ``least`` to ``most``. What is NEUTRAL, and what is NaN, gets neither;
        a price that came out at zero or below is none."""
        signs = direction.astype(np.int8)
        if not np.count_nonzero(signs):
            return cls.silent(len(signs), *prices)
        speaks = signs != 0
        strong = np.where(speaks, np.minimum(np.maximum(strength, 0.0), 1.0), 0.0)
        named = {name: np.where(speaks & (price > 0), price, np.nan) for name, price in prices.items()}
        return cls(signs, np.where(speaks, least + (most - least) * strong, 0.0), strong, **named)


def _silent(rows: int, named: tuple[str, ...]) -> Signals:
    nothing, unnamed = np.zeros(rows), np.full(rows, np.nan)
    signs = nothing.astype(np.int8)
    for column in (nothing, unnamed, signs):
        column.flags.writeable = False
    return Signals(signs, nothing, nothing, **dict.fromkeys(named, unnamed))


SHORT = 4_096
"""Rows of a window that a desk decides on, at most; research asks about millions."""
_silence = lru_cache(maxsize=64)(_silent)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the row says what it says: the sentence of the card, and the numbers behind it."""

    reason: str
    details: tuple[Detail, ...] = ()
    missing: tuple[str, ...] = ()
    """What is not known, in words; given only where the row is NEUTRAL for it (``Signal.missing``)."""

    @classmethod
    def lacking(cls, *missing: str) -> Explanation:
        return cls(f"not known: {', '.join(missing)}", missing=missing)


class Strategy(ABC, Generic[P]):
    """The first line of a subclass's docstring is its idea; ``resources/help/strategies/NAME.md`` its page.

    ``signals`` is pure and causal: row i depends on rows ≤ i only, and only on the last ``needs.lookback`` of them.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Parameters: ClassVar[type[Params]]
    warning: ClassVar[str] = ""
    """What a person must have read before arming it."""
    armed_by_default: ClassVar[bool] = False

    def __init__(self, params: P) -> None:
        self.params = params
        self.needs = self.declare(params)

    @classmethod
    @abstractmethod
    def declare(cls, params: P) -> Needs:
        """What these parameters make it look at."""

    @property
    @abstractmethod
    def horizon_ms(self) -> int:
        """For how long an idea of its is meant; a signal is valid for at most as long."""

    @property
    def valid_ms(self) -> int:
        """For how long after its row a signal may be acted upon."""
        return min(self.horizon_ms, max(self.needs.grid.ms, 5_000))

    @property
    def terms(self) -> Terms:
        """How its ideas are to be traded."""
        return Terms()

    @abstractmethod
    def signals(self, window: Window) -> Signals:
        """One entry for each row; see the class."""

    @abstractmethod
    def explain(self, window: Window) -> Explanation:
        """About the window's last row: why LONG or SHORT, or what is missing where it is NEUTRAL."""

    def opportunity(self, window: Window) -> Opportunity | None:
        """What is being watched on the window's last row, before it is a signal."""
        return None


STRATEGIES: Registry[type[Strategy[Params]]] = Registry("strategy")
Kind = TypeVar("Kind", bound=type)


def strategy(name: str, title: str) -> Callable[[Kind], Kind]:
    """Decorator: register a strategy under its name (``triple_confluence``) and title (``Triple confluence``)."""

    def keep(kind: Kind) -> Kind:
        made = cast("type[Strategy[Params]]", kind)
        made.name, made.title = name, title
        return STRATEGIES.register(name)(kind)

    return keep
