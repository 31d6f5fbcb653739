"""Whether Tab walks through a dialog as it is read: down, and from left to right."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

SLACK = 8
"""Pixels by which what stands in one line may differ in height."""


def walk(top: QWidget) -> list[QWidget]:
    """What Tab comes to, from the uppermost on."""
    chain, at = [], top.nextInFocusChain()
    while at is not None and at is not top:
        is_reached = bool(at.focusPolicy() & Qt.FocusPolicy.TabFocus) and at.isVisible() and at.isEnabled()
        if is_reached and top.isAncestorOf(at):
            chain.append(at)
        at = at.nextInFocusChain()
    first = min(range(len(chain)), key=lambda i: (place(chain[i], top).top(), place(chain[i], top).left()), default=0)
    return [*chain[first:], *chain[:first]]


def place(widget: QWidget, top: QWidget) -> QRect:
    """Where it is, or would be at the edge of what it has to be scrolled into."""
    found = QRect(widget.mapTo(top, QPoint(0, 0)), widget.size())
    around = widget.parentWidget()
    while around is not None and around is not top:
        if isinstance(around, QAbstractScrollArea):
            seen = QRect(around.mapTo(top, QPoint(0, 0)), around.size())
            found.moveTop(min(max(found.top(), seen.top()), seen.bottom() - SLACK))
        around = around.parentWidget()
    return found


def steps_back(top: QWidget) -> list[str]:
    """Steps that go up, or to the left in one line; to the top of a column further right is no step back."""
    found = []
    for one, other in pairwise(walk(top)):
        a, b = place(one, top), place(other, top)
        is_up = b.center().y() < a.top() - SLACK and b.left() < a.right()
        is_left = abs(a.center().y() - b.center().y()) < SLACK and b.left() < a.left()
        if is_up or is_left:
            found.append(f"Tab goes back from {_name(one)} to {_name(other)}")
    return found


def _name(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    return f"“{(text() if callable(text) else '') or widget.accessibleName() or type(widget).__name__}”"
