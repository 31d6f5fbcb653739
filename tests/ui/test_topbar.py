"""The mode badge: a colour of its own for each mode, always in view, with the account's tail where there is one."""

from __future__ import annotations

import itertools
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.model import Mode
from hlmaster.ui import theme
from hlmaster.ui.topbar import BADGES, TopBar
from tests.ui.desks import trading, until

DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


def badge_text(mode: Mode, *, narrow: bool) -> str:
    desk: Any = SimpleNamespace(mode=mode, account="0x" + "ab" * 18 + "c0de")
    bar: Any = SimpleNamespace(_context=SimpleNamespace(desk=desk))
    return TopBar._badge_text(bar, narrow=narrow)


@pytest.mark.parametrize(("mode", "narrow"), list(itertools.product(Mode, (False, True))))
def test_the_badge_names_the_mode_and_the_accounts_tail(mode: Mode, narrow: bool) -> None:
    text = badge_text(mode, narrow=narrow)
    assert text.startswith(BADGES[mode].split(" · ")[0])
    assert ("…c0de" in text) == (mode in (Mode.TESTNET, Mode.LIVE))


@pytest.mark.parametrize(("ends", "words"), [(None, "not checked yet"), (1_800_000_000_000, "approved until")])
def test_the_badge_tells_the_account_and_how_long_its_wallet_may_trade(ends: int | None, words: str) -> None:
    desk: Any = SimpleNamespace(mode=Mode.LIVE, account="0x" + "ab" * 20, access_ends_ms=ends)
    told = TopBar._badge_words(SimpleNamespace(_context=SimpleNamespace(desk=desk)))  # type: ignore[arg-type]
    assert desk.account in told
    assert words in told


@pytest.mark.parametrize("look", ["dark", "light"])
def test_each_mode_has_a_colour_of_its_own_whatever_the_user_calls_up_and_down(
    qtbot: QtBot, qapp: QApplication, look: str
) -> None:
    chosen = theme.theme(look)
    theme.apply(qapp, theme.theme(look, up=chosen.danger, down=chosen.accent))
    colours = set()
    for mode in Mode:
        badge = QPushButton("badge")
        badge.setProperty("role", "badge")
        badge.setProperty("mode", str(mode))
        qtbot.addWidget(badge)
        badge.resize(80, 24)
        colours.add(QColor(badge.grab().toImage().pixel(6, 12)).name())
    assert len(colours) == len(Mode)


async def test_what_does_not_fit_is_left_out_whole_and_never_a_switch(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.theme("dark"))
    async with trading() as scene:
        bar = TopBar(scene.context)
        qtbot.addWidget(bar)
        brand = next(label for label in bar.findChildren(QLabel) if label.text() == "HyperliquidMaster")
        switches = [bar.arming, bar.panic.flatten, bar.panic.more]
        bar.show()
        bar.reserve()

        def fits(has_brand: bool) -> bool:
            shown = [w for w in bar.findChildren(QWidget, options=DIRECT) if w.isVisible()]
            whole = all(w.width() >= w.minimumSizeHint().width() for w in shown)
            return whole and brand.isVisible() == has_brand

        for width, has_brand in ((2560, True), (1080, False), (1500, True), (1280, False), (1600, True)):
            bar.resize(width, 52)
            await until(partial(fits, has_brand))
            assert all(s.isVisible() and s.mapTo(bar, s.rect().topRight()).x() < width for s in switches)
            labels = [label for label in bar.findChildren(QLabel) if label.isVisible()]
            assert all(label.width() >= label.fontMetrics().horizontalAdvance(label.text()) for label in labels)
            assert bar._today.isVisible() == (width >= 1280)
