"""Words that others wrote, a model or a stranger: Qt takes some of them for markup unless it is told not to."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as Text
from PySide6.QtWidgets import QLabel

ADDRESS, JOINER = re.compile(r"\w+://\S+"), "\N{WORD JOINER}"


def plain_label(role: str = "") -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label


def unbroken(text: str) -> str:
    """With every address in it on one line: else a line ends within ``http://``."""
    return ADDRESS.sub(lambda found: found[0].replace("/", f"/{JOINER}"), text)


def plain_tip(text: str) -> str:
    """For a tool tip, which has no format that could be set."""
    return f"<span>{escape(text)}</span>" if Text.mightBeRichText(text) else text
