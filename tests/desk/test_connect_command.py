"""The terminal's way through the same steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from hlmaster.core.errors import AccessRefused, ConfigError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk.connect_command import Dialogue, connect_account
from hlmaster.desk.connection import recorded
from hlmaster.storage.session_file import SessionFile
from hlmaster.storage.vault.entries import Keeper
from tests.desk.rehearsal import rehearsal


class Talk(Dialogue):
    """Says what was prepared; remembers what was said."""

    def __init__(self, answers: list[str], secrets: list[str]) -> None:
        self.said: list[str] = []
        super().__init__(self.said.append, lambda _: answers.pop(0), lambda _: Secret(secrets.pop(0)))


async def test_a_wallet_is_made_approved_and_remembered_by_the_session(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        talk = Talk(["", "q"], ["correct horse battery staple"])
        with pytest.raises(AccessRefused, match="Given up"):
            await connect_account(
                made.data, made.mode, made.account, talk, create=True, keeper=Keeper.VAULT, ready_file=made.ready_file
            )
        assert any("is not approved by this account" in line for line in talk.said)
        assert not (made.data / "vault.json").exists()


async def test_a_pasted_key_of_an_approved_wallet_opens_a_session(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        connector = made.connector()
        await made.approve(connector.create_wallet())
        key = connector._key
        assert key is not None
        talk = Talk([], [key.reveal(), "correct horse battery staple"])
        name = await connect_account(
            made.data, made.mode, made.account, talk, create=False, keeper=Keeper.VAULT, ready_file=made.ready_file
        )
        kept = recorded(SessionFile(made.data / "testnet" / name / "session.sqlite"))
        assert kept is not None
        assert (kept.account, kept.agent, kept.keeper) == (made.account, connector.agent, Keeper.VAULT)
        assert key.reveal() not in "".join(talk.said)


async def test_a_failed_check_stores_nothing(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        talk = Talk([], ["5a" * 32])
        with pytest.raises(AccessRefused, match="no key was stored"):
            await connect_account(
                made.data, made.mode, made.account, talk, create=False, keeper=Keeper.VAULT, ready_file=made.ready_file
            )
        assert not made.data.exists()


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PAPER])
async def test_play_money_needs_no_account(tmp_path: Path, mode: Mode) -> None:
    with pytest.raises(ConfigError, match="needs no account"):
        await connect_account(tmp_path, mode, "", Talk([], []), create=True, keeper=Keeper.VAULT)
