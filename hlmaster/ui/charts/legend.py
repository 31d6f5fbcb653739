"""The read-out of the candle and the names and values of the studies, at the top left of each pane."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from hlmaster.ui.charts.figures import compact, pane_value, percent
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.legend_cell import Cell
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE, Study
from hlmaster.ui.charts.times import moment_text
from hlmaster.ui.ink import colour

ROW = 18.0
TOP = 4.0
INDENT = 10.0
SPACE = 1.5
"""Characters between two cells."""
LEAST_FIRST = ((6,), (5,), (0,), (1, 2), (4,))
"""Parts of the read-out as they go: the moment, the volume, the open, high and low together, the change."""
MOST_OF_PANE = 0.45
"""Share of the prices' height that the legend may cover."""


def legend(frame: Frame) -> list[Cell]:
    """What does not fit is left out: of the read-out what counts least, and rows over `MOST_OF_PANE` of the prices."""
    if frame.reading is None:
        return []
    key = (frame.still_parts(), frame.series.ticks, tuple(frame.studies.values()), frame.cursor is None, frame.reading)
    if key != frame.legend_key:
        frame.legend_key, frame.legend = key, _made(frame)
    return frame.legend


def _made(frame: Frame) -> list[Cell]:
    floor = max(frame.price_pane.height() * MOST_OF_PANE, ROW + TOP)
    cells = _flow(frame, _read_out(frame), 0.0, ROW + TOP, wraps=False)
    overlays = [_entry(frame, study) for study in frame.studies.values() if study.pane == PRICE_PANE]
    cells += _flow(frame, overlays, ROW, floor, wraps=True)
    for pane in frame.panes.shown:
        if pane.key == VOLUME_PANE:
            entries = [_volume(frame)]
        else:
            entries = [_entry(frame, study) for study in frame.studies.values() if study.pane == pane.key]
        cells += _flow(frame, entries, pane.area.top() - 2, pane.area.top() + ROW + TOP, wraps=False)
    return cells


Entry = tuple[str, str, tuple[tuple[str, str], ...], bool]


def _read_out(frame: Frame) -> list[Entry]:
    """Open, high, low, close, change, volume and time."""
    reading, palette = frame.reading, frame.palette
    assert reading is not None
    moment = moment_text(frame.moment(reading.time_ms), frame.series.interval_ms)
    if reading.missing:
        count = f"{reading.missing:,} candle{'s' if reading.missing > 1 else ''} missing"
        return [("", "", ((count, palette.warning),), False), ("", "from", ((moment, palette.muted),), False)]
    colour = palette.up if reading.close >= reading.open else palette.down
    moved = palette.up if reading.change >= 0 else palette.down
    prices = (("O", reading.open), ("H", reading.high), ("L", reading.low), ("C", reading.close))
    entries: list[Entry] = [("", name, ((frame.price_text(value), colour),), False) for name, value in prices]
    entries += [
        ("", "", ((percent(reading.change), moved),), False),
        ("", "V", ((compact(reading.volume), palette.text),), False),
        ("", "", ((moment, palette.muted),), False),
    ]
    return _fitting(frame, entries)


def _fitting(frame: Frame, entries: list[Entry]) -> list[Entry]:
    """Without those of `LEAST_FIRST` that have to go so that the others find room."""
    unit, room = frame.fonts.small_digit, frame.price_pane.width() - 4 - INDENT
    kept = dict(enumerate(entries))
    for places in LEAST_FIRST:
        if sum(_size(entry, unit) + unit * SPACE for entry in kept.values()) - unit * SPACE <= room:
            break
        for place in places:
            del kept[place]
    return list(kept.values())


def _size(entry: Entry, unit: float) -> float:
    _, name, values, _ = entry
    return unit * (len(name) + sum(len(text) + 1 for text, _ in values) - (0 if name else 1))


def _volume(frame: Frame) -> Entry:
    reading = frame.reading
    assert reading is not None
    colour = frame.palette.up if reading.close >= reading.open else frame.palette.down
    return VOLUME_PANE, "VOLUME", ((compact(reading.volume), colour),), False


def _entry(frame: Frame, study: Study) -> Entry:
    reading = frame.reading
    assert reading is not None
    if study.note or study.is_hidden:
        return study.key, study.title, ((study.note, frame.palette.faint),) if study.note else (), study.is_hidden
    end = reading.slot if frame.cursor is None else min(reading.slot + frame.columns.width, len(frame.series)) - 1
    scale = frame.scale_of(study.pane)
    values = []
    for trace in study.traces:
        if trace.kind == "events":
            continue
        value = frame.series.value_of(trace.column, end)
        text = "–"
        if value == value:
            is_price = study.pane == PRICE_PANE
            text = frame.price_text(value) if is_price else pane_value(value, scale.high - scale.low)
        values.append((f"{trace.label} {text}" if trace.label else text, trace.colour))
    return study.key, study.title, tuple(values), False


def _flow(frame: Frame, entries: list[Entry], top: float, floor: float, *, wraps: bool) -> list[Cell]:
    """Cells from the left, row after row; the rest is left out where the width, or the floor, ends."""
    unit, right = frame.fonts.small_digit, frame.price_pane.width() - 4
    cells, x, y = [], INDENT, top + TOP
    for key, name, values, is_hidden in entries:
        size = _size((key, name, values, is_hidden), unit)
        if x + size > right and x > INDENT:
            if not wraps:
                break
            x, y = INDENT, y + ROW
        if y + ROW > floor + 1:
            break
        if x + size > right and not key:
            break
        while values and x + size > right:  # its name, where nothing else has room
            values = values[:-1]
            size = _size((key, name, values, is_hidden), unit)
        cells.append(Cell(key, name, values, QRectF(x - 4, y, size + 8, ROW), is_hidden))
        x += size + unit * SPACE
    return cells


@dataclass(slots=True)
class KeptLegend:
    """A legend as it was painted last, and pictures of its rows once it has stayed the same: a pan leaves it alone."""

    look: tuple[object, ...] = ()
    rows: list[tuple[QRect, QPixmap]] = field(default_factory=list)
    """With their places in the device's own pixels: there a picture is copied as it is, at any scaling."""

    def draw(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        clip = painter.clipBoundingRect() if painter.hasClipping() else area
        ratio = painter.device().devicePixelRatio()
        look = frame.legend, frame.palette, ratio
        if look != self.look:
            self.look, self.rows = look, []
            _draw_cells(painter, frame, clip)
            return
        if not self.rows:
            if not all(clip.contains(cell.box) for cell in frame.legend):
                _draw_cells(painter, frame, clip)
                return
            self.rows = [_pictured(frame, row, ratio) for row in _rows(frame.legend)]
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        for box, picture in self.rows:
            painter.drawPixmap(box, picture)
        painter.restore()


def _rows(cells: list[Cell]) -> list[QRectF]:
    """What the cells of each row take."""
    rows: dict[float, QRectF] = {}
    for cell in cells:
        top = cell.box.top()
        rows[top] = rows[top].united(cell.box) if top in rows else QRectF(cell.box)
    return list(rows.values())


def _pictured(frame: Frame, row: QRectF, ratio: float) -> tuple[QRect, QPixmap]:
    box = QRectF(row.topLeft() * ratio, row.size() * ratio).toAlignedRect()
    picture = QPixmap(box.size())
    picture.fill(Qt.GlobalColor.transparent)
    brush = QPainter(picture)
    brush.translate(-box.topLeft())
    brush.scale(ratio, ratio)
    _draw_cells(brush, frame, row.adjusted(0, 1, 0, -1))
    brush.end()
    return box, picture


def _draw_cells(painter: QPainter, frame: Frame, clip: QRectF) -> None:
    palette, unit, ink = frame.palette, frame.fonts.small_digit, frame.fonts.small_ink
    ground, head = faded(palette.background, 0.75), ROW / 2 + 4 - ink.ascent
    painter.setFont(ink.font)
    for cell in frame.legend:
        box = cell.box
        if not clip.intersects(box):
            continue
        painter.fillRect(box, ground)
        x, top = box.left() + 4, box.top() + head
        if cell.name:
            painter.setPen(colour(palette.faint if cell.is_hidden else palette.muted))
            ink.again(painter, cell.name, x, top)
            x += unit * (len(cell.name) + 1)
        for text, tone in cell.values:
            painter.setPen(colour(tone))
            ink.again(painter, text, x, top)
            x += unit * (len(text) + 1)
