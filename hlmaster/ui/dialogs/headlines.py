"""Every headline behind a coin's mood, and how each source stands. Plain text, and no link opens by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QSplitter, QVBoxLayout, QWidget

from hlmaster.core.opinions import Headline, SentimentChanged
from hlmaster.insight.sentiment.pipeline import News, SourceState
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.table import Action, Cell, Column, TableModel
from hlmaster.ui.table_view import Table

SIZE = (860, 620)
BEAT_MS = 1_000
MOST = 200
NO_HEADLINES = ("No headlines yet", "What the sources publish about this coin, or about the market, is listed here.")
NO_SOURCES = ("No sources yet", "They are asked once the news are switched on; which ones is in the settings.")


class HeadlinesDialog(QDialog):
    """Not modal; it follows the coin in focus."""

    HELP = "analyst_and_news"

    def __init__(self, context: Context, news: News, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._news = context, news
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE)
        self.headlines: TableModel[Headline] = TableModel(
            self._headline_columns(), lambda it: it.key, lambda: news.headlines(context.coin, MOST), self
        )
        self.sources: TableModel[SourceState] = TableModel(
            self._source_columns(), lambda it: it.name, news.states, self
        )
        self.table = Table(self.headlines, context.theme, NO_HEADLINES, self)
        self.source_table = Table(self.sources, context.theme, NO_SOURCES, self)
        self.text = QPlainTextEdit()
        self._lay_out()
        self.table.sort_by("age")
        self.table.acted.connect(lambda key, _: self.open_link(key))
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._show(now.row()))
        context.coin_changed.connect(lambda _: self._on_coin())
        for table in (self.table, self.source_table):
            context.theme_changed.connect(table.set_theme)
        context.bridge.on_state(self, SentimentChanged, lambda _: self.look(), key=lambda _: None)
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self.look)
        self._beat.start()
        self._on_coin()

    def _lay_out(self) -> None:
        self.table.setAccessibleName("Headlines")
        self.source_table.setAccessibleName("Sources")
        self.text.setReadOnly(True)
        self.text.setAccessibleName("The chosen headline")
        self.text.setPlaceholderText("Choose a headline to read it whole, with its address.")
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        for widget in (self.table, self.text, self.source_table):
            split.addWidget(widget)
        split.setSizes([270, 110, 170])
        note = QLabel("Strangers wrote this. Scores say how it may be meant for the price: 0 falling, 1 rising.")
        note.setProperty("role", "muted")
        ask, close = QPushButton("Ask now"), QPushButton("Close")
        ask.setToolTip("Ask every source at once")
        ask.setAutoDefault(False)
        close.setProperty("role", "primary")
        ask.clicked.connect(self._news.ask_now)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(note, 1)
        foot.addWidget(ask)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(10)
        layout.addWidget(split, 1)
        layout.addLayout(foot)

    def _headline_columns(self) -> list[Column[Headline]]:
        return [
            Column("age", "Age", 82, lambda it: -it.published_ms, lambda it: Cell(self._age(it.published_ms), "muted")),
            Column(
                "score", "Score", 58, lambda it: it.score, _score, right=True, tip="0 falling, 0.5 nothing, 1 rising."
            ),
            Column("sure", "Conf", 54, lambda it: it.confidence, lambda it: Cell(f"{it.confidence:.2f}"), right=True),
            Column("source", "Source", 120, lambda it: it.source, lambda it: Cell(it.source, "muted"), words=True),
            Column("title", "Headline", 380, lambda it: it.title, lambda it: Cell(it.title or it.text), words=True),
            Column("act", "", 66, lambda it: None, _open),
        ]

    def _source_columns(self) -> list[Column[SourceState]]:
        return [
            Column("name", "Source", 150, lambda it: it.name, lambda it: Cell(it.name), words=True),
            Column("state", "State", 84, lambda it: it.failures, _state, words=True),
            Column("heard", "Headlines", 84, lambda it: it.headlines, lambda it: Cell(str(it.headlines)), right=True),
            Column("ok", "Heard", 82, lambda it: it.last_ok_ms, lambda it: Cell(self._age(it.last_ok_ms), "muted")),
            Column(
                "sentence", "Why it is silent", 380, lambda it: it.sentence, lambda it: Cell(it.sentence), words=True
            ),
        ]

    def _age(self, time_ms: int | None) -> str:
        now = self._context.desk.clock.now_ms()
        return figures.UNKNOWN if time_ms is None else figures.duration(now - time_ms)

    def _on_coin(self) -> None:
        self.setWindowTitle(f"What the news say of {self._context.coin}")
        self.look()

    def look(self) -> None:
        for model in (self.headlines, self.sources):
            model.touch()
            model.refresh()

    def _show(self, row: int) -> None:
        it = self.headlines.get(self.headlines.key_at(row)) if row >= 0 else None
        if it is None:
            self.text.setPlainText("")
            return
        heads = f"{it.source} · {', '.join(it.coins) or 'the market'} · scored {it.score:.2f} by {it.scorer}"
        drawn = f"From: {', '.join(it.factors)}" if it.factors else ""
        self.text.setPlainText("\n".join(part for part in (it.title, it.text, heads, drawn, it.link) if part))

    def open_link(self, key: object) -> None:
        """In the browser, because a person pressed the button."""
        it = self.headlines.get(str(key))
        if it is not None and it.link:
            QDesktopServices.openUrl(QUrl(it.link))


def _score(headline: Headline) -> Cell:
    return Cell(f"{headline.score:.2f}", figures.tone(round(headline.score - 0.5, 2)))


def _open(headline: Headline) -> Cell:
    tip = "Open its page in the browser; the address stands below"
    return Cell(actions=(Action("open", "Open", tip, key=Qt.Key.Key_O),)) if headline.link else Cell()


def _state(state: SourceState) -> Cell:
    if state.failures:
        return Cell(badge="silent", badge_role="warning")
    if state.last_ok_ms is None:
        return Cell(badge="not yet", badge_role="")
    return Cell(badge="speaks", badge_role="up")
