"""What a proposed trade would cost, risk and do, by the formulas that preview a manual ticket. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from hlmaster.core.fees import fee
from hlmaster.core.margin import funding_payment, initial_margin
from hlmaster.core.model import Side
from hlmaster.core.orders import Basis, Order, TimeInForce
from hlmaster.core.proposals import Proposal
from hlmaster.core.rounding import round_price
from hlmaster.trading.preview import liquidation_after
from hlmaster.trading.proposals.layout import Layout, stops_of
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import capped_price

ZERO, HUNDRED = Decimal(0), Decimal(100)


@dataclass(frozen=True, slots=True)
class Funding:
    """``rate`` a fraction per hour; None where the market has not told."""

    rate: Decimal | None
    oracle: Decimal | None


class Quoted(Protocol):
    @property
    def best_bid(self) -> Decimal | None: ...

    @property
    def best_ask(self) -> Decimal | None: ...


def best_price(side: Side, situation: Quoted, *, post_only: bool) -> Decimal | None:
    """What an entry is expected at: the best opposite price, for a post-only one that of its own side."""
    takes_offer = (side is Side.BUY) != post_only
    return situation.best_ask if takes_offer else situation.best_bid


def passive_price(side: Side, situation: Situation) -> Decimal | None:
    price = best_price(side, situation, post_only=True)
    return None if price is None else round_price(price, situation.instrument.size_decimals, side)


def entry_of(proposal: Proposal) -> Decimal:
    return proposal.limit_price if proposal.limit_price is not None else proposal.reference_price


def entry_rate(situation: Situation, *, post_only: bool) -> Decimal:
    """A limit that is not post-only may take, so it is counted as a taker."""
    return situation.fees.maker if post_only else situation.fees.taker


def priced(proposal: Proposal, layout: Layout, situation: Situation, funding: Funding, exit_cap: Decimal) -> Proposal:
    """The proposal with every figure that follows from its size, prices and the situation. ``exit_cap``: fraction."""
    entry, size, fees = layout.entry, proposal.size, situation.fees
    after = situation.position + size * proposal.side.sign
    liquidation = liquidation_after(after, entry, situation)
    stops = stops_of(layout, size, situation.instrument, liquidation, fees.taker, exit_cap)
    fee_in = fee(entry, size, entry_rate(situation, post_only=proposal.post_only))
    fee_out = sum((fee(price, coins, fees.taker) for price, coins in stops), ZERO)
    lost = sum(((entry - price) * coins for price, coins in stops), ZERO) * proposal.side.sign
    risk = lost + fee_in + fee_out
    reward = None
    if layout.target is not None:
        gain = (layout.target - entry) * proposal.side.sign * size
        reward = gain - fee_in - fee(layout.target, size, fees.taker)
    paid = None
    if funding.rate is not None and funding.oracle is not None:
        paid = funding_payment(size * proposal.side.sign, funding.oracle, funding.rate)
    return replace(
        proposal,
        stops=stops,
        target=layout.target,
        notional=size * entry,
        risk=risk,
        risk_percent=risk / situation.equity * HUNDRED if situation.equity > 0 else HUNDRED,
        reward=reward,
        fee_in=fee_in,
        fee_out=fee_out,
        funding_per_hour=paid,
        liquidation_price=liquidation,
        margin=initial_margin(size * entry, situation.leverage.value),
    )


def order_of(
    proposal: Proposal, situation: Situation, slippage_cap: Decimal, source: str, *, automatic: bool
) -> Order | str:
    """The entry as it would be sent now, or a sentence why there is none. ``slippage_cap``: fraction of price."""
    stops = sum((size for _, size in proposal.stops), ZERO)
    basis = Basis(
        strategy=proposal.source,
        proposal_id=proposal.proposal_id,
        automatic=automatic,
        confidence=proposal.confidence,
        unadjusted_confidence=proposal.unadjusted_confidence,
        stop_price=sum((price * size for price, size in proposal.stops), ZERO) / stops if stops else None,
    )
    if proposal.limit_price is not None:
        force = TimeInForce.ALO if proposal.post_only else TimeInForce.GTC
        return Order(
            proposal.coin,
            proposal.side,
            proposal.size,
            proposal.limit_price,
            force,
            source=source,
            basis=basis,
        )
    best = best_price(proposal.side, situation, post_only=False)
    if best is None:
        return f"There is no {'offer' if proposal.side is Side.BUY else 'bid'} for {proposal.coin} now."
    price = capped_price(best, proposal.side, situation, slippage_cap)
    return Order(
        proposal.coin,
        proposal.side,
        proposal.size,
        price,
        TimeInForce.IOC,
        market=True,
        source=source,
        basis=basis,
    )
