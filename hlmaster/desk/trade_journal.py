"""The journal of trades: what the books say of each, with where it came from, how far it ran and what it slipped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import MINUTE_MS, Clock
from hlmaster.core.errors import ConfigError, VenueError
from hlmaster.core.events import ContextChanged, FillBooked, OrderChanged, PositionsChanged, TrackedOrder
from hlmaster.core.orders import Fill, OrderStatus, TriggerKind
from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Arrival, Records, Trade, TradeChanged, TradesRestored
from hlmaster.trading.ghosts import bars_of
from hlmaster.trading.holding import Holding, RoundTrip
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.trades import Beside, opener_id, parts_of, planned_risk, trade_id, trade_of

MOST_TRADES, MOST_ARRIVALS = 5_000, 5_000
LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 4_000, 40, 20
SAVE_MS = 5_000
Price = Callable[[str], Decimal | None]
Candles = Callable[[str, int, int], Awaitable[CandleBlock]]
"""One-minute candles of a coin whose open lies in [start, end]. Raises VenueError."""


class Orders(Protocol):
    """``trading.execution.tracker.OrderTracker``, as far as trades ask it."""

    def of_fill(self, fill: Fill) -> TrackedOrder | None: ...

    def live(self, coin: str | None = None) -> list[TrackedOrder]: ...


class TradeJournal:
    """``restore`` once the books are; ``look`` once a second. ``mid`` and ``mark`` give a coin's present prices."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        records: Records,
        portfolio: Portfolio,
        orders: Orders,
        mid: Price,
        mark: Price,
        proposal: Callable[[str], Proposal | None],
    ) -> None:
        self._bus, self._clock, self._records, self._portfolio, self._orders = bus, clock, records, portfolio, orders
        self._mid, self._mark, self._proposal = mid, mark, proposal
        self._trades: dict[str, Trade] = {}
        self._beside: dict[str, Beside] = {}
        self._open: dict[str, str] = {}
        """The trade under way, by coin."""
        self._arrivals: OrderedDict[str, Arrival] = OrderedDict()
        self._taken = self._rebooked = self._saved_ms = 0
        self._seen_ms: dict[str, int] = {}
        """Until when the extremes of what was open before this run are known."""
        bus.subscribe(OrderChanged, lambda fact: self._on_order(fact.order))
        bus.subscribe(FillBooked, lambda fact: self._on_fill(fact.fill))
        bus.subscribe(PositionsChanged, lambda _: self._catch_up())
        bus.subscribe(ContextChanged, lambda fact: self._on_mark(fact.coin))

    async def restore(self) -> None:
        """What was noted beside the books in earlier runs."""
        for arrival in await self._records.arrivals(MOST_ARRIVALS):
            self._arrivals.setdefault(arrival.client_order_id, arrival)
        for trade in await self._records.trades(MOST_TRADES):
            self._trades.setdefault(trade.trade_id, trade)
            self._beside.setdefault(trade.trade_id, Beside.of(trade))
        self._taken = 0
        self._catch_up()
        curve = self._portfolio.equity_curve
        for coin, key in self._open.items():
            self._tell_open(coin)
            if key not in self._trades:
                continue  # closed since, by a fill that is not booked yet
            opened, beside = self._trades[key].opened_ms, self._beside[key]
            # While the curve grew this program saw every price; one that it never noted is bridged from its start.
            self._seen_ms[coin] = max(opened, curve[-1].time_ms) if curve and beside.watched else opened
            beside.watched = True
        self._bus.publish(TradesRestored(tuple(self.trades())))

    async def bridge(self, candles: Candles) -> None:
        """The extremes of positions that were held while this program was not running.

        Raises VenueError once all coins were asked: one that is no longer answered for holds up no other.
        """
        now = self._clock.now_ms() // MINUTE_MS * MINUTE_MS
        failure: VenueError | None = None
        for coin, since in list(self._seen_ms.items()):
            start = -(-since // MINUTE_MS) * MINUTE_MS
            try:
                block = await candles(coin, start - MINUTE_MS, now)
            except VenueError as error:
                failure = error
                continue
            for bar in bars_of(block, start, now):
                for price in (bar.high, bar.low):
                    self._see(coin, price)
            self._seen_ms.pop(coin, None)
        if failure is not None:
            raise failure

    # --- questions ---

    def trades(self) -> list[Trade]:
        """Closed ones as they closed, then those under way; what a late fill has undone is left out."""
        kept = [trade for trade in self._trades.values() if not trade.superseded]
        return sorted(kept, key=lambda trade: (trade.closed_ms or 2**62, trade.opened_ms))

    def trade(self, key: str) -> Trade | None:
        """By its own id or its proposal's."""
        found = self._trades.get(key)
        return found or next((t for t in reversed(self._trades.values()) if key and t.proposal_id == key), None)

    # --- verbs ---

    def tag(self, key: str, tags: tuple[str, ...]) -> Trade:
        """Give a trade these tags alone. Raises ConfigError."""
        wanted = tuple(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
        if len(wanted) > MOST_TAGS or any(len(tag) > LONGEST_TAG for tag in wanted):
            raise ConfigError(f"A trade takes {MOST_TAGS} tags of {LONGEST_TAG} letters.", "Use fewer or shorter ones.")
        self._written(key).tags = wanted
        return self._put(replace(self._trades[key], tags=wanted))

    def annotate(self, key: str, note: str) -> Trade:
        """Raises ConfigError."""
        if len(note) > LONGEST_NOTE:
            raise ConfigError(f"A note has at most {LONGEST_NOTE} letters, not {len(note)}.", "Shorten it.")
        self._written(key).note = note
        return self._put(replace(self._trades[key], note=note))

    def _written(self, key: str) -> Beside:
        if key not in self._trades:
            raise ConfigError(f"There is no trade {key!r}.", "It may have been booked anew; look at the list again.")
        return self._beside[key]

    def look(self) -> None:
        """Plan the risk of what has none yet, and write the extremes down every few seconds."""
        for coin, key in self._open.items():
            self._plan(coin, self._beside[key])
        now = self._clock.now_ms()
        if now - self._saved_ms >= SAVE_MS:
            self._saved_ms = now
            for coin in list(self._open):
                self._tell_open(coin)

    # --- facts ---

    def _on_order(self, tracked: TrackedOrder) -> None:
        """The arrival price of an order of ours, once: when it is decided."""
        order = tracked.order
        if tracked.foreign or tracked.status is not OrderStatus.INTENDED or order.client_order_id in self._arrivals:
            return
        price = order.trigger.price if order.trigger is not None else self._mid(order.coin)
        if price is None:
            return
        arrival = Arrival(order.client_order_id, order.coin, self._clock.now_ms(), price)
        self._arrivals[order.client_order_id] = arrival
        if len(self._arrivals) > MOST_ARRIVALS:
            self._arrivals.popitem(last=False)
        self._records.save_arrival(arrival)

    def _on_fill(self, fill: Fill) -> None:
        tracked = self._orders.of_fill(fill)
        name = tracked.client_order_id if tracked is not None else fill.client_order_id
        known = self._arrivals.get(name) if name is not None else None
        arrival = known.price if known is not None else None
        closing, opening = parts_of(fill)
        if closing and (beside := self._beside.get(self._open.get(fill.coin, ""))) is not None:
            beside.exit.add(fill, closing, arrival)
        if opening:
            if closing or not fill.start_position or fill.coin not in self._open:
                self._begin(fill, tracked)
            self._beside[self._open[fill.coin]].entry.add(fill, opening, arrival)

    def _begin(self, fill: Fill, tracked: TrackedOrder | None) -> None:
        key = self._open[fill.coin] = opener_id(fill)
        beside = self._beside.get(key)
        if beside is None or not beside.watched:
            beside = self._beside[key] = Beside()
        beside.source = tracked.order.source if tracked is not None and not tracked.foreign else "elsewhere"
        basis = tracked.order.basis if tracked is not None else None
        if basis is not None:
            beside.proposal_id = basis.proposal_id
            proposal = self._proposal(basis.proposal_id)
            beside.risk = proposal.risk if proposal is not None else None

    def _on_mark(self, coin: str) -> None:
        if coin in self._open:
            mark = self._mark(coin)
            if mark is not None:
                self._see(coin, mark)

    def _see(self, coin: str, price: Decimal) -> None:
        holding, beside = self._holding(coin), self._beside.get(self._open.get(coin, ""))
        if holding is not None and holding.trip is not None and beside is not None:
            beside.see(holding.trip.realised + holding.unrealised(price))

    def _catch_up(self) -> None:
        """Take over what the books have closed since; a late fill may have made other trades of earlier ones."""
        ledger, trips = self._portfolio.ledger, self._portfolio.round_trips
        if ledger.rebooked != self._rebooked:
            self._rebooked, self._taken = ledger.rebooked, 0
            self._drop_undone({trade_id(trip) for trip in trips})
        for trip in trips[self._taken :]:
            self._close(trip)
        self._taken = len(trips)
        held = {coin: holding for coin, holding in ledger.holdings.items() if holding.trip is not None}
        for coin in [coin for coin in self._open if coin not in held]:
            del self._open[coin]
        for coin, holding in held.items():
            assert holding.trip is not None
            key = trade_id(holding.trip)
            if self._open.get(coin) != key:
                self._open[coin] = key
                self._beside.setdefault(key, Beside.unseen())
            if key not in self._trades:
                self._tell_open(coin)

    def _close(self, trip: RoundTrip) -> None:
        key = trade_id(trip)
        beside, before = self._beside.setdefault(key, Beside.unseen()), self._trades.get(key)
        if before is None or not before.closed_ms:
            beside.see(trip.realised)
        trade = trade_of(trip, beside)
        if trade != before:
            self._put(trade)

    def _drop_undone(self, there: set[str]) -> None:
        for trade in list(self._trades.values()):
            if trade.closed_ms and not trade.superseded and trade.trade_id not in there:
                self._put(replace(trade, superseded=True))

    def _plan(self, coin: str, beside: Beside) -> None:
        """A trade without a proposal risks what its stops allow, once they cover it; fees as paid so far, twice."""
        holding = self._holding(coin)
        if beside.risk is not None or holding is None or holding.trip is None:
            return
        stops = [
            (order.trigger.price, tracked.remaining)
            for tracked in self._orders.live(coin)
            if (order := tracked.order).trigger is not None
            and order.trigger.kind is TriggerKind.STOP
            and order.side.sign * holding.size < 0
        ]
        size = abs(holding.size)
        if sum((covered for _, covered in stops), Decimal(0)) >= size > 0:
            trip = holding.trip
            risk = planned_risk(trip.side, holding.entry_price, size, stops) + 2 * trip.fees
            beside.risk = risk if risk > 0 else None

    def _tell_open(self, coin: str) -> None:
        holding = self._holding(coin)
        if holding is None or holding.trip is None:
            return
        trade = trade_of(holding.trip, self._beside.setdefault(trade_id(holding.trip), Beside.unseen()))
        if trade != self._trades.get(trade.trade_id):
            self._put(trade)

    def _holding(self, coin: str) -> Holding | None:
        return self._portfolio.ledger.holdings.get(coin)

    def _put(self, trade: Trade) -> Trade:
        self._trades.pop(trade.trade_id, None)
        self._trades[trade.trade_id] = trade
        if len(self._trades) > MOST_TRADES:
            gone = next(key for key, old in self._trades.items() if old.closed_ms)
            del self._trades[gone], self._beside[gone]
        self._records.save_trade(trade)
        self._bus.publish(TradeChanged(trade))
        return trade
