"""All that a rule, a size or a preview may look at, taken at one moment."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hlmaster.core.events import TrackedOrder, TradingState
from hlmaster.core.model import FeeRates, Instrument, Leverage
from hlmaster.trading.conduct import FREE, Conduct
from hlmaster.trading.protection.distance import StopDistance
from hlmaster.trading.stakes import FLAT, Stake, Standing, stake


class Situation(msgspec.Struct, frozen=True, gc=False):
    """Money in USD, sizes in coins, prices None when unknown or stale data forbids naming one.

    A struct, for the gate makes one for every order it is asked about, in a tenth of a data class's time.
    """

    instrument: Instrument
    now_ms: int
    mark: Decimal | None
    best_bid: Decimal | None
    best_ask: Decimal | None
    stale: str | None
    """Why this coin's data is too old for entries, as a sentence; None when it is fresh."""
    state: TradingState
    state_sentence: str
    position: Decimal
    """Signed size by our books."""
    equity: Decimal
    available: Decimal
    """Collateral free for new positions by the venue's word, less what approved orders have reserved."""
    maintenance_margin: Decimal
    """Of all cross positions, this coin's included."""
    leverage: Leverage
    fees: FeeRates
    live: tuple[TrackedOrder, ...]
    """Our orders on this coin that are not final, unknown outcomes included."""
    recent: tuple[TrackedOrder, ...]
    """Orders of this coin created lately, newest last, whatever became of them."""
    speed: float = 1.0
    """Market time per wall time: a person's seconds are wall seconds."""
    counted: Stake | None = None
    """The coin's, where the survey has counted it already."""
    standing: Standing = FLAT
    conduct: Conduct = FREE
    entries_a_minute: int = 0
    """Orders of ours in the last wall minute that could open something, on all coins."""
    stop: StopDistance | None = None
    """Where the protection of a new position on this coin would put its stop; None where it puts none."""

    @property
    def stake(self) -> Stake:
        return self.counted if self.counted is not None else stake(self.position, self.reference, self.live)

    def at(self, leverage: Leverage) -> Situation:
        """The same with another leverage: what a change of it would do."""
        return msgspec.structs.replace(self, leverage=leverage)

    @property
    def mid(self) -> Decimal | None:
        if self.best_bid is None or self.best_ask is None:
            return None
        return (self.best_bid + self.best_ask) / 2

    @property
    def reference(self) -> Decimal | None:
        """Mark, or mid where there is no mark."""
        return self.mark if self.mark is not None else self.mid
