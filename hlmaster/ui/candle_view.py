"""A panel's look at the candles of one market: its history is asked for once, and waited for only while it is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hlmaster.core.errors import VenueError
from hlmaster.core.model import Interval
from hlmaster.ui.context import Context
from hlmaster.ui.panel import Panel


class CandleView:
    """``failed``: told of which coin and timeframe there is no history, and why. After ``end`` nothing is told."""

    def __init__(
        self,
        context: Context,
        viewer: Panel,
        failed: Callable[[str, Interval, VenueError], object],
        came: Callable[[], object] = lambda: None,
    ) -> None:
        self._context, self._viewer, self._failed, self._came = context, viewer, failed, came
        self._wanted: tuple[str, Interval] | None = None
        self._task: asyncio.Task[None] | None = None

    def show(self, coin: str, interval: Interval) -> None:
        wanted = (coin, interval)
        if self._task is not None and not self._task.done():
            if wanted == self._wanted:
                return
            self._task.cancel()
        self._wanted = wanted
        self._task = self._context.run(self._fetch(coin, interval), f"Loading the candles of {coin}")

    def end(self) -> None:
        """The panel looks at nothing any more, and what it waits for is given up."""
        if self._task is not None:
            self._task.cancel()
        self._context.desk.charts.leave(self._viewer)

    async def _fetch(self, coin: str, interval: Interval) -> None:
        try:
            await self._context.desk.charts.show(coin, interval, viewer=self._viewer)
        except VenueError as error:
            self._failed(coin, interval, error)
        else:
            self._came()
