"""Whether a person can read and reach what a dialog shows, measured on its picture and its layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QLineEdit, QPushButton, QWidget

from hlmaster.ui.palettes import LEGIBLE, contrast

Worded = QLabel | QAbstractButton | QLineEdit
ROOM = (1264, 760)
"""A dialog over the smallest window that is promised (1280x800), with its title bar."""
SLACK = 0.2
"""Strokes of small letters are thinner than a pixel, so even the darkest pixel of a text is a little paler than it."""


def complaints(top: QWidget) -> Iterator[str]:
    """All that is wrong to the eye; slow, for it looks at each pixel."""
    yield from unfit(top)
    picture = top.grab().toImage()
    for widget in _seen(top):
        ratio = _contrast(top, widget, picture) if widget.isEnabled() else None
        if ratio is not None and ratio < LEGIBLE - SLACK:
            yield f"“{_short(widget)}” has a contrast of {ratio:.2f}"


def unfit(top: QWidget) -> Iterator[str]:
    """What does not fit on the screen or into its place."""
    if isinstance(top, QDialog) and (top.width() > ROOM[0] or top.height() > ROOM[1]):
        yield f"it is {top.width()}x{top.height()}"
    for widget in _seen(top):
        if not isinstance(widget, QLineEdit):
            yield from (f"“{_short(widget)}” {what}" for what in _cut(widget))


def _seen(top: QWidget) -> Iterator[Worded]:
    for widget in top.findChildren(QWidget):
        if not isinstance(widget, QLabel | QAbstractButton | QLineEdit) or not widget.text().strip():
            continue
        # What is scrolled away, at least in part, is no matter
        if widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect():
            yield widget


def _short(widget: Worded) -> str:
    return widget.text().replace("\n", " ")[:40]


def _cut(widget: QLabel | QAbstractButton) -> Iterator[str]:
    if isinstance(widget, QLabel) and widget.wordWrap():
        wanted = widget.heightForWidth(widget.width())
        if wanted > widget.height() + 1:
            yield f"is {widget.height()} high and needs {wanted}"
    elif isinstance(widget, QLabel | QPushButton) and widget.sizeHint().width() > widget.width() + 1:
        yield f"is {widget.width()} wide and needs {widget.sizeHint().width()}"


def _contrast(top: QWidget, widget: QWidget, picture: QImage) -> float | None:
    """Between the commonest colour under it and that of its pixels which differs most from it."""
    shown = widget.visibleRegion().boundingRect()
    area = QRect(widget.mapTo(top, shown.topLeft()), shown.size()).adjusted(2, 2, -2, -2)
    ratio = picture.devicePixelRatio()
    seen: Counter[str] = Counter()
    for y in range(area.top(), area.bottom()):
        for x in range(area.left(), area.right()):
            at = QPoint(round(x * ratio), round(y * ratio))
            if picture.rect().contains(at):
                seen[picture.pixelColor(at).name()] += 1
    if not seen:
        return None
    ground = seen.most_common(1)[0][0]
    return max(contrast(ground, colour) for colour in seen)
