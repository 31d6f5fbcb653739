"""What would have become of a proposal that nobody placed, told bar by bar. Hypothetical, and on the pessimistic side.

At the market it is entered at the reference price of its card; a limit is filled only by a bar that goes through it. A
bar that touches both a stop and the target hit the stop; one that opens beyond a stop left at its open. Fees are those
of the card; funding and slippage are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.core.proposals import Proposal
from hlmaster.core.records import Ghost, GhostState
from hlmaster.core.rounding import PERP_MAX_DECIMALS, to_decimal

LONGEST_MS = 7 * DAY_MS
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Bar:
    """Prices from ``open_ms`` until ``close_ms``, USD."""

    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


def ghost_of(proposal: Proposal) -> Ghost:
    """As if placed when it was made; the part of a minute before its first whole bar is not looked at."""
    horizon = min(max(MINUTE_MS, *(signal.horizon_ms for signal in proposal.signals)), LONGEST_MS)
    start = -(-proposal.created_ms // MINUTE_MS) * MINUTE_MS
    is_limit = proposal.limit_price is not None
    return Ghost(
        proposal_id=proposal.proposal_id,
        source=proposal.source,
        coin=proposal.coin,
        side=proposal.side,
        size=proposal.size,
        entry_price=proposal.reference_price if proposal.limit_price is None else proposal.limit_price,
        is_limit=is_limit,
        stops=proposal.stops,
        target=proposal.target,
        fee_in=proposal.fee_in,
        fee_out=proposal.fee_out,
        risk=proposal.risk,
        start_ms=proposal.created_ms,
        end_ms=proposal.created_ms + horizon,
        until_ms=start,
        state=GhostState.WAITING if is_limit else GhostState.OPEN,
        remaining=proposal.size,
        net=ZERO if is_limit else -proposal.fee_in,
    )


def advance(ghost: Ghost, bar: Bar) -> Ghost:
    """The ghost after one more bar. A bar that it was told before changes nothing; one after a hole loses it."""
    if ghost.state.is_final or bar.open_ms < ghost.until_ms:
        return ghost
    if bar.open_ms > ghost.until_ms:
        return replace(ghost, state=GhostState.LOST)
    ghost = replace(ghost, until_ms=bar.close_ms)
    entered = ghost.state is GhostState.WAITING
    if entered:
        if not _beyond(ghost, bar.low if ghost.side.sign > 0 else bar.high):
            return replace(ghost, state=GhostState.MISSED) if bar.close_ms >= ghost.end_ms else ghost
        ghost = replace(ghost, state=GhostState.OPEN, net=-ghost.fee_in)
    return _lived(ghost, bar, entered)


def _lived(ghost: Ghost, bar: Bar, entered: bool) -> Ghost:
    """An open one. ``entered``: within this bar, so that what is good about it may have come before."""
    up = ghost.side.sign > 0
    adverse, favourable = (bar.low, bar.high) if up else (bar.high, bar.low)
    ghost, stopped = _stopped(ghost, bar, adverse)
    if ghost.state.is_final:
        return ghost
    if not stopped:
        ghost = replace(ghost, worst=min(ghost.worst, _worth(ghost, adverse)))
    if not (stopped or entered):
        reached = ghost.target is not None and (favourable - ghost.target) * ghost.side.sign >= 0
        top = ghost.target if reached and ghost.target is not None else favourable
        ghost = replace(ghost, best=max(ghost.best, _worth(ghost, top)))
        if reached:
            return _left(ghost, top, ghost.remaining, GhostState.TARGET)
    if bar.close_ms >= ghost.end_ms:
        return _left(ghost, bar.close, ghost.remaining, GhostState.HORIZON)
    return ghost


def _stopped(ghost: Ghost, bar: Bar, adverse: Decimal) -> tuple[Ghost, bool]:
    """Every tier that the bar reaches, nearest first, at its trigger or at an open beyond it."""
    sign, any_hit = ghost.side.sign, False
    while ghost.stops and not ghost.state.is_final and (adverse - ghost.stops[0][0]) * sign <= 0:
        trigger, size = ghost.stops[0]
        price = min(trigger, bar.open) if sign > 0 else max(trigger, bar.open)
        ghost = replace(ghost, stops=ghost.stops[1:], worst=min(ghost.worst, _worth(ghost, price)))
        ghost = _left(ghost, price, min(size, ghost.remaining), GhostState.STOPPED)
        any_hit = True
    return ghost, any_hit


def _left(ghost: Ghost, price: Decimal, size: Decimal, state: GhostState) -> Ghost:
    """So much of it closed at the price; final once nothing remains."""
    gained = (price - ghost.entry_price) * size * ghost.side.sign
    net = ghost.net + gained - ghost.fee_out * size / ghost.size
    remaining = ghost.remaining - size
    return replace(ghost, net=net, remaining=remaining, state=ghost.state if remaining else state)


def _worth(ghost: Ghost, price: Decimal) -> Decimal:
    """Gained and open at the price, before fees."""
    gained = ghost.net + ghost.fee_in + ghost.fee_out * (ghost.size - ghost.remaining) / ghost.size
    return gained + (price - ghost.entry_price) * ghost.remaining * ghost.side.sign


def _beyond(ghost: Ghost, price: Decimal) -> bool:
    return (price - ghost.entry_price) * ghost.side.sign < 0


def bars_of(block: CandleBlock, start_ms: int, end_ms: int) -> Iterator[Bar]:
    """Whole minutes in [start, end) from one-minute candles; a minute without a trade stood still.

    Nothing before the first candle and after the last, for nobody knows of those.
    """
    first = int(np.searchsorted(block.time_ms, start_ms))
    if first == len(block) or int(block.time_ms[first]) > start_ms:
        if not first:
            return
        first -= 1
    last: Bar | None = None
    for opened, *prices in zip(*(column[first:].tolist() for column in block.columns[:5]), strict=True):
        bar = Bar(opened, opened + MINUTE_MS, *(to_decimal(price, PERP_MAX_DECIMALS) for price in prices))
        while last is not None and last.close_ms < bar.open_ms:
            last = Bar(last.close_ms, last.close_ms + MINUTE_MS, *(last.close,) * 4)
            if start_ms <= last.open_ms and last.close_ms <= end_ms:
                yield last
        if start_ms <= bar.open_ms and bar.close_ms <= end_ms:
            yield bar
        last = bar
