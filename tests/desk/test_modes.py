"""A mode decides where orders go, and demo's never leave this computer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError, InvariantBroken, VenueUnreachable
from hlmaster.core.model import Mode
from hlmaster.core.orders import ApprovalMint, Verdict
from hlmaster.desk.exchange_process import free_port
from hlmaster.desk.modes import Opening, build, exchange_arguments
from hlmaster.settings import Settings
from hlmaster.storage.sessions import Session, Sessions
from tests.storage.facts import a_call
from tests.trading.scenes import order


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Session]:
    session = Sessions(tmp_path, SystemClock()).open(Mode.DEMO, "default", Decimal(10_000))
    yield session
    session.close()


def ready_file(folder: Path, url: str) -> Path:
    file = folder / "ready.json"
    file.write_text(json.dumps({"url": url, "start_ms": 5_000_000, "wall_ms": SystemClock().wall_ms(), "speed": 20.0}))
    return file


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hyperliquid.xyz",
        "http://192.168.1.5:8080",
        "http://127.0.0.1.example.com:80",
        "http://127.0.0.1:80@example.com/",
        "http://0.0.0.0:80",
    ],
)
def test_demo_trades_on_this_computer_only(demo: Session, tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="on this computer only"):
        build(Opening(demo, Settings(), ready_file(tmp_path, url)))


async def test_demo_takes_its_time_from_the_exchange_and_its_whole_history(demo: Session, tmp_path: Path) -> None:
    parts = build(Opening(demo, Settings(), ready_file(tmp_path, f"http://127.0.0.1:{free_port()}")))
    try:
        assert parts.clock.speed == 20.0
        assert 5_000_000 <= parts.clock.now_ms() < 6_000_000
        assert (parts.session.mode, parts.session.since_ms) == (Mode.DEMO, 0)
        assert parts.trading.address.startswith("0x")
    finally:
        await parts.trading.stop()
        await parts.market_data.stop()
        assert parts.after is not None
        await parts.after()


async def test_what_the_analyst_says_is_kept_in_the_session(demo: Session, tmp_path: Path) -> None:
    parts = build(Opening(demo, Settings(), ready_file(tmp_path, f"http://127.0.0.1:{free_port()}")))
    assert parts.after is not None
    try:
        assert parts.opinions is not None
        parts.open_store()
        parts.opinions.save_call(a_call())
        assert await parts.opinions.calls() == [a_call()]
    finally:
        await parts.trading.stop()
        await parts.after()


def test_demo_without_an_exchange_says_what_is_missing(demo: Session, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs an embedded exchange"):
        build(Opening(demo, Settings()))
    with pytest.raises(ConfigError, match="does not exist"):
        build(Opening(demo, Settings(), tmp_path / "absent.json"))
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(VenueUnreachable, match="not an exchange's ready file"):
        build(Opening(demo, Settings(), tmp_path / "broken.json"))


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
def test_modes_with_keys_need_a_connected_account(demo: Session, mode: Mode) -> None:
    demo.info = replace(demo.info, mode=mode)
    with pytest.raises(ConfigError, match=f"The mode {mode} needs a connected account"):
        build(Opening(demo, Settings()))


async def test_paper_trades_what_the_gate_approved_and_nothing_else(tmp_path: Path) -> None:
    session = Sessions(tmp_path, SystemClock()).open(Mode.PAPER, "default", Decimal(10_000))
    parts = build(Opening(session, Settings()))
    try:
        with pytest.raises(InvariantBroken):
            parts.trading.prepare_orders([ApprovalMint().approve(order(), Verdict(()))])
    finally:
        await parts.market_data.stop()
        assert parts.after is not None
        await parts.after()


def test_a_damaged_paper_account_is_named(tmp_path: Path) -> None:
    session = Sessions(tmp_path, SystemClock()).open(Mode.PAPER, "default", Decimal(10_000))
    (session.folder / "paper.json").write_text("{")
    with pytest.raises(ConfigError, match=r"paper\.json is damaged"):
        build(Opening(session, Settings()))
    session.close()


def test_the_exchange_is_told_everything_that_makes_its_market() -> None:
    settings, _ = Settings.load(cli=["demo.seed=3", "demo.speed=20", "demo.replay=/recordings"])
    told = exchange_arguments(settings, Path("state"), Decimal(500))
    pairs = dict(zip(told[::2], told[1::2], strict=True))
    assert pairs == {
        "--seed": "3",
        "--speed": "20.0",
        "--replay": "/recordings",
        "--state": "state",
        "--faucet": "500",
    }
