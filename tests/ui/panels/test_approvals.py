"""A card says what, why, what it can cost and until when; only a meant yes is a yes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.core.opinions import Question
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.core.signals import Direction
from hlmaster.settings import Settings
from hlmaster.trading.risk.safeguards import Safeguards
from hlmaster.ui.analyst_words import second_opinion
from hlmaster.ui.dialogs.checklist import Checklist
from hlmaster.ui.dialogs.confirm import Confirm
from hlmaster.ui.panels.approvals import EMPTY, ApprovalsPanel
from hlmaster.ui.proposal_card import ProposalCard
from hlmaster.ui.teaching import LessonView
from tests.desk.advising.keys import MemoryVault
from tests.insight.fake_ollama import FakeOllama
from tests.ui.advised import advised_settings, says, seen
from tests.ui.desks import settled, until
from tests.ui.proposals import OTHER, Cards, deciding
from tests.ui.questions import met, words


@asynccontextmanager
async def panel(
    qtbot: QtBot, *coins: str, settings: Settings | None = None
) -> AsyncIterator[tuple[Cards, ApprovalsPanel]]:
    async with deciding(*coins, settings=settings) as cards:
        made = ApprovalsPanel(cards.scene.context)
        qtbot.addWidget(made)
        made.resize(284, 700)
        made.show()
        yield cards, made


def button(card: ProposalCard, text: str) -> QPushButton:
    return next(button for button in card.findChildren(QPushButton) if button.text().startswith(text))


async def ready(made: ApprovalsPanel, count: int = 1) -> list[ProposalCard]:
    """The cards, once they take a yes."""
    await until(lambda: len(made.cards()) == count and all(button(c, "Approve").isEnabled() for c in made.cards()))
    return made.cards()


def press(card: ProposalCard, key: Qt.Key) -> None:
    QTest.keyClick(card, key)


def state(cards: Cards, card: Proposal) -> ProposalState:
    return cards.state(card).state


async def test_a_card_tells_the_trade_its_reasons_its_cost_and_its_clock(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        said = words(card)
        for expected in ("ETH", "LONG", "@ market", "book skew 1.42", "<b>0.81</b>", "RISK", "STOP ×3", "TARGET"):
            assert expected in said
        assert f"{proposal.size} @ market" in said
        assert "00:" in said or "01:00" in said


async def test_no_card_says_what_will_appear_and_how(qtbot: QtBot) -> None:
    async with panel(qtbot) as (_, made):
        lesson = made.findChild(LessonView)
        assert lesson is not None
        assert lesson.accessibleName().startswith(f"{EMPTY[0]}. When an armed strategy")


async def test_enter_sends_it_and_the_position_is_there(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        made.focus_first()
        press(card, Qt.Key.Key_Return)
        await settled(cards.scene)
        assert state(cards, proposal) is ProposalState.PLACED
        assert cards.scene.desk.portfolio.size("ETH") == proposal.size
        await until(lambda: not made.cards())


async def test_twice_yes_is_one_order(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        button(card, "Approve").click()
        card.answered.emit("approve")
        await settled(cards.scene)
        assert cards.scene.desk.portfolio.size("ETH") == proposal.size
        assert "already" in cards.scene.sentences()


async def test_a_card_that_has_just_come_takes_no_yes_yet(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        await until(made.cards)
        press(made.cards()[0], Qt.Key.Key_Return)
        assert state(cards, proposal) is ProposalState.OPEN


async def test_an_enter_meant_for_a_card_that_went_says_yes_to_no_other(qtbot: QtBot) -> None:
    async with panel(qtbot, "ETH", "SOL") as (cards, made):
        first = cards.open(valid_until_ms=cards.scene.clock.now_ms() + 30_000)
        second = cards.open("SOL")
        shown = await ready(made, 2)
        made.focus_first()
        cards.say("ETH", Direction.SHORT, confidence=0.1)
        await until(lambda: state(cards, first) is ProposalState.WITHDRAWN)
        await ready(made)
        assert not made.cards()[0].hasFocus()
        assert shown[1] in made.cards()
        QTest.keyClick(made, Qt.Key.Key_Return)
        assert state(cards, second) is ProposalState.OPEN


async def test_backspace_says_no_and_the_next_card_has_the_focus(qtbot: QtBot) -> None:
    async with panel(qtbot, "ETH", "SOL") as (cards, made):
        first = cards.open(valid_until_ms=cards.scene.clock.now_ms() + 30_000)
        cards.open("SOL")
        shown = await ready(made, 2)
        made.activateWindow()
        made.focus_first()
        press(shown[0], Qt.Key.Key_Backspace)
        await until(lambda: made.cards() == [shown[1]] and shown[1].hasFocus())
        assert state(cards, first) is ProposalState.REJECTED


async def test_arrows_go_from_card_to_card(qtbot: QtBot) -> None:
    async with panel(qtbot, "ETH", "SOL") as (cards, made):
        cards.open(valid_until_ms=cards.scene.clock.now_ms() + 30_000)
        cards.open("SOL")
        shown = await ready(made, 2)
        made.activateWindow()
        made.focus_first()
        await until(shown[0].hasFocus)
        press(shown[0], Qt.Key.Key_Down)
        assert shown[1].hasFocus()
        press(shown[1], Qt.Key.Key_Up)
        assert shown[0].hasFocus()


async def test_later_takes_it_out_of_the_way(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        press(card, Qt.Key.Key_S)
        await until(lambda: not made.cards())
        assert state(cards, proposal) is ProposalState.SNOOZED


async def test_what_the_gate_blocks_says_why_and_has_no_yes(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        cards.scene.desk.pause()
        await until(lambda: button(card, "Approve").isHidden())
        assert state(cards, proposal) is ProposalState.BLOCKED
        assert "blocked" in words(card)
        press(card, Qt.Key.Key_Return)
        cards.scene.desk.resume()
        await until(lambda: not button(card, "Approve").isHidden())
        assert state(cards, proposal) is ProposalState.OPEN
        assert not button(card, "Approve").isEnabled()


async def test_time_runs_out_and_the_card_goes(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open(valid_until_ms=cards.scene.clock.now_ms() + 400)
        await until(made.cards)
        await until(lambda: not made.cards())
        assert state(cards, proposal) is ProposalState.EXPIRED
        outcome = await cards.proposing.approve(proposal.proposal_id)
        assert not outcome.ok
        assert "expired" in outcome.sentence


async def test_while_disconnected_a_yes_places_nothing_and_says_why(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        cards.open()
        (card,) = await ready(made)
        cards.scene.bus.publish(LinkChanged(LinkState.DISCONNECTED, "The connection was lost."))
        sent = len(cards.scene.venue.sent)
        card.answered.emit("approve")
        await settled(cards.scene)
        assert not any(prepared.orders for prepared in cards.scene.venue.sent[sent:])
        assert cards.scene.sentences()


@pytest.mark.parametrize("yes", [True, False])
async def test_all_are_approved_only_when_meant(qtbot: QtBot, yes: bool) -> None:
    async with panel(qtbot, "ETH", "SOL") as (cards, made):
        proposals = [cards.open(), cards.open("SOL", strategy=OTHER)]
        await ready(made, 2)
        assert made.header is not None
        next(b for b in made.header.findChildren(QPushButton) if b.text() == "Approve all").click()
        question = await met(Confirm)
        assert "at risk in all" in words(question)
        (question.yes if yes else question.no).click()
        await settled(cards.scene)
        expected = ProposalState.PLACED if yes else ProposalState.OPEN
        assert [state(cards, proposal) for proposal in proposals] == [expected] * 2


async def test_all_can_be_rejected(qtbot: QtBot) -> None:
    async with panel(qtbot, "ETH", "SOL") as (cards, made):
        proposals = [cards.open(), cards.open("SOL")]
        await ready(made, 2)
        assert made.header is not None
        next(b for b in made.header.findChildren(QPushButton) if b.text() == "Reject all").click()
        assert {state(cards, proposal) for proposal in proposals} == {ProposalState.REJECTED}


async def test_space_shows_what_it_does_to_every_limit(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        low = card.sizeHint().height()
        press(card, Qt.Key.Key_Space)
        assert card.sizeHint().height() > low
        assert len(proposal.effects) > 1


async def test_what_can_be_approved_comes_before_what_is_blocked(qtbot: QtBot) -> None:
    async with panel(qtbot, "ETH", "SOL") as (cards, made):
        cards.open(valid_until_ms=cards.scene.clock.now_ms() + 30_000)
        cards.open("SOL")
        await ready(made, 2)
        edited = cards.proposing.edit(cards.proposing.open()[0].proposal_id, {"size": Decimal(5)})
        assert "exposure" in edited.sentence.lower()
        await until(lambda: [card.proposal.coin for card in made.cards() if card.proposal] == ["SOL", "ETH"])


async def test_many_reasons_against_it_are_one_and_how_many_more(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        proposal = cards.open()
        (card,) = await ready(made)
        cards.proposing.edit(proposal.proposal_id, {"size": Decimal(5)})
        await until(lambda: "more reason" in words(card))
        short = len(words(card))
        press(card, Qt.Key.Key_Space)
        assert "more reason" not in words(card)
        assert len(words(card)) > short


async def test_a_card_is_approved_only_with_the_whole_checklist_ticked(qtbot: QtBot) -> None:
    asking = Settings(safeguards=Safeguards(checklist=("The stop is set.",)))
    async with panel(qtbot, settings=asking) as (cards, made):
        proposal = cards.open()
        for ticked, expected in ((False, ProposalState.OPEN), (True, ProposalState.PLACED)):
            (card,) = await ready(made)
            button(card, "Approve").click()
            dialog = await met(Checklist)
            assert state(cards, proposal) is ProposalState.OPEN
            dialog.boxes[0].setChecked(ticked)
            (dialog.yes if ticked else dialog.no).click()
            await settled(cards.scene)
            assert state(cards, proposal) is expected


@asynccontextmanager
async def advised_panel(qtbot: QtBot, folder: Path, host: str) -> AsyncIterator[tuple[Cards, ApprovalsPanel]]:
    settings = advised_settings(host).model_copy(update={"protection": Settings().protection})
    async with deciding(settings=settings, folder=folder / "sessions" / "demo", counsel=MemoryVault()) as cards:
        made = ApprovalsPanel(cards.scene.context)
        qtbot.addWidget(made)
        made.resize(284, 700)
        made.show()
        assert cards.scene.desk.advising is not None
        await seen(cards.scene.desk.advising)
        yield cards, made


@pytest.mark.parametrize(
    ("answer", "direction", "second", "tone"),
    [
        ("YES", Direction.LONG, "AI agrees 7/10: “Higher lows for ten candles.", "up"),
        ("NO", Direction.LONG, "AI disagrees 7/10: “Higher lows for ten candles.", "warning"),
    ],
)
async def test_the_analyst_is_asked_about_a_card_and_its_word_stands_on_it(
    qtbot: QtBot, tmp_path: Path, answer: str, direction: Direction, second: str, tone: str
) -> None:
    async with (
        FakeOllama(answer=says(enter=answer)) as server,
        advised_panel(qtbot, tmp_path, server.host) as (cards, made),
    ):
        cards.open(direction=direction)
        (card,) = await ready(made)
        assert not card.second.isVisible()
        button(card, "Ask AI").click()
        await until(card.second.isVisible)
        assert card.second.text().startswith(second)
        assert card.second.property("tone") == tone
        assert card.second.textFormat() is Qt.TextFormat.PlainText
        assert len(server.chats) == 1


async def test_an_opinion_on_the_coin_counts_on_the_card_until_it_expires(qtbot: QtBot, tmp_path: Path) -> None:
    async with FakeOllama(answer=says("SHORT")) as server, advised_panel(qtbot, tmp_path, server.host) as (cards, made):
        advising = cards.scene.desk.advising
        assert advising is not None
        cards.open()
        (card,) = await ready(made)
        advising.analyst.ask("ETH", Question.MARKET)
        await until(lambda: card.second.text().startswith("AI disagrees 7/10"))
        proposal, now = card.proposal, cards.scene.clock.now_ms()
        assert proposal is not None
        assert second_opinion(advising, proposal, now + 15 * 60_000) == ("", "")
        assert second_opinion(None, proposal, now) == ("", "")


async def test_without_an_analyst_there_is_nobody_to_ask(qtbot: QtBot) -> None:
    async with panel(qtbot) as (cards, made):
        cards.open()
        (card,) = await ready(made)
        assert "Ask AI" not in [one.text() for one in card.findChildren(QPushButton)]
        press(card, Qt.Key.Key_A)
        assert not card.second.isVisible()
