"""Two ways out short of the kill switch, each with its report: every order gone, or flat; and at what prices."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.errors import HlError
from hlmaster.core.rounding import PERP_MAX_DECIMALS
from hlmaster.desk.desk import Desk
from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.trading.execution.tracker import describe_order

log = logging.getLogger(__name__)


async def cancel_all(desk: Desk, *, exits: bool) -> FlattenReport:
    """Entries first, by the exchange's own word; ``exits``: then stops, targets and other reduce-only orders too.

    Stops that protection keeps come back, for it keeps every position protected.
    """
    try:
        report = await desk.flattener.cancel_entries()
    except HlError as error:
        log.warning("the exchange was not asked for its orders: %s", error)
        answer = await desk.manual.cancel_entries()
        done = () if not answer.ok else tuple(describe_order(order) for order in answer.orders)
        report = FlattenReport(done, problems=(str(error), answer.sentence), entries_only=True)
    if not exits:
        return report
    reducing = [tracked for tracked in desk.orders.live() if tracked.order.reduce_only]
    if not reducing:
        return report
    cancelled, problems = list(report.cancelled), list(report.problems)
    for tracked in reducing:
        answer = await desk.manual.cancel(tracked.client_order_id)
        (cancelled if answer.ok else problems).append(describe_order(tracked) if answer.ok else answer.sentence)
    return replace(report, cancelled=tuple(cancelled), problems=tuple(problems))


def closing_prices(desk: Desk, since_ms: int) -> Mapping[str, Decimal]:
    """Average price by coin at which the way to flat has closed positions since then."""
    sizes: dict[str, Decimal] = {}
    values: dict[str, Decimal] = {}
    for tracked in desk.orders.all():
        order, price = tracked.order, tracked.average_price
        if order.source == "flatten" and tracked.created_ms >= since_ms and price is not None:
            sizes[order.coin] = sizes.get(order.coin, Decimal(0)) + tracked.filled_size
            values[order.coin] = values.get(order.coin, Decimal(0)) + tracked.filled_size * price
    steps = {coin: Decimal(1).scaleb(desk.instruments[coin].size_decimals - PERP_MAX_DECIMALS) for coin in sizes}
    return {coin: (values[coin] / size).quantize(steps[coin]) for coin, size in sizes.items() if size}
