"""The mood of the shown coin, from what the news say of it; strangers' words, so nothing here is advice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from hlmaster.core.opinions import CoinSentiment, Headline, SentimentChanged
from hlmaster.insight.sentiment.pipeline import SourceState
from hlmaster.insight.sentiment.scoring import LEAST_CONFIDENCE
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.mood_gauge import MoodGauge
from hlmaster.ui.panel import Panel
from hlmaster.ui.plain import plain_label
from hlmaster.ui.proposal_figures import Figure
from hlmaster.ui.readout import set_tone
from hlmaster.ui.side_page import side_page
from hlmaster.ui.theme import Theme

BEAT_MS = 1_000
HEADER_HEIGHT = 22
SHOWN = 3
"""Headlines in the panel itself; all are one click away."""
FIGURES = (
    ("momentum", "Momentum", "The score less its average of 7 days."),
    ("days3", "3 days", "Average of the last 3 days."),
    ("days7", "7 days", "Average of the last 7 days."),
    ("days14", "14 days", "Average of the last 14 days."),
)
EXTREMES = {1: "greed", -1: "fear", 0: ""}
WITHOUT = "This desk reads no news."
OFF = "The news are switched off. Nothing is fetched."
BEGINNING = "The sources are asked for the first time …"
NOTHING = "No headline of these days is about {coin}."


class SentimentPanel(Panel):
    KEY, TITLE = "sentiment", "Sentiment"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._advising = context.desk.advising
        self.score, self.extreme = QLabel(), QLabel()
        self.gauge, self.state = MoodGauge(context.theme), plain_label("muted")
        self.figures = {key: Figure(title, tip) for key, title, tip in FIGURES}
        self.titles = [plain_label() for _ in range(SHOWN)]
        self.more, self.switch_on = QPushButton("Headlines"), QPushButton("Switch on")
        self._gauge, self._figures = QWidget(), QWidget()
        self._lay_out()
        self.more.clicked.connect(self.open_headlines)
        context.coin_changed.connect(lambda _: self.look())
        context.settings_changed.connect(self.look)
        context.theme_changed.connect(self._on_theme)
        context.bridge.on_state(self, SentimentChanged, lambda _: self.look(), key=lambda _: None)
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(lambda: self.look() if self.isVisible() else None)
        self._beat.start()
        if self._advising is not None:
            self.switch_on.clicked.connect(lambda: context.setting_wanted.emit("news.enabled", True))
        self.look()

    def catch_up_on_sight(self) -> None:
        self.look()

    def _lay_out(self) -> None:
        self.score.setProperty("role", "number")
        self.extreme.setProperty("role", "tag")
        self.header = self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(6)
        head.addStretch(1)
        self._head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        head.addWidget(self.extreme, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.score)
        grid = QGridLayout(self._figures)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        for column, figure in enumerate(self.figures.values()):
            grid.addWidget(figure, 0, column)
            grid.setColumnStretch(column, 3 if column else 4)
        row = QHBoxLayout(self._gauge)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.gauge, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        said, beside = QWidget(), QHBoxLayout()
        said.setLayout(beside)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(8)
        beside.addWidget(self.state, 1)
        beside.addWidget(self.switch_on, 0, Qt.AlignmentFlag.AlignTop)
        side_page(self, (self._gauge, self._figures, said, *self.titles))
        for button, tip in (
            (self.more, "Every headline with its source, age and score, and how each source stands"),
            (self.switch_on, "Fetch headlines from the sources of the settings"),
        ):
            button.setProperty("role", "small")
            button.setToolTip(tip)

    def _on_theme(self, theme: Theme) -> None:
        self.gauge.set_theme(theme)

    def help_page(self) -> str:
        return "analyst_and_news"

    def open_headlines(self) -> None:
        if self._advising is not None:
            from hlmaster.ui.dialogs.headlines import HeadlinesDialog

            HeadlinesDialog(self.context, self._advising.news, self).show()

    # --- what is shown ---

    def look(self) -> None:
        enabled = self._advising is not None and self.context.desk.settings.news.enabled
        for widget in (self._gauge, self._figures):
            widget.setVisible(enabled)
        self.switch_on.setVisible(self._advising is not None and not enabled)
        self._head.setFixedHeight(HEADER_HEIGHT if enabled else 0)
        if self._advising is None or not enabled:
            self._show_state(WITHOUT if self._advising is None else OFF)
            self._show_score(None)
            self._show_titles(())
            return
        news, coin = self._advising.news, self.context.coin
        seen = news.sentiment(coin)
        self._show_score(seen)
        self.gauge.show_sentiment(seen)
        self.figures["momentum"].show_value(
            figures.fixed(seen.momentum, 2, signed=True), figures.tone(_rounded(seen.momentum))
        )
        for key, value in zip(("days3", "days7", "days14"), seen.averages, strict=True):
            self.figures[key].show_value(figures.fixed(value, 2))
        self._figures.setVisible(any(value is not None for value in (seen.momentum, *seen.averages)))
        self._show_state(_sentence(seen, news.states()))
        self._show_titles(news.headlines(coin, SHOWN))

    def _show_score(self, seen: CoinSentiment | None) -> None:
        known = seen is not None and seen.score is not None and seen.confidence is not None
        text, tone = "", ""
        if seen is not None and seen.score is not None and seen.confidence is not None:
            text = f"{seen.score:.2f} · conf {seen.confidence:.2f}"
            counts = seen.confidence >= LEAST_CONFIDENCE
            tone = figures.tone(_rounded(seen.score - 0.5)) if counts else ""
        self.score.setText(text)
        self.score.setAccessibleName(f"Sentiment {text or 'unknown'}")
        set_tone(self.score, tone)
        extreme = 0 if seen is None or not known else seen.extreme
        self.extreme.setText(EXTREMES[extreme])
        set_tone(self.extreme, {1: "up", -1: "down", 0: ""}[extreme])
        self.extreme.setVisible(bool(extreme))

    def _show_state(self, sentence: str) -> None:
        if self.state.text() != sentence:
            self.state.setText(sentence)

    def _show_titles(self, headlines: Sequence[Headline]) -> None:
        now = self.context.desk.clock.now_ms()
        for index, label in enumerate(self.titles):
            text = told(headlines[index], now) if index < len(headlines) else ""
            if label.text() != text:
                label.setText(text)
            label.setVisible(bool(text))


def told(headline: Headline, now_ms: int) -> str:
    """``0.72  CoinDesk, 12m 05s: the title``."""
    age = figures.duration(now_ms - headline.published_ms)
    return f"{headline.score:.2f}  {headline.source}, {age}: {headline.title or headline.text}"


def _sentence(seen: CoinSentiment, states: Sequence[SourceState]) -> str:
    speaking = sum(state.last_ok_ms is not None and not state.failures for state in states)
    if not states or not any(state.last_ok_ms is not None or state.failures for state in states):
        sources = BEGINNING
    else:
        sources = f"{speaking} of {len(states)} sources speak."
    if seen.score is None:
        return f"{NOTHING.format(coin=seen.coin)} {sources}"
    many = f"{seen.headlines} headline{'' if seen.headlines == 1 else 's'} count"
    volatility = "" if seen.volatility is None else f", volatility {seen.volatility:.2f}"
    doubt = ", too unsure to move anything" if (seen.confidence or 0) < LEAST_CONFIDENCE else ""
    return f"{many}{'s' if seen.headlines == 1 else ''}{volatility}{doubt}. {sources}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
