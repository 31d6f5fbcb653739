"""Words, answers, prices, lost replies and a person's hands in any order: no entry without its one approval."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from hlmaster.core.errors import OutcomeUnknown
from hlmaster.core.proposals import Policy, ProposalState
from hlmaster.core.signals import Direction, Terms
from hlmaster.trading.ownership import YOU
from tests.desk.ideas import STRATEGY, Traded, own, trading
from tests.trading.scenes import D

STEPS = 120
STRATEGIES, COINS = (STRATEGY, "rival", "second", "third"), ("ETH", "BTC")
ONCE_APPROVED = (ProposalState.APPROVED, ProposalState.PLACED, ProposalState.REFUSED)


class Player:
    def __init__(self, traded: Traded, seed: int) -> None:
        self.traded, self.dice = traded, random.Random(seed)
        self.price = 3000.0
        self.asking: set[asyncio.Task[object]] = set()

    async def step(self) -> None:
        often = [self.word] * 6 + [self.approve] * 4 + [self.time] * 3 + [self.move] * 2 + [self.close]
        seldom = [self.refuse, self.edit, self.thin, self.lose, self.own, self.pause]
        self.dice.choice(seldom if self.dice.random() < 0.1 else often)()
        for _ in range(self.dice.randrange(4)):
            await asyncio.sleep(0.001)
        self.traded.proposing.look()

    def word(self) -> None:
        direction, strategy = self.dice.choice(list(Direction)), self.dice.choice(STRATEGIES)
        self.traded.say(
            direction,
            strategy=strategy,
            coin=self.dice.choice(COINS),
            confidence=self.dice.uniform(0.6, 0.95),
            horizon_ms=self.dice.choice([20_000, 600_000]),
            terms=Terms(neutral_closes=strategy == "rival", cool_down_ms=self.dice.choice([0, 5_000])),
        )

    def approve(self) -> None:
        for card in self.traded.proposing.open()[: self.dice.randrange(3)]:
            for _ in range(self.dice.randrange(1, 3)):
                self._ask(self.traded.proposing.approve(card.proposal_id))

    def _ask(self, deed: object) -> None:
        task = asyncio.ensure_future(deed)  # type: ignore[call-overload]
        self.asking.add(task)
        task.add_done_callback(self.asking.discard)

    def refuse(self) -> None:
        for card in self.traded.proposing.open()[:1]:
            self.traded.proposing.reject(card.proposal_id)
        for card in self.traded.proposing.open()[:1]:
            self.traded.proposing.snooze(card.proposal_id, 3)

    def edit(self) -> None:
        for card in self.traded.proposing.open()[:1]:
            choices: list[dict[str, object]]
            choices = [{"post_only": True}, {"size": card.size * 2}, {"size": D("0.01")}, {"x": 1}]
            self.traded.proposing.edit(card.proposal_id, self.dice.choice(choices))

    def time(self) -> None:
        self.traded.scene.clock.advance(self.dice.choice([100, 1_100, 5_000]))
        self.move()

    def move(self) -> None:
        self.price *= 1 + self.dice.uniform(-0.001, 0.001)
        self.traded.scene.venue.price = D(f"{self.price:.1f}")
        for coin in COINS:
            self.traded.scene.market.price(coin, round(self.price, 1))
        self.traded.scene.venue.publish_account()

    def thin(self) -> None:
        self.traded.scene.venue.liquidity.append(self.dice.choice([D(0), D("0.01"), D("0.1")]))

    def lose(self) -> None:
        self.traded.scene.venue.lost = OutcomeUnknown("The answer was lost.")

    def own(self) -> None:
        own(self.traded.proposing, self.dice, COINS, STRATEGIES)

    def close(self) -> None:
        self._ask(self.traded.desk.manual.close(self.dice.choice(COINS)))

    def pause(self) -> None:
        self.dice.choice([self.traded.desk.pause, *[self.traded.desk.resume] * 3])()


def check(traded: Traded) -> None:
    desk, book, ownership = traded.desk, traded.proposing.book, traded.proposing.ownership
    assert not desk.guard.is_restrained_by("fault"), desk.guard.sentence
    entries = [tracked for tracked in desk.orders.all() if not tracked.order.reduce_only]
    sent = Counter(tracked.order.basis.proposal_id for tracked in entries if tracked.order.basis is not None)
    assert all(count == 1 for count in sent.values()), "one approval, one order"
    for name in sent:
        known = book.get(name)
        assert known is not None
        assert known.state in ONCE_APPROVED, known
    for coin in COINS:
        worth = abs(desk.portfolio.size(coin)) * (desk.survey.mark(coin) or D(3000))
        assert worth <= desk.portfolio.equity * D("0.11"), "10 % of equity, and the price may move"
        live = [t for t in desk.orders.unsettled(coin) if not t.order.reduce_only]
        assert len(live) <= 1
        tenure = ownership.of(coin)
        if live or desk.portfolio.size(coin):
            assert tenure is not None, "whose it is is known"
        assert tenure is None or tenure.owner in (YOU, "", STRATEGY, "rival", "group G")
    assert len(book.cards()) <= book.most_open


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_of_events_leaves_every_entry_approved_once_and_every_position_owned(
    tmp_path: Path, seed: int
) -> None:
    policy = Policy.AUTO if seed % 2 else Policy.ASK
    async with trading(tmp_path, policy=policy) as traded:
        for name in ("second", "third"):
            traded.roster.change(name, armed=True, role="voter:G", policy=policy)
        traded.roster.change("rival", armed=True)
        player = Player(traded, seed)
        for _ in range(STEPS):
            await player.step()
            check(traded)
        traded.scene.venue.lost = None
        traded.scene.venue.liquidity.clear()
        await asyncio.gather(*player.asking)
        traded.desk.resume()
        for coin in COINS:
            traded.proposing.take_over(coin)
        await traded.desk.flattener.run()
        await traded.desk.reconciler.run()
        player.move()
        await traded.until(lambda: not any(traded.desk.portfolio.size(coin) for coin in COINS))
        # An entry whose fate is unknown holds its coin until it is known.
        in_doubt = {tracked.order.coin for tracked in traded.desk.orders.unsettled()}
        await traded.until(lambda: {one.coin for one in traded.proposing.ownership.all()} <= in_doubt)
