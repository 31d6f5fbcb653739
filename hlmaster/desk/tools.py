"""Orders of more than one order: ladders, pairs and chases, placed through the same door as every ticket."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import Notice, Severity, TrackedOrder
from hlmaster.core.orders import Order
from hlmaster.desk.manual import Manual
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.survey import Survey
from hlmaster.trading.execution.algorithms.chase import Chase, Chaser
from hlmaster.trading.execution.algorithms.pairs import Pairs, paired
from hlmaster.trading.execution.algorithms.scale import Scale, ladder
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.ticket import Ticket

log = logging.getLogger(__name__)
MOST_CHASES = 8


class Tools:
    """``start`` once the books agree with the exchange; ``stop`` withdraws every chase."""

    def __init__(
        self, bus: Bus, clock: Clock, survey: Survey, manual: Manual, executor: Executor, tracker: OrderTracker
    ) -> None:
        self._bus, self._clock, self._survey, self._manual, self._tracker = bus, clock, survey, manual, tracker
        self._pairs = Pairs(bus, clock, tracker, executor.cancel)
        self._chases: dict[asyncio.Task[None], Chaser] = {}

    def start(self) -> None:
        self._pairs.resume()

    async def stop(self) -> None:
        await self._pairs.stop()
        for task in self._chases:
            task.cancel()
        await asyncio.gather(*self._chases, return_exceptions=True)

    # --- ladders and pairs ---

    async def scale(self, scale: Scale) -> Outcome:
        """All rungs pass the gate one by one, each counting against the next, and leave in one action."""
        rungs = ladder(scale, self._survey.instrument(scale.coin))
        if not rungs.orders:
            return Outcome(False, " ".join(rungs.problems))
        return await self._manual.submit(rungs.orders)

    async def one_cancels_other(self, first: Ticket, second: Ticket) -> Outcome:
        """Both are placed in one action; when one trades, the other is cancelled."""
        if first.coin != second.coin:
            return Outcome(False, f"Both orders of a pair must be on one coin, not {first.coin} and {second.coin}.")
        drafts = [self._manual.draft(ticket) for ticket in (first, second)]
        problems = [problem for draft in drafts for problem in draft.problems]
        if problems or any(len(draft.orders) != 1 for draft in drafts):
            return Outcome(False, " ".join(problems) or "An order of a pair cannot carry a stop of its own.")
        return await self._manual.submit(paired(drafts[0].orders[0], drafts[1].orders[0]))

    def partner(self, client_order_id: str) -> TrackedOrder | None:
        return self._pairs.partner(client_order_id)

    # --- chases ---

    def chases(self) -> list[Chaser]:
        return list(self._chases.values())

    def chase(self, chase: Chase) -> Outcome:
        """Begin to follow the market; what becomes of it is told as a Notice. It does not outlive the desk."""
        if not (chase.size.is_finite() and chase.size > 0 and chase.limit.is_finite() and chase.limit > 0):
            return Outcome(False, "A chase needs a size and a limit price above zero.")
        if not 0 < chase.seconds <= 3_600:
            return Outcome(False, "A chase lasts at most an hour; give it between 1 and 3,600 seconds.")
        if len(self._chases) >= MOST_CHASES:
            return Outcome(False, f"{MOST_CHASES} chases run already; stop one first.")
        chaser = Chaser(self._bus, self._clock, self._tracker, self._survey, _Hands(self._manual, self._tracker), chase)
        task = asyncio.get_running_loop().create_task(self._run(chaser), name=f"chase {chase.coin}")
        self._chases[task] = chaser
        task.add_done_callback(lambda done: self._chases.pop(done, None))
        return Outcome(True, f"Chasing the {chase.coin} {'bid' if chase.side == 'buy' else 'offer'}.")

    def stop_chase(self, coin: str) -> Outcome:
        """End the chases of a coin; what rests of them is cancelled."""
        ending = [task for task, chaser in self._chases.items() if chaser.chase.coin == coin]
        for task in ending:
            task.cancel()
        return Outcome(
            bool(ending), f"{len(ending)} chases of {coin} ended." if ending else f"No chase of {coin} runs."
        )

    async def _run(self, chaser: Chaser) -> None:
        try:
            await chaser.run()
        except Exception as error:
            log.exception("the chase of %s failed", chaser.chase.coin)
            sentence = f"The chase of {chaser.chase.coin} failed ({error}); look at its order."
            self._bus.publish(Notice(Severity.CRITICAL, sentence, "INV-001"))


class _Hands:
    """A chase acts as a person would: through the same verbs."""

    def __init__(self, manual: Manual, tracker: OrderTracker) -> None:
        self._manual, self._tracker = manual, tracker

    async def place(self, order: Order) -> TrackedOrder | str:
        outcome = await self._manual.submit([order])
        return outcome.orders[0] if outcome.orders else outcome.sentence

    async def move(self, client_order_id: str, price: Decimal) -> TrackedOrder | None:
        outcome = await self._manual.modify(client_order_id, price=price)
        return outcome.orders[0] if outcome.ok else None

    async def cancel(self, client_order_id: str) -> None:
        outcome = await self._manual.cancel(client_order_id)
        if not outcome.ok:
            log.warning("an order of a chase could not be cancelled: %s", outcome.sentence)
