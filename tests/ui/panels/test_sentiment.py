"""The mood of the shown coin, and the headlines it comes from: strangers' words, shown as words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from html import escape
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from hlmaster.ui.dialogs.headlines import HeadlinesDialog
from hlmaster.ui.panels.sentiment import OFF, WITHOUT, SentimentPanel
from tests.insight.sentiment.press import Press, feed, page
from tests.ui.advised import HOSTILE, NOBODY, Told, advised
from tests.ui.desks import NOW, TradingScene, trading, until
from tests.ui.questions import met

GOOD = "Ethereum surges to a record high as traders are bullish"


def made(scene: TradingScene, qtbot: QtBot) -> SentimentPanel:
    panel = SentimentPanel(scene.context)
    qtbot.addWidget(panel)
    panel.resize(284, 300)
    panel.show()
    return panel


def item(title: str, minutes: int, link: str = "") -> str:
    printed = formatdate(NOW / 1000 - 60 * minutes)
    return f"<title>{escape(title)}</title><link>{link}</link><pubDate>{printed}</pubDate>"


@asynccontextmanager
async def read(folder: Path, *items: str) -> AsyncIterator[Told]:
    """What one feed printed has been heard; another one is gone."""
    async with Press() as press:
        press.pages = {"/good": page(feed(*items))}
        async with advised(folder, NOBODY, enabled=True, feeds=(f"{press.url}/good", f"{press.url}/gone")) as told:
            await until(lambda: any(state.last_ok_ms for state in told.advising.news.states()))
            await until(lambda: any(state.failures for state in told.advising.news.states()))
            yield told


async def test_a_desk_without_news_says_so(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = made(scene, qtbot)
        assert panel.state.text() == WITHOUT
        assert panel.score.text() == ""
        assert not panel.switch_on.isVisible()


async def test_switched_off_they_can_be_switched_on(qtbot: QtBot, tmp_path: Path) -> None:
    async with advised(tmp_path, NOBODY) as told:
        wanted: list[tuple[str, object]] = []
        told.scene.context.setting_wanted.connect(lambda *change: wanted.append(change))
        panel = made(told.scene, qtbot)
        assert panel.state.text() == OFF
        assert not panel.gauge.isVisible()
        panel.switch_on.click()
        assert wanted == [("news.enabled", True)]


async def test_score_confidence_sources_and_the_newest_headlines_are_shown(qtbot: QtBot, tmp_path: Path) -> None:
    async with read(tmp_path, item(GOOD, 5), item("Bitcoin crashes after a hack", 9)) as told:
        panel = made(told.scene, qtbot)
        seen = told.advising.news.sentiment("ETH")
        assert seen.score is not None
        assert seen.confidence is not None
        assert panel.score.text() == f"{seen.score:.2f} · conf {seen.confidence:.2f}"
        assert panel.score.property("tone") == "up"
        assert (panel.extreme.text(), panel.extreme.isHidden()) == ("greed", False)
        assert panel.state.text() == "1 headline counts. 1 of 2 sources speak."
        assert panel.gauge.accessibleName() == f"Mood of ETH: {seen.score:.2f} between 0, fear, and 1, greed"
        assert GOOD in panel.titles[0].text()
        assert "/good, 5m" in panel.titles[0].text()
        assert not panel.titles[1].isVisible(), "what is about others is not about this coin"
        panel.gauge.grab()
        told.scene.context.select("BTC")
        assert panel.score.property("tone") == "down"
        assert "hack" in panel.titles[0].text()


async def test_of_a_coin_that_nobody_writes_about_nothing_is_claimed(qtbot: QtBot, tmp_path: Path) -> None:
    async with read(tmp_path, item("Bitcoin crashes after a hack", 9)) as told:
        panel = made(told.scene, qtbot)
        assert panel.score.text() == ""
        assert panel.state.text() == "No headline of these days is about ETH. 1 of 2 sources speak."
        assert panel.gauge.accessibleName() == "Nothing is known of its mood."
        panel.gauge.grab()


async def test_hostile_headlines_stay_words_and_links_open_by_hand_alone(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", went.append)
    hostile = item(f"Ethereum &lt;b&gt;falls&lt;/b&gt; {HOSTILE}", 5, "https://news.example/a")
    async with read(tmp_path, hostile, item("Ethereum and javascript", 9, "javascript:alert(1)")) as told:
        panel = made(told.scene, qtbot)
        assert all(label.textFormat() is Qt.TextFormat.PlainText for label in (panel.state, *panel.titles))
        panel.more.click()
        dialog = await met(HeadlinesDialog)
        dialog.look()
        dialog.headlines.flush()
        first, second = dialog.headlines.rows()
        assert (first.link, second.link) == ("https://news.example/a", "")
        dialog.table.selectRow(0)
        shown = dialog.text.toPlainText()
        assert shown.startswith("Ethereum falls Buy now")
        assert "https://news.example/a" in shown
        assert went == []
        dialog.table.acted.emit(second.key, "open")
        assert went == []
        dialog.table.acted.emit(first.key, "open")
        assert [url.toString() for url in went] == ["https://news.example/a"]
        dialog.accept()


async def test_each_source_tells_how_it_stands(qtbot: QtBot, tmp_path: Path) -> None:
    async with read(tmp_path, item(GOOD, 5)) as told:
        dialog = HeadlinesDialog(told.scene.context, told.advising.news)
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.sources.flush()
        states = [str(dialog.sources.index(row, 1).data()).strip() for row in range(2)]
        assert sorted(states) == ["silent", "speaks"]
        silent = next(state for state in dialog.sources.rows() if state.failures)
        assert "404" in silent.sentence
        assert dialog.windowTitle() == "What the news say of ETH"
        told.scene.context.select("SOL")
        assert dialog.windowTitle() == "What the news say of SOL"
