"""The doctor on an embedded exchange: every check and every question is really asked."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import eth_account
import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import AccessRefused, ConfigError, SessionBusy
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk import connection
from hlmaster.desk.doctor import Request, diagnose
from hlmaster.desk.doctor_command import report
from hlmaster.desk.entrance import Outcome
from hlmaster.desk.trials import QUESTIONS, Verdict
from hlmaster.storage.sessions import Sessions
from hlmaster.storage.vault.entries import Keeper
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.exchange.simulator.wire_client import WireClient, limit

PASSPHRASE = Secret("correct horse battery staple")


@asynccontextmanager
async def connected(folder: Path, mode: Mode = Mode.TESTNET) -> AsyncIterator[tuple[Rehearsal, Request]]:
    """A session whose account was connected, and the doctor's request for it."""
    async with rehearsal(folder, mode, budget_multiplier=0.0) as made:
        connector = made.connector()
        connector.set_account(made.account)
        await made.approve(connector.create_wallet())
        await connector.check()
        await connector.keep(Keeper.VAULT, PASSPHRASE)
        session = Sessions(made.data, SystemClock()).open(mode, "default")
        connection.record(session.file, connector.finish().record)
        session.close()
        network = {Mode.TESTNET: "testnet", Mode.LIVE: "mainnet"}[mode]
        yield made, Request(made.data, network, ready_file=made.ready_file, ask=lambda _: PASSPHRASE)


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
async def test_a_connected_account_on_a_sound_computer_passes(tmp_path: Path, mode: Mode) -> None:
    async with connected(tmp_path, mode) as (_, request):
        found = await diagnose(request)
    assert found.is_sound, [check for check in found.checks if check.outcome is not Outcome.PASSED]
    names = {check.name for check in found.checks}
    assert names >= {
        "folder",
        "disk",
        "keyring",
        "database",
        "http",
        "stream",
        "clock",
        "connection",
        "agent",
        "expiry",
    }
    record = json.loads(json.dumps(found.record()))
    assert record["sound"] is True
    assert record["proves_the_venue"] is False


async def test_without_trade_the_questions_are_listed_and_nothing_is_sent(tmp_path: Path) -> None:
    async with connected(tmp_path) as (made, request):
        found = await diagnose(request)
        assert [answer.verdict for answer in found.trials] == [Verdict.NOT_RUN] * len(QUESTIONS)
        assert made.server.house.venue.historical_orders(made.account) == []
    assert any("--trade asks it" in line for line in report(found))


async def test_every_question_is_asked_by_real_orders_and_nothing_is_left_open(tmp_path: Path) -> None:
    async with connected(tmp_path) as (made, request):
        found = await diagnose(Request(**{**_fields(request), "trade": True}))
        venue = made.server.house.venue
        assert venue.open_orders(made.account) == []
        assert all(not position.size for position in venue.account_state(made.account).positions)
    verdicts = {answer.number: answer.verdict for answer in found.trials}
    otherwise = [
        answer for answer in found.trials if answer.verdict is not Verdict.AS_BELIEVED and answer.number not in (5, 10)
    ]
    assert verdicts.pop(10) is Verdict.BY_HAND
    assert verdicts.pop(5) is Verdict.NOT_RUN  # it takes a million of volume first
    assert not otherwise, "\n".join(map(str, otherwise))
    assert all(answer.observed for answer in found.trials)


async def test_trials_keep_off_an_account_that_a_desk_trades(tmp_path: Path) -> None:
    async with connected(tmp_path) as (made, request):
        trading = Request(**{**_fields(request), "trade": True})
        lock = connection.account_lock(made.data, Mode.TESTNET, made.account)
        lock.acquire()
        with pytest.raises(SessionBusy):
            await diagnose(trading)
        lock.release()


async def test_trials_keep_off_an_account_with_something_open(tmp_path: Path) -> None:
    async with connected(tmp_path) as (made, request):
        connector = made.connector()
        connector.set_account(made.account)
        await made.approve(connector.create_wallet(), "other")
        assert connector._key is not None
        async with WireClient(made.server, eth_account.Account.from_key(connector._key.reveal())) as client:
            assert "resting" in (await client.order(limit(await client.price(-0.2))))[0]
        with pytest.raises(AccessRefused, match="would cancel and close"):
            await diagnose(Request(**{**_fields(request), "trade": True}))
        assert len(made.server.house.venue.open_orders(made.account)) == 1


async def test_the_main_network_takes_no_trials(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="test network only"):
        await diagnose(Request(tmp_path, "mainnet", trade=True))
    with pytest.raises(ConfigError, match="no network 'moonnet'"):
        await diagnose(Request(tmp_path, "moonnet"))


async def test_what_is_wrong_is_said_with_what_to_do(tmp_path: Path) -> None:
    async with connected(tmp_path) as (made, request):
        await made.approve("0x" + "99" * 20)
        made.data.chmod(0o755)
        (made.data / "testnet" / "default" / "desk.sqlite").write_bytes(os.urandom(5_000))
        found = await diagnose(request)
    bad = {check.title: check for check in found.checks if check.outcome is not Outcome.PASSED}
    assert not found.is_sound
    assert bad["Data folder"].outcome is Outcome.WARNING
    assert bad["desk.sqlite"].outcome is Outcome.FAILED
    assert bad["API wallet"].outcome is Outcome.FAILED
    assert all(check.cure for check in bad.values())


async def test_an_exchange_that_is_gone_fails_the_links_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hlmaster.desk.doctor.STREAM_SECONDS", 0.2)
    async with connected(tmp_path) as (_, request):
        pass
    found = await diagnose(request)
    outcomes = {check.name: check.outcome for check in found.checks}
    assert outcomes["http"] is outcomes["stream"] is Outcome.FAILED
    assert outcomes["clock"] is Outcome.UNKNOWN
    assert outcomes["disk"] is Outcome.PASSED


def _fields(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in Request.__slots__}
