"""The order flow among what a chart's list offers."""

from __future__ import annotations

from hlmaster.ui.flow.chart_flow import PANES, ChartFlow
from hlmaster.ui.studies.picker import Offer

GROUP = "Order flow"
HELP = {pane.key: pane.help for pane in PANES}
PROFILE = "How much was traded at each price: trades where they were heard, else candles."


class FlowOffers:
    def __init__(self, flow: ChartFlow) -> None:
        self._flow = flow
        self.switch = flow.switch

    def offers(self) -> list[Offer]:
        titles = self._flow.titles().items()
        return [Offer(key, GROUP, title, "", HELP.get(key, PROFILE), key in self._flow.on) for key, title in titles]
