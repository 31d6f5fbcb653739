"""Breakers stop entries and outlast restarts; limits loosen tomorrow; what is shown is what is enforced."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.breakers import BreakerChanged, LimitBreached
from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from hlmaster.core.events import CashMoved, Rejected, TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import Basis, CashMove, OrderStatus
from hlmaster.desk.risk import RESUME_SENTENCE, UNLOCK_SENTENCE
from hlmaster.settings import Settings
from tests.desk.desks import Scene, running
from tests.desk.desks import scene as made_scene
from tests.trading.scenes import D, MemoryStore, order


@asynccontextmanager
async def desk_in(folder: Path, store: MemoryStore | None = None, **sections: Any) -> AsyncIterator[Scene]:
    """A desk whose session lies in ``folder``."""
    settings = Settings.model_validate({"protection": {"stop": "off"}, **sections})
    made = made_scene(store=store, settings=settings, folder=folder)
    async with running(made):
        yield made


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with desk_in(tmp_path) as made:
        yield made


def heard(scene: Scene, kind: type) -> list[Any]:
    found: list[Any] = []
    scene.desk.bus.subscribe(kind, found.append)
    return found


def lose(scene: Scene, amount: int) -> None:
    """So much, as one ETH falls by it."""
    scene.hold("1")
    scene.market.price("ETH", 3000.0 - amount)
    scene.desk.risk.look()


async def test_a_days_loss_halves_sizes_then_closes_entries(scene: Scene) -> None:
    facts = heard(scene, BreakerChanged)
    lose(scene, 310)
    assert [(fact.name, fact.tripped) for fact in facts] == [("day warning", True)]
    assert scene.desk.survey("ETH").conduct.size_factor == D("0.5")
    assert scene.desk.guard.state is TradingState.ACTIVE
    scene.market.price("ETH", 2490.0)
    scene.desk.risk.look()
    assert scene.desk.guard.is_restrained_by("day loss")
    refused = scene.desk.gate.check(order(size="0.1", price="2480"))
    assert "trading state" in {failure.rule for failure in refused.failures}
    scene.clock.advance(DAY_MS)
    scene.market.price("ETH", 2490.0)
    scene.desk.risk.look()
    assert scene.desk.guard.state is TradingState.ACTIVE


async def test_a_withdrawal_is_no_loss(scene: Scene) -> None:
    scene.desk.bus.publish(CashMoved((CashMove(scene.clock.now_ms() + 1, D(-9_000), "withdraw", "w1"),)))
    scene.desk.risk.look()
    assert scene.desk.portfolio.equity == 1_000
    assert scene.desk.risk.breakers.tripped == {}


async def test_what_tripped_is_tripped_before_the_next_run_looks_at_anything(tmp_path: Path) -> None:
    store = MemoryStore()
    async with desk_in(tmp_path, store) as first:
        lose(first, 2_100)
        assert first.desk.guard.state is TradingState.HALTED
        tripped = dict(first.desk.risk.breakers.tripped)
    again = made_scene(store=store, folder=tmp_path)
    assert again.desk.guard.state is TradingState.HALTED
    assert again.desk.risk.breakers.tripped == tripped
    await again.desk.risk.stop()
    await again.desk.stop()


async def test_a_memory_that_is_damaged_halts_until_unlocked(tmp_path: Path) -> None:
    (tmp_path / "risk.json").write_text("{ not json")
    async with desk_in(tmp_path) as scene:
        assert scene.desk.guard.is_restrained_by("halt loss")
        assert scene.desk.risk.unlock(RESUME_SENTENCE).ok
        assert scene.desk.guard.state is TradingState.ACTIVE
        assert not scene.desk.risk.unlock(RESUME_SENTENCE).ok


@pytest.mark.parametrize("typed", ["", "yes", RESUME_SENTENCE.lower(), RESUME_SENTENCE[:-1], UNLOCK_SENTENCE])
async def test_a_halt_holds_against_whoever_did_not_type_the_sentence(tmp_path: Path, typed: str) -> None:
    async with desk_in(tmp_path) as scene:
        lose(scene, 2_100)
        outcome = scene.desk.risk.unlock(typed)
        assert (outcome.ok, RESUME_SENTENCE in outcome.sentence) == (False, True)
        assert scene.desk.guard.state is TradingState.HALTED
        assert scene.desk.risk.unlock(f"  {RESUME_SENTENCE}. ").ok
        assert not scene.desk.guard.is_restrained_by("halt loss")


async def test_failing_orders_pause_entries_for_a_minute(scene: Scene) -> None:
    for _ in range(8):
        scene.desk.bus.publish(Rejected(order(), "no", scene.clock.now_ms()))
    scene.desk.risk.look()
    assert scene.desk.guard.is_restrained_by("errors")
    scene.clock.advance(MINUTE_MS + 1)
    for coin in ("ETH", "BTC"):
        scene.market.price(coin, 3000.0)
    scene.desk.risk.look()
    assert not scene.desk.guard.is_restrained_by("errors")


async def test_stale_data_of_a_coin_that_is_held_pauses_all_entries(scene: Scene) -> None:
    scene.hold("1")
    for _ in range(8):
        scene.clock.advance(4_000)
        scene.venue.publish_account()
        scene.market.price("BTC", 3000.0)
        scene.desk.risk.look()
    assert scene.desk.guard.is_restrained_by("errors")
    assert "ETH" in scene.desk.guard.sentence


async def test_a_limit_is_tightened_at_once_and_loosened_tomorrow(scene: Scene) -> None:
    desk = scene.desk
    freely = desk.settings.model_copy(update={"risk": desk.settings.risk.model_copy(update={"max_open_positions": 9})})
    desk.apply_settings(freely)
    assert desk.limits.risk.max_open_positions == 9, "nothing has been traded yet"
    scene.hold("1")
    tight = freely.model_copy(update={"risk": freely.risk.model_copy(update={"max_open_positions": 1})})
    desk.apply_settings(tight)
    assert desk.limits.risk.max_open_positions == 1
    assert "takes effect" in desk.limits.notes(freely)["risk.max_open_positions"]
    desk.apply_settings(freely)
    assert desk.limits.risk.max_open_positions == 1
    (waiting,) = desk.limits.waiting()
    assert (waiting.key, waiting.in_force, waiting.wanted) == ("risk.max_open_positions", 1, 9)
    assert desk.limits.undo(waiting.key) == tight
    scene.clock.advance(waiting.due_ms - scene.clock.now_ms())
    desk.risk.look()
    assert desk.limits.risk.max_open_positions == 9


async def test_a_restart_with_a_looser_file_does_not_loosen(tmp_path: Path) -> None:
    store = MemoryStore()
    async with desk_in(tmp_path, store, risk={"max_order_value_usd": 100}) as first:
        first.hold("0.01")
    async with desk_in(tmp_path, store, risk={"max_order_value_usd": 9_000}) as second:
        assert second.desk.limits.risk.max_order_value_usd == 100
        assert second.desk.settings.risk.max_order_value_usd == 9_000
        second.clock.advance(DAY_MS)
        second.desk.risk.look()
        assert second.desk.limits.risk.max_order_value_usd == 9_000


async def test_limits_in_force_that_cannot_be_read_are_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text("{}")
    made = made_scene(settings=Settings.model_validate({"risk": {"max_open_positions": 9}}), folder=tmp_path)
    assert made.desk.limits.risk.max_open_positions == 2
    await made.desk.stop()


async def test_a_lockout_opens_by_a_typed_sentence_and_a_wait(scene: Scene) -> None:
    risk = scene.desk.risk
    assert risk.lock_out(240).ok
    by_hand = order(size="0.1")
    idea = replace(by_hand, basis=Basis("m", "p", True, 0.9, 0.9, D(2_900)))
    assert "own safeguards" in {one.rule for one in scene.desk.gate.check(by_hand).failures}
    assert "own safeguards" not in {one.rule for one in scene.desk.gate.check(idea).failures}
    assert not risk.end_lockout("let me in").ok
    assert risk.end_lockout(UNLOCK_SENTENCE).ok
    assert "own safeguards" in {one.rule for one in scene.desk.gate.check(by_hand).failures}
    scene.clock.advance(10 * MINUTE_MS)
    risk.look()
    assert "own safeguards" not in {one.rule for one in scene.desk.gate.check(by_hand).failures}
    assert not risk.end_lockout(UNLOCK_SENTENCE).ok


async def test_a_standing_limit_that_is_passed_is_told_once_and_its_row_is_red(scene: Scene) -> None:
    facts = heard(scene, LimitBreached)
    scene.hold("20")
    for _ in range(3):
        scene.desk.risk.look()
    assert [(fact.limit, fact.coin, fact.breached) for fact in facts] == [("position", "ETH", True)]
    row = next(row for row in scene.desk.risk.rows("ETH") if row.rule == "position")
    assert (row.passed, row.value, row.limit) == (False, "600 %", "10 %")
    scene.venue.give("ETH", D(-19))
    scene.desk.risk.look()
    assert [fact.breached for fact in facts] == [True, False]


async def test_what_a_strategy_leads_is_held_to_the_values_of_strategies(scene: Scene) -> None:
    facts, led = heard(scene, LimitBreached), {"ETH"}
    scene.desk.risk.is_led = led.__contains__
    scene.hold("1")
    scene.desk.risk.look()
    assert {(fact.limit, fact.coin, fact.breached) for fact in facts} == {
        ("position", "ETH", True),
        ("gross exposure", "", True),
    }
    assert all(fact.sentence.endswith("strategies open nothing more.") for fact in facts)
    led.clear()  # a person takes it over: thirty per cent are nothing by hand
    scene.desk.risk.look()
    assert [fact.breached for fact in facts] == [True, True, False, False]


async def test_effects_tell_before_and_after_of_each_limit(scene: Scene) -> None:
    scene.hold("0.1")
    scene.desk.risk.look()
    wanted = order(size="0.1", basis=Basis("m", "p", False, 0.9, 0.9, D(2_900)))
    effects = {one.rule: one for one in scene.desk.risk.effects(wanted, scene.desk.survey("ETH"))}
    assert (effects["position"].before, effects["position"].after) == ("3 %", "6 %")
    assert (effects["position"].limit, effects["position"].used_after) == ("10 %", 0.6)
    assert effects["day loss"].limit == "5 %"
    assert effects["trade risk"].used_before == 0


async def test_a_fill_that_was_told_and_has_not_come_counts_as_held(scene: Scene) -> None:
    wanted = order(size="1")
    scene.desk.orders.register(wanted)
    scene.desk.orders.mark(wanted.client_order_id, OrderStatus.SENT)
    tracked = scene.desk.orders.get(wanted.client_order_id)
    assert tracked is not None
    scene.desk.orders._advance(replace(tracked, filled_size=D(1)), OrderStatus.FILLED)
    assert scene.desk.survey("ETH").stake.worst == 1
    assert scene.desk.survey("ETH").standing.open_coins == {"ETH"}
    scene.clock.advance(HOUR_MS)
    assert scene.desk.survey("ETH").stake.worst == 0


async def test_a_drawdown_can_cut_what_is_open_by_half(tmp_path: Path) -> None:
    async with desk_in(tmp_path, breakers={"cut_positions": True, "drawdown_percent": 1}) as scene:
        scene.hold("1")
        scene.market.price("ETH", 2890.0)
        scene.venue.price = D(2890)
        scene.desk.risk.look()
        await scene.until(lambda: scene.desk.portfolio.size("ETH") == D("0.5"))


async def test_orders_by_hand_are_a_habit_and_ideas_are_none(scene: Scene) -> None:
    scene.desk.orders.register(order(Side.BUY))
    scene.desk.orders.register(order(basis=Basis("m", "p", True, 1.0, 1.0, None)))
    assert len(scene.desk.risk._habits.placed) == 1
