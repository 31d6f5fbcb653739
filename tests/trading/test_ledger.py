"""The books add up, whatever the order of events."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.model import Side
from hlmaster.core.orders import CashMove, FundingPayment
from hlmaster.trading.ledger import Ledger
from tests.trading.scenes import NOW, D, fill

CENT = D("0.01")
prices = st.decimals(D("0.01"), D("100000"), places=2)
sizes = st.decimals(D("0.001"), D("100"), places=3)
events = st.lists(
    st.one_of(
        st.tuples(st.just("fill"), st.sampled_from(["BTC", "ETH"]), st.booleans(), sizes, prices),
        st.tuples(st.just("funding"), st.sampled_from(["BTC", "ETH"]), st.decimals(-50, 50, places=6)),
        st.tuples(st.just("cash"), st.decimals(-1000, 1000, places=2)),
    ),
    max_size=40,
)


@given(events, prices, prices)
def test_equity_change_is_realised_plus_unrealised_minus_fees_plus_funding(
    sequence: list[tuple[object, ...]], btc: Decimal, eth: Decimal
) -> None:
    """Against a second way of counting: plain cash flow, where buying spends and selling earns."""
    ledger, cash, sizes_held = Ledger(), D(0), {"BTC": D(0), "ETH": D(0)}
    for number, event in enumerate(sequence):
        if event[0] == "fill":
            _, coin, buys, size, price = event
            fee = D(str(price)) * D(str(size)) * D("0.00045")
            side = Side.BUY if buys else Side.SELL
            ledger.book_fill(fill(side, D(str(size)), D(str(price)), NOW + number, coin=str(coin), fee=fee))
            signed = D(str(size)) * side.sign
            cash -= signed * D(str(price)) + fee
            sizes_held[str(coin)] += signed
        elif event[0] == "funding":
            amount = D(str(event[2]))
            ledger.book_funding(FundingPayment(str(event[1]), NOW + number, amount, D(1), D(0)))
            cash += amount
        else:
            ledger.book_cash(CashMove(NOW + number, D(str(event[1])), "deposit", str(number)))
            cash += D(str(event[1]))
    marks = {"BTC": btc, "ETH": eth}
    truth = cash + sum(sizes_held[coin] * marks[coin] for coin in marks)
    assert abs(ledger.equity(lambda coin: marks[coin]) - truth) < CENT / 100
    assert {coin: ledger.holding(coin).size for coin in marks} == sizes_held


@given(events)
def test_every_fact_is_booked_once(sequence: list[tuple[object, ...]]) -> None:
    once, twice = Ledger(), Ledger()
    for number, event in enumerate(sequence):
        if event[0] == "fill":
            fact = fill(Side.BUY if event[2] else Side.SELL, D(str(event[3])), D(str(event[4])), NOW + number)
            once.book_fill(fact)
            assert twice.book_fill(fact)
            assert not twice.book_fill(fact)
        elif event[0] == "funding":
            payment = FundingPayment(str(event[1]), NOW + number, D(str(event[2])), D(1), D(0))
            once.book_funding(payment)
            assert twice.book_funding(payment)
            assert not twice.book_funding(payment)
    assert (once.realised, once.fees, once.funding) == (twice.realised, twice.fees, twice.funding)


def test_entry_price_is_the_average_of_increases_only() -> None:
    ledger = Ledger()
    ledger.book_fill(fill(Side.BUY, "1", "100", NOW))
    ledger.book_fill(fill(Side.BUY, "1", "110", NOW + 1))
    ledger.book_fill(fill(Side.SELL, "0.5", "130", NOW + 2))
    assert ledger.holding("ETH").entry_price == D(105)
    assert ledger.realised == D("12.5")


def test_a_flip_realises_the_old_part_and_opens_the_rest_at_the_fill_price() -> None:
    ledger = Ledger()
    ledger.book_fill(fill(Side.BUY, "1", "100", NOW, fee=D("0.1")))
    flip = fill(Side.SELL, "3", "90", NOW + 1, fee=D("0.3"))
    realised = ledger.book_fill(flip)[flip.key]
    holding = ledger.holding("ETH")
    assert (realised, holding.size, holding.entry_price) == (D(-10), D(-2), D(90))
    (trip,) = ledger.round_trips
    assert (trip.net, trip.fees) == (D("-10.2"), D("0.2"))
    assert holding.trip is not None
    assert holding.trip.fees == D("0.2")


def test_a_round_trip_knows_its_prices_its_costs_and_why_it_ended() -> None:
    ledger = Ledger()
    ledger.book_fill(fill(Side.SELL, "2", "100", NOW, fee=D("0.09")))
    ledger.book_funding(FundingPayment("ETH", NOW + 1, D("0.5"), D(-2), D("0.0001")))
    ledger.book_fill(fill(Side.BUY, "1", "95", NOW + 2, fee=D("0.04")))
    ledger.book_fill(fill(Side.BUY, "1", "97", NOW + 3, fee=D("0.04")), exit_reason="stop market")
    (trip,) = ledger.round_trips
    assert (trip.entry_price, trip.exit_price, trip.size) == (D(100), D(96), D(2))
    assert trip.net == D(8) - D("0.17") + D("0.5")
    assert (trip.exit_reason, trip.opened_ms, trip.closed_ms) == ("stop market", NOW, NOW + 3)
