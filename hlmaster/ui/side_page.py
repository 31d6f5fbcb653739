"""The body of a narrow panel: what it tells, scrolling where the room is short, over a row of buttons that stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

LEAST_HEIGHT = 48


class _Area(QScrollArea):
    """Asks for the height of what it holds, and is content with less."""

    def sizeHint(self) -> QSize:
        inner = self.widget()
        return QSize(240, inner.sizeHint().height() if inner is not None else LEAST_HEIGHT)


class _Foot(QWidget):
    """Buttons come and go; a panel that grew with them would push its neighbours under the hand."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())


def scrolled(contents: QWidget) -> QScrollArea:
    area = _Area()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumHeight(LEAST_HEIGHT)
    area.setWidget(contents)
    for painted in (contents, area.viewport()):
        painted.setAutoFillBackground(False)
    return area


def side_page(
    panel: QWidget, told: Iterable[QWidget], buttons: Iterable[QPushButton] = (), last: Sequence[QWidget] = ()
) -> None:
    """``last`` stand at the right; without them there is no row of buttons."""
    contents = QWidget()
    column = QVBoxLayout(contents)
    column.setContentsMargins(10, 8, 10, 6)
    column.setSpacing(6)
    for widget in told:
        is_button = isinstance(widget, QPushButton)
        column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft if is_button else Qt.AlignmentFlag(0))
    column.addStretch(1)
    area = scrolled(contents)
    box = QVBoxLayout(panel)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    box.addWidget(area, 1)
    if not last:
        return
    foot = _Foot()
    foot.setProperty("role", "panelfoot")
    foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    row = QHBoxLayout(foot)
    row.setContentsMargins(10, 6, 10, 6)
    row.setSpacing(6)
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    for widget in last:
        row.addWidget(widget)
    box.addWidget(foot)
