"""What the venue says of an account and a key, judged: every answer has its sentence and its cure."""

from __future__ import annotations

import itertools

import pytest

from hlmaster.core.clock import DAY_MS, HOUR_MS
from hlmaster.core.model import Mode
from hlmaster.desk.entrance import (
    Check,
    Entrance,
    Outcome,
    judge_account,
    judge_account_mode,
    judge_agent,
    judge_expiry,
    judge_signature,
)
from hlmaster.exchange.hyperliquid.access import Grant, Role, Standing
from hlmaster.exchange.hyperliquid.signing import Network, Signer, digest, recover

ACCOUNT, AGENT, OTHER = "0x" + "ab" * 20, "0x" + "cd" * 20, "0x" + "ef" * 20
NOW = 1_800_000_000_000
STANDINGS = [
    Standing(Role.USER),
    Standing(Role.MISSING),
    Standing(Role.VAULT),
    Standing(Role.AGENT, ACCOUNT),
    Standing(Role.AGENT, OTHER),
    Standing(Role.SUB_ACCOUNT, ACCOUNT),
]


@pytest.mark.parametrize(("standing", "mode"), list(itertools.product(STANDINGS, (Mode.TESTNET, Mode.LIVE))))
def test_only_an_account_of_its_own_is_traded(standing: Standing, mode: Mode) -> None:
    check = judge_account(ACCOUNT, standing, mode)
    assert (check.outcome is Outcome.PASSED) == (standing.role is Role.USER)
    assert bool(check.cure) == (check.outcome is Outcome.FAILED)


@pytest.mark.parametrize(("standing", "mode"), list(itertools.product(STANDINGS, (Mode.TESTNET, Mode.LIVE))))
def test_only_a_wallet_this_account_approved_signs(standing: Standing, mode: Mode) -> None:
    check = judge_agent(ACCOUNT, AGENT, standing, mode)
    assert (check.outcome is Outcome.PASSED) == (standing == Standing(Role.AGENT, ACCOUNT))
    assert bool(check.cure) == (check.outcome is Outcome.FAILED)


@pytest.mark.parametrize("standing", STANDINGS)
def test_the_accounts_own_key_is_refused_whatever_the_venue_says(standing: Standing) -> None:
    check = judge_agent(ACCOUNT, ACCOUNT, standing, Mode.LIVE)
    assert check.outcome is Outcome.FAILED
    assert "can withdraw everything" in check.sentence


@pytest.mark.parametrize(
    ("left_ms", "outcome"),
    [
        (180 * DAY_MS, Outcome.PASSED),
        (14 * DAY_MS, Outcome.PASSED),
        (14 * DAY_MS - 1, Outcome.WARNING),
        (DAY_MS, Outcome.WARNING),
        (DAY_MS - 1, Outcome.WARNING),
        (1, Outcome.WARNING),
        (0, Outcome.FAILED),
        (-HOUR_MS, Outcome.FAILED),
    ],
)
def test_the_end_is_warned_of_fourteen_days_ahead(left_ms: int, outcome: Outcome) -> None:
    check = judge_expiry(Grant(AGENT, "desk", NOW + left_ms), NOW)
    assert check.outcome is outcome
    assert ("no new entries" in check.sentence) == (0 < left_ms < DAY_MS)


@pytest.mark.parametrize("grant", [None, Grant(AGENT, "", None)])
def test_an_end_nobody_tells_is_refused(grant: Grant | None) -> None:
    assert judge_expiry(grant, NOW).outcome is Outcome.FAILED


@pytest.mark.parametrize("word", ["unifiedAccount", "portfolioMargin", "dexAbstraction", "default", "", "novelty"])
def test_modes_whose_margin_would_be_misread_are_refused(word: str) -> None:
    assert judge_account_mode(word).outcome is Outcome.FAILED
    assert judge_account_mode("disabled").outcome is Outcome.PASSED


@pytest.mark.parametrize("network", list(Network))
def test_the_signature_proves_the_key_on_one_network(network: Network) -> None:
    assert judge_signature(Signer.generate(), network, NOW).outcome is Outcome.PASSED


@pytest.mark.parametrize(("signed", "read"), list(itertools.product(Network, Network)))
def test_a_payload_signed_in_one_mode_never_recovers_to_the_wallet_in_another(signed: Network, read: Network) -> None:
    """M2, over orders, cancels and the rest, with and without expiry."""
    signer = Signer.generate()
    order = {"a": 0, "b": True, "p": "100", "s": "1", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    actions: list[dict[str, object]] = [
        {"type": "order", "orders": [order], "grouping": "na"},
        {"type": "cancel", "cancels": [{"a": 0, "o": 1}]},
        {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 5},
        {"type": "noop"},
    ]
    for action, expires in itertools.product(actions, (None, NOW + 1)):
        signature = signer.sign(action, NOW, expires, signed)
        assert (recover(digest(action, NOW, expires, read), signature) == signer.address) == (signed is read)


def test_one_failed_or_unasked_check_admits_nobody() -> None:
    good, warned = Check("a", "A", Outcome.PASSED, ""), Check("b", "B", Outcome.WARNING, "")
    assert Entrance((good, warned)).admitted
    assert not Entrance(()).admitted
    for outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        bad = Check("c", "C", outcome, "")
        assert not Entrance((good, bad)).admitted
        assert Entrance((good, bad)).troubles == (bad,)
