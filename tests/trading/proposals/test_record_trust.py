"""Size and acting alone are earned trade by trade, and lost by themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.records import Trade
from hlmaster.trading.proposals.record_trust import Record, RecordTrust, TrustTerms, record
from hlmaster.trading.proposals.trust import SHARES
from tests.trading.journal import trade
from tests.trading.scenes import D

TERMS = TrustTerms()


def trust(trades: list[Trade]) -> RecordTrust:
    return RecordTrust(lambda: TERMS, lambda source: record(trades, TERMS))


def winning(count: int) -> list[Trade]:
    """Two of three win as much as is risked."""
    return [trade("10" if number % 3 else "-10") for number in range(count)]


@pytest.mark.parametrize(
    ("trades", "share"), [(0, "0.10"), (9, "0.10"), (10, "0.25"), (29, "0.25"), (30, "0.50"), (60, "1"), (500, "1")]
)
def test_the_share_grows_with_the_record(trades: int, share: str) -> None:
    assert trust(winning(trades)).share("a") == D(share)


@pytest.mark.parametrize(("trades", "may"), [(0, False), (19, False), (20, True), (90, True)])
def test_acting_alone_is_earned(trades: int, may: bool) -> None:
    assert (trust(winning(trades)).may_auto("a") is None) is may


def test_what_lost_money_is_never_trusted_however_many_risks_it_made() -> None:
    small = [trade("1", risk="1") for _ in range(15)]
    assert trust([*small, trade("-30", risk="10")]).share("a") == SHARES[0]


def test_a_deep_fall_breaks_the_record_and_it_begins_anew() -> None:
    broken = [*winning(60), *[trade("-10") for _ in range(7)]]
    fallen = trust(broken)
    assert fallen.share("a") == SHARES[0]
    assert fallen.may_auto("a") == (
        "a has 0 of the 20 closed trades, +0.00 USD after costs, that acting alone is earned by "
        "since its record broke: it fell 7.0 R below its best; 6 R is allowed."
    )
    assert "broke" in fallen.text("a")
    assert trust([*broken, *winning(20)]).may_auto("a") is None


def test_many_trades_without_a_profit_break_the_record() -> None:
    flat = [trade("-1" if number % 2 else "0.5") for number in range(20)]
    known = record(flat, TERMS)
    assert (known.breaks, known.trades) == (1, 0)
    assert "made no money" in known.broken_by


def test_a_trade_of_unknown_risk_can_only_harm() -> None:
    assert record([trade("500", risk=None)], TERMS).total == 0
    assert record([trade("-1", risk=None)], TERMS).total == -1


def test_what_is_open_or_superseded_does_not_count() -> None:
    assert record([trade(closed_ms=0), trade(superseded=True)], TERMS) == Record()


@given(st.lists(st.decimals(-30, 30, places=1), max_size=120))
def test_nobody_acts_alone_or_grows_without_a_profit_within_the_allowed_fall(nets: list[Decimal]) -> None:
    known = record([trade(str(net)) for net in nets], TERMS)
    if known.share(TERMS) > SHARES[0] or not known.why_not_alone(TERMS):
        assert known.net > 0
        assert known.fall <= TERMS.worst_fall
        assert known.trades >= TERMS.quarter_trades
    assert known.share(TERMS) in SHARES
