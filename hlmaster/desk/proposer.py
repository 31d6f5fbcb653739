"""From an idea to a proposal with every figure from real things, and the same again when a person edits it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.clock import Clock
from hlmaster.core.model import Interval, Side
from hlmaster.core.orders import Order
from hlmaster.core.proposals import LimitEffect, Policy, Proposal, ProposalState
from hlmaster.core.rounding import PERP_MAX_DECIMALS, is_valid_price, is_valid_size, round_size, to_decimal, wire_text
from hlmaster.core.signals import Regime, Signal
from hlmaster.desk.ranges import Range, Ranges
from hlmaster.desk.survey import Survey
from hlmaster.market.feed import Feed
from hlmaster.market.window import Grid
from hlmaster.settings import Settings
from hlmaster.trading.combiner import Idea
from hlmaster.trading.proposals.book import with_verdict
from hlmaster.trading.proposals.figures import (
    Funding,
    best_price,
    entry_of,
    entry_rate,
    order_of,
    passive_price,
    priced,
)
from hlmaster.trading.proposals.layout import Layout, by_sizes, lay_out, loss_of, policy_of
from hlmaster.trading.proposals.room import room
from hlmaster.trading.proposals.trust import Trust
from hlmaster.trading.protection.policy import HUNDRED
from hlmaster.trading.protection.policy import Policy as Protection
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.situation import Situation
from hlmaster.trading.sizing import (
    ONE,
    Factor,
    Sized,
    by_confidence,
    by_drawdown,
    by_range,
    by_regime,
    size,
)
from hlmaster.trading.ticket import capped_price

ZERO = Decimal(0)
RATE_DECIMALS = 12
EDITS = ("size", "limit_price", "post_only", "stops", "target")
Effects = Callable[[Order, Situation], tuple[LimitEffect, ...]]


def timeframe(signal: Signal) -> Interval:
    """The candles a signal's ranges are measured on; what samples faster than candles close uses one minute."""
    return Grid.of(signal.grid).interval or Interval.M1


class Proposer:
    """``effects`` of an order on the limits; ``regime`` of a coin; ``drawdown`` a fraction; ``allocation`` 0 to 1."""

    def __init__(
        self,
        clock: Clock,
        survey: Survey,
        gate: Gate,
        feed: Feed,
        ranges: Ranges,
        settings: Callable[[], Settings],
        trust: Trust,
        drawdown: Callable[[], Decimal],
        effects: Effects = lambda order, situation: (),
        regime: Callable[[str], Regime | None] = lambda coin: None,
        allocation: Callable[[str], Decimal] = lambda source: ONE,
    ) -> None:
        self._clock, self._survey, self._gate, self._feed = clock, survey, gate, feed
        self._ranges, self._settings, self.trust = ranges, settings, trust
        self._drawdown, self.effects, self.regime, self.allocation = drawdown, effects, regime, allocation

    # --- from a strategy ---

    def propose(self, idea: Idea, policy: Policy) -> Proposal | str:
        """With its dry run; or why there is no trade in it, as a sentence."""
        side = idea.direction.side
        if side is None:
            return f"The idea on {idea.coin} is neutral."
        situation = self._survey(idea.coin)
        post_only = self._settings().proposals.entry == "post-only"
        reference = best_price(side, situation, post_only=False)
        limit = passive_price(side, situation) if post_only else None
        if reference is None or (post_only and limit is None):
            return f"There is no {'offer' if side is Side.BUY else 'bid'} for {idea.coin} now."
        layout = self._layout(idea, side, limit or reference, situation)
        if isinstance(layout, str):
            return layout
        sized = self._size(idea, layout, situation, post_only=post_only)
        if sized.problem:
            return sized.problem
        bare = _bare(idea, side, sized, limit, reference, policy, self._clock.now_ms())
        return self._finished(bare, layout, situation)

    def _layout(self, idea: Idea, side: Side, entry: Decimal, situation: Situation) -> Layout | str:
        named = [_price(value) for value in (idea.signal.stop, idea.signal.target)]
        span = self.range_of(idea.signal)
        atr = None if span is None else span.atr
        layout = lay_out(entry, side, situation.instrument, self._settings().sizing, atr, *named)
        if isinstance(layout, Layout) and layout.problem:
            return layout.problem
        return layout

    def range_of(self, signal: Signal) -> Range | None:
        return self._ranges(signal.coin, timeframe(signal))

    def _size(self, idea: Idea, layout: Layout, situation: Situation, *, post_only: bool) -> Sized:
        limits, sizing, signal = self._settings().risk, self._settings().sizing, idea.signal
        span = self.range_of(signal)
        atr, median = (None, None) if span is None else (span.atr, span.median)
        cap = limits.exit_slippage_cap_percent / HUNDRED
        fees, instrument = situation.fees, situation.instrument
        worst = layout.entry
        if not post_only:
            worst = capped_price(layout.entry, layout.side, situation, limits.slippage_cap_percent / HUNDRED)
        own = signal.terms.risk_percent
        risk_percent = sizing.risk_percent if own is None else min(Decimal(repr(own)), limits.max_trade_risk_percent)
        factors = (
            by_confidence(idea.unadjusted_confidence),
            by_regime(self.regime(idea.coin), sizing),
            by_range(atr, median, sizing),
            by_drawdown(self._drawdown()),
            Factor("day", "the day's loss", situation.conduct.size_factor),
            Factor("record", self.trust.text(idea.source), self.trust.share(idea.source)),
            Factor("allocation", "its share of the capital", self.allocation(idea.source)),
        )
        return size(
            situation.equity,
            max(layout.entry, situation.reference or layout.entry),
            instrument.size_decimals,
            loss_of(layout, entry_rate(situation, post_only=post_only), fees, instrument, cap),
            risk_percent,
            factors,
            room(layout.side, max(worst, layout.entry), situation, limits, signal.terms),
            limits.minimum_notional_usd,
            limits.max_trade_risk_percent,
            sizing.least_percent,
        )

    # --- figures, dry run, order ---

    def _finished(self, bare: Proposal, layout: Layout, situation: Situation) -> Proposal | str:
        cap = self._settings().risk.exit_slippage_cap_percent / HUNDRED
        full = priced(bare, layout, situation, self._funding(bare.coin), cap)
        if full.reward is not None and full.reward <= 0:
            return f"The target of {wire_text(full.target or ZERO)} would not even pay the fees."
        order = self.order(full, situation, automatic=False)
        if isinstance(order, str):
            return order
        full = replace(full, effects=self.effects(order, situation))
        if full.state is ProposalState.OBSERVED:
            return replace(full, verdict=self._gate.check(order))
        return with_verdict(full, self._gate.check(order))

    def order(self, proposal: Proposal, situation: Situation, *, automatic: bool) -> Order | str:
        cap = self._settings().risk.slippage_cap_percent / HUNDRED
        return order_of(proposal, situation, cap, proposal.source, automatic=automatic)

    def protection(self, proposal: Proposal) -> Protection:
        """The stops and the target as they stand on the card; what trails is the settings'."""
        settings = self._settings()
        layout = Layout(entry_of(proposal), proposal.side, by_sizes(proposal.stops), proposal.target)
        return policy_of(layout, settings.protection, trailing=settings.sizing.trailing)

    def _funding(self, coin: str) -> Funding:
        context = self._feed.market(coin).context
        if context is None:
            return Funding(None, None)
        return Funding(to_decimal(context.funding_rate, RATE_DECIMALS), _price(context.oracle_price))

    # --- from a person ---

    def edit(self, proposal: Proposal, changes: Mapping[str, object]) -> Proposal | str:
        """Priced and judged anew, or what is wrong with it.

        ``changes``: ``size``, ``limit_price`` (None: at the market), ``post_only``, ``stops`` as (price, size or
        weight) pairs nearest first, ``target`` (None: none).
        """
        unknown = [name for name in changes if name not in EDITS]
        if unknown:
            return f"A proposal has no {unknown[0]} to edit; there are {', '.join(EDITS)}."
        situation = self._survey(proposal.coin)
        reference = best_price(proposal.side, situation, post_only=False)
        if reference is None:
            return f"There is no price for {proposal.coin} now; edit it in a moment."
        wanted = _Wanted.of(proposal, changes)
        if wanted.post_only and wanted.limit_price is None:
            wanted.limit_price = passive_price(proposal.side, situation)
        problem = wanted.problem(situation)
        if problem:
            return problem
        layout = Layout(wanted.limit_price or reference, proposal.side, by_sizes(wanted.stops), wanted.target)
        if layout.problem:
            return layout.problem
        changed = replace(
            proposal,
            size=wanted.size,
            limit_price=wanted.limit_price,
            post_only=wanted.post_only,
            reference_price=reference,
            edited=True,
        )
        return self._finished(changed, layout, situation)


class _Wanted:
    """A person's changes, put over what the card says."""

    def __init__(self, size: object, limit_price: object, post_only: object, stops: object, target: object) -> None:
        self._raw = {"size": size, "limit price": limit_price, "target": target}
        self.size = size if isinstance(size, Decimal) else ZERO
        self.limit_price = limit_price if isinstance(limit_price, Decimal) else None
        self.target = target if isinstance(target, Decimal) else None
        self.post_only = bool(post_only)
        self.stops: tuple[tuple[Decimal, Decimal], ...] = tuple(stops) if isinstance(stops, tuple | list) else ()

    @classmethod
    def of(cls, proposal: Proposal, changes: Mapping[str, object]) -> _Wanted:
        have: dict[str, object] = {name: getattr(proposal, name) for name in EDITS}
        return cls(**{**have, **changes})

    def problem(self, situation: Situation) -> str:
        for name, value in self._raw.items():
            if value is not None and not (isinstance(value, Decimal) and value.is_finite() and value > 0):
                return f"The {name} must be a number above zero."
        decimals, coin = situation.instrument.size_decimals, situation.instrument.coin
        if not is_valid_size(self.size, decimals):
            near = wire_text(round_size(self.size, decimals))
            return f"{coin} is traded in lots of {wire_text(situation.instrument.lot)}; enter {near}."
        prices = [("limit price", self.limit_price), ("target", self.target), *(("stop", p) for p, _ in self.stops)]
        for name, price in prices:
            if price is not None and not is_valid_price(price, decimals):
                return f"The {name} of {wire_text(price)} does not lie on the price grid of {coin}."
        ways = [price for price, _ in self.stops]
        if not ways or ways != sorted(ways, reverse=ways[-1] <= ways[0]) or any(size <= 0 for _, size in self.stops):
            return "Name one stop at least, nearest first, each with a size above zero."
        return ""


def _bare(
    idea: Idea, side: Side, sized: Sized, limit: Decimal | None, reference: Decimal, policy: Policy, now_ms: int
) -> Proposal:
    """What does not follow from anything else; ``priced`` fills in the rest."""
    observed = policy is Policy.OBSERVE
    return Proposal(
        proposal_id=secrets.token_hex(8),
        source=idea.source,
        signals=idea.signals,
        coin=idea.coin,
        side=side,
        size=sized.size,
        limit_price=limit,
        post_only=limit is not None,
        reference_price=reference,
        stops=(),
        target=None,
        confidence=idea.confidence,
        unadjusted_confidence=idea.unadjusted_confidence,
        notional=ZERO,
        risk=ZERO,
        risk_percent=ZERO,
        reward=None,
        fee_in=ZERO,
        fee_out=ZERO,
        funding_per_hour=None,
        liquidation_price=None,
        margin=ZERO,
        effects=(),
        steps=sized.steps,
        reasons=(*idea.reasons, *idea.advice),
        created_ms=now_ms,
        expires_ms=min(signal.valid_until_ms for signal in idea.signals),
        policy=policy,
        state=ProposalState.OBSERVED if observed else ProposalState.OPEN,
        state_text="Observed, as its policy says." if observed else "",
    )


def _price(value: float | None) -> Decimal | None:
    """Not a number, infinite and nothing are all no price."""
    return to_decimal(value, PERP_MAX_DECIMALS) if value is not None and 0 < value < float("inf") else None
