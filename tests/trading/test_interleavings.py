"""No cap is exceeded, no breaker lost and nothing sent unapproved, in whatever order things happen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hlmaster.core.errors import OutcomeUnknown
from hlmaster.core.orders import new_client_order_id
from hlmaster.desk.course import Course
from hlmaster.trading.risk.rule import Limit
from tests.trading import interleavings
from tests.trading.interleavings import play

INTERLEAVINGS, CHUNK = 300, 25


@pytest.mark.parametrize("first", range(0, INTERLEAVINGS, CHUNK))
def test_caps_breakers_and_approvals_hold_in_any_order(first: int) -> None:
    found = [line for seed in range(first, first + CHUNK) for line in play(seed)[0]]
    assert not found, "\n".join(found)


# --- the judge, judged: each of these faults is planted into the desk and must be found out ---


def an_approval_is_used_for_two_orders(patch: pytest.MonkeyPatch) -> None:
    enter = Course.enter

    async def twice(course: Course, card: Any, order: Any, policy: Any) -> Any:
        outcome = await enter(course, card, order, policy)
        await asyncio.sleep(3)  # the duplicate guard has forgotten it
        await course._manual.submit([replace(order, client_order_id=new_client_order_id())])
        return outcome

    patch.setattr(Course, "enter", twice)


def a_request_whose_answer_was_lost_is_sent_again(patch: pytest.MonkeyPatch) -> None:
    send = interleavings.Exchange.send

    async def again(exchange: Any, prepared: Any) -> Any:
        try:
            return await send(exchange, prepared)
        except OutcomeUnknown:
            return await send(exchange, replace(prepared, nonce=exchange.reserve_nonce(prepared.nonce + 1)))

    patch.setattr(interleavings.Exchange, "send", again)


def limits_refuse_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Limit, "refusal", lambda one, *about: one.ok)


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (an_approval_is_used_for_two_orders, "came without an approval of its own"),
        (a_request_whose_answer_was_lost_is_sent_again, "came a second time"),
        (limits_refuse_nothing, " is over "),
    ],
)
def test_a_planted_fault_is_found_out(
    plant: Callable[[pytest.MonkeyPatch], None], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert any(words in line for seed in range(30) for line in play(seed)[0])
