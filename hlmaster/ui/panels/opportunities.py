"""Opportunities: what strategies watch before it becomes a signal, with each one's checks passing one by one."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from hlmaster.core.signals import Check, Direction, Opportunity, OpportunityChanged
from hlmaster.trading.titles import Title
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.ink import colour
from hlmaster.ui.panel import Panel
from hlmaster.ui.teaching import paint_lesson
from hlmaster.ui.theme import Theme, text_font

LINE, GAP, MARGIN = 17, 9, 8
MARKS = {True: "✓", False: "✕", None: "○"}
EMPTY = "No opportunity yet"
TEACHING = "An armed strategy lists here what it watches, with the checks it has passed and those it lacks."
Key = tuple[str, str]


def order(opportunity: Opportunity) -> tuple[bool, int, str]:
    """Ready ones first, then those with the fewest checks left, then by coin."""
    return (not opportunity.is_ready, sum(not check.passed for check in opportunity.checks), opportunity.coin)


class OpportunityList(QWidget):
    """Painted: a coin stirs several times a second. ``chosen`` carries the coin that was clicked."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, title: Title) -> None:
        """``title`` of a strategy."""
        super().__init__()
        self.theme, self._title = theme, title
        self.rows: list[Opportunity] = []
        self.now_ms = 0
        self._tops: list[tuple[float, str]] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def show_rows(self, rows: list[Opportunity], now_ms: int) -> None:
        self.rows, self.now_ms = rows, now_ms
        self.setAccessibleName(". ".join(words(row) for row in rows) or EMPTY)
        self.setMinimumHeight(round(self._height()))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, round(self._height()))

    def _height(self) -> float:
        lines = sum(1 + len(self._broken(row)) for row in self.rows)
        return 2 * MARGIN + lines * LINE + len(self.rows) * GAP

    def _broken(self, row: Opportunity) -> list[list[Check]]:
        """The checks in lines that fit the width."""
        metrics, room = self.fontMetrics(), max(80, self.width() - 2 * MARGIN)
        lines: list[list[Check]] = [[]]
        left = room
        for check in row.checks:
            needed = _mark_width(metrics) + metrics.horizontalAdvance(f"{caption(check)}   ")
            if lines[-1] and needed > left:
                lines.append([])
                left = room
            lines[-1].append(check)
            left -= needed
        return [line for line in lines if line]

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.rows:
            paint_lesson(self, EMPTY, TEACHING, muted=self.theme.muted, faint=self.theme.faint)
            return
        painter = QPainter(self)
        top = float(MARGIN)
        self._tops = []
        for row in self.rows:
            self._tops.append((top, row.coin))
            top = self._paint_row(painter, row, top) + GAP
        painter.end()

    def _paint_row(self, painter: QPainter, row: Opportunity, top: float) -> float:
        strong, plain = text_font(strong=True), text_font()
        painter.setFont(strong)
        painter.setPen(colour(self.theme.text))
        base = top + painter.fontMetrics().ascent()
        painter.drawText(QPointF(MARGIN, base), row.coin)
        x = MARGIN + painter.fontMetrics().horizontalAdvance(row.coin) + 5
        painter.setFont(plain)
        tones = {Direction.LONG: self.theme.up, Direction.SHORT: self.theme.down}
        painter.setPen(colour(tones.get(row.direction, self.theme.text)))
        state = "ready" if row.is_ready else "watching"
        room = self.width() - MARGIN - painter.fontMetrics().horizontalAdvance(f"  {state}") - x
        text = painter.fontMetrics().elidedText(row.text, Qt.TextElideMode.ElideRight, round(max(0, room)))
        painter.drawText(QPointF(x, base), text)
        x += painter.fontMetrics().horizontalAdvance(text + "  ")
        painter.setPen(colour(self.theme.up if row.is_ready else self.theme.muted))
        painter.drawText(QPointF(x, base), state)
        for line in self._broken(row):
            top += LINE
            self._paint_checks(painter, line, top + painter.fontMetrics().ascent())
        return top + LINE

    def _paint_checks(self, painter: QPainter, checks: list[Check], base: float) -> None:
        x = float(MARGIN)
        for check in checks:
            tones = {True: self.theme.up, False: self.theme.down, None: self.theme.faint}
            painter.setPen(colour(tones[check.passed]))
            painter.drawText(QPointF(x, base), MARKS[check.passed])
            x += _mark_width(painter.fontMetrics())
            painter.setPen(colour(self.theme.muted))
            painter.drawText(QPointF(x, base), caption(check))
            x += painter.fontMetrics().horizontalAdvance(f"{caption(check)}   ")

    def _coin_at(self, y: float) -> str | None:
        return next((coin for top, coin in reversed(self._tops) if y >= top), None) if self.rows else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        coin = self._coin_at(event.position().y())
        if coin is not None:
            self.chosen.emit(coin)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        coin = self._coin_at(event.position().y())
        row = next((row for row in self.rows if row.coin == coin), None)
        self.setToolTip("" if row is None else tool_tip(row, self.now_ms, self._title))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter brings the first one's coin into focus."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.rows:
            self.chosen.emit(self.rows[0].coin)
        else:
            super().keyPressEvent(event)


def _mark_width(metrics: QFontMetrics) -> int:
    """The same for each, so that names stay where they are when a check passes."""
    return max(metrics.horizontalAdvance(f"{mark} ") for mark in MARKS.values())


def caption(check: Check) -> str:
    """``cool-down 12 s``: the name, with the text only where it is short and the check has not passed."""
    return f"{check.name} {check.text}" if check.text and not check.passed and len(check.text) <= 12 else check.name


def words(row: Opportunity) -> str:
    """For a screen reader."""
    said = {True: "passed", False: "failed", None: "open"}
    checks = ", ".join(f"{check.name} {said[check.passed]}" for check in row.checks)
    return f"{row.coin} {row.direction}: {row.text}, {'ready' if row.is_ready else 'watching'}; {checks}"


def tool_tip(row: Opportunity, now_ms: int, title: Title) -> str:
    watched = figures.duration(now_ms - row.since_ms)
    lines = [f"{row.coin} {row.direction}, watched for {watched} by {title(row.strategy)}"]
    lines += [f"{MARKS[check.passed]} {check.name}{f': {check.text}' if check.text else ''}" for check in row.checks]
    return "\n".join(lines)


class OpportunitiesPanel(Panel):
    KEY, TITLE = "opportunities", "Opportunities"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._rows: dict[Key, Opportunity] = {}
        self.list = OpportunityList(context.theme, context.desk.title)
        self.list.chosen.connect(context.select)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self.list)
        for painted in (self.list, area.viewport()):
            painted.setAutoFillBackground(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(area)
        context.theme_changed.connect(self._on_theme)
        # Kept from every fact, drawn at the bridge's pace.
        context.bridge.on_fact(self, OpportunityChanged, self._take)
        context.bridge.on_state(self, OpportunityChanged, lambda _: self.refresh(), key=lambda _: None)
        self.refresh()

    def _take(self, fact: OpportunityChanged) -> None:
        key = (fact.strategy, fact.coin)
        if fact.opportunity is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = fact.opportunity
        self.counted.emit(len(self._rows))

    def refresh(self) -> None:
        self.list.show_rows(sorted(self._rows.values(), key=order), self.context.desk.clock.now_ms())

    def _on_theme(self, theme: Theme) -> None:
        self.list.theme = theme
        self.list.update()
