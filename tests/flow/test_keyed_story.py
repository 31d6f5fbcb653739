"""Testnet and live as a person meets them: an account, traded by its API wallet, and nothing that crosses over."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from hlmaster.core.errors import AccessRefused, ConfigError, SessionBusy, SigningError
from hlmaster.core.events import Refused
from hlmaster.core.model import Mode, Side
from hlmaster.core.orders import OrderStatus
from hlmaster.exchange.hyperliquid.client import Client
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.trial import Trial
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.exchange.simulator.wire_client import WireClient
from tests.flow.desks import D, fresh, until
from tests.flow.keyed_desks import connected, keyed_desk

MODES = (Mode.TESTNET, Mode.LIVE)


def market(side: Side = Side.BUY, usd: str = "500", *, reduce: bool = False) -> Ticket:
    return Ticket("ETH", side, TicketKind.MARKET, SizeUnit.USD, D(usd), reduce_only=reduce)


def held(made: Rehearsal) -> Decimal:
    """What the exchange says the account holds, ETH."""
    positions = made.server.house.venue.account_state(made.account).positions
    return next((position.size for position in positions if position.coin == "ETH"), Decimal(0))


@pytest.mark.parametrize("mode", MODES)
async def test_the_api_wallet_trades_for_its_account_and_one_desk_holds_it(tmp_path: Path, mode: Mode) -> None:
    async with rehearsal(tmp_path, mode) as made:
        connection = await connected(made)
        async with keyed_desk(made, connection) as desk:
            assert desk.account == made.account
            await until(lambda: not desk.guard.is_restrained_by("access"), desk)
            assert (desk.access_ends_ms or 0) > desk.clock.now_ms()
            await fresh(desk, "ETH")
            bought = await desk.manual.place(market())
            assert bought.orders[0].status is OrderStatus.FILLED, bought
            await until(lambda: held(made) > 0, desk)
            with pytest.raises(SessionBusy):
                async with keyed_desk(made, connection, "second"):
                    pass
            await until(lambda: desk.portfolio.size("ETH") == held(made), desk)
            assert desk.portfolio.equity > 9_900
        async with keyed_desk(made, connection) as again:
            assert again.portfolio.size("ETH") == held(made) != 0


async def test_in_the_last_day_of_an_approval_entries_are_refused_and_exits_pass(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connection = await connected(made, days=0.5)
        async with WireClient(made.server, made.owner) as owner:
            price = str(round(float((await owner.ask("allMids"))["ETH"]) * 1.02))
            order = {"a": 1, "b": True, "p": price, "s": "0.1", "r": False, "t": {"limit": {"tif": "Ioc"}}}
            assert "filled" in (await owner.order(order))[0]
        async with keyed_desk(made, connection) as desk:
            await fresh(desk, "ETH")
            await until(lambda: desk.guard.is_restrained_by("access"), desk)
            refusals: list[Refused] = []
            desk.bus.subscribe(Refused, refusals.append)
            assert not (await desk.manual.place(market())).ok
            await until(lambda: "no new entries" in desk.guard.sentence, desk)
            assert refusals
            closed = await desk.manual.place(market(Side.SELL, "250", reduce=True))
            assert closed.ok, closed
            await until(lambda: held(made) < D("0.1"), desk)


async def test_live_does_not_open_without_a_permit_for_this_account(tmp_path: Path) -> None:
    async with rehearsal(tmp_path, Mode.LIVE) as made:
        connection = await connected(made)
        with pytest.raises(ConfigError, match="not confirmed for this account"):
            async with keyed_desk(made, replace(connection, permit=None)):
                pass
        assert held(made) == 0


async def test_a_rehearsals_account_is_never_taken_to_the_real_venue(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connection = await connected(made)
        real = replace(made, ready_file=None)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="lives on an embedded exchange, not on the real one"):
            async with keyed_desk(real, connection):
                pass


async def test_a_session_keeps_its_account(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connection = await connected(made)
        async with keyed_desk(made, connection):
            pass
        other = replace(connection, record=replace(connection.record, account="0x" + "ab" * 20))
        with pytest.raises(AccessRefused, match="belongs to the account"):
            async with keyed_desk(made, other):
                pass


@pytest.mark.parametrize(("signed", "sent"), list(itertools.product(MODES, MODES)))
async def test_what_one_network_signed_the_other_does_not_take(tmp_path: Path, signed: Mode, sent: Mode) -> None:
    """M2 on the wire: the same wallet, approved at both."""
    letters = {Mode.TESTNET: Network.TESTNET, Mode.LIVE: Network.MAINNET}
    async with rehearsal(tmp_path, sent) as made:
        signer = Signer.generate()
        await made.approve(signer.address)
        price = str(round(made.server.house.venue.mid("ETH") * Decimal("0.8")))
        order = {"a": 1, "b": True, "p": price, "s": "0.1", "r": False, "t": {"limit": {"tif": "Gtc"}}}
        action = {"type": "order", "orders": [order], "grouping": "na"}
        now = made.server.house.now()
        signature = signer.sign(action, now, None, letters[signed])
        body = {"action": action, "nonce": now, "signature": {"r": signature.r, "s": signature.s, "v": signature.v}}
        async with httpx.AsyncClient(base_url=made.server.url) as http:
            answer = (await http.post("/exchange", json=body)).json()
        resting = len(made.server.house.venue.open_orders(made.account))
        assert resting == (1 if signed is sent else 0)
        assert ("does not exist" in str(answer)) == (signed is not sent)


def test_trials_are_signed_for_the_test_network_alone() -> None:
    client: Client = None  # type: ignore[assignment]
    with pytest.raises(SigningError, match="test network alone"):
        Trial(client, Signer.generate(), Network.MAINNET, lambda: 0, lambda now: now)
