"""A card is heard once; many at once are one notification; what acts alone or was switched off makes none."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.proposals import Policy
from hlmaster.settings import Settings
from hlmaster.ui.arrivals import GATHER_SECONDS, Arrivals
from hlmaster.ui.sounds import Sounds
from tests.ui.desks import TradingScene, until
from tests.ui.proposals import OTHER, STRATEGY, deciding


class Silence:
    """Stands in for the system's tray."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, title: str, text: str) -> None:
        self.shown.append(title)


@pytest.fixture
def beeps(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    heard: list[bool] = []
    monkeypatch.setattr(QApplication, "beep", lambda: heard.append(True))
    return heard


def listening(scene: TradingScene, qtbot: QtBot) -> tuple[Arrivals, Silence, list[tuple[str, str]]]:
    window = QWidget()
    qtbot.addWidget(window)
    arrivals, tray, said = Arrivals(scene.context, Sounds(scene.context, window), window), Silence(), []
    stand_in: Any = tray
    arrivals.tray = stand_in
    arrivals.announced.connect(lambda title, text: said.append((title, text)))
    return arrivals, tray, said


async def test_a_card_is_heard_and_named(qtbot: QtBot, beeps: list[bool]) -> None:
    async with deciding() as cards:
        _, tray, said = listening(cards.scene, qtbot)
        cards.open()
        await until(lambda: said)
        assert said == [("A proposal waits for you", "ETH long, confluence")]
        assert tray.shown == ["A proposal waits for you"]
        assert beeps == [True]


async def test_many_at_once_are_one(qtbot: QtBot, beeps: list[bool]) -> None:
    async with deciding("ETH", "SOL", "HYPE", "BTC") as cards:
        _, tray, said = listening(cards.scene, qtbot)
        for coin in ("ETH", "SOL", "HYPE", "BTC"):
            cards.open(coin)
        await until(lambda: said)
        assert said[0][0] == "4 proposals wait for you"
        assert "and 1 more" in said[0][1]
        assert (len(tray.shown), len(beeps)) == (1, 1)


async def test_the_next_waits_until_it_is_quiet_again(qtbot: QtBot, beeps: list[bool]) -> None:
    async with deciding("ETH", "SOL") as cards:
        arrivals, _, said = listening(cards.scene, qtbot)
        cards.open()
        await until(lambda: said)
        cards.open("SOL")
        assert arrivals._timer.remainingTime() > GATHER_SECONDS * 1000
        assert len(said) == 1


async def test_switched_off_is_silent(qtbot: QtBot, beeps: list[bool]) -> None:
    settings = Settings.model_validate({"sounds": {"card": False}, "general": {"card_notification": False}})
    async with deciding(settings=settings) as cards:
        _, tray, said = listening(cards.scene, qtbot)
        cards.open()
        await until(lambda: said)
        assert not tray.shown
        assert not beeps


async def test_what_acts_alone_is_not_announced(qtbot: QtBot, beeps: list[bool]) -> None:
    async with deciding("ETH", "SOL") as cards:
        _, _, said = listening(cards.scene, qtbot)
        cards.scene.desk.roster.change(OTHER, policy=Policy.AUTO)
        cards.scene.desk.roster.set_overall(Policy.AUTO)
        cards.say("SOL", strategy=OTHER)
        await until(lambda: cards.scene.desk.portfolio.size("SOL"))
        cards.say("ETH", strategy=STRATEGY)
        await until(lambda: said)
        assert said == [("A proposal waits for you", "ETH long, confluence")]
