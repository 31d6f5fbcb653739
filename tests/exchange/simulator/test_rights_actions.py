"""What the embedded exchange says of rights and modes, as connecting asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import eth_account
import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.exchange.simulator.wire_client import WireClient

NOOP = {"type": "noop"}


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Rehearsal]:
    async with rehearsal(tmp_path) as here:
        yield here


async def ask(made: Rehearsal, kind: str, user: str) -> Any:
    async with WireClient(made.server) as client:
        return await client.ask(kind, user=user)


async def test_an_agent_names_its_master_until_it_is_replaced(made: Rehearsal) -> None:
    first, second = (eth_account.Account.create().address.lower() for _ in range(2))
    assert await ask(made, "userRole", first) == {"role": "missing"}
    await made.approve(first, "desk", days=30)
    assert await ask(made, "userRole", first) == {"role": "agent", "data": {"user": made.account}}
    (listed,) = await ask(made, "extraAgents", made.account)
    assert (listed["name"], listed["address"]) == ("desk", first)
    await made.approve(second, "desk")
    assert await ask(made, "userRole", first) == {"role": "missing"}
    assert await ask(made, "userRole", made.account) == {"role": "user"}


async def test_the_unnamed_agent_is_told_by_the_overview_alone(made: Rehearsal) -> None:
    agent = eth_account.Account.create().address.lower()
    await made.approve(agent, "")
    assert await ask(made, "extraAgents", made.account) == []
    overview = await ask(made, "webData2", made.account)
    assert overview["agentAddress"] == agent
    assert overview["agentValidUntil"] > made.server.house.now()


@pytest.mark.parametrize("word", ["unifiedAccount", "portfolioMargin", "disabled"])
async def test_an_account_says_the_mode_it_was_set_to(made: Rehearsal, word: str) -> None:
    assert await ask(made, "userAbstraction", made.account) == "disabled"
    await made.act({"type": "userSetAbstraction", "abstraction": word})
    assert await ask(made, "userAbstraction", made.account) == word
    assert await ask(made, "userAbstraction", "0x" + "ab" * 20) == "disabled"


async def test_portfolio_margin_takes_ten_thousand_dollars(made: Rehearsal) -> None:
    made.server.house.venue.withdraw(made.account, Decimal(100), 1, made.server.house.now())
    with pytest.raises(AssertionError, match="account value of"):
        await made.act({"type": "userSetAbstraction", "abstraction": "portfolioMargin"})


@pytest.mark.parametrize(("network", "taken"), [("testnet", {False}), ("mainnet", {True}), (None, {False, True})])
async def test_a_named_network_takes_its_own_signatures_alone(network: str | None, taken: set[bool]) -> None:
    async with SimulatorServer(Options(coins=("BTC",), network=network)) as server, WireClient(server) as client:
        server.house.venue.deposit(client.user, Decimal(100), server.house.now())
        for mainnet in (False, True):
            answer = await client.act(NOOP, mainnet=mainnet)
            assert (answer["status"] == "ok") == (mainnet in taken)


def test_a_network_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match="network must be one of testnet, mainnet"):
        Options(network="moonnet")


async def test_modes_and_agents_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    async with rehearsal(tmp_path, Mode.TESTNET, state=state) as made:
        await made.act({"type": "userSetAbstraction", "abstraction": "unifiedAccount"})
        account = made.account
    async with SimulatorServer(Options(seed=3, coins=("BTC", "ETH"), state=state)) as again:
        assert again.house.delegations.modes == {account: "unifiedAccount"}
