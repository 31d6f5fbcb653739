"""Which trades a person is asked about, and which tags lie ready."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hlmaster.core.clock import DAY_MS
from hlmaster.core.proposals import Policy
from hlmaster.desk.proposing import BY_POLICY, YOU
from hlmaster.ui.journal_prompt import USUAL, Unwritten, ready_tags, wanted_words
from tests.ui.decided import proposal, ready, signal, trade
from tests.ui.desks import NOW


async def test_only_fresh_trades_of_a_person_without_a_word_want_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        wants = Unwritten(scene.desk)
        bare = trade(1, source="manual", proposal_id="")
        assert wants(bare)
        now = scene.clock.now_ms()
        for changes in (
            {"closed_ms": 0},
            {"superseded": True},
            {"tags": ("late",)},
            {"note": "Waited."},
            {"closed_ms": now - 8 * DAY_MS},
        ):
            assert not wants(replace(bare, **changes))
        made = proposal(signal(NOW))
        for decided_by, asked in ((YOU, True), (BY_POLICY, False)):
            known = replace(made, decided_by=decided_by)
            monkeypatch.setattr(scene.desk.proposing.book, "get", lambda name, known=known: known)
            assert wants(trade(2)) is asked
        monkeypatch.setattr(scene.desk.proposing.book, "get", lambda name: None)
        assert wants(trade(2))
        monkeypatch.setattr(scene.desk.proposing, "policy", lambda source: Policy.AUTO)
        assert not wants(trade(2)), "its policy acts alone, as far as anybody knows"


async def test_what_is_set_aside_is_forgotten_with_its_time() -> None:
    async with ready() as scene:
        wants = Unwritten(scene.desk)
        one = trade(1, source="manual", proposal_id="")
        wants.aside |= {one.trade_id, "old", "gone"}
        assert not wants(one)
        wants.forget([one, replace(one, trade_id="old", closed_ms=scene.clock.now_ms() - 9 * DAY_MS)])
        assert wants.aside == {one.trade_id}


def test_own_tags_come_before_the_usual_ones() -> None:
    kept = [trade(n, tags=tags) for n, tags in enumerate((("trend", "late"), ("trend",), ()))]
    assert ready_tags(kept) == ("trend", "late", "planned", "early", "impulse", "too big")
    assert ready_tags([]) == USUAL
    assert (wanted_words(1), wanted_words(2)) == ("1 trade wants a note", "2 trades want a note")
