"""One entry for each mode and account."""

from __future__ import annotations

import pytest

from hlmaster.core.errors import InvariantBroken
from hlmaster.core.model import Mode
from hlmaster.storage.vault.entries import entry_name

ACCOUNT = "0x" + "ab" * 20


def test_the_two_networks_never_share_an_entry() -> None:
    assert entry_name(Mode.TESTNET, ACCOUNT) == f"testnet/{ACCOUNT}"
    assert entry_name(Mode.LIVE, ACCOUNT) == f"live/{ACCOUNT}"


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PAPER])
def test_play_money_has_no_entry(mode: Mode) -> None:
    with pytest.raises(InvariantBroken):
        entry_name(mode, ACCOUNT)


@pytest.mark.parametrize("account", ["", "0xAB", ACCOUNT.upper(), ACCOUNT + "/../live", "0x" + "5a" * 32])
def test_only_an_address_names_one(account: str) -> None:
    with pytest.raises(InvariantBroken):
        entry_name(Mode.LIVE, account)
