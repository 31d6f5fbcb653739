"""Where each mode's orders go: address, network letter and name, fixed here and read from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode
from hlmaster.desk.exchange_child import ReadyLine
from hlmaster.exchange.hyperliquid.client import is_loopback
from hlmaster.exchange.hyperliquid.signing import Network

MAINNET_URL = "https://api.hyperliquid.xyz"
TESTNET_URL = "https://api.hyperliquid-testnet.xyz"


@dataclass(frozen=True, slots=True)
class Venue:
    """``page``: where people make API wallets."""

    url: str
    network: Network
    name: str
    page: str


VENUES: Mapping[Mode, Venue] = {
    Mode.TESTNET: Venue(TESTNET_URL, Network.TESTNET, "testnet", "https://app.hyperliquid-testnet.xyz/API"),
    Mode.LIVE: Venue(MAINNET_URL, Network.MAINNET, "mainnet", "https://app.hyperliquid.xyz/API"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``ready`` is the embedded exchange's line when this computer plays the venue, None for the real one."""

    url: str
    network: Network
    ready: ReadyLine | None = None

    @property
    def is_rehearsal(self) -> bool:
        return self.ready is not None


def endpoint(mode: Mode, ready_file: Path | None = None) -> Endpoint:
    """The venue of testnet or live; with a ready file, an embedded exchange of the same network on this computer.

    Raises ConfigError for any other mode, for an exchange off this computer and for one of another network.
    """
    venue = VENUES.get(mode)
    if venue is None:
        raise ConfigError(f"The mode {mode} has no exchange of its own.", "Use testnet or live.")
    if ready_file is None:
        return Endpoint(venue.url, venue.network)
    ready = read_ready(ready_file)
    if not is_loopback(ready.url):
        raise ConfigError(
            f"--exchange names {ready.url}, which is not on this computer.", "Use an embedded exchange on 127.0.0.1."
        )
    if ready.network != venue.name:
        raise ConfigError(
            f"The exchange of {ready_file} plays {ready.network or 'no named network'}, and the mode {mode} is "
            f"{venue.name}'s.",
            f"Start it with: hlmaster simulate --network {venue.name}.",
        )
    return Endpoint(ready.url, venue.network, ready)


def read_ready(file: Path) -> ReadyLine:
    """Raises ConfigError when it is not there."""
    ready = ReadyLine.read(file)
    if ready is None:
        raise ConfigError(f"The ready file {file} does not exist.", "Start the exchange first.")
    return ready
