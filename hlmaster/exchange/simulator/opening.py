"""From options to an open house: fresh, from a state file, or over a recording."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hlmaster.core.clock import Clock, SystemClock
from hlmaster.core.errors import ConfigError
from hlmaster.exchange.simulator.chronicle import Chronicle, DrawnPast, Past, RecordedPast
from hlmaster.exchange.simulator.fault_script import Planned
from hlmaster.exchange.simulator.house import House, Pause
from hlmaster.exchange.simulator.listing import LISTINGS, Listing
from hlmaster.exchange.simulator.market import Market
from hlmaster.exchange.simulator.state import Change, StateFile
from hlmaster.exchange.simulator.venue import Venue

log = logging.getLogger(__name__)
DEFAULT_SEED = 1
NETWORKS = {"testnet": "b", "mainnet": "a"}
"""The letter that a signature for each holds."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Options:
    """How the embedded exchange is to run. ``faucet`` USD for every new address, 0 for none; ``start_ms`` market time
    at the start, None for now (a recording and a state file have their own); ``budget_multiplier`` raises all request
    budgets, 0 lifts them; ``control`` opens ``POST /control/faults``, ``faults`` come by themselves. None for seed or
    coins means the state file's, or the built-in ones. ``network`` None takes signatures for either network, as the
    official client's need; a named one takes its own alone, as the real one does."""

    seed: int | None = None
    coins: tuple[str, ...] | None = None
    speed: float = 1.0
    replay: Path | None = None
    state: Path | None = None
    faucet: Decimal = Decimal(0)
    host: str = "127.0.0.1"
    port: int = 0
    start_ms: int | None = None
    budget_multiplier: float = 1.0
    control: bool = False
    faults: tuple[Planned, ...] = ()
    network: str | None = None

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK:
            raise ConfigError(
                f"The embedded exchange opens on this computer only, not on host {self.host!r}.",
                f"Use one of {', '.join(LOOPBACK)}.",
            )
        if not 0 < self.speed <= 10_000:
            raise ConfigError(f"speed must be above 0 and at most 10000, not {self.speed:g}.")
        if not 0 <= self.port <= 65_535:
            raise ConfigError(f"port must be 0 to 65535, not {self.port}.")
        if not self.faucet.is_finite() or self.faucet < 0 or not 0 <= self.budget_multiplier < math.inf:
            raise ConfigError("faucet and budget multiplier must be 0 or more, and finite.")
        if self.network is not None and self.network not in NETWORKS:
            raise ConfigError(f"network must be one of {', '.join(NETWORKS)}, not {self.network!r}.")


def open_house(options: Options, clock: Clock | None = None) -> House:
    """Raises ConfigError, RecordingError, and for the state file the StorageError family."""
    store = None if options.state is None else StateFile(options.state)
    try:
        return _opened(options, clock, store)
    except BaseException:
        if store is not None:
            store.close()
        raise


def _opened(options: Options, clock: Clock | None, store: StateFile | None) -> House:
    origin = store.document("origin") if store else None
    last = store.document("market") if store and origin else None
    recording = None if options.replay is None else options.replay.name
    if origin is not None and recording != origin.get("replay"):
        raise _other_market(options.state, origin.get("replay"), recording)
    seed = _agreed("seed", options.seed, origin, DEFAULT_SEED)
    past: Past
    market: Any
    if options.replay is None:
        wall = SystemClock().wall_ms() if clock is None else clock.now_ms()
        start_ms = wall if options.start_ms is None else options.start_ms
        start_ms = max(start_ms, last["time_ms"]) if last else start_ms
        listings = _listings(_agreed("coins", options.coins and list(options.coins), origin, None))
        market = Market(listings, seed, start_ms, _prices(last, "oracles"), _prices(last, "mids"))
        opened_ms = origin["opened_ms"] if origin else start_ms
        past = DrawnPast(listings, seed, opened_ms)
    else:
        from hlmaster.exchange.simulator.replay import Recording

        market = Recording(options.replay, last["time_ms"] if last else options.start_ms)
        start_ms, listings = market.start_ms, market.coins
        opened_ms = origin["opened_ms"] if origin else start_ms
        past = RecordedPast(market, opened_ms)
    clock = clock or SystemClock(start_ms, SystemClock().wall_ms(), options.speed)
    venue = Venue(listings, market, start_ms, state=store.venue_state() if store and last else None, asset_suffix=True)
    pause = Pause(last["time_ms"], start_ms) if last else None
    if pause is not None:
        log.warning("the exchange was paused from %d to %d ms: no trading, no funding, no candles", *_bounds(pause))
    if store is not None and origin is None:
        coins = [one.coin for one in listings]
        store.commit(Change({"origin": {"seed": seed, "coins": coins, "opened_ms": opened_ms, "replay": recording}}))
    if options.replay is None and last is None:
        venue.open_minutes()
    chronicle = Chronicle(venue, listings, past, opened_ms)
    return House(
        venue,
        chronicle,
        clock,
        faucet=options.faucet,
        budget_multiplier=options.budget_multiplier,
        store=store,
        pause=pause,
        letters=tuple(NETWORKS.values()) if options.network is None else (NETWORKS[options.network],),
    )


def _prices(market: Any, name: str) -> dict[str, float]:
    """By coin, of a state file's market document; none without one."""
    return {coin: float(price) for coin, price in (market or {}).get(name, {}).items()}


def _bounds(pause: Pause) -> tuple[int, int]:
    return pause.from_ms, pause.until_ms


def _agreed(name: str, asked: Any, origin: Any, default: Any) -> Any:
    """What was asked for, which a state file that began otherwise forbids."""
    if origin is None:
        return default if asked is None else asked
    if asked is not None and asked != origin[name]:
        raise ConfigError(
            f"The state file began with {name} {origin[name]}, not {asked}.",
            f"Leave out --{name}, or name another file.",
        )
    return origin[name]


def _other_market(state: Path | None, began: str | None, asked: str | None) -> ConfigError:
    """Accounts of one market would be priced in another: coins are missing, and time runs backwards."""
    before, now = (f"the recording {name}" if name else "the generated market" for name in (began, asked))
    return ConfigError(
        f"The state file {state} began with {before}, not with {now}.",
        "Play each in a session, or a state file, of its own.",
    )


def _listings(coins: Sequence[str] | None) -> list[Listing]:
    if coins is None:
        return list(LISTINGS)
    known = {one.coin: one for one in LISTINGS}
    unknown = [coin for coin in coins if coin not in known]
    if unknown or not coins or len(set(coins)) != len(coins):
        raise ConfigError(
            f"coins must be different ones of {', '.join(known)}, not {', '.join(coins) or 'none'}.",
            "Leave out --coins for all of them.",
        )
    return [known[coin] for coin in coins]
