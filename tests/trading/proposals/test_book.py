"""Every way a card can go, and that no sequence of events takes it another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hlmaster.core.model import Side
from hlmaster.core.proposals import Policy, Proposal, ProposalState
from hlmaster.core.signals import Direction
from hlmaster.trading.proposals.book import (
    RESTARTED,
    RESTARTED_ON_ITS_WAY,
    ProposalBook,
    capped,
)
from hlmaster.trading.proposals.cards import document_of, remembered
from tests.trading.proposals.cards import NO, YES, card
from tests.trading.scenes import NOW, D

State = ProposalState
LATER = NOW + 1_000
DRIFT, STALE_MS = D("0.3"), 20_000


def book_of(*cards: Proposal, most_open: int = 12) -> ProposalBook:
    book = ProposalBook(most_open)
    for one in cards:
        assert book.offer(one, NOW).why == ""
    return book


def state(book: ProposalBook, name: str = "one") -> State:
    known = book.get(name)
    assert known is not None
    return known.state


# --- deciding ---


def test_approved_and_placed() -> None:
    book = book_of(card())
    (approved,) = book.approve("one", "you", LATER).changed
    assert (approved.state, approved.decided_by, approved.decided_ms) == (State.APPROVED, "you", LATER)
    (placed,) = book.placed("one", ("0x1",), "Filled.").changed
    assert (placed.state, placed.order_ids, placed.state_text) == (State.PLACED, ("0x1",), "Filled.")


def test_a_second_yes_is_told_that_the_first_counts() -> None:
    book = book_of(card())
    book.approve("one", "you", LATER)
    assert book.approve("one", "you", LATER).why == "It has been approved already and is on its way."
    book.placed("one", (), "")
    assert book.approve("one", "you", LATER).why == "It has been approved and placed already."


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda book: book.reject("one", "Too late in the day.", "you", LATER), "It has been rejected."),
        (lambda book: book.tick(NOW + 61_000), "It has expired: Its time ran out 1 s ago."),
        (lambda book: book.withdraw("It was disarmed.", LATER), "It was withdrawn: It was disarmed."),
    ],
)
def test_what_has_ended_says_so_when_it_is_approved(do: object, why: str) -> None:
    book = book_of(card())
    do(book)  # type: ignore[operator]
    assert book.approve("one", "you", LATER).why == why
    assert book.reject("one", "", "you", LATER).why == why


def test_a_refused_one_says_by_what() -> None:
    book = book_of(card())
    book.approve("one", "you", LATER)
    book.refused("one", "Not enough margin.")
    assert "Not enough margin." in book.why_not("one", LATER)
    assert book.placed("one", (), "").why == "It is not on its way."


def test_an_unknown_name_is_told_in_words() -> None:
    assert ProposalBook().why_not("never", NOW) == "This proposal is not known any more."


def test_a_yes_that_comes_a_moment_too_late_is_no_yes() -> None:
    book = book_of(card())
    assert book.approve("one", "you", NOW + 60_000).why == "Its time ran out 0 s ago."
    assert state(book) is State.OPEN, "until the clock is looked at"
    assert [one.state for one in book.tick(NOW + 60_000).changed] == [State.EXPIRED]


def test_snoozed_cards_sleep_wake_and_expire() -> None:
    book = book_of(card("one"), card("two", coin="BTC"))
    book.snooze("one", NOW + 30_000, NOW)
    book.snooze("two", NOW + 90_000, NOW)
    assert book.tick(NOW + 29_999).changed == ()
    assert [(one.proposal_id, one.state) for one in book.tick(NOW + 30_000).changed] == [("one", State.OPEN)]
    assert {one.state for one in book.tick(NOW + 60_000).changed} == {State.EXPIRED}
    assert book.snooze("one", NOW + 90_000, NOW).why.startswith("It has expired")


def test_a_blocked_card_wakes_blocked() -> None:
    book = book_of(card(state=State.BLOCKED, verdict=NO))
    book.snooze("one", NOW + 10_000, NOW)
    (awake,) = book.tick(NOW + 10_000).changed
    assert (awake.state, awake.state_text) == (State.BLOCKED, "The position would be too large.")


# --- the same idea again, and another one ---


def test_the_same_idea_again_refreshes_its_card_and_does_not_pile_up() -> None:
    book = book_of(card())
    (again,) = book.offer(card("two", size=D("0.4"), expires_ms=NOW + 90_000), LATER).changed
    assert (again.proposal_id, again.created_ms, again.size, again.expires_ms) == (
        "one",
        NOW,
        D("0.4"),
        NOW + 90_000,
    )
    assert len(book.all()) == 1


def test_a_refreshed_card_keeps_its_sleep_and_its_edits() -> None:
    book = book_of(card())
    book.snooze("one", NOW + 30_000, NOW)
    book.offer(card("two"), LATER)
    assert state(book) is State.SNOOZED
    edited = book.get("one")
    assert edited is not None
    book.edited(replace(edited, size=D("0.1")), LATER)
    (again,) = book.offer(card("three", size=D("0.4"), confidence=0.9, expires_ms=NOW + 90_000), LATER).changed
    assert (again.size, again.edited, again.confidence, again.expires_ms) == (D("0.1"), True, 0.9, NOW + 90_000)


def test_the_opposite_word_withdraws_the_card() -> None:
    book = book_of(card())
    (gone,) = book.hear("confluence", "ETH", Direction.SHORT, LATER).changed
    assert (gone.state, gone.state_text) == (State.WITHDRAWN, "confluence now says short.")
    assert book.hear("confluence", "ETH", Direction.SHORT, LATER).changed == ()


def test_a_neutral_word_withdraws_and_the_same_word_does_not() -> None:
    book = book_of(card())
    assert book.hear("confluence", "ETH", Direction.LONG, LATER).changed == ()
    assert book.hear("confluence", "ETH", Direction.NEUTRAL, LATER).changed[0].state is State.WITHDRAWN


def test_an_offer_of_the_other_side_takes_the_place_of_the_card() -> None:
    book = book_of(card())
    changed = book.offer(card("two", side=Side.SELL), LATER).changed
    assert [(one.proposal_id, one.state) for one in changed] == [("one", State.WITHDRAWN), ("two", State.OPEN)]


def test_nothing_is_offered_over_a_card_on_its_way() -> None:
    book = book_of(card())
    book.approve("one", "you", LATER)
    assert book.offer(card("two"), LATER).why == "The one before is on its way."
    assert book.hear("confluence", "ETH", Direction.SHORT, LATER).changed == ()


def test_a_rejected_idea_comes_back_only_after_a_change_of_mind() -> None:
    book = book_of(card())
    book.reject("one", "", "you", LATER)
    book.hear("confluence", "ETH", Direction.LONG, LATER)
    assert "changed its mind" in book.offer(card("two"), LATER).why
    assert book.offer(card("three", source="other"), LATER).why == "", "others may"
    book.hear("confluence", "ETH", Direction.NEUTRAL, LATER)
    book.hear("confluence", "ETH", Direction.LONG, LATER)
    assert book.offer(card("four"), LATER).why == ""


def test_a_full_table_makes_room_for_a_stronger_idea_alone() -> None:
    book = book_of(card("one", confidence=0.75), card("two", coin="BTC", confidence=0.8), most_open=2)
    assert "decide some" in book.offer(card("three", coin="SOL", confidence=0.75), LATER).why
    changed = book.offer(card("four", coin="SOL", confidence=0.9), LATER).changed
    assert [(one.proposal_id, one.state) for one in changed] == [("one", State.WITHDRAWN), ("four", State.OPEN)]


def test_an_edited_card_is_never_crowded_out() -> None:
    book = book_of(card("one", confidence=0.7, edited=True), most_open=1)
    assert book.offer(card("two", coin="BTC", confidence=0.9), LATER).why


def test_an_observed_idea_is_kept_and_never_a_card() -> None:
    book = book_of(card(state=State.OBSERVED))
    assert book.cards() == []
    assert book.why_not("one", NOW).startswith("It was only observed")


# --- the market ---


@pytest.mark.parametrize(("price", "moved"), [("3009.1", "+0.30"), ("2990.9", "-0.30")])
def test_a_price_that_drifts_either_way_ends_it_and_says_so(price: str, moved: str) -> None:
    book = book_of(card())
    assert book.see("one", D(3009), None, DRIFT, STALE_MS, LATER).changed == ()
    (gone,) = book.see("one", D(price), None, DRIFT, STALE_MS, LATER).changed
    assert gone.state is State.EXPIRED
    assert gone.state_text.startswith(f"The price drifted by {moved} %, from 3000 to {price}")


@pytest.mark.parametrize(("price", "why"), [("2969", "through its stop at 2970"), ("3061", "its target of 3060")])
def test_a_price_past_stop_or_target_ends_it(price: str, why: str) -> None:
    book = book_of(card())
    (gone,) = book.see("one", D(price), None, D(10), STALE_MS, LATER).changed
    assert why in gone.state_text


def test_stale_data_ends_it_only_when_it_lasts() -> None:
    book = book_of(card(expires_ms=NOW + 600_000))

    def look(price: str | None, stale: str | None, after_ms: int) -> tuple[Proposal, ...]:
        seen = None if price is None else D(price)
        return book.see("one", seen, stale, DRIFT, STALE_MS, NOW + after_ms).changed

    assert look(None, "ETH is quiet.", 0) == ()
    assert look("3000", None, 19_000) == (), "it came back"
    assert look("3000", "ETH is quiet.", 21_000) == ()
    (gone,) = look(None, None, 41_000)
    assert gone.state_text == "Its data went stale for more than 20 s. There is no price."


def test_the_dry_run_blocks_and_opens_and_is_told_once() -> None:
    book = book_of(card())
    (blocked,) = book.judge("one", NO).changed
    assert (blocked.state, blocked.state_text) == (State.BLOCKED, "The position would be too large.")
    assert book.judge("one", NO).changed == ()
    (opened,) = book.judge("one", YES).changed
    assert (opened.state, opened.state_text) == (State.OPEN, "")


# --- over a restart ---


def test_what_was_undecided_comes_back_as_expired_and_rounds_through_the_file() -> None:
    book = book_of(card("one"), card("two", coin="BTC"), card("three", coin="SOL"))
    book.approve("two", "you", LATER)
    book.reject("three", "", "you", LATER)
    kept = remembered({"cards": document_of(book.live())})
    assert kept == book.live()
    later = ProposalBook()
    assert [one.state_text for one in later.restore(kept, LATER).changed] == [RESTARTED, RESTARTED_ON_ITS_WAY]
    assert later.cards() == []
    assert "The program ended" in later.why_not("one", LATER)


@pytest.mark.parametrize("damage", [None, 5, [5], [{}], [{"proposal_id": "x"}]])
def test_damaged_cards_are_left_out(damage: object) -> None:
    assert remembered({"cards": damage}) == []


def test_the_more_careful_policy_counts() -> None:
    table = [(Policy.AUTO, Policy.ASK), (Policy.OBSERVE, Policy.AUTO), (Policy.AUTO, Policy.AUTO)]
    assert [capped(*pair) for pair in table] == [Policy.ASK, Policy.OBSERVE, Policy.AUTO]


# --- whatever happens in whatever order ---

ENDS = {state for state in State if state.is_final}
SOURCES, COINS = ("confluence", "momentum"), ("ETH", "BTC")
names = st.integers(0, 40).map(str)


class AnyOrder(RuleBasedStateMachine):
    """A table of three, two strategies and two coins."""

    def __init__(self) -> None:
        super().__init__()
        self.book = ProposalBook(most_open=3)
        self.now = NOW
        self.count = 0
        self.before: dict[str, State] = {}
        self.declined: set[tuple[str, str, Side]] = set()

    @rule(
        source=st.sampled_from(SOURCES),
        coin=st.sampled_from(COINS),
        side=st.sampled_from(Side),
        ms=st.integers(1, 9_000),
    )
    def idea(self, source: str, coin: str, side: Side, ms: int) -> None:
        fresh = card(
            str(self.count), source=source, coin=coin, side=side, created_ms=self.now, expires_ms=self.now + ms
        )
        self.count += 1
        answer = self.book.offer(fresh, self.now)
        if (source, coin, side) in self.declined:
            assert answer.why
            assert not answer.changed

    @rule(source=st.sampled_from(SOURCES), coin=st.sampled_from(COINS), direction=st.sampled_from(Direction))
    def word(self, source: str, coin: str, direction: Direction) -> None:
        self.book.hear(source, coin, direction, self.now)
        self.declined -= {(source, coin, side) for side in Side if side is not direction.side}

    @rule(name=names, by=st.sampled_from(["you", "policy"]))
    def approve(self, name: str, by: str) -> None:
        could = self.book.why_not(name, self.now) == ""
        assert (self.book.approve(name, by, self.now).why == "") == could

    @rule(name=names)
    def reject(self, name: str) -> None:
        known = self.book.get(name)
        if not self.book.reject(name, "", "you", self.now).why and known is not None:
            self.declined.add((known.source, known.coin, known.side))

    @rule(name=names, ms=st.integers(-10, 5_000))
    def snooze(self, name: str, ms: int) -> None:
        self.book.snooze(name, self.now + ms, self.now)

    @rule(name=names, good=st.booleans())
    def answer(self, name: str, good: bool) -> None:
        if good:
            self.book.placed(name, ("0x1",), "")
        else:
            self.book.refused(name, "")

    @rule(name=names, passes=st.booleans())
    def judge(self, name: str, passes: bool) -> None:
        self.book.judge(name, YES if passes else NO)

    @rule(name=names, price=st.sampled_from([None, "2960", "2999", "3000", "3100"]), stale=st.booleans())
    def see(self, name: str, price: str | None, stale: bool) -> None:
        self.book.see(name, None if price is None else D(price), "Quiet." if stale else None, DRIFT, 2_000, self.now)

    @rule(ms=st.integers(0, 4_000))
    def wait(self, ms: int) -> None:
        self.now += ms
        self.book.tick(self.now)
        assert all(one.expires_ms > self.now for one in self.book.cards())

    @precondition(lambda self: self.count)
    @rule()
    def restart(self) -> None:
        kept = remembered({"cards": document_of(self.book.live())})
        self.book, self.declined, self.before = ProposalBook(most_open=3), set(), {}
        assert {one.state for one in self.book.restore(kept, self.now).changed} <= {State.EXPIRED}

    @invariant()
    def states_go_one_way(self) -> None:
        now = {one.proposal_id: one.state for one in self.book.all()}
        for name, state in now.items():
            old = self.before.get(name)
            if old is not None and old is not state:
                assert old not in ENDS, f"{name} came back from {old} to {state}"
        self.before = now

    @invariant()
    def a_source_has_one_live_card_on_a_coin_and_the_table_is_never_overfull(self) -> None:
        live = [(one.source, one.coin) for one in self.book.live()]
        assert len(live) == len(set(live))
        assert len(self.book.cards()) <= 3


TestAnyOrder = AnyOrder.TestCase
