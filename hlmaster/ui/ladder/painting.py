"""The picture of a ladder. Fills first, then figures colour by colour: changing pens is what costs."""

from __future__ import annotations

from textwrap import wrap

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from hlmaster.core.model import Side
from hlmaster.ui import figures
from hlmaster.ui.ink import colour
from hlmaster.ui.ladder.columns import MARGIN, BookColumns, LadderColumns, Span
from hlmaster.ui.ladder.digits import brief, fitting
from hlmaster.ui.ladder.rows import Own, Row
from hlmaster.ui.ladder.view import Look, View
from hlmaster.ui.teaching import Lesson, write_lesson
from hlmaster.ui.theme import mixed

VEIL, POINTED = 0.65, 0.18
HIDDEN = "••"
MOST_LINES, STRIP_EDGE = 8, 6


class Picture:
    """Paints views of one size in one look."""

    def __init__(self, look: Look) -> None:
        self.look = look
        theme = look.theme
        self._fills = {Side.BUY: colour(theme.up_fill), Side.SELL: colour(theme.down_fill)}
        self._pens = {Side.BUY: theme.up, Side.SELL: theme.down}
        self._traded = colour(mixed(theme.muted, theme.panel, 0.25))
        self._own = colour(mixed(theme.accent, theme.panel, 0.30))
        self._waiting = colour(mixed(theme.warning, theme.panel, 0.28))
        self._pointed = QColor(theme.accent)
        self._pointed.setAlphaF(POINTED)
        self._lift = (look.row - look.ink.height) / 2

    def paint(self, painter: QPainter, view: View, width: int, height: int) -> None:
        columns = view.columns
        if isinstance(columns, BookColumns):
            self._book(painter, view, columns, width)
        else:
            self._ladder(painter, view, columns)
        if view.stale:
            veil = QColor(self.look.theme.panel)
            veil.setAlphaF(VEIL)
            painter.fillRect(QRectF(0, self.look.head, width, height - self.look.head - self.look.strip), veil)
        if isinstance(columns, BookColumns):
            self._middle(painter, view, width)
        elif view.stale:
            self._age(painter, view, width, height)
        self._strip(painter, view, width, height)

    def teach(self, painter: QPainter, where: QRect, lesson: Lesson) -> None:
        """In place of rows."""
        write_lesson(painter, where, lesson, muted=self.look.theme.muted, faint=self.look.theme.faint)

    # --- the book: asks over bids ---

    def _book(self, painter: QPainter, view: View, columns: BookColumns, width: int) -> None:
        look, rows = self.look, view.rows
        total = columns.total
        self._captions(painter, width, columns, view)
        depths = [row.total for row in rows] if total else [row.size for row in rows]
        scale = width / (max(depths, default=0.0) or 1.0)
        for row, depth in zip(rows, depths, strict=True):
            length = depth * scale
            painter.fillRect(QRectF(width - length, row.top, length, look.row), self._fills[_side(row)])
        self._pointers(painter, view, QRectF(0, 0, width, look.row))
        self._marks(painter, view, Span(columns.price.left - 4, columns.price.right + 2))
        self._prices(painter, view, columns.price.left)
        look.ink.use(painter, look.theme.text)
        advance, lift, decimals = look.ink.advance, self._lift, view.size_decimals
        room, right = columns.size.room(advance), (total or columns.size).right
        apart = round(total.width / advance) if total else 0
        for row in rows:
            text = fitting(row.size, decimals, room)
            if total is not None:
                text = f"{text}{fitting(row.total, view.total_decimals, apart - 1):>{apart}}"
            look.ink.right_again(painter, text, right, row.top + lift)
        for row in rows:
            if row.buys is not None or row.sells is not None:
                for own in row.mine:
                    self._own_cell(painter, own, row, columns.own, view)

    def _captions(self, painter: QPainter, width: int, columns: BookColumns, view: View) -> None:
        small = self.look.small
        small.use(painter, self.look.theme.faint)
        top = (self.look.head - small.height) / 2
        small.left(painter, "Price", MARGIN, top)
        small.right(painter, "USD" if view.in_usd else "Size", columns.size.right, top)
        if columns.total is not None:
            small.right(painter, "Total", width - MARGIN, top)

    def _middle(self, painter: QPainter, view: View, width: int) -> None:
        """The mark, and beside it spread and skew, or how old they are."""
        look, theme = self.look, self.look.theme
        big, small = look.big, look.small
        sells = sum(1 for row in view.rows if row.side is Side.SELL)
        first_bid = next((row.top for row in view.rows if row.side is Side.BUY), 0)
        top = first_bid - look.middle if first_bid else (view.rows[sells - 1].top + look.row if sells else look.head)
        big.use(painter, theme.faint if view.stale else theme.down if view.falls else theme.up)
        big.left(painter, view.last, MARGIN, top + (look.middle - big.height) / 2)
        left = MARGIN + big.width(view.last) + small.advance * 1.5
        small.use(painter, theme.warning if view.stale else theme.muted)
        together = " · ".join(view.notes)
        if left + small.width(together) <= width - MARGIN:
            small.again(painter, together, left, top + (look.middle - small.height) / 2 + 1)
            return
        first = top + (look.middle - len(view.notes) * (small.height - 1)) / 2
        for index, note in enumerate(view.notes):
            figure = note.removeprefix("spread ")
            ways = (note, figure, *figures.narrower(figure))
            said = next((way for way in ways if left + small.width(way) <= width - MARGIN), "")
            small.again(painter, said, left, first + index * (small.height - 1))

    # --- the ladder: a column of all prices ---

    def _ladder(self, painter: QPainter, view: View, columns: LadderColumns) -> None:
        look, rows, theme = self.look, view.rows, self.look.theme
        spans = columns.spans
        prices, height = spans[2], rows[-1].top + look.row - look.head if rows else 0
        self._ladder_captions(painter, view, columns)
        painter.fillRect(QRectF(prices.left, look.head, prices.width, height), colour(theme.raised))
        sizes = [row.total for row in rows] if view.cumulative else [row.size for row in rows]
        most, busiest = max(sizes, default=0.0), max([row.traded for row in rows], default=0.0)
        for row, size in zip(rows, sizes, strict=True):
            if size:
                length = spans[1].width * size / most
                left = prices.left - length if row.side is Side.BUY else prices.right
                painter.fillRect(QRectF(left, row.top, length, look.row), self._fills[_side(row)])
            if view.traded and row.traded:
                length = max(1.0, prices.width * row.traded / busiest)
                painter.fillRect(QRectF(prices.left, row.top + 1, length, look.row - 2), self._traded)
        self._pointers(painter, view, QRectF(0, 0, spans[4].right, look.row))
        self._cell(painter, view, columns)
        self._marks(painter, view, Span(prices.left + 1, prices.right - 1))
        self._prices(painter, view, prices.left + 5)
        look.ink.use(painter, theme.text)
        room, decimals, write, lift = (
            spans[1].room(look.ink.advance),
            view.size_decimals,
            look.ink.right_again,
            self._lift,
        )
        for row, size in zip(rows, sizes, strict=True):
            if size:
                right = (spans[1] if row.side is Side.BUY else spans[3]).right - 4
                write(painter, fitting(size, decimals, room), right, row.top + lift)
        for row in rows:
            if row.buys is not None:
                self._own_cell(painter, row.buys, row, spans[0], view)
            if row.sells is not None:
                self._own_cell(painter, row.sells, row, spans[4], view)
        self._rules(painter, columns, look.head, look.head + height)

    def _ladder_captions(self, painter: QPainter, view: View, columns: LadderColumns) -> None:
        small, spans = self.look.small, columns.spans
        small.use(painter, self.look.theme.faint)
        top = (self.look.head - small.height) / 2
        for text, span in zip(("Own", "Bids", "Price", "Asks", "Own"), spans, strict=True):
            if view.cumulative and text in ("Bids", "Asks"):
                text = f"Σ {text}" if span.width > small.width(text) + 3 * small.advance else text
            small.left(painter, text, span.left + (span.width - small.width(text)) / 2, top)

    def _cell(self, painter: QPainter, view: View, columns: LadderColumns) -> None:
        """The cell that a click is for."""
        at = view.pointed
        if at is not None and at.is_trading and at.row < len(view.rows):
            span = columns.span(at.column)
            box = QRectF(span.left + 0.5, view.rows[at.row].top + 0.5, span.width - 1, self.look.row - 1)
            self._box(painter, box, self.look.theme.accent)

    def _rules(self, painter: QPainter, columns: LadderColumns, top: float, bottom: float) -> None:
        for span in columns.spans[1:]:
            painter.fillRect(QRectF(span.left, top, 1, bottom - top), colour(self.look.theme.border))

    def _age(self, painter: QPainter, view: View, width: int, height: int) -> None:
        look = self.look
        text = " · ".join(view.notes)
        chip = QRectF(
            (width - look.small.width(text)) / 2 - 8, height / 2 - look.row / 2, look.small.width(text) + 16, 20
        )
        painter.fillRect(chip, colour(look.theme.raised))
        look.small.use(painter, look.theme.warning)
        look.small.again(painter, text, chip.left() + 8, chip.top() + (20 - look.small.height) / 2)

    # --- both ---

    def _prices(self, painter: QPainter, view: View, left: float) -> None:
        look, theme, decimals = self.look, self.look.theme, view.price_decimals
        right = left + len(f"{view.rows[0].price:,.{decimals}f}") * look.ink.advance
        groups: dict[str, list[Row]] = {
            theme.down: [],
            theme.up: [],
            theme.muted: [],
            theme.faint: [],
            theme.on_colour: [],
        }
        pens = {Side.SELL: theme.down, Side.BUY: theme.up, None: theme.muted}
        for row in view.rows:
            filled = row.is_last or row.is_liquidation
            groups[theme.on_colour if filled else pens[row.side] if row.is_known else theme.faint].append(row)
        for pen, rows in groups.items():
            if rows:
                ink = look.strong if pen == theme.on_colour else look.ink
                ink.use(painter, pen)
                for row in rows:
                    ink.right(painter, f"{row.price:,.{decimals}f}", right, row.top + self._lift)

    def _marks(self, painter: QPainter, view: View, cell: Span) -> None:
        """Last trade and liquidation fill the price's cell, the entry price frames it."""
        theme, height = self.look.theme, self.look.row
        for row in view.rows:
            if row.is_last or row.is_entry or row.is_liquidation:
                box = QRectF(cell.left, row.top + 0.5, cell.width, height - 1)
                if row.is_last:
                    painter.fillRect(box, colour(theme.down if view.falls else theme.up))
                if row.is_liquidation:
                    painter.fillRect(box, colour(theme.warning))
                if row.is_entry:
                    self._box(painter, box, theme.accent)

    def _own_cell(self, painter: QPainter, own: Own, row: Row, cell: Span, view: View) -> None:
        """What rests is filled, what waits for a trigger framed; under it how much of the queue is left."""
        look, theme = self.look, self.look.theme
        size = own.size or own.waiting
        box = QRectF(cell.left + 1.5, row.top + 1.5, cell.width - 3, look.row - 3)
        painter.fillRect(box, self._own if own.size else self._waiting)
        if own.waiting:
            self._box(painter, box, theme.warning)
        place = own.place
        if place is not None and place.ahead is not None and place.others is not None and not place.is_doubtful:
            whole = place.others + own.size
            share = place.ahead / whole if whole > 0 else 0.0
            painter.fillRect(QRectF(box.left(), box.bottom() - 2, box.width() * share, 2), colour(theme.accent))
        ink, room = look.small, cell.room(look.small.advance, 4)
        top = row.top + (look.row - ink.height) / 2
        text = HIDDEN if figures.Veil.is_drawn else brief(size * row.price if view.in_usd else size, min(room, 7))
        ink.use(painter, theme.text)
        ink.right_again(painter, text, box.right() - 2, top)
        if place is not None and place.ahead is not None and own.size and room >= len(text) + 6:
            ink.use(painter, theme.muted)
            ink.left(painter, "q?" if place.is_doubtful else f"q{brief(place.ahead, 4)}", box.left() + 3, top)

    def _pointers(self, painter: QPainter, view: View, whole: QRectF) -> None:
        theme = self.look.theme
        if view.pointed is not None and view.pointed.row < len(view.rows):
            painter.fillRect(whole.translated(0, view.rows[view.pointed.row].top), self._pointed)
        if view.cursor is not None and view.cursor < len(view.rows):
            box = whole.translated(0.5, view.rows[view.cursor].top + 0.5).adjusted(0, 0, -1, -1)
            self._box(painter, box, theme.muted)

    def _box(self, painter: QPainter, box: QRectF, name: str) -> None:
        painter.setPen(colour(name))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)

    def strip(self, view: View, width: int) -> int:
        """Pixels at the bottom that words lie over: what came of a gesture takes as many as it needs."""
        lines = round(len(self._words(view, width)) * (self.look.small.height - 1))
        return max(self.look.strip, lines + STRIP_EDGE)

    def _words(self, view: View, width: int) -> list[str]:
        room = int((width - 2 * MARGIN) / self.look.small.advance)
        first, second = view.says
        if len(first) <= room:  # A long one is read whole; what the other button does can wait
            return [first, figures.shortened(second, room)]
        return wrap(first, room, max_lines=MOST_LINES if view.told else 2, placeholder=" …")

    def _strip(self, painter: QPainter, view: View, width: int, height: int) -> None:
        """What a click would do, and whether it may; or what came of it."""
        look, theme = self.look, self.look.theme
        top = height - self.strip(view, width)
        painter.fillRect(QRectF(0, top, width, height - top), colour(theme.panel))
        # Seen from the corner of the eye: here a click trades
        edge = (2, theme.accent) if view.is_armed else (1, theme.border)
        painter.fillRect(QRectF(0, top, width, edge[0]), colour(edge[1]))
        lines = self._words(view, width)
        first = theme.warning if view.warns else theme.text
        last = first if lines[0] != view.says[0] else theme.accent if view.is_armed else theme.muted
        for index, text in enumerate(lines):
            look.small.use(painter, first if index == 0 else last)
            look.small.again(painter, text, MARGIN, top + 3 + index * (look.small.height - 1))


def _side(row: Row) -> Side:
    return row.side or Side.BUY
