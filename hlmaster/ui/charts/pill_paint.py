"""Pills as they are painted: the title in the line's colour, figures beside it, buttons at the end."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.lines import line_colour
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.pill import Button
from hlmaster.ui.charts.pills import BUTTON_WIDTH, HEIGHT, PAD, Hit, PlacedPill

RADIUS = 3.0
LEADER = 9.0
KEPT = 128
"""Pictures; a pill says something new with every mark price."""
SIGN = 3.5
"""Half the width of an x."""
VERTICALLY = Qt.AlignmentFlag.AlignVCenter
CENTRED = Qt.AlignmentFlag.AlignCenter


class PillPictures:
    """Keeps each pill as a picture for as long as it says the same: many lines are painted at every mouse move."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], QPixmap] = {}

    def draw(
        self, painter: QPainter, frame: Frame, area: QRectF, placed: Sequence[PlacedPill], under: Hit | None
    ) -> None:
        """Those in the hand last, so that nothing covers them."""
        order = sorted(placed, key=lambda one: one.pill.in_hand)
        for one in order:
            if not one.beyond:
                is_whole = one.pill.in_hand or (under is not None and under.key == one.pill.key)
                painter.setOpacity(1.0 if is_whole else one.strength)
                _draw_line(painter, frame, area, one, is_whole=is_whole)
        ground = faded(frame.palette.background, 0.94)
        for one in order:
            is_under = under is not None and under.key == one.pill.key
            button = under.button if is_under and under is not None else None
            # What is dim still covers the candles, or its words could not be read.
            painter.setOpacity(1.0)
            painter.fillRect(QRectF(one.left + 1, one.top + 1, one.right - one.left - 2, HEIGHT - 2), ground)
            painter.setOpacity(1.0 if is_under else one.strength)
            painter.drawPixmap(QPointF(one.left, one.top), self._picture(painter, frame, one, button))
        painter.setOpacity(1.0)

    def _picture(self, painter: QPainter, frame: Frame, one: PlacedPill, button_under: Button | None) -> QPixmap:
        ratio = painter.device().devicePixelRatioF()
        said = (one.title, tuple(figure.cell for figure in one.figures), one.pill.buttons, button_under)
        key = (ratio, frame.palette, one.line.kind, *said)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            found = self._kept[key] = QPixmap((QSizeF(one.right - one.left, HEIGHT) * ratio).toSize())
            found.setDevicePixelRatio(ratio)
            found.fill(faded(frame.palette.background, 0.0))
            brush = QPainter(found)
            brush.translate(-one.left, -one.top)
            _draw_pill(brush, frame, one, button_under)
            brush.end()
        return found


def _draw_line(painter: QPainter, frame: Frame, area: QRectF, one: PlacedPill, *, is_whole: bool) -> None:
    """The line itself, solid, where it is under the pointer or in the hand; and the way to it from a pill beside it."""
    middle = one.top + HEIGHT / 2
    painter.setPen(QPen(QColor(line_colour(one.line.kind, frame.palette)), 1))
    if is_whole:
        y = round(frame.y_of(one.line.price))
        painter.drawLine(0, y, int(area.width()), y)
    if abs(middle - one.row) > 1.5:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.drawLine(QPointF(one.right, middle), QPointF(one.right + LEADER, one.row))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _draw_pill(painter: QPainter, frame: Frame, one: PlacedPill, button_under: Button | None) -> None:
    palette = frame.palette
    colour = QColor(line_colour(one.line.kind, palette))
    box = QRectF(one.left, one.top, one.right - one.left, HEIGHT)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    shape = QPainterPath()
    shape.addRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.save()
    painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
    painter.fillRect(QRectF(one.left, one.top, one.title_right - one.left, HEIGHT), colour)
    for button, left in one.buttons:
        if button is button_under:
            painter.fillRect(QRectF(left, one.top, BUTTON_WIDTH, HEIGHT), QColor(palette.raised))
    painter.restore()
    painter.setPen(QPen(colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(shape)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QColor(palette.on_tag))
    painter.setFont(frame.fonts.strong)
    painter.drawText(QRectF(one.left, one.top, one.title_right - one.left, HEIGHT), CENTRED, one.title)
    painter.setFont(frame.fonts.small)
    tones = {"text": palette.text, "muted": palette.muted, "up": palette.up, "down": palette.down}
    for figure in one.figures:
        painter.setPen(QColor(tones[figure.cell.tone]))
        width = len(figure.cell.text) * frame.fonts.small_digit + PAD
        painter.drawText(QRectF(figure.left, one.top, width, HEIGHT), VERTICALLY, figure.cell.text)
    for button, left in one.buttons:
        painter.setPen(QPen(colour, 1))
        painter.drawLine(QPointF(left, one.top + 4), QPointF(left, one.top + HEIGHT - 4))
        painter.setPen(QPen(QColor(palette.text if button is button_under else palette.muted), 1.3))
        _draw_sign(painter, frame, button, QRectF(left, one.top, BUTTON_WIDTH, HEIGHT))


def _draw_sign(painter: QPainter, frame: Frame, button: Button, box: QRectF) -> None:
    """Drawn, not written: fonts differ in which signs they have."""
    middle, size = box.center(), SIGN
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if button is Button.REVERSE:
        for way, y in ((1.0, middle.y() - 2.5), (-1.0, middle.y() + 2.5)):
            tip = QPointF(middle.x() + way * 5, y)
            painter.drawLine(QPointF(middle.x() - way * 5, y), tip)
            painter.drawLine(tip, tip + QPointF(-way * 2.5, -2.0 * way))
    else:
        for way in (1.0, -1.0):
            painter.drawLine(middle + QPointF(-size, -size * way), middle + QPointF(size, size * way))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
