"""Connecting an account: every step against an embedded exchange that answers as the real one does."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import eth_account
import pytest

from hlmaster.core.errors import AccessRefused, ConfigError, SigningError, VaultError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk import connection
from hlmaster.desk.connector import Connector
from hlmaster.desk.entrance import Entrance, Outcome
from hlmaster.desk.permission import LIVE_PHRASE, LiveConfirmation
from hlmaster.exchange.simulator.delegation import SubAccount
from hlmaster.storage.vault.entries import Keeper
from tests.desk.rehearsal import Rehearsal, rehearsal

PASSPHRASE = Secret("correct horse battery staple")


def refusal(entrance: Entrance) -> str:
    """The one check that failed: its name and words."""
    assert not entrance.admitted
    (failed,) = entrance.troubles
    return f"{failed.name}: {failed.sentence} {failed.cure}"


async def approved(made: Rehearsal, days: float | None = None) -> Connector:
    connector = made.connector()
    connector.set_account(made.account)
    await made.approve(connector.create_wallet(), days=days)
    return connector


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
async def test_a_wallet_made_here_is_approved_checked_kept_and_found_again(tmp_path: Path, mode: Mode) -> None:
    async with rehearsal(tmp_path, mode) as made:
        connector = made.connector()
        connector.set_account(made.account)
        agent = connector.create_wallet()
        assert "not approved by this account" in refusal(await connector.check())
        with pytest.raises(AccessRefused, match="checks have not passed"):
            await connector.keep(Keeper.VAULT, PASSPHRASE)
        await made.approve(agent)
        entrance = await connector.check()
        assert entrance.admitted, entrance.troubles
        assert {check.name for check in entrance.checks} == {"account", "agent", "signature", "expiry", "mode"}
        await connector.keep(Keeper.VAULT, PASSPHRASE)
        first = connector.finish()
        again = await connection.connect(mode, first.record, made.data, PASSPHRASE)
        assert again.signer.address == agent
        assert again.account == made.account
        assert again.record.rehearsal


async def test_the_main_key_is_recognised_and_never_stored(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = made.connector()
        connector.set_account(made.account)
        with pytest.raises(AccessRefused, match="main key: it can withdraw everything"):
            connector.paste_key(Secret(made.main_key))
        assert connector.agent == ""
        other = eth_account.Account.create()
        made.server.house.venue.deposit(other.address.lower(), Decimal(5), made.server.house.now())
        connector.paste_key(Secret(other.key.hex()))
        assert "agent: This is the main key of another account" in refusal(await connector.check())
        with pytest.raises(AccessRefused):
            await connector.keep(Keeper.VAULT, PASSPHRASE)
        assert not made.data.exists()


async def test_a_phrase_or_garbage_is_no_key(tmp_path: Path) -> None:
    connector = Connector(tmp_path)
    with pytest.raises(AccessRefused, match="recovery phrase"):
        connector.paste_key(Secret("legal winner thank year wave sausage worth useful legal winner thank yellow"))
    for text in ("", "0x12", "z" * 64, "0" * 64):
        with pytest.raises(SigningError):
            connector.paste_key(Secret(text))
    assert connector.agent == ""


async def test_a_wallet_of_another_account_is_refused(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        stranger = Rehearsal(made.server, made.ready_file, made.data, made.mode)
        made.server.house.venue.deposit(stranger.account, Decimal(5), made.server.house.now())
        connector = made.connector()
        connector.set_account(made.account)
        await stranger.approve(connector.create_wallet())
        assert "approved for another account" in refusal(await connector.check())


async def test_an_account_that_is_a_wallet_a_sub_account_or_nobody_is_explained(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        agent = connector.agent
        connector.set_account(agent)
        account = (await connector.check()).checks[0]
        assert account.outcome is Outcome.FAILED
        assert made.account in account.cure
        sub = "0x" + "cd" * 20
        made.server.house.delegations.sub_accounts[sub] = SubAccount(sub, made.account, "side")
        connector.set_account(sub)
        assert "is a sub-account of" in (await connector.check()).checks[0].sentence
        connector.set_account("0x" + "ee" * 20)
        assert "is not known at the testnet" in (await connector.check()).checks[0].sentence


@pytest.mark.parametrize(
    ("days", "outcome", "words"),
    [
        (30, Outcome.PASSED, "lasts 29 more days"),
        (13.5, Outcome.WARNING, "ends in 13 days"),
        (0.5, Outcome.WARNING, "ends in 11 hours: no new entries"),
    ],
)
async def test_the_end_of_the_approval_is_told(tmp_path: Path, days: float, outcome: Outcome, words: str) -> None:
    async with rehearsal(tmp_path) as made:
        entrance = await (await approved(made, days=days)).check()
        expiry = next(check for check in entrance.checks if check.name == "expiry")
        assert expiry.outcome is outcome
        assert words in expiry.sentence
        assert entrance.admitted
        left = (entrance.valid_until_ms or 0) - made.server.house.now()
        assert abs(left - days * 86_400_000) < 60_000


async def test_the_unnamed_wallet_and_its_end_are_found_too(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = made.connector()
        connector.set_account(made.account)
        await made.approve(connector.create_wallet(), "")
        entrance = await connector.check()
        assert entrance.admitted, entrance.troubles
        assert entrance.valid_until_ms is not None


async def test_a_replaced_wallet_is_no_longer_admitted(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        assert (await connector.check()).admitted
        await made.approve("0x" + "99" * 20)
        assert "not approved by this account, or its approval has ended" in refusal(await connector.check())


@pytest.mark.parametrize(
    ("word", "words"), [("unifiedAccount", "a unified account"), ("portfolioMargin", "a portfolio-margin account")]
)
async def test_account_modes_whose_margin_would_be_misread_are_refused(tmp_path: Path, word: str, words: str) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        await made.act({"type": "userSetAbstraction", "abstraction": word})
        assert words in refusal(await connector.check())
        await made.act({"type": "userSetAbstraction", "abstraction": "disabled"})
        assert (await connector.check()).admitted


async def test_an_exchange_that_does_not_answer_admits_nobody_and_is_told(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
    entrance = await connector.check()
    assert not entrance.admitted
    assert entrance.checks[0].outcome is Outcome.UNKNOWN
    assert "cannot be reached" in entrance.checks[0].sentence


async def test_live_needs_an_exchange_of_its_own_network(tmp_path: Path) -> None:
    async with rehearsal(tmp_path, Mode.TESTNET) as made:
        with pytest.raises(ConfigError, match=r"plays testnet, and the mode live is mainnet's"):
            made.connector().choose(Mode.LIVE)


async def test_the_permit_is_for_the_account_that_was_checked(tmp_path: Path) -> None:
    async with rehearsal(tmp_path, Mode.LIVE) as made:
        connector = await approved(made)
        await connector.check()
        await connector.keep(Keeper.VAULT, PASSPHRASE)
        said = LiveConfirmation(True, made.account[-4:].upper(), LIVE_PHRASE, notice_acknowledged=True)
        permit = connector.confirm(said)
        assert connector.finish(permit).permit is permit
        assert permit.account == made.account


async def test_a_key_that_was_swapped_in_the_vault_is_found_out(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        await connector.check()
        await connector.keep(Keeper.VAULT, PASSPHRASE)
        record = connector.finish().record
        vault = await connection.vault_of(Keeper.VAULT, made.data, PASSPHRASE)
        await vault.write(record.entry(made.mode), Secret("11" * 32))
        with pytest.raises(AccessRefused, match="Somebody or something replaced it"):
            await connection.connect(made.mode, record, made.data, PASSPHRASE)
        await vault.delete(record.entry(made.mode))
        with pytest.raises(AccessRefused, match="no longer kept"):
            await connection.connect(made.mode, record, made.data, PASSPHRASE)


async def test_a_key_in_the_vault_goes_along_for_the_watchdog_however_it_was_opened(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        await connector.check()
        await connector.keep(Keeper.VAULT, PASSPHRASE)
        first = connector.finish()
        later = await connection.connect(made.mode, first.record, made.data, PASSPHRASE)
        again = made.connector()
        again.resume(made.mode, later)
        assert first.key
        assert first.key == later.key == again.finish().key


async def test_a_rehearsals_key_has_an_entry_of_its_own(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        await connector.check()
        await connector.keep(Keeper.VAULT, PASSPHRASE)
        assert connector.finish().record.entry(made.mode) == f"rehearsal/testnet/{made.account}"


async def test_changing_the_account_or_wallet_after_the_checks_asks_for_them_again(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        assert (await connector.check()).admitted
        connector.set_account("0x" + "ab" * 20)
        with pytest.raises(AccessRefused, match="checks have not passed"):
            await connector.keep(Keeper.VAULT, PASSPHRASE)
        connector.set_account(made.account)
        await connector.check()
        connector.create_wallet()
        with pytest.raises(AccessRefused, match="checks have not passed"):
            await connector.keep(Keeper.VAULT, PASSPHRASE)


async def test_a_short_passphrase_stores_nothing(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = await approved(made)
        await connector.check()
        with pytest.raises(VaultError, match="fewer than 12"):
            await connector.keep(Keeper.VAULT, Secret("short"))
        assert not connector.is_kept
        with pytest.raises(AccessRefused, match="not stored yet"):
            connector.finish()
