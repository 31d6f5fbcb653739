"""The judge is judged: a desk with a fault of its own does not pass."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import OrderStatus, Verdict
from hlmaster.exchange.hyperliquid.signing import Signer
from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading
from hlmaster.storage.journal import SqliteJournal
from hlmaster.trading.execution.resolver import Resolver
from hlmaster.trading.ledger import Ledger
from hlmaster.trading.protection.protector import Protector
from hlmaster.trading.risk.gate import Gate
from tests.hostile import checker
from tests.hostile.history import History, WireAction
from tests.hostile.schedule import run_schedule
from tests.trading.scenes import order

TRIES = range(1, 6)


def unwritten(patch: pytest.MonkeyPatch) -> None:
    async def commit(self: object, intents: object) -> None:
        """Promises what it does not do."""

    patch.setattr(SqliteJournal, "commit", commit)


def forgetful(patch: pytest.MonkeyPatch) -> None:
    book: Callable[..., Any] = Ledger.book_fill

    def sometimes(self: Ledger, fill: Any, *rest: Any) -> Any:
        return {} if fill.trade_id % 3 == 0 else book(self, fill, *rest)

    patch.setattr(Ledger, "book_fill", sometimes)


def boastful(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "settled", property(lambda self: Decimal(12_345)))


def unresolved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Resolver, "take_up", lambda self, doubt: None)


def unprotected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Protector, "_consider", lambda self, coin: None)


def talkative(patch: pytest.MonkeyPatch) -> None:
    init: Callable[..., None] = HyperliquidTrading.__init__

    def told(self: object, *args: Any, **options: Any) -> None:
        signer = next(one for one in args if isinstance(one, Signer))
        logging.getLogger("hlmaster.talk").info("trading with %s", signer.export_key().upper())
        init(self, *args, **options)

    patch.setattr(HyperliquidTrading, "__init__", told)


def lenient(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Gate, "check", lambda self, order: Verdict(()))
    patch.setattr(Gate, "approve", lambda self, order: self._mint.approve(order, Verdict(())))


@pytest.mark.parametrize(
    ("sabotage", "check"),
    [
        (unwritten, "C7"),
        (forgetful, "C2"),
        (boastful, "C3"),
        (unresolved, "C9"),
        (unprotected, "C4"),
        (talkative, "C8"),
        (lenient, "C6"),
    ],
)
def test_a_desk_that_breaks_a_promise_is_found_out(
    monkeypatch: pytest.MonkeyPatch, sabotage: Callable[[pytest.MonkeyPatch], None], check: str
) -> None:
    sabotage(monkeypatch)
    assert any(finding.check == check for seed in TRIES for finding in run_schedule(seed).findings)


class NoOrders:
    """A house that lists no orders; the history's wire decides."""

    class venue:  # noqa: N801 - stands for the attribute
        @staticmethod
        def historical_orders(user: str) -> list[object]:
            return []


def placed(name: str, time: float = 0.0, nonce: int = 1) -> WireAction:
    return WireAction(time, "order", nonce, (name,), (("0", False, "100", "1"),), True, True)


def judged(history: History) -> list[str]:
    house: Any = NoOrders()
    return [str(finding) for finding in checker.judge(history, house, "0x0", Decimal(1000))]


def test_one_wish_that_became_two_orders_is_found() -> None:
    history = History(0)
    history.counts["market"] = 2
    history.wire = [placed("0xa"), placed("0xb", nonce=2)]
    assert judged(history) == []
    history.wire.append(placed("0xa", nonce=3))
    history.counts["market"] = 3
    assert judged(history) == ["C1: 0xa was placed 2 times"]
    history.wire[-1] = placed("0xc", nonce=3)
    history.counts["market"] = 2
    assert judged(history) == ["C1: 3 entries were accepted of 2 that were asked for"]


def test_an_order_that_goes_back_is_found() -> None:
    history = History(0)
    tracked = TrackedOrder(order(), OrderStatus.RESTING, 7, Decimal(1), None, 0, 0)
    history.told = [(1, tracked), (1, replace(tracked, status=OrderStatus.WAITING))]
    assert judged(history) == []
    history.told.append((1, replace(tracked, status=OrderStatus.SENT, filled_size=Decimal(0))))
    assert [finding[:2] for finding in judged(history)] == ["C5", "C5"]
