"""The figures of a run in one flat record, for the headless command's last line."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from decimal import Decimal
from typing import Any

from hlmaster.core.errors import HlError
from hlmaster.core.orders import OrderStatus
from hlmaster.core.rounding import wire_text
from hlmaster.desk.desk import Desk

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 10.0
DECIMALS = 8


async def summary(desk: Desk, wall_seconds: float) -> dict[str, Any]:
    """Money as decimal text; zero where nothing of the kind exists yet. ``unexplained`` is what the exchange's last
    statement says the account is worth more than our books explain; None where it gave none."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _compare(desk)
    health = desk.health()
    portfolio = desk.portfolio
    proposals = Counter(str(proposal.state) for proposal in desk.proposing.book.all())
    account = portfolio.account
    sent = [o for o in desk.orders.all() if not o.foreign and o.status is not OrderStatus.INTENDED]
    return {
        "mode": str(desk.mode),
        "session": desk.session.name,
        "seconds": round(wall_seconds, 3),
        "market_seconds": round(wall_seconds * desk.clock.speed, 3),
        "behind_ms_max": health.behind_ms_max,
        "messages": health.messages,
        "gaps": health.gaps,
        "defects": health.defects,
        "signals": sum(card.signals for card in desk.engine.cards()),
        "proposals": sum(proposals.values()),
        "proposal_ends": dict(sorted(proposals.items())),
        "orders": len(sent),
        "open_orders": len(desk.orders.live()),
        "fills": len(portfolio.fills),
        "trades": len(portfolio.ledger.round_trips),
        "positions": len(portfolio.positions()),
        "unprotected": sum(_is_bare(desk, position.coin) for position in portfolio.positions()),
        "equity": _digits(portfolio.equity),
        "realised": _digits(portfolio.ledger.realised),
        "unrealised": _digits(portfolio.unrealised),
        "fees": _digits(portfolio.ledger.fees),
        "funding": _digits(portfolio.ledger.funding),
        "unexplained": None if account is None else _digits(portfolio.ledger.unexplained(account)),
        "reconnects": health.reconnects,
        "link": str(health.link),
        "loop_lag_ms_p99": round(health.loop_lag_ms_p99, 3),
    }


def _digits(amount: Decimal) -> str:
    """No exponent, and no digits that only divisions made."""
    return wire_text(round(amount, DECIMALS))


def _is_bare(desk: Desk, coin: str) -> bool:
    shield = desk.protector.shield(coin)
    return shield is None or shield.covered < 1


async def _compare(desk: Desk) -> None:
    try:
        await desk.reconciler.run()
    except HlError as error:
        log.warning("the last comparison with the exchange failed: %s", error)
