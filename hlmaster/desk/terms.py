"""The terms of the account: its fee rates, and the leverage of each coin as the exchange has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from hlmaster.core.bus import Bus
from hlmaster.core.errors import VenueError
from hlmaster.core.events import AccountSnapshot, ActionResolved
from hlmaster.core.model import Instrument
from hlmaster.core.orders import ActionKind
from hlmaster.core.ports import Trading
from hlmaster.desk.survey import Survey
from hlmaster.desk.work import Work

log = logging.getLogger(__name__)
AT_ONCE = 8
PAUSE_SECONDS = 15.0
"""Between the leverages of further coins, so that they never crowd out what trading asks."""


class Terms:
    """Keeps the survey's fees and leverages; what cannot be read stays at its documented default."""

    def __init__(
        self,
        bus: Bus,
        trading: Trading,
        survey: Survey,
        instruments: Mapping[str, Instrument],
        coins: Callable[[], Sequence[str]],
        work: Work,
    ) -> None:
        self._trading, self._survey, self._instruments = trading, survey, instruments
        self._coins, self._work = coins, work
        self._asked: set[str] | None = None
        """Coins whose leverage was asked for; None before the account may be asked at all."""
        survey.unknown_leverage = self._on_unknown
        bus.subscribe(AccountSnapshot, self._on_account)
        bus.subscribe(ActionResolved, self._on_resolved)

    async def read_fees(self) -> None:
        try:
            self._survey.fees = await self._trading.fee_rates()
        except VenueError as error:
            log.warning("the fee rates could not be read: %s", error)

    async def read_leverages(self) -> None:
        """Of the watched coins without a position, one after the other: each costs a sixtieth of a minute's budget."""
        self._asked = set()
        for number, coin in enumerate(self._coins()):
            if number >= AT_ONCE:
                await asyncio.sleep(PAUSE_SECONDS)
            await self._find_out(coin)

    def _on_unknown(self, coin: str) -> None:
        """Somebody looks at this coin: it is asked for out of turn, once."""
        if self._asked is not None and coin not in self._asked:
            self._asked.add(coin)
            self._work.own(self._find_out(coin), f"leverage of {coin}")

    async def _find_out(self, coin: str) -> None:
        if coin not in self._instruments or coin in self._survey.leverages:
            return
        try:
            await self._read_leverage(coin)
        except VenueError as error:
            log.warning("the leverage of %s could not be read: %s", coin, error)

    async def _read_leverage(self, coin: str) -> None:
        self._survey.leverages[coin] = await self._trading.leverage(coin)

    def _on_account(self, fact: AccountSnapshot) -> None:
        for position in fact.account.positions:
            self._survey.leverages[position.coin] = position.leverage

    def _on_resolved(self, fact: ActionResolved) -> None:
        """A change of leverage whose answer was lost: what holds now is asked for."""
        if fact.kind is ActionKind.LEVERAGE:
            for coin in fact.subjects:
                self._work.own(self._read_leverage(coin), f"leverage of {coin}")
