"""The analyst's panel in each of its states, and what a stranger's or a model's words can do in it: nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from hlmaster.core.opinions import AnalystCalled, Opinion, Question
from hlmaster.insight.calibration.advice import expires_ms
from hlmaster.ui.dialogs.analyst import AnalystDialog
from hlmaster.ui.opinion_view import CARET, OpinionView
from hlmaster.ui.panels.analyst import WITHOUT, AnalystPanel, Stage
from hlmaster.ui.plain import JOINER
from tests.insight.calibration.models import an_opinion
from tests.insight.fake_ollama import FakeModel, FakeOllama, Mode
from tests.ui.advised import HOSTILE, NOBODY, advised, says
from tests.ui.desks import TradingScene, trading, until
from tests.ui.questions import met, words


def made(scene: TradingScene, qtbot: QtBot) -> AnalystPanel:
    panel = AnalystPanel(scene.context)
    qtbot.addWidget(panel)
    panel.resize(284, 400)
    panel.show()
    return panel


async def reaches(panel: AnalystPanel, stage: Stage) -> None:
    await until(lambda: panel.stage is stage)


def shown_words(panel: AnalystPanel) -> str:
    said = "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel))
    return said.replace(JOINER, "")


async def test_a_desk_without_an_analyst_says_so(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = made(scene, qtbot)
        assert (panel.stage, panel.TITLE) == (Stage.WITHOUT, "AI analyst · off")
        assert WITHOUT in shown_words(panel)
        assert not panel.ask.isVisible()


async def test_switched_off_it_offers_to_be_switched_on(qtbot: QtBot, tmp_path: Path) -> None:
    async with advised(tmp_path, NOBODY) as told:
        scene = told.scene
        wanted: list[tuple[str, object]] = []
        scene.context.setting_wanted.connect(lambda *change: wanted.append(change))
        panel = made(scene, qtbot)
        settings = scene.desk.settings
        off = settings.analyst.model_copy(update={"enabled": False})
        scene.context.apply_settings(settings.model_copy(update={"analyst": off}))
        assert panel.stage is Stage.OFF
        assert not panel.guidance.isVisible()
        panel.switch_on.click()
        assert wanted == [("analyst.enabled", True)]


async def test_without_a_server_it_says_how_to_get_one_and_rules_speak_meanwhile(qtbot: QtBot, tmp_path: Path) -> None:
    async with advised(tmp_path, NOBODY) as told:
        panel = made(told.scene, qtbot)
        assert panel.stage is Stage.NO_SERVER
        said = shown_words(panel)
        for expected in ("No Ollama server answers at http://127.0.0.1:1.", "ollama.com", "plain rules"):
            assert expected in said
        panel.guidance.copy.click()
        assert QGuiApplication.clipboard().text() == "ollama pull llama3.2"
        await told.ask()
        assert panel.stage is Stage.NO_SERVER
        assert panel.TITLE == "AI analyst · plain rules"
        assert "/10" in panel.view.verdict.text()
        assert "not a model" in panel.view.reason.text()
        assert not panel.guidance.isVisible()
        panel.teach.click()
        dialog = await met(AnalystDialog)
        assert dialog.tabs.currentWidget() is dialog.models
        dialog.accept()


async def test_while_the_model_is_loaded_it_says_so_and_the_call_can_be_ended(qtbot: QtBot, tmp_path: Path) -> None:
    async with FakeOllama() as server, advised(tmp_path, server.host) as told:
        panel = made(told.scene, qtbot)
        assert panel.stage is Stage.QUIET
        assert panel.TITLE == "AI analyst · llama3.2 · local"
        server.mode, narrowest = Mode.HANG, panel.minimumSizeHint().width()
        panel.ask.click()
        await reaches(panel, Stage.LOADING)
        assert panel.view.verdict.text() == "Loading …"
        assert "asked by hand" in panel.view.about.text()
        await until(panel.cancel.isVisible)
        assert not panel.quick.isVisible()
        assert panel.minimumSizeHint().width() == narrowest, "its neighbours stay where they are"
        panel.cancel.click()
        await reaches(panel, Stage.FAILED)
        assert panel.notice.text() == "The call was cancelled by hand."
        assert panel.notice.property("tone") == "danger"


async def test_words_are_shown_as_they_come_behind_a_caret(qtbot: QtBot, tmp_path: Path) -> None:
    async with FakeOllama(mode=Mode.HANG_INSIDE, answer=says()) as server, advised(tmp_path, server.host) as told:
        panel = made(told.scene, qtbot)
        panel.ask.click()
        await reaches(panel, Stage.STREAMING)
        await until(lambda: "Higher lows" in panel.view.reason.text() and CARET in panel.view.reason.text())
        assert panel.view.verdict.text() == "Answering …"
        assert panel.latency.text().endswith(" s")
    left = {task.get_name() for task in asyncio.all_tasks()}
    assert not left & {"analyst", "model server", "news", "advice", "the analyst's record", "fetching a model"}


async def silence() -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield ""


async def test_thoughts_are_shown_as_thoughts(qtbot: QtBot, tmp_path: Path) -> None:
    models = [FakeModel(thinks=True)]
    async with (
        FakeOllama(models=models, answer=lambda body: silence(), thoughts="Let me see the book") as server,
        advised(tmp_path, server.host) as told,
    ):
        panel = made(told.scene, qtbot)
        panel.ask.click()
        await until(lambda: "Let me see the book" in panel.view.reason.text())
        assert panel.view.verdict.text() == "Thinking …"
        assert panel.view.reason.property("role") == "muted"


async def test_an_answer_shows_verdict_trust_prices_and_how_long_it_took(qtbot: QtBot, tmp_path: Path) -> None:
    async with (
        FakeOllama(answer=says(stop=3400.0, target=3500.0, entry=3434.0)) as server,
        advised(tmp_path, server.host) as told,
    ):
        panel = made(told.scene, qtbot)
        call = await told.ask()
        assert call.failure == ""
        assert panel.stage is Stage.ANSWERED
        view = panel.view
        assert (view.verdict.text(), view.verdict.property("tone")) == ("BULLISH 7/10", "up")
        assert view.trust.text() == "uncalibrated, 0 of 50 calls"
        assert view.reason.text() == "Higher lows for ten candles. Buyers take what is offered."
        assert view.invalidation.text() == "Invalid: a close below the low"
        assert [view.prices[name].text for name in ("entry", "stop", "target")] == ["3,434.0", "3,400.0", "3,500.0"]
        assert "market · asked by hand" in view.about.text()
        assert "14m left" in view.about.text() or "15m left" in view.about.text()
        assert not view.heard.isVisible()
        assert panel.latency.text() == f"{call.latency_ms / 1000:.1f} s"
        assert "40 tokens a second" in panel.latency.toolTip()
        await until(lambda: not panel.cancel.isVisible())


async def test_a_failure_is_told_over_what_was_said_before(qtbot: QtBot, tmp_path: Path) -> None:
    async with FakeOllama(answer=says("SHORT")) as server, advised(tmp_path, server.host) as told:
        panel = made(told.scene, qtbot)
        await told.ask()
        server.mode = Mode.ERROR_INSIDE
        call = await told.ask(Question.SENTIMENT)
        assert panel.stage is Stage.FAILED
        assert panel.notice.text() == call.failure
        assert "unexpected EOF" in call.failure
        assert (panel.view.verdict.text(), panel.view.verdict.property("tone")) == ("BEARISH 7/10", "down")


async def test_hostile_words_stay_words(qtbot: QtBot, tmp_path: Path) -> None:
    async with (
        FakeOllama(answer=says(reason=HOSTILE, invalidation=HOSTILE)) as server,
        advised(tmp_path, server.host) as told,
    ):
        panel = made(told.scene, qtbot)
        panel.open_details("calls")
        dialog = await met(AnalystDialog)
        call = await told.ask()
        assert call.opinion is not None
        assert panel.view.reason.text() == call.opinion.reason
        for label in (panel.view.reason, panel.view.invalidation, panel.view.about, panel.notice):
            assert label.textFormat() is Qt.TextFormat.PlainText
        dialog.calls.model.flush()
        dialog.calls.table.selectRow(0)
        assert "<b>Buy</b>" in dialog.calls.text.toPlainText()
        dialog.accept()


async def test_another_coins_call_is_named_beside_the_shown_ones_opinion(qtbot: QtBot, tmp_path: Path) -> None:
    async with FakeOllama() as server, advised(tmp_path, server.host) as told:
        panel = made(told.scene, qtbot)
        server.mode = Mode.HANG
        told.advising.analyst.ask("SOL", Question.SENTIMENT)
        told.scene.tell("SOL")
        told.scene.bus.publish(AnalystCalled("x", "SOL", Question.SENTIMENT, "", "llama3.2", 0))
        assert panel.stage is Stage.QUIET
        panel.context.select("SOL")
        assert "SOL" in told.advising.followed()


def test_an_opinion_fades_when_it_does_not_count_any_more_and_tells_what_it_heard(qtbot: QtBot) -> None:
    view = OpinionView()
    qtbot.addWidget(view)
    view.show()
    opinion: Opinion = replace(an_opinion(), mood="BULLISH", heard_outside=True)  # type: ignore[arg-type]
    view.show_opinion(opinion, "", opinion.answered_ms, 4)
    assert (view.verdict.property("tone"), view.reason.property("role")) == ("up", "")
    assert view.heard.isVisible()
    view.show_opinion(opinion, "", expires_ms(opinion), 4)
    assert (view.verdict.property("tone"), view.reason.property("role")) == ("", "muted")
    assert "expired" in view.about.text()


async def test_every_control_has_a_name(qtbot: QtBot, tmp_path: Path) -> None:
    async with advised(tmp_path, NOBODY) as told:
        panel = made(told.scene, qtbot)
        assert panel.accessibleName() == "AI analyst · plain rules"
        assert panel.guidance.command.accessibleName()
        assert all(button.text() for button in (panel.ask, panel.quick, panel.cancel, panel.more))
        assert words(panel)
