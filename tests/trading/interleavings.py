"""Random interleavings of words, decisions, fills, losses, lost answers and restarts against a whole desk in memory.

Each is one seed: some fifty events on a desk whose exchange keeps its own books, in virtual time, judged while it
runs by what that exchange sees and by facts kept outside the desk:

* no cap is exceeded by any entry that arrives, with everything that may still fill counted as filled;
* nothing arrives without a verdict of the gate and, for a strategy, without the one approval of its proposal;
* while trading is not open nothing arrives that opens;
* a breaker that tripped is tripped until its time, whatever was restarted in between.

A quarter of the desks look around as often as they should, the others at half that, a quarter, an eighth. The disk is a
dictionary and there are no threads, so a seed is one order of events.

``python -m tests.trading.interleavings --count 100000`` runs many, from ``--first`` on.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from hlmaster.core.breakers import BreakerChanged
from hlmaster.core.bus import Bus
from hlmaster.core.errors import OutcomeUnknown
from hlmaster.core.events import CashMoved, FillsReported, OrderReported, TradingState
from hlmaster.core.model import Account, Interval, Mode
from hlmaster.core.orders import (
    ActionKind,
    ApprovalMint,
    Approved,
    CashMove,
    Fill,
    Grouping,
    Intent,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    VenueOrder,
)
from hlmaster.core.proposals import Policy, Proposal, ProposalChanged, ProposalState
from hlmaster.core.signals import Direction, Signal, SignalMade, Terms
from hlmaster.desk import kept
from hlmaster.desk.desk import Desk
from hlmaster.desk.health import LoopLag
from hlmaster.desk.parts import Parts, SessionInfo
from hlmaster.desk.risk import RESUME_SENTENCE
from hlmaster.desk.work import Work
from hlmaster.settings import Settings
from hlmaster.storage.decision_rows import DecisionRows
from hlmaster.strategies import roster
from hlmaster.trading.risk.breakers.breakers import DAY_WARNING, HALT
from tests.desk.desks import MemoryMarket
from tests.desk.ideas import candles, own
from tests.hostile.virtual_time import LoneLoop, VirtualClock, run
from tests.trading.scenes import D, MemoryStore
from tests.trading.venues import MemoryJournal, MemoryVenue

COINS, STRATEGIES = ("ETH", "BTC"), ("confluence", "rival", "second", "third")
EVENTS = 45
LONGEST_SECONDS = 600
"""Of virtual time; one that takes longer hangs."""
SLACK = D("1.005")
"""Of each cap, for the price moves between the gate's look and the exchange's."""
MEMORY = Path("/dev/shm")
PACES = (1, 2, 4, 8)
"""By seed in turn: how much more seldom than it should the desk looks at its cards, limits, breakers and stops."""
TIGHT = {
    "day_warning_percent": "0.15",
    "day_loss_percent": "0.4",
    "drawdown_percent": "0.3",
    "halt_loss_percent": "0.8",
    "losing_streak": 2,
    "rest_minutes": 1,
}
"""So that losses of positions within their caps trip every breaker."""


class Journal(MemoryJournal):
    """Open intents are those that nobody resolved, over restarts."""

    async def unresolved(self) -> list[Intent]:
        return [
            intent
            for intent in self.intents
            if intent.subject not in self.resolved and (intent.kind, intent.nonce) not in self.concluded
        ]


class Exchange(MemoryVenue):
    """Keeps books of its own: equity moves with the price, stops and resting orders fill when it reaches them."""

    judge: Judge

    def prepare_orders(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> Prepared:
        for one in approved:
            assert one.verdict.passed
            self.judge.passed.add(one.order.client_order_id)
        return super().prepare_orders(approved, grouping)

    def carry_out(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        for order in prepared.orders:
            if not order.reduce_only and prepared.kind is ActionKind.ORDER:
                self.judge.see(order)
        return super().carry_out(prepared)

    @property
    def equity(self) -> Decimal:
        paid = sum((one.size * one.price * one.side.sign for one in self.all_fills), D(0))
        worth = sum((size * self.price for size in self.positions.values()), D(0))
        return sum((move.amount for move in self.cash), D(0)) + worth - paid

    def _account(self) -> Account:
        told = super()._account()
        return replace(told, equity=self.equity, withdrawable=self.equity - told.margin_used)

    def reach(self, price: Decimal) -> None:
        self.price = price
        for number, order in list(self.orders.items()):
            trigger = order.trigger
            if trigger is None:
                due = (price - order.price) * order.side.sign <= 0
            else:
                # A stop to sell is reached from above, a target to sell from below.
                above = (order.side.sign < 0) != (trigger.kind == "sl")
                due = price >= trigger.price if above else price <= trigger.price
            if due:
                self.judge.counts["stops and resting orders reached"] += 1
                del self.orders[number]
                self._fill(order)

    def _fill(self, order: VenueOrder) -> None:
        held, size = self.positions.get(order.coin, D(0)), order.size
        if order.reduce_only:
            size = min(size, abs(held)) if held * order.side.sign < 0 else D(0)
        status = OrderStatus.FILLED if size else OrderStatus.CANCELED
        done = replace(order, size=order.size - size, status=status)
        self.statuses[order.client_order_id or ""] = done
        if size:
            self._ids += 1
            self.positions[order.coin] = held + size * order.side.sign
            fill = Fill(
                order.coin,
                order.side,
                self.price,
                size,
                self._clock.now_ms(),
                self._ids,
                order.order_id,
                order.client_order_id,
                D(0),
                D(0),
                held,
                is_maker=False,
            )
            self.all_fills.append(fill)
            if not self.held:
                self._bus.publish(FillsReported((fill,)))
        if not self.held:
            self._bus.publish(OrderReported(done))

    def move_to(self, bus: Bus) -> None:
        self._bus = bus


@dataclass
class Judge:
    """What is known outside the desk. ``findings`` end the run."""

    run: Run
    passed: set[str] = field(default_factory=set)
    approved: dict[str, Proposal] = field(default_factory=dict)
    entered: dict[str, str] = field(default_factory=dict)
    """The order of each proposal."""
    arrived: set[str] = field(default_factory=set)
    tripped: dict[str, int | None] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def hear(self, bus: Bus) -> None:
        bus.subscribe(ProposalChanged, lambda fact: self._on_proposal(fact.proposal))
        bus.subscribe(BreakerChanged, self._on_breaker)

    def _on_proposal(self, card: Proposal) -> None:
        if card.state is ProposalState.APPROVED:
            self.counts["approvals"] += 1
            if card.proposal_id in self.approved:
                self.find(f"{card.proposal_id} was approved twice")
            self.approved[card.proposal_id] = card

    def _on_breaker(self, fact: BreakerChanged) -> None:
        if fact.tripped and fact.name in (trips := self.run.desk.risk.breakers.tripped):
            self.counts[f"tripped {fact.name}"] += 1
            self.tripped[fact.name] = trips[fact.name].until_ms

    def see(self, order: Order) -> None:
        """An entry arrives at the exchange."""
        desk, basis = self.run.desk, order.basis
        self.counts["entries"] += 1
        if order.client_order_id not in self.passed:
            self.find(f"{order} came without the gate's approval")
        if order.client_order_id in self.arrived:
            self.find(f"{order} came a second time")
        self.arrived.add(order.client_order_id)
        if desk.guard.state is not TradingState.ACTIVE:
            self.find(f"{order} came while {desk.guard.sentence}")
        if basis is None:
            self.find(f"{order} has no basis, and nobody trades by hand here")
            return
        card = self.approved.get(basis.proposal_id)
        if card is None or self.entered.setdefault(basis.proposal_id, order.client_order_id) != order.client_order_id:
            self.find(f"{order} came without an approval of its own")
            return
        by_policy = card.decided_by == "policy"
        if basis.automatic is not by_policy or (order.size, order.coin, order.side) != (
            card.size,
            card.coin,
            card.side,
        ):
            self.find(f"{order} is not what was approved: {card}")
        if by_policy and self.run.policies[card.source] is not Policy.AUTO:
            self.find(f"{card.source} acted alone, and its policy is {self.run.policies[card.source]}")
        self._hold_to_caps(order, card)

    def _hold_to_caps(self, order: Order, card: Proposal) -> None:
        venue, limits = self.run.venue, self.run.settings.risk
        worst = {coin: abs(size) for coin, size in venue.positions.items() if size}
        resting = [(one.coin, one.side.sign * one.size) for one in venue.orders.values() if not one.reduce_only]
        resting.append((order.coin, order.side.sign * order.size))
        for coin in {coin for coin, _ in resting}:
            held = venue.positions.get(coin, D(0))
            buys = sum((size for one, size in resting if one == coin and size > 0), D(0))
            sells = sum((size for one, size in resting if one == coin and size < 0), D(0))
            worst[coin] = max(abs(held), held + buys, -(held + sells))
        price, equity = venue.price, venue.equity * SLACK
        gross = sum(worst.values(), D(0)) * price
        for name, value, limit in (
            ("position", worst[order.coin] * price, equity * limits.max_position_percent / 100),
            ("exposure", gross, equity * limits.max_exposure_percent / 100),
            ("leverage", gross, equity * limits.max_leverage),
            ("positions", D(len(worst)), D(limits.max_open_positions)),
            ("risk", card.risk, equity * limits.max_trade_risk_percent / 100),
            ("loss at the stops", self._loss(card, price), equity * limits.max_trade_risk_percent / 100),
        ):
            if value > limit:
                self.find(f"{name}: {value} is over {limit} with {order}")

    @staticmethod
    def _loss(card: Proposal, price: Decimal) -> Decimal:
        return sum((abs(price - stop) * size for stop, size in card.stops), D(0))

    def look(self) -> None:
        """After each event."""
        desk, now = self.run.desk, self.run.clock.now_ms()
        if desk.guard.is_restrained_by("fault"):
            self.find(f"a fault: {desk.guard.sentence}")
        for name, until in list(self.tripped.items()):
            if until is not None and now >= until:
                del self.tripped[name]
            elif name not in desk.risk.breakers.tripped:
                self.find(f"the breaker {name} was lost")
            elif name != DAY_WARNING and not desk.guard.is_restrained_by(name):
                self.find(f"the breaker {name} holds nobody back")

    def find(self, text: str) -> None:
        self.findings.append(f"seed {self.run.seed}, event {self.run.events}: {text}")


class Run:
    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.dice, self.folder = seed, random.Random(seed), folder
        self.clock, self.journal, self.store = VirtualClock(), Journal(), MemoryStore()
        risk: dict[str, object] = {"max_open_positions": self.dice.choice([1, 2])}
        risk["max_exposure_percent"] = self.dice.choice([14, 20])
        self.settings = Settings.model_validate({"risk": risk, "breakers": TIGHT})
        self.policies = {name: self.dice.choice([Policy.ASK, Policy.AUTO]) for name in STRATEGIES}
        self.policies["group G"] = min(self.policies["second"], self.policies["third"], key=list(Policy).index)
        self.venue = Exchange(Bus(), self.clock)
        self.judge = self.venue.judge = Judge(self)
        self.asking: set[asyncio.Task[object]] = set()
        self.events = 0
        self.desk: Desk
        self.market: MemoryMarket

    async def play(self) -> Judge:
        await self.open()
        often = [self.word] * 7 + [self.approve] * 5 + [self.move] * 6
        seldom: list[Callable[[], object]] = [self.jump, self.jump, self.thin, self.lose, self.drop, self.mute]
        seldom += [self.pay, self.pause, self.own, self.reject, self.edit, self.close, self.rest]
        for self.events in range(1, EVENTS + 1):
            choice = self.dice.random()
            if choice < 0.04:
                await self.restart()
            else:
                self.dice.choice(seldom if choice < 0.35 else often)()
            await asyncio.sleep(self.dice.choice([0.0, 0.01, 0.3, 2.0]))
            self.judge.look()
            if self.judge.findings:
                break
        await self.end()
        return self.judge

    # --- life ---

    async def open(self) -> None:
        bus = Bus()
        self.venue.move_to(bus)
        self.market = MemoryMarket(bus, self.clock)  # type: ignore[arg-type]
        session = SessionInfo("default", Mode.DEMO, 0, Decimal(10_000), self.folder)
        parts = Parts(
            bus, self.clock, ApprovalMint(), self.market, self.venue, self.journal, self.store, session, self.settings
        )
        self.desk = Desk(parts)
        self.judge.hear(bus)
        await self.desk.start()
        await self.desk.deciding.wait()
        self.desk.survey.swing = lambda coin: D("0.03")
        for name in STRATEGIES:
            role = "voter:G" if name in ("second", "third") else "solo"
            self.desk.roster.change(name, armed=True, role=role, policy=self.policies[name])
        self.desk.roster.set_overall(Policy.AUTO)
        self.show()
        for coin in COINS:
            await self.desk.charts.show(coin, Interval.M1)
            self.desk.feed.load_series(coin, Interval.M1, candles(self.clock.now_ms(), Interval.M1))
        self.judge.look()

    async def end(self) -> None:
        for task in self.asking:
            task.cancel()
        await asyncio.gather(*self.asking, return_exceptions=True)
        await self.desk.stop()

    async def restart(self) -> None:
        self.judge.counts["restarts"] += 1
        await self.end()
        self.asking.clear()
        await self.open()

    # --- events ---

    def word(self) -> None:
        now, strategy = self.clock.now_ms(), self.dice.choice(STRATEGIES)
        terms = Terms(neutral_closes=strategy == "rival", cool_down_ms=self.dice.choice([0, 5_000]))
        direction, coin = self.dice.choice(list(Direction)), self.dice.choice(COINS)
        confidence, horizon = self.dice.uniform(0.65, 0.95), self.dice.choice([20_000, 600_000])
        made = Signal(
            strategy, coin, "1m", now, direction, confidence, 0.5, horizon, now + 60_000, "So it is.", terms=terms
        )
        self.judge.counts["signals"] += 1
        self.desk.bus.publish(SignalMade(made))

    def approve(self) -> None:
        for card in self.desk.proposing.open()[: self.dice.randrange(1, 3)]:
            for _ in range(self.dice.randrange(1, 3)):
                self._ask(self.desk.proposing.approve(card.proposal_id))

    def _ask(self, deed: object) -> None:
        task = asyncio.ensure_future(deed)  # type: ignore[call-overload]
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    def reject(self) -> None:
        for card in self.desk.proposing.open()[:1]:
            self.desk.proposing.reject(card.proposal_id)

    def edit(self) -> None:
        for card in self.desk.proposing.open()[:1]:
            changes: list[dict[str, object]] = [{"size": card.size * 3}, {"size": D("0.01")}, {"post_only": True}]
            self.desk.proposing.edit(card.proposal_id, self.dice.choice(changes))

    def move(self) -> None:
        self.to(self.venue.price * D(f"{1 + self.dice.uniform(-0.001, 0.001):.6f}"))

    def jump(self) -> None:
        self.to(self.venue.price * D(f"{1 + self.dice.uniform(-0.06, 0.06):.6f}"))

    def to(self, price: Decimal) -> None:
        self.venue.reach(price.quantize(D("0.1")))
        self.show()

    def show(self) -> None:
        for coin in COINS:
            self.market.price(coin, float(self.venue.price))
        if not self.venue.held:
            self.venue.publish_account()

    def thin(self) -> None:
        """The next entry finds little or nothing to trade with."""
        self.judge.counts["thin books"] += 1
        self.venue.liquidity.append(self.dice.choice([D(0), D("0.01"), D("0.1")]))

    def lose(self) -> None:
        """The next action is carried out, and its answer lost."""
        self.judge.counts["lost answers"] += 1
        self.venue.lost = OutcomeUnknown("The answer was lost.")

    def drop(self) -> None:
        """The next action never arrives, and nobody knows."""
        self.judge.counts["lost requests"] += 1
        self.venue.script.append(OutcomeUnknown("The request was lost."))

    def mute(self) -> None:
        """The streams are silent from now on, or no longer."""
        self.venue.held = not self.venue.held

    def pay(self) -> None:
        amount = D(self.dice.choice([-3000, -1000, 1000, 5000]))
        if self.venue.equity + amount < 3000:
            return
        move = CashMove(self.clock.now_ms(), amount, "deposit" if amount > 0 else "withdraw", f"cash {self.events}")
        self.venue.cash.append(move)
        self.desk.bus.publish(CashMoved((move,)))
        self.show()

    def pause(self) -> None:
        self.dice.choice([self.desk.pause, *[self.desk.resume] * 3])()

    def own(self) -> None:
        own(self.desk.proposing, self.dice, COINS, STRATEGIES)

    def close(self) -> None:
        self._ask(self.desk.manual.close(self.dice.choice(COINS)))

    def rest(self) -> None:
        """A person lifts a halt."""
        if self.desk.risk.unlock(RESUME_SENTENCE).ok:
            self.judge.tripped.pop(HALT, None)


def play(seed: int) -> tuple[list[str], Counter[str]]:
    """One interleaving: what was found, and what happened."""
    random.seed(seed)
    base = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="interleaving-", dir=base) as name, _unhurried(PACES[seed % len(PACES)]):
        judge = run(_play(seed, Path(name)), LoneLoop)
    return judge.findings, judge.counts


@contextmanager
def _unhurried(pace: float) -> Iterator[None]:
    """A desk that looks around ``pace`` times as seldom, as one does whose loop is busy, keeps its words to itself, and
    whose disk is a shelf."""

    def every(work: Work, seconds: float, look: Callable[[], None], name: str) -> None:
        often(work, seconds * pace, look, name)

    often, words = Work.every, logging.getLogger("hlmaster")
    level = words.level
    words.setLevel(logging.CRITICAL)
    try:
        with Shelf().in_place_of_a_disk(), patch.object(Work, "every", every), patch.object(LoopLag, "run", _no_beat):
            yield
    finally:
        words.setLevel(level)


async def _no_beat(lag: LoopLag) -> None:
    """A loop in virtual time is never late, and half of all its steps would go into finding that out."""


class Shelf:
    """Small files, in a dictionary: what was written is there after a restart, and no thread writes it."""

    def __init__(self) -> None:
        self._files: dict[Path, bytes] = {}

    @contextmanager
    def in_place_of_a_disk(self) -> Iterator[None]:
        with (
            patch.object(kept, "Pen", Hand),
            patch.object(kept, "write_whole", self._write),
            patch.object(roster, "write_whole", _write_plainly),
            patch.object(DecisionRows, "start", lambda rows: None),
            patch.object(DecisionRows, "close", lambda rows: None),
            patch.object(kept.Kept, "load", lambda one: self._files.get(one._path)),
        ):
            yield

    def _write(self, path: Path, content: bytes, *, durable: bool) -> None:
        self._files[path] = content


def _write_plainly(path: Path, content: bytes, *, durable: bool) -> None:
    path.write_bytes(content)


class Hand:
    """A pen that has written before it is asked whether it has."""

    def __init__(self, name: str) -> None: ...

    def write(self, work: Callable[[], None]) -> None:
        work()

    async def stop(self) -> None: ...


async def _play(seed: int, folder: Path) -> Judge:
    async with asyncio.timeout(LONGEST_SECONDS):
        return await Run(seed, folder).play()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trading.interleavings", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, default=1e9, help="end after so many")
    options = parser.parse_args(argv)
    began, done, found, counts = time.perf_counter(), 0, 0, Counter[str]()
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn"), max_tasks_per_child=500) as pool:
        last = options.first + options.count
        for first in range(options.first, last, 200):
            for findings, happened in pool.map(play, range(first, min(first + 200, last)), chunksize=10):
                done, found, counts = done + 1, found + bool(findings), counts + happened
                for finding in findings:
                    sys.stdout.write(f"{finding}\n")
            if time.perf_counter() - began > 60 * options.minutes:
                break
    spent = time.perf_counter() - began
    gc.collect()
    sys.stdout.write(
        f"{done} interleavings from {options.first} in {spent:.0f} s ({done / spent:.1f} a second), "
        f"{found} with findings; {', '.join(f'{count} {name}' for name, count in sorted(counts.items()))}\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
