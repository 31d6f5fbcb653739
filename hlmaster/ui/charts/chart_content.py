"""What a candle chart is told to show: candles, the trader's lines, studies, layers of others, and its looks."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import tzinfo

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from hlmaster.ui.charts.figures import countdown
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import OVER, ChartLayer, Draw
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.marks import Mark
from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.picture import Picture
from hlmaster.ui.charts.series import FIELDS, Floats, Times
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE, Study, Trace, TraceKind
from hlmaster.ui.charts.tag import Quote
from hlmaster.ui.charts.times import LocalTime


class ChartContent(QWidget):
    """Setters may be called as often as data comes: `_prepare` runs once for all of them, soon or at the painting."""

    def __init__(self, parent: QWidget | None, palette: ChartPalette | None) -> None:
        super().__init__(parent)
        self._frame: Frame = Picture(palette=palette or ChartPalette())
        self._dirty = False
        self._asked_for_older = False
        self._now_ms: int | None = None
        # Not in the paint event: moving items there would ask for a second painting of the same picture.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._prepare)

    # -- data ---------------------------------------------------------------------------------------------------

    def set_series(
        self,
        time_ms: Times,
        open: Floats,  # noqa: A002 (the candle's own word)
        high: Floats,
        low: Floats,
        close: Floats,
        volume: Floats,
        interval_ms: int,
    ) -> None:
        """Show these candles instead, from the latest, with the zoom as it is.

        Lines, studies and panes stay; the studies' values are forgotten and have to be given anew.

        Raises ValueError when the arrays differ in length or the times do not rise.
        """
        data = dict(zip(FIELDS, (open, high, low, close, volume), strict=True))
        self._frame.series.replace(time_ms, data, interval_ms)
        self._frame.auto_scale = True
        self._asked_for_older = False
        self._tell_countdown()
        self.go_to_latest()

    def update_last(self, time_ms: int, o: float, h: float, l: float, c: float, v: float) -> None:
        """Replace the candle of that time or append it; the view follows if the latest candle is on the screen.

        Raises ValueError for a time before the last candle that the chart does not hold.
        """
        frame = self._frame
        followed = frame.view.shows_latest(len(frame.series))
        empty = not len(frame.series)
        added = frame.series.put(time_ms, dict(zip(FIELDS, (o, h, l, c, v), strict=True)))
        if added:
            self._tell_countdown()
        if empty:
            frame.view.to_latest(1)
        elif followed:
            frame.view.right += added
        self._changed()

    def prepend(
        self,
        time_ms: Times,
        open: Floats,  # noqa: A002
        high: Floats,
        low: Floats,
        close: Floats,
        volume: Floats,
    ) -> None:
        """Lay older candles before the first without moving what is on the screen; what is not older is left out."""
        frame = self._frame
        added = frame.series.prepend(time_ms, dict(zip(FIELDS, (open, high, low, close, volume), strict=True)))
        frame.view.right += added
        self._asked_for_older = not added
        self._changed()

    def set_study(self, study: Study, values: Sequence[Floats] | None = None) -> None:
        """Draw a study, or draw it otherwise: `values` has an array for each of `study.columns`, with one value for
        each candle from the oldest, and None leaves those that are there. Its pane is opened unless it is.

        Raises ValueError when there are more values than candles.
        """
        frame = self._frame
        for column, array in zip(study.columns, values or (), strict=values is not None):
            frame.series.set_overlay(column, array)
        frame.studies[study.key] = study
        if study.pane != PRICE_PANE:
            frame.panes.open(study.pane)
        self._changed()

    def set_last_values(self, key: str, values: Sequence[float]) -> None:
        """Change a study at the latest candle alone. Raises KeyError when the study is not there or has no values."""
        for column, value in zip(self._frame.studies[key].columns, values, strict=True):
            self._frame.series.set_last_overlay(column, value)
        self._changed()

    def remove_study(self, key: str) -> None:
        """Take a study away, and its pane when nothing else is drawn there; nothing happens when it is not there."""
        frame = self._frame
        study = frame.studies.pop(key, None)
        if study is None:
            return
        for column in study.columns:
            frame.series.set_overlay(column, None)
        if not any(other.pane == study.pane for other in frame.studies.values()):
            frame.panes.close(study.pane)
        self._changed()

    def set_pane(
        self,
        name: str,
        columns: Mapping[str, Floats],
        kind: TraceKind = "line",
        colours: Sequence[str] = (),
        title: str = "",
        falls: Sequence[str] = (),
    ) -> None:
        """Show columns in a pane of their own called `name`; `falls` are the colours below 0 of a histogram.

        The pane's x button emits `study_closed` with `name`. Raises ValueError as `set_study` does.
        """
        tones, sinks = [*colours, *self._frame.palette.tones], [*falls, *[""] * len(columns)]
        label = len(columns) > 1
        traces = tuple(
            Trace(f"{name}.{column}", tone, column if label else "", kind, fall=sink)
            for column, tone, sink in zip(columns, tones, sinks, strict=False)
        )
        self.set_study(Study(name, title or name.upper(), traces, pane=name), list(columns.values()))

    def add_layer(
        self,
        draw: Draw,
        pane: str = PRICE_PANE,
        z: float = OVER,
        state: Callable[[], Hashable] | None = None,
        live: Callable[[Frame], object] | None = None,
    ) -> ChartLayer:
        """Let `draw` paint into a pane; see `ChartLayer` for `z`, `state` and `live`."""
        layer = ChartLayer(draw, pane, z, state, live)
        self._frame.layers.add(layer)
        self._changed()
        return layer

    def remove_layer(self, layer: ChartLayer) -> None:
        """Raises ValueError when it is not there."""
        self._frame.layers.remove(layer)
        self._changed()

    def repaint_layers(self) -> None:
        self._frame.layers.calls += 1
        self._changed()

    def set_volume_shown(self, on: bool) -> None:
        (self._frame.panes.open if on else self._frame.panes.close)(VOLUME_PANE)
        self._changed()

    def set_candles_shown(self, on: bool) -> None:
        """Off while a layer paints something else in their place."""
        self._frame.are_candles_shown = on
        self._changed()

    def set_quotes(self, quotes: Sequence[Quote]) -> None:
        """The market's prices that have small tags on the axis."""
        if tuple(quotes) != self._frame.quotes:
            self._frame.quotes = tuple(quotes)
            self._changed()

    def set_lines(self, lines: Sequence[PriceLine]) -> None:
        if tuple(lines) != self._frame.lines:
            self._frame.lines = tuple(lines)
            self._changed()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        if tuple(marks) != self._frame.marks:
            self._frame.marks = tuple(marks)
            self._changed()

    def set_fill_room(self, pixels: float) -> None:
        """Let the scale leave so much under its lowest candle, for what stands below it."""
        if pixels != self._frame.fill_room:
            self._frame.fill_room = pixels
            self._changed()

    # -- looks --------------------------------------------------------------------------------------------------

    def set_palette(self, palette: ChartPalette) -> None:
        self._frame.dress(palette)
        self._changed()

    @property
    def shown(self) -> Frame:
        """The frame as it was last worked out: for painting, where asking for a new one would be too late."""
        return self._frame

    @property
    def colours(self) -> ChartPalette:
        return self._frame.palette

    def set_price_decimals(self, decimals: int) -> None:
        self._frame.decimals = decimals
        self._changed()

    def set_time_zone(self, zone: tzinfo | None) -> None:
        """Label times in this zone; None is the computer's own."""
        self._frame.zone = LocalTime(zone)
        self._changed()

    def set_now(self, now_ms: int) -> None:
        """Tell the market's time, for the countdown to the close of the open candle."""
        self._now_ms = now_ms
        self._tell_countdown()

    def set_stale(self, reason: str | None) -> None:
        """Grey the chart and say why, in one sentence; None makes it fresh again."""
        if reason != self._frame.stale:
            self._frame.stale = reason
            self._changed()

    # -- scale and place ----------------------------------------------------------------------------------------

    def go_to_latest(self) -> None:
        self._frame.view.to_latest(len(self._frame.series))
        self._changed()

    def set_auto_scale(self, on: bool) -> None:
        self._frame.auto_scale = on
        self._changed()

    def set_log_scale(self, on: bool) -> None:
        """Equal distances for equal changes in per cent."""
        self._frame.prices.wants_log = on
        self._changed()

    # -- inside -------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Work out the picture and paint it, if anything has changed."""
        if not self._dirty:
            return
        self._dirty = False
        self._soon.stop()
        frame = self._frame
        for _ in range(2):  # other prices may need a wider scale, which leaves less for the candles
            frame.lay_out(self.width(), self.height())
            frame.rebuild()
            if frame.fits_scale():
                break
        self._show_frame()

    def _show_frame(self) -> None:
        """The frame is worked out anew."""
        self.update()

    def _changed(self) -> None:
        """Work out the picture and paint it, once for all changes until the event loop is reached."""
        if not self._dirty:
            self._dirty = True
            self._soon.start()

    def _tell_countdown(self) -> None:
        series = self._frame.series
        text = ""
        if self._now_ms is not None and len(series):
            text = countdown(int(series.time[-1]) + series.interval_ms - self._now_ms)
        if text != self._frame.countdown:
            self._frame.countdown = text
            self._changed()
