"""The figures of a run in one flat record, for the headless command's last line."""

from __future__ import annotations

from typing import Any

from hlmaster.core.orders import OrderStatus
from hlmaster.desk.desk import Desk


def summary(desk: Desk, wall_seconds: float) -> dict[str, Any]:
    """Money as decimal text; zero where nothing of the kind exists yet."""
    health = desk.health()
    portfolio = desk.portfolio
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
        "signals": 0,
        "proposals": 0,
        "orders": len(sent),
        "open_orders": len(desk.orders.live()),
        "fills": len(portfolio.fills),
        "positions": len(portfolio.positions()),
        "equity": str(portfolio.equity),
        "realised": str(portfolio.ledger.realised),
        "unrealised": str(portfolio.unrealised),
        "fees": str(portfolio.ledger.fees),
        "funding": str(portfolio.ledger.funding),
        "reconnects": health.reconnects,
        "link": str(health.link),
        "loop_lag_ms_p99": round(health.loop_lag_ms_p99, 3),
    }
