"""Tightening at once, loosening tomorrow, for every limit there is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS, HOUR_MS
from hlmaster.core.config import fields_of
from hlmaster.settings import Settings
from hlmaster.trading.risk.loosening import LOOSER, Limits, is_looser, tomorrow
from tests.trading.scenes import NOW, D

FREE_AT_ONCE = {
    "risk.minimum_notional_usd",
    "risk.duplicate_window_seconds",
    "risk.slippage_cap_percent",
    "risk.exit_slippage_cap_percent",
    "safeguards.checklist",
    "safeguards.journal_prompt",
}


def test_every_limit_waits_or_is_known_to_be_free() -> None:
    sections = {"risk", "breakers", "safeguards", "strategies"}
    keys = {key for key, _ in fields_of(Settings) if key.partition(".")[0] in sections}
    assert keys == LOOSER.keys() | FREE_AT_ONCE


@pytest.mark.parametrize(
    ("key", "strict", "loose"),
    [
        ("risk.max_position_percent", D(5), D(10)),
        ("risk.min_confidence", 0.8, 0.7),
        ("risk.position_caps", ("BTC:1",), ("BTC:2",)),
        ("risk.position_caps", ("BTC:1", "ETH:1"), ("BTC:1",)),
        ("risk.position_caps", ("BTC:1",), ()),
        ("risk.allowed_coins", ("BTC",), ("BTC", "ETH")),
        ("risk.allowed_coins", ("BTC",), ()),
        ("risk.forbidden_coins", ("DOGE",), ()),
        ("risk.trading_hours", ("08:00-10:00",), ("08:00-11:00",)),
        ("risk.self_trade_guard", True, False),
        ("breakers.day_loss_usd", D(100), None),
        ("breakers.rest_minutes", 60, 30),
        ("breakers.cut_positions", True, False),
        ("safeguards.cool_down_minutes", 30, None),
        ("safeguards.cool_down_minutes", 30, 10),
        ("safeguards.revenge", "refuse", "warn"),
        ("safeguards.overtrading", "warn", "off"),
        ("safeguards.daily_orders", 5, 6),
    ],
)
def test_the_direction_of_each_kind(key: str, strict: Any, loose: Any) -> None:
    assert is_looser(key, strict, loose)
    assert not is_looser(key, strict, strict)
    if key != "risk.trading_hours":
        assert not is_looser(key, loose, strict)


KEY = "risk.max_open_positions"


def test_a_looser_value_waits_for_the_next_day_and_can_be_taken_back() -> None:
    held = Limits({KEY: 2}, {}).follow({KEY: 5}, NOW, freely=False)
    assert (held.in_force, held.due) == ({KEY: 2}, {KEY: tomorrow(NOW)})
    assert held.follow({KEY: 2}, NOW, freely=False) == Limits({KEY: 2}, {})
    assert held.follow({KEY: 5}, tomorrow(NOW) - 1, freely=False).in_force == {KEY: 2}
    assert held.follow({KEY: 5}, tomorrow(NOW), freely=False) == Limits({KEY: 5}, {})
    assert held.follow({KEY: 5}, NOW, freely=True) == Limits({KEY: 5}, {})


def test_what_was_asked_for_while_nobody_looked_waits_a_night_of_its_own() -> None:
    """The program ended with 5 waiting; the file says 9 at the next start."""
    held = Limits({KEY: 2}, {}).follow({KEY: 5}, NOW, freely=False)
    morning = tomorrow(NOW) + HOUR_MS
    held = held.follow({KEY: 9}, morning, freely=False)
    assert (held.in_force, held.due) == ({KEY: 5}, {KEY: tomorrow(morning)})
    assert held.follow({KEY: 9}, tomorrow(morning), freely=False).in_force == {KEY: 9}
    assert held.follow({KEY: 4}, morning, freely=False) == Limits({KEY: 4}, {})


def test_of_names_only_those_that_are_still_wanted_are_let_in() -> None:
    coins = "risk.allowed_coins"
    held = Limits({coins: ("BTC",)}, {}).follow({coins: ("BTC", "ETH")}, NOW, freely=False)
    held = held.follow({coins: ("BTC", "DOGE")}, tomorrow(NOW), freely=False)
    assert held.in_force == {coins: ("BTC",)}


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 30 * HOUR_MS)), max_size=20))
def test_nothing_gets_looser_within_the_day_it_was_asked_for(steps: list[tuple[int, int]]) -> None:
    now, held, slept_on = NOW, Limits({KEY: 5}, {}), [(0, 0)]
    for wanted, wait in steps:
        before = held.in_force[KEY]
        held = held.follow({KEY: wanted}, now, freely=False)
        assert held.in_force[KEY] <= max(before, wanted)
        assert held.in_force[KEY] == wanted or held.due[KEY] - now <= DAY_MS
        asked_day, strictest = now // DAY_MS, held.in_force[KEY]
        assert strictest <= max(
            before, *(asked for asked, day in slept_on if day < asked_day), wanted if wanted <= before else 0
        )
        slept_on.append((wanted, asked_day))
        now += wait
        held = held.follow({KEY: wanted}, now, freely=False)
        assert now // DAY_MS > asked_day or held.in_force[KEY] == strictest


def test_numbers_of_any_kind_compare() -> None:
    assert is_looser("risk.max_leverage", Decimal("2.5"), Decimal(3))
