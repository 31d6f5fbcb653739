"""A stop of ours taken by its line and put elsewhere, and all that is known of it when it stays where it was."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPointF

from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.core.orders import TriggerKind
from hlmaster.ui.charts.pills import hit
from hlmaster.ui.jumps import JUMP_SECONDS

if TYPE_CHECKING:
    from tests.bench.acts import Session


def stops(session: Session, coin: str) -> list[TrackedOrder]:
    live = session.desk.orders.live(coin)
    return [one for one in live if one.order.trigger is not None and one.order.trigger.kind is TriggerKind.STOP]


def price_of(tracked: TrackedOrder) -> Decimal:
    trigger = tracked.order.trigger
    assert trigger is not None
    return trigger.price


@dataclass(slots=True)
class Account:
    """What was seen, in the order in which it was."""

    session: Session
    coin: str
    seen: list[str] = field(default_factory=list)

    def note(self, when: str, at: QPointF | None = None) -> None:
        context, panel, held = self.session.context, self.session.chart, stops(self.session, self.coin)
        chart, trading, desk = panel.chart, panel.trading, self.session.desk
        handles: Any = chart._hands
        frame = chart.frame
        under = None if at is None else hit(handles.placed(frame), at.x(), at.y())
        lines = [(one.line.price, one.pill.title, one.pill.movable, one.beyond) for one in handles.placed(frame)]
        guard = handles._guard
        self.seen.append(
            f"{when}: {panel.coin} {panel.interval}, visible {panel.isVisible()}, candles {len(frame.series)},"
            f" orders shown {trading.switches.orders}, lines known {list(trading._lines)};"
            f" scale {frame.prices.low:.1f} to {frame.prices.high:.1f}, auto {frame.auto_scale}; at {at}, under"
            f" {None if under is None else (under.key, under.button, under.placed.pill.movable)}; drag {handles.drag};"
            f" said {handles.said!r}; jumped {guard.has_jumped} over {guard.under}; armed {context.arming.is_on};"
            f" why {context.quick.why_not(None)!r}; pills {lines};"
            f" faint {[one.price for one in frame.told if one.faint]};"
            f" stops {[(one.client_order_id, price_of(one), one.status.name) for one in held]};"
            f" kept {sorted(desk.protector.kept(self.coin))}; moves {trading._moves};"
            f" size {desk.portfolio.size(self.coin)}"
        )


async def dragged(session: Session, account: Account, stood: Decimal, wanted: float) -> bool:
    """The stop at ``stood`` to ``wanted``, in a chart that shows both and does not scale by itself."""
    chart, hand, ears = session.chart.chart, session.hand, QObject()
    session.context.bridge.on_fact(ears, OrderChanged, lambda fact: account.note(f"order {fact.order.status.name}"))
    chart.set_auto_scale(False)
    chart.frame.prices.low, chart.frame.prices.high = float(stood) * 0.98, float(stood) * 1.03
    chart.repaint_layers()
    await asyncio.sleep(2 * JUMP_SECONDS)
    x = chart.frame.price_pane.width() / 2
    start, end = QPointF(x, chart.frame.y_of(float(stood))), QPointF(x, chart.frame.y_of(wanted))
    account.note("before the press", start)
    await hand.drag(session.canvas, start, end)
    account.note("after the release", end)
    moved = await hand.until(lambda: any(price_of(one) != stood for one in stops(session, account.coin)), 4.0)
    account.note("at last", end)
    ears.deleteLater()
    return moved
