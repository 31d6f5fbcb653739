"""Beside the list of strategies: what the chosen one is, how it stands, and the way to change it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from hlmaster.core.resources import resource
from hlmaster.core.signals import Check
from hlmaster.strategies.actor import REPAIR
from hlmaster.strategies.card import StrategyCard
from hlmaster.ui.context import Context
from hlmaster.ui.form_builder import described
from hlmaster.ui.strategy_rows import StrategyRow
from hlmaster.ui.theme import Theme

MARKS = {True: ("✓", "up"), False: ("✗", "down"), None: ("○", "muted")}


def has_page(name: str) -> bool:
    return resource("help", "strategies", f"{name}.md").is_file()


class StrategyDetails(QWidget):
    """``wanted`` carries (name, verb): parameters, scope, check, why, reload."""

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
                ("scope", "Coins and role …", "Where it runs, and whether it votes in a group"),
                ("check", "Run checks", "Whether it looks ahead or needs more history than it says"),
                ("help", "Help", "Its idea, when it loses, its parameters (F1)"),
            )
        }
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.show_row(None)

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
            page = row is not None and (has_page(row.card.name) if verb == "help" else row.card.params is not None)
            button.setVisible(page)
        html = "" if row is None else _html(row, self._context.theme)
        if html != self._shown:
            self._shown = html
            place = self.text.verticalScrollBar().value()
            self.text.setHtml(html)
            self.text.verticalScrollBar().setValue(place)


def _html(row: StrategyRow, theme: Theme) -> str:
    card = row.card
    parts = [_paragraph(card.broken, theme.down), _paragraph(REPAIR if card.broken else "", theme.muted)]
    parts.append(_paragraph(row.doubt, theme.warning) + _paragraph(card.notice, theme.warning))
    parts.append(_paragraph(card.about.text or card.about.idea, theme.text))
    parts.append(_paragraph(card.about.warning, theme.warning))
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
        known.append(f"{card.decisions:,} decisions, {card.decision_us:.0f} µs each")
    return " · ".join(part for part in known if part)


def _head(text: str, theme: Theme) -> str:
    return f"<p style='color:{theme.muted}; font-size:{theme.caption_pixels}px; margin:8px 0 2px 0'>{text.upper()}</p>"


def _paragraph(text: str, colour: str) -> str:
    return f"<p style='color:{colour}; margin:0 0 6px 0'>{escape(text)}</p>" if text else ""
