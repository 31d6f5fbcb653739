"""One schedule: a desk, an exchange, a trader and an enemy, all of one seed, judged when it is quiet again."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random

from hlmaster.exchange.hyperliquid.signing import Signer
from hlmaster.exchange.simulator.deeds import strike
from hlmaster.settings import Settings
from hlmaster.settings.sections import Market
from hlmaster.trading.risk.breakers.limits import BreakerLimits
from hlmaster.trading.risk.limits import RiskLimits
from tests.hostile import checker
from tests.hostile.desk_life import FAUCET, DeskLife, LogKeeper, own_tasks
from tests.hostile.history import Finding, History, Verdict
from tests.hostile.naked import NakedWatch
from tests.hostile.nemesis import Blow, draw_blows
from tests.hostile.still_market import open_house
from tests.hostile.trader import Trader
from tests.hostile.venue_server import JournalReader, VenueServer, WatchedFaults
from tests.hostile.virtual_time import VirtualClock, hang_up, run

WATCH_SECONDS = 0.5
COINS = ("BTC", "ETH")
ACTIVE = 40.0
"""Virtual seconds in which blows fall."""
SETTLE_WITHIN = 150.0
"""From the last fault to full agreement: an order's expiry, the breaker's longest pause and a whole comparison."""
LIMIT = Decimal(2_000)
HUNG_SECONDS = 30
"""Of real time: a schedule takes about one."""
MEMORY = Path("/dev/shm")

SHARES = ("day_warning_percent", "day_loss_percent", "drawdown_percent", "halt_loss_percent")


class Schedule:
    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self._folder = seed, folder
        self.history = History(seed)
        self._rng = Random(f"{seed}/trader")
        self.blows = draw_blows(Random(f"{seed}/nemesis"), ACTIVE)
        self._signer = Signer(Random(f"{seed}/key").randbytes(32).hex(), worthless=True)
        risk = RiskLimits(max_order_value_usd=LIMIT)
        # A trader at random loses: the breakers would end what is to be shown. They have tests of their own.
        breakers = BreakerLimits.model_validate({**dict.fromkeys(SHARES, 100), "losing_streak": 1_000})
        self._settings = Settings(market=Market(watchlist=COINS), risk=risk, breakers=breakers)
        self._journal = JournalReader()
        self._lives = 0
        self._port = 0
        self._is_up = False

    async def run(self) -> Verdict:
        asyncio.get_running_loop().set_task_factory(own_tasks)
        self._clock = VirtualClock()
        self.house = open_house(self._clock, self.seed, COINS, FAUCET)
        self._faults = WatchedFaults(self._clock.monotonic, self.seed, self.history)
        self.house.faults = self._faults
        await self._open_server()
        first = self._folder / "1"
        first.mkdir()
        await self._open_desk(first)
        self._trade()
        self._naked = NakedWatch(self.house, self._signer.address)
        watching = asyncio.get_running_loop().create_task(self._watch())
        began = self._clock.monotonic()
        for blow in self.blows:
            await self._sleep_until(began + blow.at)
            self._note(f"*** {blow}")
            await self._strike(blow)
        last = max((began + blow.over for blow in self.blows), default=began)
        await self._sleep_until(max(last, began + ACTIVE))
        self.house.faults.clear()
        await self._sleep_until(self._faults.work_until)
        settled_after, findings = await self._settle()
        watching.cancel()
        findings += self._naked.findings
        return await self._verdict(settled_after, findings)

    # --- parts ---

    async def _open_server(self) -> None:
        self._server = VenueServer(self.house, self._port, self.history, self._journal)
        await self._server.start()
        self._port = self._server.port
        self._is_up = True

    async def _open_desk(self, folder: Path) -> None:
        self._lives += 1
        url = f"http://127.0.0.1:{self._port}"
        self._life = DeskLife(self._lives, folder, url, self._signer, self._settings, self._clock, self.history)
        self._journal.open(folder / "journal.sqlite")
        await self._life.start()

    def _trade(self) -> None:
        self._trader = Trader(self._life.desk, self._rng, self._clock, self.history)
        self._trading = self._life.run(self._trader.run())

    # --- blows ---

    async def _strike(self, blow: Blow) -> None:
        if blow.fault is not None:
            strike(self.house, replace(blow.fault))
        elif blow.crash:
            await self._life.crash(self._folder / str(self._lives + 1))
            await asyncio.sleep(blow.down)
            await self._open_desk(self._folder / str(self._lives + 1))
            self._trade()
        else:
            self._is_up = False
            await self._server.stop()
            await asyncio.sleep(blow.down)
            await self._open_server()

    async def _watch(self) -> None:
        while True:
            now = self._clock.monotonic()
            quiet = not self._faults and now >= self._faults.work_until and self._is_up and not self._life.dead
            self._naked.look(now, answering=quiet and self._life.desk.is_ready and self._life.desk.is_connected)
            await asyncio.sleep(WATCH_SECONDS)

    # --- the end ---

    async def _settle(self) -> tuple[float, list[Finding]]:
        """Until desk and exchange agree; the reasons why not, when time is up."""
        self._trading.cancel()
        began = self._clock.monotonic()
        self._note("*** quiet")
        desk, user = self._life.desk, self._signer.address
        verbs = asyncio.ensure_future(self._trader.finish())
        findings: list[Finding] = []
        while self._clock.monotonic() < began + SETTLE_WITHIN:
            await asyncio.sleep(1.0)
            if not verbs.done():
                findings = [Finding("C9", "a verb has not ended")]
                continue
            findings = checker.disagreements(desk, self.house, user)
            if not findings:
                break
        verbs.cancel()
        return self._clock.monotonic() - began, findings

    async def _verdict(self, settled_after: float, findings: list[Finding]) -> Verdict:
        seconds, user = self._clock.monotonic(), self._signer.address
        booked = {booked.fill.key for booked in self._life.desk.portfolio.fills}
        await self._life.store.flush()
        findings += checker.stored_fills(await self._life.store.fills(), booked, self.house, user)
        findings += checker.judge(self.history, self.house, user, LIMIT)
        self.history.counts["fills"] = len(self.house.venue.fills(user))
        self.history.counts["actions"] = len(self.history.wire)
        self.history.counts["crashes"] = self._lives - 1
        self.history.counts["blows"] = len(self.blows)
        with suppress(asyncio.CancelledError):
            await self._trading
        await self._life.stop()
        self._journal.close()
        await self._server.stop()
        await hang_up()
        findings += checker.secrets(self._signer.export_key(), self._folder, self.history.logs)
        return Verdict(self.seed, tuple(dict.fromkeys(findings)), self.history, seconds, settled_after)

    # --- time ---

    def _note(self, text: str) -> None:
        self.history.note(self._clock.monotonic(), text)

    async def _sleep_until(self, moment: float) -> None:
        if (wait := moment - self._clock.monotonic()) > 0:
            await asyncio.sleep(wait)


@contextmanager
def not_hung(seconds: float) -> Iterator[None]:
    """TimeoutError out of whatever hangs; another user of the timer gets it back with what is left."""

    def give_up(_signal: int, _frame: object) -> None:
        raise TimeoutError

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, give_up)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(0.01, left - (time.monotonic() - began)) if left else 0.0)
        signal.signal(signal.SIGALRM, handler)


@contextmanager
def kept_log(history: History) -> Iterator[None]:
    """What the program logs goes into the history instead of to the screen."""
    keeper, product = LogKeeper(history), logging.getLogger("hlmaster")
    propagate, level = product.propagate, product.level
    product.addHandler(keeper)
    product.propagate = False
    product.setLevel(logging.INFO)
    try:
        yield
    finally:
        product.removeHandler(keeper)
        product.propagate = propagate
        product.setLevel(level)


def run_schedule(seed: int) -> Verdict:
    """One seed from start to judgement, in a folder in memory that is gone afterwards."""
    random.seed(seed)
    base = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="hostile-", dir=base) as name:
        schedule = Schedule(seed, Path(name))
        collects = gc.isenabled()
        gc.disable()
        try:
            with kept_log(schedule.history), not_hung(HUNG_SECONDS):
                return run(schedule.run())
        except TimeoutError as error:
            stuck = "".join(traceback.format_exception(error))
            return Verdict(seed, (Finding("C9", f"it hung: {stuck}"),), schedule.history, 0.0, 0.0)
        finally:
            if collects:
                gc.enable()
