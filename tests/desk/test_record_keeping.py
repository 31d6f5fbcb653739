"""Of every decision it is kept what it saw and what was said of it, once a word, in the session's own store."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import MINUTE_MS, ManualClock
from hlmaster.core.events import Refused, Rejected
from hlmaster.core.orders import Basis, RuleResult, Verdict
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.records import ForTheRecord
from hlmaster.core.signals import Signal, SignalMade
from hlmaster.desk.record_keeping import HELD, INPUTS_PER_MINUTE, RecordKeeping
from hlmaster.storage.recorder import Recorder
from hlmaster.storage.records import StoredRecords
from tests.storage.facts import DEMO, a_proposal
from tests.trading.scenes import NOW, D, order

PASSED = Verdict((RuleResult("size", True),))
FAILED = Verdict((RuleResult("size", False, sentence="It is too large."),))


class Minds:
    """What a signal saw is its key, until it is no longer the last word."""

    forgotten = False

    def inputs_of(self, signal: Signal) -> bytes:
        if self.forgotten:
            raise ValueError("another word came")
        return signal.key.encode()

    def params_of(self, name: str) -> str:
        return f'{{"of":"{name}"}}'


class Scene:
    def __init__(self, folder: Path) -> None:
        self.bus, self.clock, self.minds = Bus(), ManualClock(NOW), Minds()
        self.recorder = Recorder(DEMO, f"sqlite:///{folder / 'desk.sqlite'}")
        self.recorder.start()
        self.records = StoredRecords(self.recorder)
        self.keeping = RecordKeeping(self.bus, self.clock, self.records, self.minds)

    def hear(self, proposal: Proposal) -> None:
        self.bus.publish(ProposalChanged(proposal))

    def signal(self, n: int) -> Signal:
        made = replace(a_proposal().signal, row_ms=NOW + n)
        self.bus.publish(SignalMade(made))
        return made

    async def inputs(self, *signals: Signal) -> list[bytes | None]:
        known = {one.signal.key: one.inputs for one in await self.records.decisions([one.key for one in signals])}
        return [known[one.key] for one in signals]

    async def said(self, subject: str) -> list[tuple[str, str]]:
        return [(line.kind, line.text) for line in await self.records.lines([subject])]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.recorder.close()


async def test_what_signals_saw_is_kept_for_so_many_a_minute_and_for_every_proposal(scene: Scene) -> None:
    signals = [scene.signal(n) for n in range(INPUTS_PER_MINUTE + 5)]
    first, later = signals[:INPUTS_PER_MINUTE], signals[INPUTS_PER_MINUTE:]
    assert await scene.inputs(*first) == [one.key.encode() for one in first]
    assert await scene.inputs(*later) == [None] * 5
    scene.hear(replace(a_proposal(), signals=(later[0], first[0], later[3])))
    assert await scene.inputs(later[0], later[3]) == [later[0].key.encode(), later[3].key.encode()]
    assert await scene.inputs(later[1]) == [None]
    scene.clock.advance(MINUTE_MS)
    fresh = scene.signal(99)
    assert await scene.inputs(fresh) == [fresh.key.encode()]
    decision = (await scene.records.decisions([fresh.key]))[0]
    assert decision.params == '{"of":"momentum"}'


async def test_what_is_held_for_proposals_is_bounded(scene: Scene) -> None:
    signals = [scene.signal(n) for n in range(INPUTS_PER_MINUTE + HELD + 1)]
    oldest, next_ = signals[INPUTS_PER_MINUTE : INPUTS_PER_MINUTE + 2]
    scene.hear(replace(a_proposal(), signals=(oldest, next_)))
    assert await scene.inputs(oldest, next_) == [None, next_.key.encode()]


async def test_a_signal_of_which_the_rows_are_gone_is_kept_without_them(scene: Scene) -> None:
    scene.minds.forgotten = True
    assert await scene.inputs(scene.signal(0)) == [None]


async def test_a_desk_without_strategies_keeps_signals_too(tmp_path: Path, scene: Scene) -> None:
    bus = Bus()
    RecordKeeping(bus, scene.clock, scene.records, None)
    bus.publish(SignalMade(a_proposal().signal))
    assert await scene.records.signals(9) == [a_proposal().signal]


async def test_an_edit_tells_what_was_before_and_what_is_now(scene: Scene) -> None:
    card = replace(a_proposal(), verdict=PASSED)
    scene.hear(card)
    scene.hear(replace(card, edited=True, size=D("0.2"), limit_price=D(96_500), target=None))
    assert await scene.said("p1") == [
        ("open", ""),
        ("verdict", "Every rule passed."),
        ("edited", "size 0.1 → 0.2; limit price at the market → 96500; target 99000 → none"),
    ]


async def test_refusals_and_remarks_are_told_of_the_proposal_an_order_comes_from(scene: Scene) -> None:
    idea, by_hand = order(basis=Basis("momentum", "p1", False, 0.6, 0.6, None)), order()
    for one in (idea, by_hand):
        scene.bus.publish(Refused(one, FAILED, NOW))
        scene.bus.publish(Rejected(one, "no margin", NOW))
    scene.bus.publish(ForTheRecord("edit", "p1", "Edited: size 0.2.", "you"))
    expected = [("refused", "It is too large."), ("rejected", "no margin")]
    assert await scene.said("p1") == [*expected, ("edit", "Edited: size 0.2.")]
    assert await scene.said(by_hand.client_order_id) == expected
    assert [line.data for line in await scene.records.lines(["p1"])][-1] == {"who": "you"}


@pytest.mark.parametrize("seed", range(8))
async def test_in_any_life_of_cards_each_word_is_told_once_and_the_last_figures_are_kept(
    scene: Scene, seed: int
) -> None:
    dice = random.Random(seed)
    cards = {name: replace(a_proposal(), proposal_id=name) for name in ("a", "b", "c")}
    words: dict[str, list[tuple[str, str]]] = {name: [] for name in cards}
    verdicts: dict[str, list[str]] = {name: [] for name in cards}
    for n in range(60):
        name = dice.choice(list(cards))
        card = cards[name]
        change = dice.choice(["figures", "state", "verdict", "nothing"])
        if change == "figures":
            card = replace(card, reference_price=D(97_000 + n))
        elif change == "state":
            card = replace(card, state=dice.choice(list(ProposalState)), state_text=dice.choice(["", "So it is."]))
        elif change == "verdict":
            card = replace(card, verdict=dice.choice([PASSED, FAILED]))
        cards[name] = card
        scene.hear(card)
        words[name].append((card.state.value, card.state_text))
        if card.verdict is not None:
            verdicts[name].append(" ".join(one.sentence for one in card.verdict.failures) or "Every rule passed.")
        if dice.random() < 0.2:
            scene.keeping.look()
        assert scene.keeping.proposal(name) == card
    scene.keeping.look()
    for name, card in cards.items():
        if not words[name]:
            continue
        assert await scene.records.proposal(name) == card
        told = await scene.said(name)
        assert [one for one in told if one[0] != "verdict"] == [one for one, _ in groupby(words[name])]
        assert [text for kind, text in told if kind == "verdict"] == [one for one, _ in groupby(verdicts[name])]
