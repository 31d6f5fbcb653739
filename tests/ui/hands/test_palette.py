"""The palette: a few letters, Enter, and it is done; what cannot be says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.ui.hands.entries import Entries
from hlmaster.ui.hands.palette import Palette
from tests.ui.hands.room import Room, room

Key = Qt.Key


class Found:
    def __init__(self, here: Room) -> None:
        self.here = here
        self.opened: list[str] = []
        self.set: list[tuple[str, object]] = []
        context = here.scene.context
        context.setting_wanted.connect(lambda key, value: self.set.append((key, value)))
        context.help_wanted.connect(self.opened.append)
        self.entries = Entries(
            context,
            here.keymap,
            here.shortcuts,
            self.opened.append,
            self.opened.append,
            lambda: [("first_trade", "Your first trade")],
        )
        self.palette = Palette(context, self.entries, here.window)

    def type(self, words: str) -> None:
        if not self.palette.isVisible():
            self.palette.open(self.here.window)
        self.palette.search.setText(words)

    def enter(self) -> None:
        QTest.keyClick(self.palette.search, Key.Key_Return)

    def row(self, row: int) -> str:
        entry = self.palette.model.entry(row)
        return "" if entry is None else entry.title


@asynccontextmanager
async def palette(qtbot: QtBot, *, start: bool = False) -> AsyncIterator[Found]:
    async with room(qtbot, start=start) as here:
        yield Found(here)


async def test_enter_does_what_was_found_and_gives_the_keys_back(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        it.here.add("pause", "P")
        it.here.canvas.setFocus()
        it.type("pau")
        assert it.palette.search.hasFocus()
        it.enter()
        assert it.here.ran == ["pause"]
        assert not it.palette.isVisible()
        assert it.here.canvas.hasFocus()


async def test_arrows_choose_and_esc_leaves_everything(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        for key in ("order a", "order b"):
            it.here.add(key, "")
        it.type("order")
        QTest.keyClick(it.palette.search, Key.Key_Down)
        assert it.palette.chosen is not None
        assert it.palette.chosen.title == "Order b"
        for _ in range(20):
            QTest.keyClick(it.palette.search, Key.Key_Up)
        assert it.palette.chosen.title == "Order a"
        QTest.keyClick(it.palette.search, Key.Key_Escape)
        assert not it.palette.isVisible()
        assert it.here.ran == []


async def test_what_was_used_last_comes_first(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        for key in ("order a", "order b"):
            it.here.add(key, "")
        it.type("order b")
        it.enter()
        it.type("")
        assert it.row(0) == "Order b"
        it.type("order")
        assert it.row(0) == "Order b"


async def test_trading_actions_run_only_while_armed_and_say_how(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        it.here.add("buy", "Shift+B", trades=True)
        it.type("buy")
        chosen = it.palette.chosen
        assert chosen is not None
        assert chosen.is_trading
        assert chosen.keys == "Shift+B"
        it.enter()
        assert it.here.ran == []
        assert "Arm with F4" in it.palette.footer.text()
        assert it.palette.isVisible()
        it.here.scene.context.arming.set(True)
        it.enter()
        assert it.here.ran == ["buy"]


async def test_every_coin_of_the_venue_is_found_and_chosen(qtbot: QtBot) -> None:
    async with palette(qtbot, start=True) as it:
        coins = set(it.here.scene.desk.instruments)
        assert {entry.title for entry in it.entries.coins()} == coins
        it.type("sol")
        it.enter()
        assert it.here.scene.context.coin == "SOL"
        it.type("eth")
        assert it.palette.chosen is not None
        assert it.palette.chosen.note().startswith("3,4"), "its mark price"


async def test_a_simple_setting_is_turned_in_place_and_the_others_open(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        for words in ("mute", "theme"):
            it.type(words)
            it.enter()
            assert it.palette.isVisible()
        assert [key for key, _ in it.set] == ["sounds.muted", "general.theme"]
        assert it.set[0][1] is True
        for words in ("confirm orders", "volume"):
            it.type(words)
            it.enter()
        assert it.opened == ["general.confirm_orders", "sounds.volume_percent"]


async def test_pages_of_the_help_are_found(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        it.type("first trade")
        it.enter()
        assert it.opened == ["first_trade"]


async def test_what_is_nowhere_says_what_to_try(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        it.type("zqxj")
        assert it.palette.model.rowCount() == 0
        assert "Nothing has these letters" in it.palette.footer.text()
        it.enter()
        assert it.palette.isVisible()


async def test_it_goes_when_the_keys_go_elsewhere(qtbot: QtBot) -> None:
    async with palette(qtbot) as it:
        it.type("x")
        it.here.line.setFocus()
        assert not it.palette.isVisible()
