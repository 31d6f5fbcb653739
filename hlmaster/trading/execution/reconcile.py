"""The exchange's word against our books: at the start, after every reconnect, and on a timer. The exchange wins.

Every pass asks for cash moves, fills, funding, open orders and the account, and publishes them as the facts that the
streams publish too: the books fold each fact once. What the books lacked is told as a ``Discrepancy``. What stays apart
after everything within reach was fetched becomes an ``Adjustment``: the venue's statement anchors the books; history
explains it as far as it goes and never overrides it.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, MINUTE_MS, Clock
from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.errors import VenueError
from hlmaster.core.events import (
    AccountSnapshot,
    CashMoved,
    FillBooked,
    FillsReported,
    FundingReported,
    Notice,
    OpenOrdersSnapshot,
    SessionRestored,
    Severity,
    TrackedOrder,
)
from hlmaster.core.model import Account
from hlmaster.core.orders import Fill, OrderStatus, VenueOrder
from hlmaster.core.ports import Trading
from hlmaster.core.rounding import wire_text
from hlmaster.trading.execution.proof import CLEAN_NEGATIVES, NEGATIVES_APART_SECONDS
from hlmaster.trading.execution.tracker import GONE, OrderTracker, is_given_up
from hlmaster.trading.holding import ZERO
from hlmaster.trading.portfolio import Portfolio

log = logging.getLogger(__name__)
OVERLAP_MS = 2 * HOUR_MS
"""Rows can arrive late at the venue's readers: so much is asked for again."""
DENSE_OVERLAP_MS = 10 * MINUTE_MS
DENSE = 500
"""Fills in an answer from which the shorter overlap is enough: the longer one would cost too much of the budget."""
REACH = 10_000
"""Fills of an account that the venue still serves."""
STREAM_LAG_MS = 5_000
"""Wall milliseconds within which a fill may reach us by query before it does by stream."""
MONEY_SECONDS = 50.0
"""Wall seconds for which the streams alone are trusted with transfers and funding."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Until when the books are known to be whole; before what streams brought later there may be holes. 0: unknown."""

    cash_ms: int = 0
    fill_ms: int = 0
    funding_ms: int = 0


class Reconciler:
    def __init__(
        self, bus: Bus, clock: Clock, trading: Trading, tracker: OrderTracker, portfolio: Portfolio, since_ms: int
    ) -> None:
        self._bus, self._clock, self._trading = bus, clock, trading
        self._tracker, self._portfolio = tracker, portfolio
        self._since_ms = since_ms
        self._lock = asyncio.Lock()
        self._begun = self._done = 0
        self._overlap_ms = OVERLAP_MS
        self._proven = Cursor()
        self._money_at = -math.inf
        self._searched: frozenset[str] = frozenset()
        """What was apart when all of history was last asked for: coins, and "" for the account's value."""
        self._out_of_reach = ""
        self._stated: Account | None = None
        """What the venue stated in the last pass."""
        self._negatives: dict[str, tuple[int, float]] = {}
        """How often the venue did not know an order, and when (monotonic seconds) that was counted last."""
        self._away: Counter[str] | None = None
        """Fills by coin that a continued session books before its first pass is done: they happened while away."""
        bus.subscribe(SessionRestored, lambda _: self._on_restored())
        bus.subscribe(FillBooked, lambda fact: self._on_booked(fact.fill))
        self.last_success_ms: int | None = None

    async def run(self) -> None:
        """One whole pass that begins after this call; callers that wait for the same one share it.

        Raises VenueError; facts published before the failure stay, they are true.
        """
        wanted = self._begun + 1
        async with self._lock:
            if self._done >= wanted:
                return
            self._begun += 1
            number = self._begun
            await self._pass()
            self._done = number

    async def run_until_done(self, retry_seconds: float = 3.0) -> None:
        """Repeat until one pass succeeds; for the start, when nothing may trade before the books are true.

        Each new reason why it does not is told once.
        """
        told = ""
        while True:
            try:
                await self.run()
            except VenueError as error:
                log.warning("reconciliation failed, trying again: %s", error)
                if error.sentence != told:
                    told = error.sentence
                    sentence = f"Entries wait for the books to be compared with the exchange. {told}"
                    self._bus.publish(Notice(Severity.WARNING, sentence, error.code, error.cure))
                await self._clock.sleep(retry_seconds)
            else:
                return

    async def _pass(self) -> None:
        apart = self._apart()
        whole = bool(apart - self._searched)
        proven = Cursor() if whole else self._proven
        if self.last_success_ms is None or whole:
            await self._fetch_money(proven)
        began = self._clock.monotonic()
        fills = await self._trading.fills(self._from(proven.fill_ms))
        asked_ms = self._clock.now_ms()
        orders = await self._trading.open_orders()
        account = await self._trading.account()
        # A list of fills is not dated; one asked for just before is no younger than the statement, and hardly older.
        fills_as_of_ms = account.time_ms - math.ceil((self._clock.monotonic() - began) * 1000 * self._clock.speed)
        self._look_for_lost(fills)
        self._tell_of_fills(fills)
        self._bus.publish(FillsReported(fills))
        self._tell_of_orders(orders)
        # A reader that lags dates its statement, and what it does not list yet is not missing.
        self._bus.publish(OpenOrdersSnapshot(orders, min(asked_ms, account.time_ms)))
        self._bus.publish(AccountSnapshot(account))
        if self._clock.monotonic() - self._money_at >= MONEY_SECONDS:
            await self._fetch_money(proven)
        self._proven = replace(self._proven, fill_ms=self._portfolio.ledger.last_fill_ms)
        self._overlap_ms = DENSE_OVERLAP_MS if len(fills) >= DENSE and not whole else OVERLAP_MS
        if self._stated is not None and fills_as_of_ms >= self._stated.time_ms:
            self._anchor(self._stated)
        self._stated = account
        self._searched = apart if whole else self._searched & self._apart()
        await self._settle_missing()
        self._tell_of_the_time_away()
        self.last_success_ms = self._clock.now_ms()

    async def _fetch_money(self, proven: Cursor) -> None:
        """Transfers and funding: seldom, dear to ask for, and nothing that an exit waits for."""
        cash = await self._trading.cash_moves(self._from(proven.cash_ms))
        funding = await self._trading.funding(self._from(proven.funding_ms))
        self._bus.publish(CashMoved(cash))
        self._bus.publish(FundingReported(funding))
        ledger = self._portfolio.ledger
        self._proven = replace(self._proven, cash_ms=ledger.last_cash_ms, funding_ms=ledger.last_funding_ms)
        self._money_at = self._clock.monotonic()

    def _from(self, last_ms: int) -> int:
        """With an overlap; from the session's beginning when nothing is booked yet."""
        return max(self._since_ms, last_ms - self._overlap_ms) if last_ms else self._since_ms

    def _tell(self, subject: str, ours: str, venues: str, explanation: str) -> None:
        self._bus.publish(Discrepancy(subject, ours, venues, explanation, self._clock.now_ms()))

    # --- fills ---

    def _tell_of_fills(self, fills: Sequence[Fill]) -> None:
        """Fills that the stream should have brought and had not."""
        if self.last_success_ms is None:
            return
        ledger = self._portfolio.ledger
        settled_ms = self._clock.now_ms() - STREAM_LAG_MS * self._clock.speed
        missed = Counter(fill.coin for fill in fills if not ledger.knows(fill) and fill.time_ms < settled_ms)
        self._tell_of(missed, "The stream had not told of them.")

    def _tell_of(self, fills: Counter[str], why: str) -> None:
        for coin, count in sorted(fills.items()):
            self._tell(f"{coin} fills", "0", str(count), f"{why} They are booked now.")

    def _on_restored(self) -> None:
        ledger = self._portfolio.ledger
        self._proven = Cursor(ledger.last_cash_ms, ledger.last_fill_ms, ledger.last_funding_ms)
        if self._portfolio.ledger.last_fill_ms:
            self._away = Counter()

    def _on_booked(self, fill: Fill) -> None:
        if self._away is not None:
            self._away[fill.coin] += 1

    def _tell_of_the_time_away(self) -> None:
        away, self._away = self._away or Counter(), None
        self._tell_of(away, "They happened while this program was not running.")

    def _look_for_lost(self, fills: Sequence[Fill]) -> None:
        """The venue serves the latest fills alone: a hole between ours and its oldest cannot be filled."""
        last_ms = self._proven.fill_ms
        if len(fills) < REACH or not last_ms or min(fill.time_ms for fill in fills) <= last_ms:
            return
        self._out_of_reach = (
            f"The exchange serves only the latest {REACH:,} fills, and more than that happened since our last one: "
            "what lies between is out of reach. Positions and account value follow the exchange's statement."
        )
        self._tell("fill history", "incomplete", f"{len(fills):,} fills", self._out_of_reach)

    # --- what stays apart ---

    def _apart(self) -> frozenset[str]:
        agreement = self._portfolio.agreement
        return frozenset((*agreement.mismatched, *([""] if agreement.gap else [])))

    def _anchor(self, account: Account) -> None:
        """Where even all of history left us apart, the venue's statement counts: that of the pass before.

        Readers lag, each by its own time, so a fill that the statement knows may be missing in fills asked for then.
        Those asked for since hold it, if it is within reach. Fills booked after the statement wait for the next one.
        """
        agreement = self._portfolio.agreement
        for coin in [coin for coin in agreement.mismatched if coin in self._searched]:
            holding, stated = self._portfolio.ledger.holding(coin), account.position(coin)
            size = stated.size if stated else ZERO
            if holding.last_fill_ms > account.time_ms or size == holding.size:
                continue
            why = self._out_of_reach or "All fills within reach do not add up to the exchange's position."
            explanation = f"{why} Our books take the exchange's position from now on."
            self._tell(f"{coin} position", wire_text(holding.size), wire_text(size), explanation)
            entry = stated.entry_price if stated else ZERO
            self._bus.publish(Adjustment(account.time_ms, coin, size, entry, ZERO, explanation))
        if agreement.gap and "" in self._searched and self._portfolio.ledger.last_fill_ms <= account.time_ms:
            gap = self._portfolio.ledger.unexplained(account)
            why = self._out_of_reach or "Fills, fees, funding and transfers within reach do not explain it."
            explanation = f"{why} {gap:+,.2f} USD are booked as an adjustment."
            ours, theirs = account.equity - gap, account.equity
            self._tell("account value", f"{ours:,.2f} USD", f"{theirs:,.2f} USD", explanation)
            self._bus.publish(Adjustment(account.time_ms, "", ZERO, ZERO, gap, explanation))

    # --- orders ---

    def _tell_of_orders(self, orders: Sequence[VenueOrder]) -> None:
        """Orders that we had given up, and that are open after all."""
        for venue in orders:
            known = self._tracker.get(venue.client_order_id or f"oid:{venue.order_id}")
            if known is not None and is_given_up(known):
                self._tell(_name(known), known.status, venue.status, "We had given it up; it is in our books again.")

    async def _settle_missing(self) -> None:
        """Orders that we hold for live and the venue does not list: ask after each by name."""
        missing = self._tracker.missing()
        names = {tracked.client_order_id for tracked in missing}
        self._negatives = {name: counted for name, counted in self._negatives.items() if name in names}
        for tracked in missing:
            venue = await self._trading.order_status(tracked.client_order_id)
            after = self._unknown_there(tracked) if venue is None else self._tracker.report(venue)
            if after is not None and after.status.is_final:
                why = "The stream had not told of the order's end."
                self._tell(_name(tracked), tracked.status, after.status, why)

    def _unknown_there(self, tracked: TrackedOrder) -> TrackedOrder | None:
        """One negative is no proof, for readers lag; several that are apart in time and agree are."""
        name, now = tracked.client_order_id, self._clock.monotonic()
        count, counted_at = self._negatives.get(name, (0, -math.inf))
        if now - counted_at < NEGATIVES_APART_SECONDS:
            return None
        self._negatives[name] = (count + 1, now)
        return self._tracker.mark(name, OrderStatus.CANCELED, GONE) if count + 1 >= CLEAN_NEGATIVES else None


def _name(tracked: TrackedOrder) -> str:
    order = tracked.order
    return f"{order.side} {wire_text(order.size)} {order.coin}"
