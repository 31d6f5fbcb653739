"""The venue's list of markets: asked for until there is one, and again while something is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import UnrecognisedReply, VenueError
from hlmaster.core.events import LinkChanged, LinkState, Notice, Severity
from hlmaster.core.model import Instrument
from hlmaster.exchange.hyperliquid.client import Client
from hlmaster.exchange.hyperliquid.instruments import Markets, read_meta
from hlmaster.exchange.hyperliquid.listed import Listed

log = logging.getLogger(__name__)
RENEW_SECONDS = 60.0


class MarketList:
    """``instruments`` by coin. ``renewed`` is called after each list that was read."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        client: Client,
        listed: Listed,
        jitter: Callable[[], float],
        renewed: Callable[[], None],
    ) -> None:
        self.instruments: dict[str, Instrument] = {}
        self._bus, self._clock, self._client, self._listed = bus, clock, client, listed
        self._jitter, self._renewed = jitter, renewed
        self._told: frozenset[str] = frozenset()
        """What is wrong with the list, as it was told."""

    async def load(self) -> None:
        """Retries as long as it takes."""
        attempt = 0
        while True:
            try:
                markets = read_meta(await self._client.info("meta"))
            except VenueError as error:
                if isinstance(error, UnrecognisedReply) and self._fall_back(error):
                    return
                attempt += 1
                pause = min(30.0, 2.0 ** min(attempt - 1, 5)) * (0.5 + 0.5 * self._jitter())
                self._bus.publish(LinkChanged(LinkState.CONNECTING, str(error), attempt, pause))
                await self._clock.sleep(pause)
            else:
                self._adopt(markets)
                return

    async def refresh(self) -> None:
        """After an outage the list may have changed; until it can be read, the last good one stands."""
        try:
            self._adopt(read_meta(await self._client.info("meta")))
        except VenueError as error:
            log.warning("the instruments could not be refreshed: %s", error)

    async def renew(self) -> None:
        """For ever: while something is wrong with the list it is asked for again."""
        while True:
            await self._clock.sleep(RENEW_SECONDS)
            if any(instrument.closing_only for instrument in self.instruments.values()):
                await self.refresh()

    def _fall_back(self, error: UnrecognisedReply) -> bool:
        """The list of an earlier run, for closing only; False when there is none of the last day."""
        self.instruments = self._listed.fall_back()
        if self.instruments:
            cure = "Positions can be closed; entries open once the list can be read again."
            self._bus.publish(Notice(Severity.ERROR, error.sentence, error.code, cure))
        return bool(self.instruments)

    def _adopt(self, markets: Markets) -> None:
        told, self._told = self._told, frozenset(markets.defects)
        for sentence in self._told - told:
            self._bus.publish(Notice(Severity.WARNING, sentence, "VEN-006", "This market cannot be traded for now."))
        self.instruments = self._listed.take(markets)
        self._renewed()
