"""One margin account: cash, positions, leverage. Exact Decimal arithmetic, no orders, no time.

Cash is signed: buying takes the whole notional out and the position's value at the mark puts it back, so cross equity
is ``cash + sum(size * mark)`` and an isolated position's is ``raw_usd + size * mark`` (the protocol's identities). A
position keeps its cost, not its entry price; a partial close takes a cost rounded to 1e-8 out of it, so realised plus
unrealised profit is exact for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from hlmaster.core.margin import funding_payment, initial_margin, maintenance_margin
from hlmaster.core.model import Instrument, Leverage, MarginMode

ZERO = Decimal(0)
CENT_MILLIONTH = Decimal("1e-8")
DEFAULT_LEVERAGE = 20
FREE_NOTIONAL_SHARE = Decimal("0.1")
"""Of the total notional, at least this share cannot be taken out of the account."""

Marks = Callable[[str], Decimal]


@dataclass(slots=True)
class Holding:
    """An open position. ``cost`` is the signed sum of size times price of what is still open."""

    size: Decimal = ZERO
    cost: Decimal = ZERO
    raw_usd: Decimal | None = None
    """Cash leg of an isolated position; None when cross."""
    funding_since_open: Decimal = ZERO
    funding_since_change: Decimal = ZERO

    @property
    def entry_price(self) -> Decimal:
        return (self.cost / self.size).quantize(CENT_MILLIONTH).normalize() if self.size else ZERO

    def unrealised(self, mark: Decimal) -> Decimal:
        return self.size * mark - self.cost

    def close_cost(self, closed: Decimal) -> Decimal:
        """Take the cost of ``closed`` (signed like the size) out of the position."""
        cost = self.cost if closed == self.size else (self.cost * closed / self.size).quantize(CENT_MILLIONTH)
        self.cost -= cost
        return cost


@dataclass(frozen=True, slots=True)
class FillEffect:
    start_position: Decimal
    closed_pnl: Decimal
    direction: str


def direction_of(start: Decimal, signed: Decimal) -> str:
    """The protocol's words for what a fill of ``signed`` did to a position of ``start``."""
    if start * signed >= 0:
        return "Open Long" if signed > 0 else "Open Short"
    if abs(signed) <= abs(start):
        return "Close Long" if start > 0 else "Close Short"
    return "Long > Short" if start > 0 else "Short > Long"


@dataclass(slots=True)
class Account:
    """Perpetuals account of one address, and its spot USDC."""

    instruments: Mapping[str, Instrument]
    cash: Decimal = ZERO
    spot_usdc: Decimal = ZERO
    holdings: dict[str, Holding] = field(default_factory=dict)
    leverages: dict[str, Leverage] = field(default_factory=dict)
    funding_all_time: dict[str, Decimal] = field(default_factory=dict)

    def leverage(self, coin: str) -> Leverage:
        """Cross 20x, capped by the coin, until the user says otherwise."""
        chosen = self.leverages.get(coin)
        if chosen is not None:
            return chosen
        instrument = self.instruments[coin]
        mode = MarginMode.ISOLATED if instrument.only_isolated else MarginMode.CROSS
        return Leverage(mode, min(DEFAULT_LEVERAGE, instrument.max_leverage))

    def size(self, coin: str) -> Decimal:
        holding = self.holdings.get(coin)
        return holding.size if holding is not None else ZERO

    # --- what moves money ---

    def fill(self, coin: str, signed: Decimal, price: Decimal, fee: Decimal) -> FillEffect:
        """Trade ``signed`` coins at ``price``. Fees are paid from the cross cash."""
        leverage = self.leverage(coin)
        holding = self.holdings.get(coin)
        if holding is None:
            holding = self.holdings[coin] = Holding(raw_usd=ZERO if leverage.mode is MarginMode.ISOLATED else None)
        start = holding.size
        closed = ZERO if start * signed >= 0 else (start if abs(signed) >= abs(start) else -signed)
        opened = signed + closed
        if holding.raw_usd is None:
            self.cash -= signed * price
        else:
            self._move_isolated(holding, closed, opened, price, leverage.value)
        pnl = closed * price - holding.close_cost(closed) if closed else ZERO
        holding.cost += opened * price
        holding.size = start + signed
        holding.funding_since_change = ZERO
        self.cash -= fee
        if not holding.size:
            del self.holdings[coin]
        elif closed and opened:
            holding.funding_since_open = ZERO
        return FillEffect(start, pnl, direction_of(start, signed))

    def _move_isolated(self, holding: Holding, closed: Decimal, opened: Decimal, price: Decimal, leverage: int) -> None:
        """A close frees its share of the position's equity, an opening brings its initial margin."""
        raw = holding.raw_usd or ZERO
        if closed:
            value = raw + holding.size * price
            raw += closed * price
            if closed == holding.size:
                freed = raw
            else:
                freed = (max(ZERO, value) * closed / holding.size).quantize(CENT_MILLIONTH)
            raw -= freed
            self.cash += freed
        if opened:
            margin = initial_margin(abs(opened) * price, leverage).quantize(CENT_MILLIONTH)
            self.cash -= margin
            raw += margin - opened * price
        holding.raw_usd = raw

    def pay_funding(self, coin: str, oracle: Decimal, rate: Decimal) -> Decimal:
        """Settle one hour on the open position; returns USD received (negative: paid)."""
        holding = self.holdings[coin]
        usd = funding_payment(holding.size, oracle, rate)
        if holding.raw_usd is None:
            self.cash += usd
        else:
            holding.raw_usd += usd
        holding.funding_since_open -= usd
        holding.funding_since_change -= usd
        self.funding_all_time[coin] = self.funding_all_time.get(coin, ZERO) - usd
        return usd

    # --- what it is worth ---

    def cross(self) -> Iterator[tuple[str, Holding]]:
        return ((coin, held) for coin, held in self.holdings.items() if held.raw_usd is None)

    def cross_value(self, marks: Marks) -> Decimal:
        return self.cash + sum((held.size * marks(coin) for coin, held in self.cross()), ZERO)

    def isolated_value(self, coin: str, marks: Marks) -> Decimal:
        held = self.holdings.get(coin)
        return ZERO if held is None else (held.raw_usd or ZERO) + held.size * marks(coin)

    def equity(self, marks: Marks) -> Decimal:
        """Cross and isolated together."""
        raw = sum((held.raw_usd or ZERO for held in self.holdings.values()), ZERO)
        return self.cash + raw + sum((held.size * marks(coin) for coin, held in self.holdings.items()), ZERO)

    def cross_notional(self, marks: Marks) -> Decimal:
        return sum((abs(held.size) * marks(coin) for coin, held in self.cross()), ZERO)

    def cross_initial(self, marks: Marks) -> Decimal:
        return sum(
            (initial_margin(abs(held.size) * marks(coin), self.leverage(coin).value) for coin, held in self.cross()),
            ZERO,
        )

    def cross_maintenance(self, marks: Marks, *, without: str | None = None) -> Decimal:
        return sum((self.maintenance(coin, marks) for coin, _ in self.cross() if coin != without), ZERO)

    def maintenance(self, coin: str, marks: Marks) -> Decimal:
        return maintenance_margin(self.instruments[coin].margin_tiers, abs(self.size(coin)) * marks(coin))

    def available(self, marks: Marks) -> Decimal:
        """Cross equity that no position needs as initial margin; may be negative."""
        return self.cross_value(marks) - self.cross_initial(marks)

    def removable(self, marks: Marks, held_by_orders: Decimal = ZERO) -> Decimal:
        """What may leave: equity less the greater of initial margin and a tenth of notional, less what orders hold."""
        needed = max(self.cross_initial(marks), FREE_NOTIONAL_SHARE * self.cross_notional(marks))
        return max(ZERO, self.cross_value(marks) - needed - held_by_orders)

    def bears(self, coin: str, signed: Decimal, price: Decimal, fee: Decimal, marks: Marks) -> bool:
        """Would this fill leave the account with its initial margin? What only reduces always may."""
        before = self.size(coin)
        if before * signed < 0 and abs(signed) <= abs(before):
            return True
        leverage, mark = self.leverage(coin), marks(coin)
        if leverage.mode is MarginMode.ISOLATED:
            opened = abs(before + signed) if before * signed < 0 else abs(signed)
            return self.available(marks) >= initial_margin(opened * price, leverage.value) + fee
        more = initial_margin((abs(before + signed) - abs(before)) * mark, leverage.value)
        return self.available(marks) + (mark - price) * signed - fee >= more

    # --- memory ---

    def export(self) -> dict[str, Any]:
        """JSON-able; decimals as texts."""
        memory = {name: getattr(self, name) for name in _REMEMBERED}
        return dict(msgspec.to_builtins(memory))

    @classmethod
    def restore(cls, instruments: Mapping[str, Instrument], state: Mapping[str, Any]) -> Account:
        return cls(instruments, **{name: msgspec.convert(state[name], kind) for name, kind in _REMEMBERED.items()})


_REMEMBERED: Mapping[str, Any] = {
    "cash": Decimal,
    "spot_usdc": Decimal,
    "holdings": dict[str, Holding],
    "leverages": dict[str, Leverage],
    "funding_all_time": dict[str, Decimal],
}
