"""Whose window this is, always in view: a strip in the colour of its mode, or in the one the user gave the session."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from hlmaster.core.model import Mode
from hlmaster.storage.vault.entries import KEYED_MODES
from hlmaster.ui.context import Context
from hlmaster.ui.theme import Theme

HEIGHT = 3
MODE_TONES = {Mode.DEMO: "accent", Mode.PAPER: "warning", Mode.TESTNET: "second", Mode.LIVE: "danger_fill"}
TAGS = {"blue": "group_blue", "green": "group_green", "amber": "group_amber", "violet": "group_violet"}
"""Colours that a session can have, by the names that people choose; tokens of the theme."""


def account_words(context: Context) -> str:
    """Mode, session, and the account's tail where there is one."""
    desk = context.desk
    account = f" · account …{desk.account[-4:]}" if desk.mode in KEYED_MODES else ""
    return f"{desk.mode} · {desk.session.name}{account}"


class SessionStrip(QWidget):
    """The mode's colour from edge to edge; a session's own colour takes the right half, for the mode must stay seen."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._tag = ""
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(f"This is {account_words(context)}")
        self.setToolTip(account_words(context))
        context.theme_changed.connect(self.update)

    def set_tag(self, tag: str) -> None:
        """One of ``TAGS``, or nothing."""
        self._tag = tag if tag in TAGS else ""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._context.theme
        painter.fillRect(self.rect(), QColor(_tone(theme, MODE_TONES[self._context.desk.mode])))
        if self._tag:
            half = self.rect()
            half.setLeft(half.width() // 2)
            painter.fillRect(half, QColor(_tone(theme, TAGS[self._tag])))


def _tone(theme: Theme, token: str) -> str:
    return str(getattr(theme, token))
