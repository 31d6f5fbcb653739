"""Behind the analyst: which model answers, what exactly is sent, what its word was worth, and every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from hlmaster.core.opinions import Question
from hlmaster.core.secret import Secret
from hlmaster.ui.dialogs.analyst import AnalystDialog
from hlmaster.ui.dialogs.analyst_models import WARNING
from tests.desk.advising.keys import MemoryVault
from tests.insight.calibration.models import scored
from tests.insight.fake_ollama import FakeModel, FakeOllama, Mode
from tests.ui.advised import Told, advised, says
from tests.ui.desks import settled, until
from tests.ui.questions import words

LARGE = FakeModel("qwen3:8b", 5_200_000_000, "8.2B", "Q4_K_M", "b" * 64)


@asynccontextmanager
async def opened(
    qtbot: QtBot, folder: Path, server: FakeOllama, page: str, vault: MemoryVault | None = None
) -> AsyncIterator[tuple[Told, AnalystDialog]]:
    async with server, advised(folder, server.host, vault) as told:
        dialog = AnalystDialog(told.scene.context, told.advising, page)
        qtbot.addWidget(dialog)
        dialog.show()
        await settled(told.scene)
        yield told, dialog


def wanted(told: Told) -> list[tuple[str, object]]:
    asked: list[tuple[str, object]] = []
    told.scene.context.setting_wanted.connect(lambda *change: asked.append(change))
    return asked


async def test_models_are_listed_with_size_and_the_speed_measured_here(qtbot: QtBot, tmp_path: Path) -> None:
    server = FakeOllama(models=[FakeModel(loaded=True), LARGE], answer=says())
    async with opened(qtbot, tmp_path, server, "model") as (told, dialog):
        await told.ask()
        await told.advising.choice.look()
        page = dialog.models
        page.look()
        page.model.flush()
        rows = {
            str(page.model.index(row, 0).data()): [str(page.model.index(row, column).data()) for column in range(1, 5)]
            for row in range(page.model.rowCount())
        }
        assert rows == {
            "llama3.2:latest in memory": ["2.0 GB", "3.2B", "Q4_K_M", "40.0 tok/s"],
            "qwen3:8b": ["5.2 GB", "8.2B", "Q4_K_M", "not measured"],
        }
        asked = wanted(told)
        page.table.acted.emit("qwen3:8b", "use")
        page.who.button("rules").click()
        assert asked == [("analyst.model", "qwen3:8b"), ("analyst.who", "rules")]


async def test_another_model_is_fetched_and_the_fetching_can_be_ended(qtbot: QtBot, tmp_path: Path) -> None:
    async with opened(qtbot, tmp_path, FakeOllama(mode=Mode.HANG_INSIDE), "model") as (told, dialog):
        page, fetching = dialog.models, told.advising.fetching
        assert not page.fetch.isEnabled()
        page.name.setText("qwen3")
        page.fetch.click()
        await until(lambda: page.bar.value() == 333)
        assert page.progress.text().startswith("Fetching qwen3: 33% of")
        assert page.cancel.isVisible()
        page.cancel.click()
        await until(lambda: fetching.progress is None)
        await until(lambda: not page.bar.isVisible())
        page.name.setText("nosuch")
        page.fetch.click()
        await until(lambda: "nosuch" in page.progress.text() and fetching.progress is None)


async def test_a_key_is_never_shown_and_lies_in_the_keyring_alone(qtbot: QtBot, tmp_path: Path) -> None:
    vault = MemoryVault()
    async with opened(qtbot, tmp_path, FakeOllama(), "model", vault) as (told, dialog):
        page, scene = dialog.models, told.scene
        settings = scene.desk.settings
        claude = settings.analyst.model_copy(update={"who": "claude"})
        scene.context.apply_settings(settings.model_copy(update={"analyst": claude}))
        assert page.who.value == "claude"
        assert page.key.echoMode() is QLineEdit.EchoMode.Password
        assert WARNING in words(page)
        assert page.key_state.text() == "No key is kept yet."
        assert not page.keep.isEnabled()
        page.key.setText(" sk-ant-1234 ")
        page.keep.click()
        assert page.key.text() == ""
        await settled(scene)
        assert vault.kept == {"claude": Secret("sk-ant-1234")}
        assert "kept in this system's keyring" in page.key_state.text()
        page.forget.click()
        await settled(scene)
        assert (vault.kept, told.advising.key.held()) == ({}, None)
        assert "sk-ant-1234" not in scene.sentences()


async def test_what_is_sent_is_shown_word_for_word(qtbot: QtBot, tmp_path: Path) -> None:
    server = FakeOllama(answer=says())
    async with opened(qtbot, tmp_path, server, "sent") as (told, dialog):
        page = dialog.sent
        assert "to Ollama on this machine, for the model llama3.2" in page.where.text()
        assert "without any word of strangers" in page.where.text()
        await told.ask()
        for message in server.chats[0]["messages"]:
            head = message["content"].split("Time:")[0]
            assert head in page.text.toPlainText()
        page.question.button(Question.ENTRY).click()
        assert "no open proposal on ETH" in page.trouble.text()
        assert page.text.toPlainText() == ""
        assert str(told.advising.prompts_folder) in page.folder.text()


async def test_the_record_says_what_is_known_and_how_surely(qtbot: QtBot, tmp_path: Path) -> None:
    async with opened(qtbot, tmp_path, FakeOllama(), "record") as (told, dialog):
        page = dialog.record
        assert page.chosen == "llama3.2"
        assert page.sentence.text() == "Not enough evidence: no call is scored yet, 50 are needed."
        calls = [replace(one, opinion=replace(one.opinion, model="llama3.2")) for one in scored(1, 400, 0.8)]
        told.advising.ledger.add(*calls)
        page.look()
        record = told.advising.ledger.overall("llama3.2")
        assert page.sentence.text() == record.sentence
        assert record.figures is not None
        brier = record.figures.brier
        assert page.figures["brier"].text == f"{brier.value:.3f}\n{brier.low:.3f} to {brier.high:.3f}"
        assert page.figures["hits"].text.startswith(f"{record.figures.hits.value * 100:.0f}%\n")
        assert "moves ideas of others by up to" in page.effect.text()
        assert page.chart.accessibleName().count("came true") == len(record.bins)
        page.chart.grab()
        page.model.flush()
        assert [row.title for row in page.model.rows()] == ["All calls", "BTC", "in no known regime"]


async def test_calls_are_listed_with_what_failed(qtbot: QtBot, tmp_path: Path) -> None:
    async with opened(qtbot, tmp_path, FakeOllama(mode=Mode.ERROR_INSIDE, answer=says()), "calls") as (told, dialog):
        call = await told.ask()
        page = dialog.calls
        page.model.flush()
        assert page.model.rows() == [call]
        page.table.selectRow(0)
        shown = page.text.toPlainText()
        for part in (call.failure, call.prompt, call.answer, "llama3.2 · market · asked by hand"):
            assert part in shown
