"""Expiries and nonces go by the venue's clock, and no single answer of the venue leads them astray."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.core.clock import DAY_MS, HOUR_MS, ManualClock
from hlmaster.exchange.hyperliquid.preparing import Preparing
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.storage.nonces import NonceBlocks

SIGNER = Signer.generate()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def one(clock: ManualClock, tmp_path: Path) -> Preparing:
    return Preparing(clock, Network.TESTNET, SIGNER, NonceBlocks(tmp_path / "nonces").reserve, lambda approved: True)


def stamps(one: Preparing) -> tuple[int, int | None]:
    prepared = one.prepare_schedule_cancel(None)
    return prepared.nonce, prepared.expires_ms


def test_before_the_first_reading_our_own_clock_counts(one: Preparing, clock: ManualClock) -> None:
    assert stamps(one)[0] == clock.now_ms()


def test_a_time_far_ahead_said_once_spoils_no_nonce_and_no_expiry(one: Preparing, clock: ManualClock) -> None:
    for time_ms in (clock.now_ms() + 30 * DAY_MS, clock.now_ms(), clock.now_ms() + HOUR_MS):
        one._learn_time(time_ms, clock.now_ms())
        nonce, expires_ms = stamps(one)
        assert clock.now_ms() <= nonce < clock.now_ms() + 1_000
        assert expires_ms is not None
        assert expires_ms < clock.now_ms() + 300_000


def test_a_venue_whose_time_is_known_to_differ_is_served_by_its_own(one: Preparing, clock: ManualClock) -> None:
    for _ in range(3):
        one._learn_time(clock.now_ms() + HOUR_MS, clock.now_ms())
    assert stamps(one)[0] == clock.now_ms() + HOUR_MS
