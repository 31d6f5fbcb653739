"""Beside the list of strategies: what the chosen one is, how it stands, and the way to change it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from hlmaster.core.resources import resource
from hlmaster.core.signals import Check
from hlmaster.strategies.actor import REPAIR
from hlmaster.strategies.card import StrategyCard
from hlmaster.strategies.known import BUILT_IN
from hlmaster.ui.context import Context
from hlmaster.ui.form_builder import described
from hlmaster.ui.strategy_rows import StrategyRow
from hlmaster.ui.theme import Theme
from hlmaster.ui.trial import trial_page

ABOUT_TRIAL = ("challenge", "adopt", "withdraw")
MARKS = {True: ("✓", "up"), False: ("✗", "down"), None: ("○", "muted")}


def has_page(name: str) -> bool:
    return resource("help", "strategies", f"{name}.md").is_file()


class StrategyDetails(QWidget):
    """``wanted`` carries (name, verb), a key of ``buttons``."""

    wanted = Signal(str, str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._name, self._shown = "", ""
        self.title, self.text = QLabel(), QTextBrowser()
        self.title.setProperty("role", "cardtitle")
        self.text.setProperty("role", "page")
        self.text.setAccessibleName("About the chosen strategy")
        self.text.document().setDocumentMargin(0)
        self.buttons = {
            verb: self._button(verb, text, tip)
            for verb, text, tip in (
                ("parameters", "Parameters …", "Ranges, units and help of each (Enter)"),
                ("scope", "Scope …", "Where it runs, in which regimes it opens, and whether it votes in a group"),
                ("check", "Run checks", "Whether it looks ahead or needs more history than it says"),
                ("help", "Help", "Its idea, when it loses, its parameters (F1)"),
                ("challenge", "Run a challenger …", "The same strategy with other parameters, on paper beside it"),
                ("adopt", "Adopt its parameters …", "The strategy goes on with the challenger's parameters"),
                ("withdraw", "Stop the challenger", "It ends; what it traded on paper stays in its folder"),
            )
        }
        rows = [self._beside(*names) for names in (("parameters", "scope", "check", "help"), ABOUT_TRIAL)]
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.title)
        for row in rows:
            column.addLayout(row)
        column.addWidget(self.text, 1)
        self.show_row(None)

    def _beside(self, *verbs: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        for verb in verbs:
            row.addWidget(self.buttons[verb])
        row.addStretch(1)
        return row

    def _button(self, verb: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "small")
        button.setToolTip(tip)
        button.clicked.connect(lambda: self.wanted.emit(self._name, verb))
        return button

    def show_row(self, row: StrategyRow | None) -> None:
        self._name = "" if row is None else row.card.name
        self.title.setText("" if row is None else row.card.title)
        for verb, button in self.buttons.items():
            button.setVisible(row is not None and _is_offered(verb, row))
        html = "" if row is None else _html(row, self._context.theme, self._context.desk.clock.now_ms())
        if html != self._shown:
            self._shown = html
            place = self.text.verticalScrollBar().value()
            self.text.setHtml(html)
            self.text.verticalScrollBar().setValue(place)


def _is_offered(verb: str, row: StrategyRow) -> bool:
    card = row.card
    if verb == "help":
        return has_page(card.name)
    if verb in ABOUT_TRIAL:
        return card.about.origin == BUILT_IN and (verb == "challenge") == (row.trial is None)
    return card.params is not None


def _html(row: StrategyRow, theme: Theme, now_ms: int) -> str:
    card = row.card
    parts = [] if row.trial is None else [trial_page(row.trial, theme, now_ms)]
    parts += [_paragraph(card.broken, theme.down), _paragraph(REPAIR if card.broken else "", theme.muted)]
    parts.append(_paragraph(row.doubt, theme.warning) + _paragraph(card.notice, theme.warning))
    parts.append(_paragraph(card.about.text or card.about.idea, theme.text))
    parts.append(_paragraph(card.about.warning, theme.warning))
    parts.append(_paragraph(row.regimes, theme.muted))
    parts.append(_checks(card, theme))
    if card.params is not None:
        rows = "".join(
            f"<tr><td style='color:{theme.muted}; padding-right:14px'>{escape(title)}</td><td>{escape(value)}</td></tr>"
            for title, value in described(card.params)
        )
        parts.append(_head("Parameters", theme) + f"<table cellspacing='0' cellpadding='1'>{rows}</table>")
    parts.append(_paragraph(_facts(card), theme.faint))
    return "".join(parts)


def _checks(card: StrategyCard, theme: Theme) -> str:
    if card.params is None:
        return ""
    checks = card.checks or (Check("They run when it is armed, or from here.", None),)
    lines = []
    for check in checks:
        mark, tone = MARKS[check.passed]
        text = f"{check.name}: {check.text}" if check.text else check.name
        lines.append(f"<span style='color:{getattr(theme, tone)}'>{mark}</span> {escape(text)}")
    return _head("Checks", theme) + f"<p style='margin:0 0 6px 0'>{'<br>'.join(lines)}</p>"


def _facts(card: StrategyCard) -> str:
    known = [card.about.origin, f"version {card.version}" if card.version else ""]
    if card.decisions:
        known.append(f"{card.decisions:,} decision{'s' if card.decisions > 1 else ''}, {card.decision_us:.0f} µs each")
    return " · ".join(part for part in known if part)


def _head(text: str, theme: Theme) -> str:
    return f"<p style='color:{theme.muted}; font-size:{theme.caption_pixels}px; margin:8px 0 2px 0'>{text.upper()}</p>"


def _paragraph(text: str, colour: str) -> str:
    return f"<p style='color:{colour}; margin:0 0 6px 0'>{escape(text)}</p>" if text else ""
