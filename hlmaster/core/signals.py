"""What strategies say: a direction with its reasons, and what they are watching."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hlmaster.core.model import Side


class Direction(StrEnum):
    LONG = "long"
    SHORT = "short"
    NEUTRAL = "neutral"

    @property
    def sign(self) -> int:
        return _SIGN[self]

    @property
    def side(self) -> Side | None:
        """The side that opens it; None for NEUTRAL."""
        return {1: Side.BUY, -1: Side.SELL}.get(self.sign)

    @property
    def opposite(self) -> Direction:
        return direction_of(-self.sign)


_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NEUTRAL: 0}


def direction_of(sign: float) -> Direction:
    """+1 is LONG, -1 SHORT; anything else, NaN too, is NEUTRAL."""
    return Direction.LONG if sign > 0 else Direction.SHORT if sign < 0 else Direction.NEUTRAL


class Regime(StrEnum):
    """How a coin's market behaves."""

    TREND = "trend"
    RANGE = "range"
    VOLATILE = "volatile"

    @property
    def level(self) -> int:
        """As the column of decision grids holds it."""
        return {Regime.TREND: 1, Regime.RANGE: 0, Regime.VOLATILE: -1}[self]


@dataclass(frozen=True, slots=True)
class Detail:
    """One number behind a signal, as a reader sees it: ``Detail("RSI 14", "28.4", "under 30")``."""

    name: str
    value: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of an idea. ``passed`` is None where it cannot be told yet; ``text`` says what is missing."""

    name: str
    passed: bool | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a strategy means its ideas to be traded. `trading` may make a position smaller than this, never larger."""

    size_percent: float | None = None
    """Largest notional of a position, percent of equity; None: by the money at risk alone."""
    risk_percent: float | None = None
    """Money at risk of a position, percent of equity; None: as the risk settings say."""
    most_open: int | None = None
    """Positions of this strategy at one time, over all coins."""
    cool_down_ms: int = 0
    """From the end of its position on a coin to the next entry there, market time."""
    neutral_closes: bool = False
    """NEUTRAL closes its position. An abstention (``Signal.missing``) never does."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition on the way from data to a trade. ``passed`` is None where it cannot be told yet."""

    name: str
    passed: bool | None
    text: str
    """How it stands: ``120 of 200 rows``."""
    cure: str = ""
    """What would open it, where a person can do something."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A strategy's word about one coin on one closed row of its grid. Prices in USD, times in market milliseconds."""

    strategy: str
    coin: str
    grid: str
    """The decision grid by name: ``1m``, ``250ms``."""
    row_ms: int
    """When the row closed: all that the signal knows is older."""
    direction: Direction
    confidence: float
    """0 to 1."""
    strength: float
    """0 to 1: how far beyond its threshold the evidence lies."""
    horizon_ms: int
    """For how long the idea is meant."""
    valid_until_ms: int
    """After this it must not be acted upon."""
    reason: str
    details: tuple[Detail, ...] = ()
    entry: float | None = None
    stop: float | None = None
    target: float | None = None
    version: str = ""
    """Of the strategy's code and parameters, so that a stored decision can be replayed."""
    missing: tuple[str, ...] = ()
    """What was not known: such a NEUTRAL is an abstention, any other one a vote."""
    terms: Terms = Terms()

    @property
    def key(self) -> str:
        """Unique: a strategy says one thing about a coin on a row."""
        return f"{self.strategy}/{self.coin}/{self.row_ms}"


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Something a strategy watches before it becomes a signal, with its checks passing one by one."""

    strategy: str
    coin: str
    direction: Direction
    text: str
    """What is seen, as ``momentum +0.051 % in 5 s``."""
    checks: tuple[Check, ...]
    since_ms: int

    @property
    def is_ready(self) -> bool:
        return all(check.passed for check in self.checks)


# --- facts ---


@dataclass(frozen=True, slots=True)
class RowClosed:
    """A decision grid of a coin has one more row: every column of it is final."""

    coin: str
    grid: str
    row_ms: int


@dataclass(frozen=True, slots=True)
class SignalMade:
    """A strategy changed its mind about a coin, or said the same again after its last word had run out."""

    signal: Signal


@dataclass(frozen=True, slots=True)
class OpportunityChanged:
    """What a strategy watches on a coin; None when it has let go."""

    strategy: str
    coin: str
    opportunity: Opportunity | None


@dataclass(frozen=True, slots=True)
class StrategiesChanged:
    """The list of strategies, their state, parameters or what is broken about them changed; read it anew."""
