"""Keys that step through coins and timeframes, choose thresholds and silence sounds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Interval
from hlmaster.ui.hands.desk_actions import SCALPER, THRESHOLDS, DeskActions
from tests.ui.hands.room import CONTROL, SHIFT, Room, room

Key = Qt.Key
COINS = ["ETH", "BTC", "SOL"]


@asynccontextmanager
async def served(qtbot: QtBot, said: list[str] | None = None) -> AsyncIterator[Room]:
    """``said`` hears what the sounds are asked for."""
    heard: list[str] = [] if said is None else said
    sounds: Any = SimpleNamespace(try_out=lambda sound: heard.append(str(sound)), stop=lambda: heard.append("stop"))
    nothing = {name: lambda *_: None for name in ("help", "settings", "save", "leave", "begin_afresh", "sessions")}
    nothing |= {name: lambda *_: None for name in ("modes", "arrange", "pause", "show_panel", "panic")}
    verbs: Any = SimpleNamespace(panels=list, pages=list, coins=lambda: COINS, **nothing)
    async with room(qtbot) as here:
        del here.scene.context.actions._actions["hands.arm"]
        DeskActions(here.scene.context, verbs, sounds, lambda: None, lambda: None, here.window)
        here.shortcuts.bring_up_to_date()
        yield here


async def test_keys_step_through_the_coins_round_and_round(qtbot: QtBot) -> None:
    async with served(qtbot) as here:
        context = here.scene.context
        seen = []
        for key in (Key.Key_PageDown, Key.Key_PageDown, Key.Key_PageDown, Key.Key_PageUp):
            here.press(key, CONTROL)
            seen.append(context.coin)
        assert seen == ["BTC", "SOL", "ETH", "SOL"]


async def test_keys_step_through_the_timeframes_and_stop_at_the_ends(qtbot: QtBot) -> None:
    async with served(qtbot) as here:
        context = here.scene.context
        context.choose_interval(Interval.M5)
        here.press(Key.Key_PageUp, SHIFT)
        assert context.interval is list(Interval)[list(Interval).index(Interval.M5) + 1]
        for _ in Interval:
            here.press(Key.Key_PageDown, SHIFT)
        assert context.interval is next(iter(Interval))


async def test_each_timeframe_can_be_chosen_by_its_action(qtbot: QtBot) -> None:
    async with served(qtbot) as here:
        for interval in Interval:
            here.scene.context.actions.run(f"market.interval_{interval.name.lower()}")
            assert here.scene.context.interval is interval


@pytest.mark.parametrize("level", range(1, len(THRESHOLDS) + 1))
async def test_figures_choose_the_thresholds_of_the_scalper(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, level: int
) -> None:
    async with served(qtbot) as here:
        asked: list[tuple[str, dict[str, float]]] = []
        monkeypatch.setattr(here.scene.desk.engine, "set_params", lambda *what: asked.append(what))
        here.press(Key(Key.Key_0 + level))
        percent = THRESHOLDS[level - 1]
        assert asked == [(SCALPER, {"trade": percent, "track": percent / 2})]
        assert f"from a move of {percent} %" in here.scene.sentences()


async def test_a_threshold_that_cannot_be_is_told(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConfigError("The scalper is not loaded.")

    async with served(qtbot) as here:
        monkeypatch.setattr(here.scene.desk.engine, "set_params", refuse)
        here.press(Key.Key_1)
        assert "not loaded" in here.scene.sentences()


async def test_a_key_silences_what_sounds_at_once_and_another_press_lets_it_sound_again(qtbot: QtBot) -> None:
    heard: list[str] = []
    async with served(qtbot, heard) as here:
        wanted: list[tuple[str, object]] = []
        here.scene.context.setting_wanted.connect(lambda key, value: wanted.append((key, value)))
        here.press(Key.Key_M, CONTROL | SHIFT)
        assert (wanted, heard) == ([("sounds.muted", True)], ["stop"])
        settings = here.scene.desk.settings
        sounds = settings.sounds.model_copy(update={"muted": True})
        here.scene.desk.settings = settings.model_copy(update={"sounds": sounds})
        here.press(Key.Key_M, CONTROL | SHIFT)
        assert (wanted[1:], heard) == ([("sounds.muted", False)], ["stop"])
