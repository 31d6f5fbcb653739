"""Who answers and what stands in the way, as the status bar and the panel's title say it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.core.opinions import Mood, Question
from hlmaster.core.secret import Secret
from hlmaster.core.signals import Direction
from hlmaster.insight.calibration.ledger import Ledger
from hlmaster.ui.analyst_words import place, standing, title, trust, verdict
from hlmaster.ui.statusbar import StatusBar
from tests.insight.calibration.models import MODEL, an_opinion, scored
from tests.insight.fake_ollama import FakeOllama, Mode
from tests.ui.advised import NOBODY, Told, advised, says
from tests.ui.desks import trading, until
from tests.ui.questions import words


def put(told: Told, **terms: Any) -> None:
    settings = told.scene.desk.settings
    analyst = settings.analyst.model_copy(update=terms)
    told.scene.desk.apply_settings(settings.model_copy(update={"analyst": analyst}))


async def test_without_a_server_the_obstacle_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    async with advised(tmp_path, NOBODY) as told:
        advising = told.advising
        assert standing(advising).word == "AI: plain rules"
        assert standing(advising).obstacle.startswith("No Ollama server answers at")
        put(told, who="ollama")
        assert (standing(advising).word, standing(advising).tone) == ("AI: no server", "warning")
        put(told, who="claude")
        assert standing(advising).word == "AI: no key"
        await advising.key.keep(Secret("key"))
        assert standing(advising).word == "AI ready"
        assert title(advising) == "AI analyst · claude-haiku-4-5 · Anthropic"
        put(told, who="rules")
        assert (standing(advising).word, standing(advising).obstacle) == ("AI: plain rules", "")
        put(told, enabled=False)
        assert (standing(advising).word, title(advising)) == ("AI off", "AI analyst · off")


async def test_with_a_server_it_says_who_is_asked_and_what_failed(qtbot: QtBot, tmp_path: Path) -> None:
    async with FakeOllama(answer=says()) as server, advised(tmp_path, server.host) as told:
        advising = told.advising
        bar = StatusBar(told.scene.context)
        qtbot.addWidget(bar)
        assert "AI ready" in words(bar)
        put(told, model="mistral")
        assert standing(advising).obstacle == "Ollama is there, without the model mistral."
        put(told, model="llama3.2", who="ollama")
        server.mode = Mode.HANG
        advising.analyst.ask("ETH", Question.MARKET)
        await until(lambda: standing(advising).word == "AI: asked about ETH")
        advising.analyst.cancel()
        await until(lambda: standing(advising).word == "AI: failed")
        bar.refresh()
        assert "AI: failed" in words(bar)


async def test_a_desk_without_an_analyst_is_off(qtbot: QtBot) -> None:
    async with trading() as scene:
        bar = StatusBar(scene.context)
        qtbot.addWidget(bar)
        assert "AI off" in words(bar)


@pytest.mark.parametrize(
    ("question", "mood", "direction", "told"),
    [
        (Question.MARKET, Mood.BULLISH, Direction.LONG, ("BULLISH 8/10", "up")),
        (Question.MARKET, Mood.BEARISH, Direction.NEUTRAL, ("BEARISH 8/10 · hold", "down")),
        (Question.MARKET, Mood.NEUTRAL, Direction.NEUTRAL, ("NEUTRAL 8/10", "")),
        (Question.ENTRY, Mood.BEARISH, Direction.SHORT, ("ENTER 8/10", "up")),
        (Question.ENTRY, Mood.NEUTRAL, Direction.NEUTRAL, ("STAY OUT 8/10", "warning")),
    ],
)
def test_a_verdict_has_words_and_a_colour(
    question: Question, mood: Mood, direction: Direction, told: tuple[str, str]
) -> None:
    assert verdict(replace(an_opinion(direction, question=question), mood=mood)) == told


def test_trust_is_told_once_there_is_evidence() -> None:
    ledger, opinion = Ledger(), an_opinion()
    assert trust(ledger, opinion) == "uncalibrated, 0 of 50 calls"
    ledger.add(*scored(1, 212, 0.58))
    calibrated = ledger.calibrated(MODEL, 0.8)
    assert calibrated is not None
    assert trust(ledger, opinion) == f"calibrated {calibrated * 100:.0f}% over 212 calls"


@pytest.mark.parametrize(
    ("host", "where"),
    [("http://localhost:11434", "local"), ("127.0.0.1:11434", "local"), ("http://box.home:11434/", "box.home")],
)
def test_a_server_elsewhere_is_named(host: str, where: str) -> None:
    assert place(host) == where
