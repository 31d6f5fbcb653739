"""A mode's exchange is fixed; a ready file can put an embedded one of the same network in its place, nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hlmaster.core.errors import ConfigError, VenueUnreachable
from hlmaster.core.model import Mode
from hlmaster.desk.venues import VENUES, endpoint
from hlmaster.exchange.hyperliquid.signing import Network


def ready_file(folder: Path, url: str = "http://127.0.0.1:80", network: str | None = "testnet") -> Path:
    line = {"url": url, "start_ms": 1, "wall_ms": 1, "speed": 1.0} | ({"network": network} if network else {})
    file = folder / "ready.json"
    file.write_text(json.dumps(line))
    return file


def test_each_mode_has_an_address_a_letter_and_a_name_of_its_own() -> None:
    assert set(VENUES) == {Mode.TESTNET, Mode.LIVE}
    testnet, live = VENUES[Mode.TESTNET], VENUES[Mode.LIVE]
    assert (testnet.network, live.network) == (Network.TESTNET, Network.MAINNET)
    assert "testnet" in testnet.url
    assert "testnet" not in live.url
    assert testnet.url.startswith("https://")
    assert live.url.startswith("https://")
    for mode in VENUES:
        place = endpoint(mode)
        assert (place.url, place.network, place.is_rehearsal) == (VENUES[mode].url, VENUES[mode].network, False)


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PAPER])
def test_play_money_has_no_venue(mode: Mode) -> None:
    with pytest.raises(ConfigError, match="no exchange of its own"):
        endpoint(mode)


def test_a_rehearsal_keeps_the_modes_letter(tmp_path: Path) -> None:
    assert endpoint(Mode.TESTNET, ready_file(tmp_path)).network is Network.TESTNET
    assert endpoint(Mode.LIVE, ready_file(tmp_path, network="mainnet")).network is Network.MAINNET


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperliquid.xyz",
        "http://192.168.1.5:80",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1:80@example.com/",
        "http://0.0.0.0:80",
    ],
)
@pytest.mark.parametrize("mode", list(VENUES))
def test_a_ready_file_leads_nowhere_but_to_this_computer(tmp_path: Path, mode: Mode, url: str) -> None:
    with pytest.raises(ConfigError, match="not on this computer"):
        endpoint(mode, ready_file(tmp_path, url, VENUES[mode].name))


@pytest.mark.parametrize(
    ("mode", "network"),
    [(Mode.TESTNET, "mainnet"), (Mode.LIVE, "testnet"), (Mode.LIVE, None), (Mode.LIVE, "Mainnet"), (Mode.LIVE, "live")],
)
def test_an_exchange_of_another_network_is_refused(tmp_path: Path, mode: Mode, network: str | None) -> None:
    with pytest.raises(ConfigError, match=r"plays .* and the mode"):
        endpoint(mode, ready_file(tmp_path, network=network))


def test_a_ready_file_that_is_not_there_or_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        endpoint(Mode.TESTNET, tmp_path / "absent.json")
    (tmp_path / "ready.json").write_text("{")
    with pytest.raises(VenueUnreachable, match="not an exchange's ready file"):
        endpoint(Mode.TESTNET, tmp_path / "ready.json")
