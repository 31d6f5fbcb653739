"""The positions of the account as protection sees them: whose they are, by which policy, and what covers them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from hlmaster.core.clock import Clock
from hlmaster.core.model import FeeRates, Instrument
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import wire_text
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.protection.by_hand import Kept, Rung
from hlmaster.trading.protection.cover import Cover, cover, ticket_price
from hlmaster.trading.protection.epoch import CLOCK_SKEW_MS, Epoch, Memory
from hlmaster.trading.protection.plan import Circumstances, Held, Plan, plan
from hlmaster.trading.protection.policy import TIERS, Policy, Protection, settled
from hlmaster.trading.protection.steps import LEAST_MOVE, assigned

ZERO = Decimal(0)


class Surroundings(Protocol):
    """What a plan needs to know of a market."""

    @property
    def fees(self) -> FeeRates: ...

    def instrument(self, coin: str) -> Instrument: ...

    def mark(self, coin: str) -> Decimal | None: ...

    def lists(self, coin: str) -> bool: ...


class Epochs:
    """``settings`` give the policy of who has none of its own, ``cap`` how far beyond its trigger a stop may fill (a
    fraction), ``atr`` the average true range of a coin in units of price, or None while it is not known.
    """

    def __init__(
        self,
        clock: Clock,
        market: Surroundings,
        tracker: OrderTracker,
        portfolio: Portfolio,
        settings: Callable[[], Protection],
        cap: Callable[[], Decimal],
        atr: Callable[[str], Decimal | None],
        memory: Memory,
    ) -> None:
        self._clock, self._market, self._tracker, self._portfolio = clock, market, tracker, portfolio
        self._settings, self._cap, self._atr, self._memory = settings, cap, atr, memory
        self._intended: dict[str, Policy] = {}
        self._remembered: dict[str, Any] = {}
        self._usual: tuple[Protection, Policy] | None = None
        self.open: dict[str, Epoch] = {}

    def recall(self) -> None:
        """What the last run left behind; of use to positions that are still the same."""
        self._remembered = dict(self._memory.load())

    def save(self) -> None:
        known = {coin: epoch.document() for coin, epoch in self.open.items()}
        # Positions that have not been looked at since the start keep what was remembered of them.
        self._memory.save({**self._remembered, **known})

    def intend(self, coin: str, policy: Policy) -> None:
        """The policy of the coin's next position."""
        self._intended[coin] = policy

    def intend_no_more(self, coin: str) -> None:
        self._intended.pop(coin, None)

    def size(self, coin: str) -> Decimal:
        return self._portfolio.size(coin)

    def coins(self) -> set[str]:
        """Where there is a position, or was one a moment ago."""
        account = self._portfolio.account
        coins = {coin for coin, holding in self._portfolio.ledger.holdings.items() if holding.size}
        listed = {position.coin for position in account.positions} if account is not None else set()
        return coins | listed | self.open.keys()

    def find(self, coin: str) -> Epoch | None:
        """The present position's; a new one begins with a new position, the old one's memory ends with it."""
        size, epoch = self._portfolio.size(coin), self.open.get(coin)
        if not size or not self._market.lists(coin):
            if self.open.pop(coin, None) is not None:
                self.save()
            return None
        sign = 1 if size > 0 else -1
        holding = self._portfolio.ledger.holdings.get(coin)
        known = holding is not None and holding.size * sign > 0
        opened = holding.opened_ms if holding is not None and known else None
        if epoch is not None and epoch.is_of(sign, epoch.opened_ms if opened is None else opened):
            return epoch
        return self._begin(coin, sign, self._clock.now_ms() if opened is None else opened)

    def _begin(self, coin: str, sign: int, opened_ms: int) -> Epoch:
        orders = self._tracker.unsettled(coin)
        epoch = Epoch(coin, sign, opened_ms, self._market.mark(coin) or self._entry(coin))
        epoch.ticket_price = ticket_price(orders, Decimal(sign), TriggerKind.STOP)
        epoch.ticket_target = ticket_price(orders, Decimal(sign), TriggerKind.TAKE_PROFIT)
        epoch.policy = self._intended.pop(coin, None)
        epoch.ours = epoch.policy is not None
        if coin in self._remembered:
            epoch.recall(self._remembered.pop(coin))
        epoch.fired(self._tracker.all())
        since = opened_ms - CLOCK_SKEW_MS
        found = cover([order for order in orders if order.created_ms >= since], Decimal(sign)).stops
        epoch.ours = epoch.ours or bool(found)
        policy = self.policy(epoch)
        by_range = len(TIERS) if policy.is_tiered and epoch.entry_atr is not None else 1
        epoch.take_over(found, len(policy.tiers) or by_range)
        self.open[coin] = epoch
        self.save()
        return epoch

    def is_ours(self, epoch: Epoch) -> bool:
        if not epoch.ours:
            for booked in reversed(self._portfolio.fills):
                if booked.fill.time_ms < epoch.opened_ms:
                    break
                owner = self._tracker.of_fill(booked.fill) if booked.fill.coin == epoch.coin else None
                if owner is not None and not owner.foreign:
                    epoch.ours = True
                    break
            since = epoch.opened_ms - CLOCK_SKEW_MS
            # A fill that only the venue's statement explains has no owner; the order that it was of may tell.
            epoch.ours = epoch.ours or any(
                order.filled_size and order.updated_ms >= since and order.order.side.sign == epoch.sign
                for order in self._tracker.all()
                if order.order.coin == epoch.coin and not order.foreign and not order.order.reduce_only
            )
        return epoch.ours or self._settings().protect_foreign

    def policy(self, epoch: Epoch) -> Policy:
        return epoch.policy or settled(self._settings(), epoch.ticket_price, epoch.ticket_target)

    def policy_of(self, coin: str) -> Policy:
        """Of the coin's position, or of the next one while there is none."""
        epoch = self.open.get(coin)
        if epoch is not None:
            return epoch.policy or self.policy(epoch)
        intended = self._intended.get(coin)
        if intended is not None:
            return intended
        wanted = self._settings()
        if self._usual is None or self._usual[0] is not wanted:
            self._usual = wanted, settled(wanted)
        return self._usual[1]

    def _entry(self, coin: str) -> Decimal:
        holding = self._portfolio.ledger.holdings.get(coin)
        if holding is not None and holding.size:
            return holding.entry_price
        account = self._portfolio.account
        position = account.position(coin) if account is not None else None
        return position.entry_price if position is not None else ZERO

    def _liquidation(self, coin: str, size: Decimal) -> Decimal | None:
        """By the venue's word, if it speaks of the position that we have."""
        account = self._portfolio.account
        position = account.position(coin) if account is not None else None
        return position.liquidation_price if position is not None and position.size == size else None

    def cover(self, epoch: Epoch, size: Decimal) -> Cover:
        orders = self._tracker.unsettled(epoch.coin)
        return cover(orders, size, self._liquidation(epoch.coin, size), epoch.handed_over)

    def kept(self, epoch: Epoch) -> Kept:
        """What protects the position by our hand: what is wanted, the order that stands for it or is to become it, and
        what still stands and is to go."""
        size = self.size(epoch.coin)
        has = self.cover(epoch, size)
        wanted = self.plan(epoch, size, has)
        stops, targets = (
            tuple(Rung(level, "" if order is None else order.client_order_id) for level, order in pairs)
            for pairs in (
                assigned(wanted.stops, has.stops, LEAST_MOVE),
                assigned(wanted.targets, has.targets, LEAST_MOVE),
            )
        )
        mark, liquidation = self._market.mark(epoch.coin), self._liquidation(epoch.coin, size)
        standing = frozenset(order.client_order_id for order in (*has.stops, *has.targets))
        return Kept(epoch.sign, self._entry(epoch.coin), epoch.best, mark, liquidation, stops, targets, standing)

    def handed_over(self, epoch: Epoch, policy: Policy | None) -> tuple[str, ...]:
        """What is ours to move from now on: stops of others, and their targets where there is a say about a target."""
        has = self.cover(epoch, self.size(epoch.coin))
        says = epoch.ticket_target is not None or (policy is not None and policy.target_price is not None)
        return tuple(order.client_order_id for order in (*has.theirs, *(has.aims if says else ())))

    def plan(self, epoch: Epoch, size: Decimal, has: Cover) -> Plan:
        """What ought to rest there beside the stops and targets of others that ``has`` tells of."""
        coin, policy, mark = epoch.coin, self.policy(epoch), self._market.mark(epoch.coin)
        if mark is not None:
            epoch.see(mark)
        present = self._atr(coin) if policy.needs_atr else None
        if epoch.entry_atr is None and present is not None:
            epoch.entry_atr = present
            self.save()
        seen = Circumstances(
            instrument=self._market.instrument(coin),
            now_ms=self._clock.now_ms(),
            mark=mark,
            liquidation=self._liquidation(coin, size),
            entry_atr=epoch.entry_atr,
            atr=present,
            taker_fee=self._market.fees.taker,
            cap=self._cap(),
        )
        held = Held(size, self._entry(coin), epoch.opened_ms, epoch.best)
        return plan(held, policy, seen, epoch.past, abs(size) - has.by_others, has.aimed)

    def wrong_side(self, epoch: Epoch, policy: Policy | None) -> str:
        mark = self._market.mark(epoch.coin)
        if policy is None or mark is None:
            return ""
        held = "long" if epoch.sign > 0 else "short"
        for name, price, sign in (("stop", policy.stop_price, -1), ("target", policy.target_price, 1)):
            if price is not None and (price - mark) * epoch.sign * sign <= 0:
                where = "above" if epoch.sign * sign > 0 else "below"
                return f"The {name} of a {held} position must lie {where} the mark price of {wire_text(mark)}."
        return ""
