"""What each source has traded and made: a ledger of its own, from the journal's trades. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.clock import DAY_MS
from hlmaster.core.records import Trade

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tally:
    """One source's, in USD after fees and funding. Ratios are None where nothing was closed yet."""

    source: str
    trades: int = 0
    """Closed ones."""
    wins: int = 0
    """Those that made money after their costs."""
    net: Decimal = ZERO
    """Of the closed ones."""
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    gained: Decimal = ZERO
    lost: Decimal = ZERO
    """What losing trades lost, as a positive number."""
    drawdown: Decimal = ZERO
    """The deepest fall of the sum of closed trades below what it had been."""
    multiple: Decimal | None = None
    """Mean of the trades' R multiples, of those whose planned risk is known."""
    today: Decimal = ZERO
    """Closed since midnight UTC, and what open positions have made or lost so far."""
    open_coins: tuple[str, ...] = ()
    unrealised: Decimal = ZERO
    """Of open positions, after the costs they have had."""

    @property
    def win_rate(self) -> Decimal | None:
        return Decimal(self.wins) / self.trades if self.trades else None

    @property
    def average(self) -> Decimal | None:
        return self.net / self.trades if self.trades else None

    @property
    def profit_factor(self) -> Decimal | None:
        """What winners made over what losers lost; None while nothing was lost."""
        return self.gained / self.lost if self.lost else None


def tally(source: str, trades: Iterable[Trade], now_ms: int, standing: dict[str, Decimal] | None = None) -> Tally:
    """``trades``: all of the source's, as they closed. ``standing``: by coin, what its open positions stand at in USD
    after their costs so far, as far as that is known."""
    midnight, standing = now_ms // DAY_MS * DAY_MS, standing or {}
    closed = [trade for trade in trades if trade.closed_ms and not trade.superseded]
    nets = [trade.net for trade in closed]
    multiples = [one for trade in closed if (one := trade.multiple) is not None]
    unrealised = sum(standing.values(), ZERO)
    return Tally(
        source,
        len(closed),
        sum(net > 0 for net in nets),
        sum(nets, ZERO),
        sum((trade.fees for trade in closed), ZERO),
        sum((trade.funding for trade in closed), ZERO),
        sum((net for net in nets if net > 0), ZERO),
        -sum((net for net in nets if net < 0), ZERO),
        deepest(nets),
        sum(multiples, ZERO) / len(multiples) if multiples else None,
        sum((trade.net for trade in closed if trade.closed_ms >= midnight), unrealised),
        tuple(sorted(standing)),
        unrealised,
    )


def deepest(results: Iterable[Decimal]) -> Decimal:
    """The deepest fall of their running sum below its peak, which starts at nothing; 0 or more."""
    total = peak = fall = ZERO
    for result in results:
        total += result
        peak = max(peak, total)
        fall = max(fall, peak - total)
    return fall
