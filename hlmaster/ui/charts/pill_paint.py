"""Pills as they are painted: the title in the line's colour, figures beside it, buttons at the end."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.lines import FAINT, line_colour
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.pill import Button
from hlmaster.ui.charts.pills import BUTTON_WIDTH, HEIGHT, PAD, Hit, PlacedPill

RADIUS = 3.0
LEADER = 9.0
SIGN = 3.5
"""Half the width of an x."""
VERTICALLY = Qt.AlignmentFlag.AlignVCenter
CENTRED = Qt.AlignmentFlag.AlignCenter


def draw_pills(painter: QPainter, frame: Frame, area: QRectF, placed: Sequence[PlacedPill], under: Hit | None) -> None:
    """Those in the hand last, so that nothing covers them."""
    painter.setFont(frame.fonts.small)
    for one in sorted(placed, key=lambda one: one.pill.in_hand):
        is_under = under is not None and under.key == one.pill.key and not one.line.faint
        painter.setOpacity(FAINT if one.line.faint else 1.0 if is_under else one.strength)
        if (one.pill.in_hand or is_under) and not one.beyond:
            painter.setPen(QPen(QColor(line_colour(one.line.kind, frame.palette)), 1))
            y = round(frame.y_of(one.line.price))
            painter.drawLine(0, y, int(area.width()), y)
        _draw_pill(painter, frame, one, under.button if is_under and under is not None else None)
    painter.setOpacity(1.0)


def _draw_pill(painter: QPainter, frame: Frame, one: PlacedPill, button_under: object) -> None:
    palette = frame.palette
    colour = QColor(line_colour(one.line.kind, palette))
    box = QRectF(one.left, one.top, one.right - one.left, HEIGHT)
    middle = one.top + HEIGHT / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    if abs(middle - one.row) > 1.5 and not one.beyond:
        painter.setPen(QPen(colour, 1))
        painter.drawLine(QPointF(one.right, middle), QPointF(one.right + LEADER, one.row))
    shape = QPainterPath()
    shape.addRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
    painter.fillPath(shape, faded(palette.background, 0.94))
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
