"""Order flow on a chart: delta, cumulative delta, open interest and funding in panes, a volume profile at the edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.clock import DAY_MS
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.market.flow.series import Deltas, cumulative, deltas
from hlmaster.ui.actions import Action
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.drawing import hatch
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import UNDER, ChartLayer
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.study import Study, Trace
from hlmaster.ui.flow.profile_layer import ProfileLayer, Source
from hlmaster.ui.market_panel import BEAT_MS, MarketPanel

GROUP = "Chart"
MOST_CANDLES = 2_000
PROFILES = {"profile_session": "Volume profile of the session", "profile_visible": "Volume profile of what is visible"}
PER_CENT = 100.0


@dataclass(frozen=True, slots=True)
class FlowPane:
    key: str
    title: str
    kind: str
    help: str


PANES = (
    FlowPane("flow_delta", "Delta", "histogram", "What was bought less what was sold at the market, per candle."),
    FlowPane("flow_cvd", "CVD", "line", "Delta summed up since midnight UTC; it begins anew after every gap."),
    FlowPane("flow_open_interest", "Open interest", "line", "Coins in open positions."),
    FlowPane("flow_funding", "Funding", "steps", "The funding rate that is building up, in per cent an hour."),
)


class ChartFlow(QObject):
    """Looks at the flow of the panel's coin once a second, while something of it is on and the panel is visible.

    ``changed``: something else is on than before."""

    changed = Signal()

    def __init__(self, panel: MarketPanel, chart: CandleChart) -> None:
        super().__init__(panel)
        self._panel, self._chart, self._context = panel, chart, panel.context
        self.on: set[str] = set()
        self.by_session = True
        """Whether the cumulative delta begins anew at midnight UTC, or only where listening began."""
        self._layer: ChartLayer | None = None
        self._gaps: dict[str, ChartLayer] = {}
        self._hidden: set[str] = set()
        self._profile = ProfileLayer(self._source)
        chart.study_closed.connect(lambda key: self.switch(key, False) if key in self.on else None)
        chart.study_hidden.connect(self._hide)
        panel.context.theme_changed.connect(self.look)
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.timeout.connect(self.look)
        for key, title in self.titles().items():
            action = Action(f"chart.{key}", f"{title} on or off", GROUP, self._toggle(key), hint=self._help(key))
            panel.context.actions.add(action, owner=panel)
        panel.context.actions.add(
            Action("chart.flow_cvd_session", "CVD: begin anew at midnight UTC, or not", GROUP, self._toggle_session),
            owner=panel,
        )

    @staticmethod
    def titles() -> dict[str, str]:
        return PROFILES | {pane.key: pane.title for pane in PANES}

    @staticmethod
    def _help(key: str) -> str:
        return next((pane.help for pane in PANES if pane.key == key), "Trades where they were heard, else candles.")

    def _toggle(self, key: str) -> Callable[[], None]:
        return lambda: self.switch(key, key not in self.on)

    def _hide(self, key: str) -> None:
        if key in self.on:
            self._hidden ^= {key}
            self.look()

    def _toggle_session(self) -> None:
        self.by_session = not self.by_session
        self.look()
        self.changed.emit()

    # --- verbs ---

    def switch(self, key: str, on: bool) -> None:
        """Show or hide one; a chart has one profile. Raises KeyError for a name that is none's."""
        if key not in self.titles():
            raise KeyError(key)
        if on and key in PROFILES:
            self.on -= set(PROFILES)
        (self.on.add if on else self.on.discard)(key)
        if key not in PROFILES:
            self._mark_gaps(key, on)
        self._place_profile()
        if self.on and not self._timer.isActive():
            self._timer.start()
        elif not self.on:
            self._timer.stop()
        self.look()
        self.changed.emit()

    def _place_profile(self) -> None:
        chosen = self.on & set(PROFILES)
        self._profile.by_session = "profile_session" in chosen
        if chosen and self._layer is None:
            self._layer = self._chart.add_layer(self._profile.draw, live=self._profile.live)
        elif not chosen and self._layer is not None:
            self._chart.remove_layer(self._layer)
            self._layer = None

    def _mark_gaps(self, key: str, on: bool) -> None:
        if on and key not in self._gaps:
            self._gaps[key] = self._chart.add_layer(self._draw_gaps, key, UNDER, self._gaps_state)
        elif not on and key in self._gaps:
            self._chart.remove_layer(self._gaps.pop(key))
            self._chart.remove_study(key)

    def _gaps_state(self) -> tuple[object, ...]:
        source = self._source()
        return () if source is None else (source.flow.listening.begun_ms, *source.flow.listening.gaps(source.now_ms))

    def _draw_gaps(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        """Hatched where something is missing, and a line where listening began."""
        source, series = self._source(), frame.series
        if source is None or not len(series):
            return
        last = int(series.time[-1]) + series.interval_ms
        for start, end in source.flow.listening.gaps(source.now_ms):
            left = frame.column_of(series.slot_at(start))
            right = frame.column_of(series.slot_at(min(end, last) - 1) + 1)
            if right > 0 and left < area.width():
                hatch(painter, QRectF(left, 0, right - left, area.height()), faded(frame.palette.faint, 0.5))
        begun = frame.column_of(series.slot_at(source.flow.listening.begun_ms))
        painter.setPen(QPen(faded(frame.palette.muted, 0.6), 1, Qt.PenStyle.DotLine))
        painter.drawLine(begun, 0, begun, int(area.height()))

    def look(self) -> None:
        """Show what is new."""
        if not self.on or not self._panel.isVisible():
            return
        flow = self._context.desk.flow.look(self._panel.coin)
        times = self._times()
        for pane in PANES:
            if pane.key in self.on:
                self._show(pane, flow, times)
        if self._layer is not None:
            self._chart.repaint_layers()

    def _source(self) -> Source | None:
        panel, desk = self._panel, self._context.desk
        market, flow = panel.market, desk.flow.look(panel.coin)
        return None if market is None or flow is None else Source(market, panel.interval, flow, desk.clock.now_ms())

    def _times(self) -> Ints:
        """Of the candles that the chart holds."""
        series = self._chart.shown.series
        return series.time[np.isfinite(series.field("close"))]

    # --- panes ---

    def _show(self, pane: FlowPane, flow: CoinFlow | None, times: Ints) -> None:
        values = np.full(len(times), np.nan)
        if flow is not None and len(times) and self._panel.interval.ms <= DAY_MS:
            values = self._values(pane, flow, times)
        colours = self._chart.colours
        tone = colours.tones[[one.key for one in PANES].index(pane.key) % len(colours.tones)]
        is_delta = pane.kind == "histogram"
        trace = Trace(pane.key, colours.up if is_delta else tone, kind=pane.kind, fall=colours.down)  # type: ignore[arg-type]
        levels = (0.0,) if pane.key != "flow_open_interest" else ()
        note = self._note(flow, values)
        study = Study(
            pane.key,
            self._title(pane),
            (trace,),
            pane.key,
            levels=levels,
            is_hidden=pane.key in self._hidden,
            note=note,
        )
        self._chart.set_study(study, [values])

    def _title(self, pane: FlowPane) -> str:
        if pane.key == "flow_cvd":
            return "CVD of the session" if self.by_session else "CVD"
        return "Funding %/h" if pane.key == "flow_funding" else pane.title

    def _note(self, flow: CoinFlow | None, values: Floats) -> str:
        if self._panel.interval.ms > DAY_MS:
            return "up to candles of a day"
        if flow is None or not np.isfinite(values).any():
            return "begins now: nothing of it is kept by the exchange"
        return ""

    def _values(self, pane: FlowPane, flow: CoinFlow, times: Ints) -> Floats:
        """One for each of the chart's candles; NaN before the beginning and in gaps."""
        interval, now_ms = self._panel.interval, self._context.desk.clock.now_ms()
        if pane.key in ("flow_open_interest", "flow_funding"):
            open_interest, funding = flow.contexts.read().at(times, interval.ms)
            return open_interest if pane.key == "flow_open_interest" else funding * PER_CENT
        columns = deltas(flow.cells, flow.listening, interval, now_ms, MOST_CANDLES)
        if pane.key == "flow_cvd":
            return _aligned(columns, cumulative(columns, by_session=self.by_session), times)
        return _aligned(columns, np.where(columns.lost, np.nan, columns.delta), times)

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        return {"on": sorted(self.on), "by_session": self.by_session}

    def restore_state(self, state: Any) -> None:
        if not isinstance(state, dict):
            return
        self.by_session = state.get("by_session") is not False
        wanted = state.get("on")
        for key in self.titles():
            self.switch(key, isinstance(wanted, list) and key in wanted)


def _aligned(columns: Deltas, values: Floats, times: Ints) -> Floats:
    """The values at the chart's own candles."""
    result = np.full(len(times), np.nan)
    place = np.searchsorted(columns.time_ms, times)
    known = place < len(columns)
    known[known] = columns.time_ms[place[known]] == times[known]
    result[known] = values[place[known]]
    return result
