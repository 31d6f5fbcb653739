"""Open orders to other prices, sizes or triggers: each through the gate, all in one action, together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import Approved, Order, TriggerKind, Verdict, new_client_order_id
from hlmaster.core.rounding import wire_text
from hlmaster.desk.late_fills import LateFills
from hlmaster.desk.outcome import Outcome, refused
from hlmaster.desk.survey import Survey
from hlmaster.desk.work import Work
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.foreign import ForeignOrders
from hlmaster.trading.execution.tracker import OrderTracker, describe_order
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.ticket import capped_price

GONE = "This order is not open any more."
SOME_GONE = "One of these orders is not open any more, so none was changed."
PLACED_ELSEWHERE = "This order was placed elsewhere, and the settings leave such orders alone. Adopt it first."
IN_DOUBT = "An earlier change of this order is still being found out. Wait, or cancel it."
ON_ITS_WAY = "An earlier change of this order is on its way. Wait for its end, or cancel the order."
NEVER_CAME = "The change did not reach the exchange."
DOUBT_SECONDS = 5.0
"""How long a change whose answer was lost is waited for, before it is told as what it is."""
Pair = tuple[TrackedOrder, Order]
"""An order and what it is to become."""
Answer = tuple[TrackedOrder, str | None]
"""An order as it stands afterwards, and why it was not changed; ``resolving`` is one of which nobody knows."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is None stays as it is; the size is then what is left of it."""

    client_order_id: str
    price: Decimal | None = None
    size: Decimal | None = None
    trigger_price: Decimal | None = None


class Changer:
    """``submit`` and ``cancel`` are the ways of a new order and of one that is given up."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        work: Work,
        gate: Gate,
        survey: Survey,
        limits: Callable[[], RiskLimits],
        executor: Executor,
        tracker: OrderTracker,
        foreign: ForeignOrders,
        submit: Callable[[Sequence[Order]], Coroutine[Any, Any, Outcome]],
        cancel: Callable[[Sequence[TrackedOrder]], Coroutine[Any, Any, Outcome]],
    ) -> None:
        self._gate, self._survey, self._limits = gate, survey, limits
        self._executor, self._tracker, self._foreign = executor, tracker, foreign
        self._submit, self._cancel = submit, cancel
        self._late = LateFills(bus, clock, tracker, self._take_off, work)

    async def change(self, changes: Sequence[Change]) -> Outcome:
        """Where the exchange carries out only some, those are put back: half a bracket is none."""
        found = [self._tracker.get(change.client_order_id) for change in changes]
        live = [tracked for tracked in found if tracked is not None and tracked.status.is_live]
        if not live or len(live) < len(found):
            return Outcome(False, GONE if len(found) == 1 else SOME_GONE)
        if any(map(self._foreign.is_ignored, live)):
            return Outcome(False, PLACED_ELSEWHERE)
        if any(tracked.resolving for tracked in live):
            return Outcome(False, IN_DOUBT)
        if any(tracked.replacement is not None for tracked in live):
            return Outcome(False, ON_ITS_WAY)
        resized = {change.client_order_id for change in changes if change.size is not None}
        pairs = sorted(zip(live, map(self._wanted, live, changes), strict=True), key=_turn)
        if not all(_is_named(tracked) for tracked in live):
            return await self._one_by_one(pairs, resized)
        answer = await self._send(pairs, resized)
        if isinstance(answer, Outcome):
            return answer
        failed = [(one, why) for one, why in answer if why is not None]
        done = [one for one, why in answer if why is None]
        if failed:
            return await self._undone(failed, done, {one.client_order_id: one.order for one in live})
        trimmed = [await self._late.settle(one.client_order_id) for one in live]
        told = [_told(self._tracker.get(one.client_order_id) or one) for one in done]
        is_known = not any(one.resolving for one in done)
        return Outcome(is_known, " ".join([*told, *filter(None, trimmed)]), tuple(done))

    async def _undone(
        self, failed: Sequence[tuple[TrackedOrder, str]], done: Sequence[TrackedOrder], before: Mapping[str, Order]
    ) -> Outcome:
        """What was changed goes back first; then the exchange is asked what has become of what it refused to change."""
        back = await self._put_back(done, before) if done else ""
        names = [one.client_order_id for one, _ in failed]
        await asyncio.gather(*map(self._executor.ask_after, names))
        now = [self._tracker.get(name) or one for name, (one, _) in zip(names, failed, strict=True)]
        ended = [_told(one) for one in now if not one.status.is_live]
        late = [*filter(None, [await self._late.settle(name) for name in names])]
        if done:
            told = [f"{_name(one)} was not changed. {why}" for one, why in failed]
            return Outcome(False, " ".join([*told, *ended, *late, back]), tuple(done))
        stand = [f"{_name(one)} stands as it was." for one in now if one.status.is_live]
        if not ended:
            stand = ["The order stands as it was." if len(failed) == 1 else "All of them stand as they were."]
        return Outcome(False, " ".join([*dict.fromkeys(why for _, why in failed), *ended, *stand, *late]))

    async def _take_off(self, now: TrackedOrder, late: Decimal) -> str:
        why = f"{wire_text(late)} {now.order.coin} filled while it was changed, and come off its size."
        if late >= now.remaining:
            return f"{why} {(await self._cancel([now])).sentence}"
        answer = await self._send([(now, replace(now.order, size=now.remaining - late))])
        if isinstance(answer, Outcome):
            return f"{why} That failed: {answer.sentence}"
        ((after, problem),) = answer
        return f"{why} {_told(after)}" if problem is None else f"{why} That failed: {problem}"

    def _wanted(self, tracked: TrackedOrder, change: Change) -> Order:
        order, price = tracked.order, change.price
        trigger = order.trigger
        if trigger is not None and change.trigger_price is not None:
            trigger = replace(trigger, price=change.trigger_price)
            if trigger.market and price is None:
                cap = self._limits().exit_slippage_cap_percent / 100
                price = capped_price(trigger.price, order.side, self._survey(order.coin), cap)
        return replace(
            order,
            price=order.price if price is None else price,
            size=tracked.remaining if change.size is None else change.size,
            trigger=trigger,
        )

    async def _send(self, pairs: Sequence[Pair], resized: Collection[str] = ()) -> Outcome | list[Answer]:
        """Each that is approved counts with its new size for the next one; when the gate refuses one, none is sent.

        What has no answer is waited for, and may come to be known. The sizes of all but the ``resized`` ones are what
        was left of them.
        """
        approved: list[tuple[TrackedOrder, Approved]] = []
        for tracked, wanted in pairs:
            answer = self._gate.approve(wanted)
            if isinstance(answer, Verdict):
                for one, _ in approved:
                    self._tracker.not_replaced(one.client_order_id)
                return refused(answer)
            self._tracker.begin_replacing(wanted.client_order_id, wanted)
            approved.append((tracked, answer))
        for tracked, _ in pairs:
            name = tracked.client_order_id
            (self._late.choose if name in resized else self._late.watch)(tracked)
        try:
            answers = await self._executor.modify(approved)
        except HlError as error:
            return Outcome(False, str(error))
        await self._executor.found_out([one.client_order_id for one, _ in answers if one.resolving], DOUBT_SECONDS)
        return [self._known(pair, answer) for pair, answer in zip(pairs, answers, strict=True)]

    def _known(self, pair: Pair, answer: Answer) -> Answer:
        (old, wanted), (after, _) = pair, answer
        if not after.resolving:
            return answer
        now = self._tracker.get(after.client_order_id) or after
        is_new = _level(now.order) == _level(wanted) if old.order_id is None else now.order_id != old.order_id
        return now, None if now.resolving or is_new else NEVER_CAME

    async def _put_back(self, moved: Sequence[TrackedOrder], before: Mapping[str, Order]) -> str:
        """In words. While the exchange is being asked about one of them, what is right for the others is not known."""
        now = [self._tracker.get(one.client_order_id) or one for one in moved]
        if any(one.resolving for one in now):
            return f"{' '.join(map(_told, now))} Look at them before you trade on."
        live = [one for one in now if one.status.is_live]
        pairs = [(one, replace(before[one.client_order_id], size=one.remaining)) for one in live]
        answer = await self._send_back(sorted(pairs, key=_turn)) if pairs else []
        settled = [await self._late.settle(one.client_order_id) for one in live]
        stuck = [f"{_name(one)} could not be put back, and stands as changed. {why}" for one, why in answer if why]
        ended = [_told(one) for one in now if not one.status.is_live]
        doubtful = [_told(one) for one, why in answer if not why and one.resolving]
        back = [_name(one) for one, why in answer if not why and not one.resolving]
        return " ".join(
            [*([f"Put back: {', '.join(back)}."] if back else []), *filter(None, settled), *doubtful, *stuck, *ended]
        )

    async def _send_back(self, pairs: Sequence[Pair]) -> list[Answer]:
        """Together, or where one is refused each for itself: every one that is back is one less to look after."""
        answer = await self._send(pairs)
        if not isinstance(answer, Outcome):
            return answer
        if len(pairs) == 1:
            return [(pairs[0][0], answer.sentence)]
        return [one for pair in pairs for one in await self._send_back([pair])]

    # --- orders without a client id ---

    async def _one_by_one(self, pairs: Sequence[Pair], resized: Collection[str]) -> Outcome:
        """The first that fails ends the rest; what comes closer to its entry goes first."""
        told: list[str] = []
        orders: list[TrackedOrder] = []
        for number, (tracked, wanted) in enumerate(pairs):
            outcome = await self._alone(tracked, wanted, resized)
            if not outcome.ok:
                return _broken_off(outcome, len(pairs) - number - 1, told)
            told.append(outcome.sentence)
            orders += outcome.orders
        return Outcome(True, " ".join(told), tuple(orders))

    async def _alone(self, tracked: TrackedOrder, wanted: Order, resized: Collection[str]) -> Outcome:
        if not _is_named(tracked):
            return await self._replace(tracked, wanted)
        answer = await self._send([(tracked, wanted)], resized)
        if isinstance(answer, Outcome):
            return answer
        ((after, why),) = answer
        if why is not None:
            return Outcome(False, why)
        settled = await self._late.settle(after.client_order_id)
        return Outcome(not after.resolving, f"{_told(after)} {settled}".strip(), (after,))

    async def _replace(self, tracked: TrackedOrder, wanted: Order) -> Outcome:
        """An order without a client id cannot keep it over a change: a new one of ours takes its place.

        What reduces is placed before the old one goes; what opens only after the old one is gone for certain.
        """
        fresh = replace(wanted, client_order_id=new_client_order_id(), source="manual")
        if wanted.reduce_only:
            placed = await self._submit([fresh])
            if not placed.ok:
                return placed
            gone = await self._cancel([tracked])
            return replace(placed, ok=gone.ok, sentence=f"{placed.sentence} {gone.sentence}")
        gone = await self._cancel([tracked])
        if not gone.ok:
            return gone
        placed = await self._submit([fresh])
        return replace(placed, sentence=f"{gone.sentence} {placed.sentence}")


def _is_named(tracked: TrackedOrder) -> bool:
    return tracked.client_order_id.startswith("0x")


def _turn(pair: Pair) -> int:
    """Stops that come closer go first, those that give way last: what fails between leaves nothing wider open."""
    old, new = pair[0].order, pair[1]
    if old.trigger is None or new.trigger is None or not old.reduce_only:
        return 1
    if old.trigger.kind is not TriggerKind.STOP:
        return 2
    return 0 if (old.trigger.price - new.trigger.price) * old.side.sign > 0 else 3


def _told(tracked: TrackedOrder) -> str:
    doubt = " Its change is unconfirmed; the exchange is being asked." if tracked.resolving else ""
    return f"{describe_order(tracked)}{doubt}"


def _name(tracked: TrackedOrder) -> str:
    """``Sell 0.42 ETH stop market 3434.2``: as it stands."""
    order = tracked.order
    return (
        f"{str(order.side).capitalize()} {wire_text(order.size)} {order.coin} {order.kind} {wire_text(_level(order))}"
    )


def _level(order: Order) -> Decimal:
    return order.price if order.trigger is None else order.trigger.price


def _broken_off(failed: Outcome, left: int, told: Sequence[str]) -> Outcome:
    if not told:
        rest = f" The other {left} were not changed either." if left else ""
        return replace(failed, sentence=f"{failed.sentence}{rest}")
    rest = f" {left} more stayed where {'it was' if left == 1 else 'they were'}." if left else ""
    return replace(failed, sentence=f"Only a part was changed. {failed.sentence}{rest} Changed: {' '.join(told)}")
