"""All studies of one chart: which are on, the list to choose from, their settings, and what is remembered of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.errors import ConfigError
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Indicator
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.study import VOLUME_PANE
from hlmaster.ui.studies.built_in import BUILT_IN, BuiltIns
from hlmaster.ui.studies.chosen import ANCHOR, Chosen, from_state
from hlmaster.ui.studies.columns import COLUMNS
from hlmaster.ui.studies.engine import StudyEngine
from hlmaster.ui.studies.looks import GROUPS, look_of
from hlmaster.ui.studies.picker import Offer, StudyPicker
from hlmaster.ui.theme import Theme

if TYPE_CHECKING:
    from hlmaster.ui.dialogs.study_settings import StudySettings

log = logging.getLogger(__name__)
ON_CHART, MARKET = "On this chart", "Market"
FIRST = (("ema", 9), ("ema", 21))
"""On a chart that remembers nothing."""
MOST = 24
"""Studies on one chart: more can neither be read nor be kept up at 30 frames a second."""


class Switchable(Protocol):
    """Something else that a chart can show, on or off."""

    def offers(self) -> list[Offer]: ...

    def switch(self, key: str, on: bool) -> None: ...


class ChartStudies(QObject):
    """``changed`` after each change of what is on or how it looks: the chart's memory differs."""

    changed = Signal()
    refused = Signal(str)
    """Why a study was not added, as a sentence."""

    def __init__(
        self, chart: CandleChart, block: Callable[[], CandleBlock], clock: Clock, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._chart, self._clock, self._theme, self._panel = chart, clock, theme, parent
        self._more: list[Switchable] = []
        self._picker: StudyPicker | None = None
        self._settings: StudySettings | None = None
        self.engine = StudyEngine(chart, block, self)
        self.built_in = BuiltIns(chart, self)
        self.built_in.switched.connect(self.changed)
        chart.study_closed.connect(self.remove)
        chart.study_hidden.connect(self.hide)
        chart.study_asked.connect(self.ask)
        self.changed.connect(self._refill)
        for tone, (name, period) in enumerate(FIRST):
            self.engine.put(Chosen(f"{name}-{tone + 1}", INDICATORS[name](period), tone))  # type: ignore[call-arg]

    def join(self, more: Switchable) -> None:
        """List what somebody else shows on this chart too."""
        self._more.append(more)

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return tuple(self.engine.chosen.values())

    # --- verbs ---

    def add(self, name: str) -> Chosen | None:
        """Put one more of this indicator on the chart, with its defaults. Raises KeyError for a name that is none's."""
        if len(self.engine.chosen) >= MOST:
            self.refused.emit(f"A chart shows at most {MOST} indicators. Remove one of them first.")
            return None
        chosen = Chosen(self._new_key(name), self._default(INDICATORS[name]), self._free_tone())
        self.engine.put(chosen)
        self.changed.emit()
        return chosen

    def change(self, chosen: Chosen) -> None:
        if chosen.key in self.engine.chosen:
            self.engine.put(chosen)
            self.changed.emit()

    def remove(self, key: str) -> None:
        if key == VOLUME_PANE:
            self.built_in.switch(key, False)
        elif key in self.engine.chosen:
            self.engine.remove(key)
            self.changed.emit()

    def hide(self, key: str) -> None:
        """Hide a study, or show it again."""
        chosen = self.engine.chosen.get(key)
        if chosen is not None:
            self.change(replace(chosen, is_hidden=not chosen.is_hidden))

    def ask(self, key: str) -> StudySettings | None:
        """Open the settings of a study beside its name."""
        chosen = self.engine.chosen.get(key)
        if chosen is None:
            return None
        from hlmaster.ui.dialogs.study_settings import StudySettings

        self._settings = settings = StudySettings(chosen, self._chart.colours, self._panel)
        settings.changed.connect(self.change)
        settings.removed.connect(self.remove)
        boxes = [cell.box for cell in self._chart.shown.legend if cell.key == key]
        at = boxes[0].bottomLeft().toPoint() if boxes else QPoint(40, 40)
        settings.open_at(self._chart.mapToGlobal(at))
        return settings

    def pick(self, below: QWidget) -> StudyPicker:
        """Open the list under a button."""
        if self._picker is None:
            self._picker = StudyPicker(self._theme, self._panel)
            self._picker.picked.connect(self._take)
        self._refill()
        self._picker.open_at(below)
        return self._picker

    def dress(self, theme: Theme) -> None:
        self._theme = theme
        if self._picker is not None:
            self._picker.deleteLater()
            self._picker = None
        self.engine.dress()

    # --- the list ---

    def offers(self) -> list[Offer]:
        shown = [Offer(one.key, ON_CHART, one.title, *_words(type(one.indicator)), is_on=True) for one in self.chosen]
        kinds = [(look_of(INDICATORS[name]), name) for name in INDICATORS.names() if _needs_candles(INDICATORS[name])]
        kinds.sort(key=lambda entry: (GROUPS.index(entry[0].group), entry[0].short))
        market = [Offer(one.key, MARKET, one.title, "", one.help, one.key in self.built_in.on) for one in BUILT_IN]
        market += [offer for more in self._more for offer in more.offers()]
        others = [Offer(name, look.group, look.short, *_words(INDICATORS[name])) for look, name in kinds]
        return [*shown, *market, *others]

    def _take(self, offer: Offer) -> None:
        more = next((more for more in self._more if offer in more.offers()), None)
        if offer.group == MARKET:
            self.built_in.switch(offer.key, not offer.is_on)
        elif more is not None:
            more.switch(offer.key, not offer.is_on)
            self.changed.emit()
        elif offer.is_on:
            self.remove(offer.key)
        else:
            self.add(offer.key)

    def _refill(self) -> None:
        if self._picker is not None:
            self._picker.offer(self.offers())

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        panes = self._chart.shown.panes
        return {
            "studies": [one.state() for one in self.chosen],
            "market": sorted(self.built_in.on),
            "panes": panes.shares(),
            "panes_dragged": panes.were_dragged,
            "log_scale": self._chart.shown.prices.wants_log,
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """What cannot be read is left out with a line in the log; what is not there stays as it is."""
        panes, dragged = state.get("panes"), state.get("panes_dragged") is True
        if isinstance(panes, dict):
            fit = {str(key): share for key, share in panes.items() if isinstance(share, int | float)}
            self._chart.shown.panes.set_shares(fit, dragged=dragged)
        if isinstance(state.get("studies"), list):
            self._restore_studies(state["studies"])
        if isinstance(state.get("market"), list):
            for one in BUILT_IN:
                self.built_in.switch(one.key, one.key in state["market"])
        self._chart.set_log_scale(state.get("log_scale") is True)

    def _restore_studies(self, states: list[Any]) -> None:
        for key in tuple(self.engine.chosen):
            self.engine.remove(key)
        for one in states[:MOST]:
            try:
                chosen = from_state(one)
            except ConfigError as error:
                log.warning("%s %s", error.sentence, error.cure)
                continue
            if chosen.key in self.engine.chosen:
                chosen = replace(chosen, key=self._new_key(chosen.indicator.name))
            self.engine.put(chosen)

    # --- inside ---

    def _new_key(self, name: str) -> str:
        taken = self.engine.chosen
        return next(key for number in range(1, MOST + 2) if (key := f"{name}-{number}") not in taken)

    def _free_tone(self) -> int:
        """The first of the palette's colours that no study begins with."""
        used = {one.tone for one in self.chosen}
        return next(tone for tone in range(MOST + 1) if tone not in used)

    def _default(self, kind: type[Indicator]) -> Indicator:
        """Its defaults; an anchor is midnight UTC, for the beginning of time is no use to anybody."""
        if any(parameter.name == ANCHOR for parameter in kind.parameters()):
            return kind(float(self._clock.now_ms() // DAY_MS * DAY_MS))  # type: ignore[call-arg]
        return kind()


def _words(kind: type[Indicator]) -> tuple[str, str]:
    """Its name in full, and what it tells, from the first line of its docstring."""
    name, _, tells = kind.help().partition(": ")
    return (name, tells[:1].upper() + tells[1:]) if tells else ("", name)


def _needs_candles(kind: type[Indicator]) -> bool:
    """Nothing but candles: what takers did is shown by the order flow."""
    return set(kind().inputs) <= set(COLUMNS)
