"""Every figure follows what is typed; what cannot be is said in a sentence, and the card stays as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.core.signals import Direction
from hlmaster.ui.dialogs.proposal_edit import LIMIT, MARKET, POST_ONLY, ProposalEdit
from tests.ui.proposals import Cards, deciding

D = Decimal


@asynccontextmanager
async def editing(
    qtbot: QtBot, direction: Direction = Direction.LONG
) -> AsyncIterator[tuple[Cards, Proposal, ProposalEdit]]:
    async with deciding() as cards:
        proposal = cards.open(direction=direction)
        window = QWidget()
        qtbot.addWidget(window)
        window.show()
        dialog = ProposalEdit(cards.scene.context, proposal, window)
        dialog.open()
        yield cards, proposal, dialog


async def test_it_opens_with_the_card_as_it_is(qtbot: QtBot) -> None:
    async with editing(qtbot) as (_, proposal, dialog):
        read = dialog.read()
        assert not read.problem
        assert read.changes["size"] == proposal.size
        assert dialog.kind.value == MARKET
        assert read.changes["target"] == proposal.target
        assert len(dialog.stops.rows) == 3
        assert dialog.apply_button.isEnabled()


async def test_figures_follow_while_one_types_and_nothing_is_changed_yet(qtbot: QtBot) -> None:
    async with editing(qtbot) as (cards, proposal, dialog):
        before = dialog.figures.figures["risk"].text
        dialog.size_field.set_value(proposal.size / 2 // D("0.0001") * D("0.0001"))
        assert dialog.figures.figures["risk"].text != before
        assert cards.state(proposal).size == proposal.size


async def test_a_smaller_size_is_on_the_card_and_marked_as_edited(qtbot: QtBot) -> None:
    async with editing(qtbot) as (cards, proposal, dialog):
        dialog.size_field.set_value(D("0.1"))
        dialog.apply_button.click()
        now = cards.state(proposal)
        assert (now.size, now.edited, now.state) == (D("0.1"), True, ProposalState.OPEN)
        assert now.risk < proposal.risk
        assert not dialog.isVisible()


@pytest.mark.parametrize(("kind", "post_only"), [(LIMIT, False), (POST_ONLY, True)])
async def test_a_limit_price_begins_at_the_price_it_was_proposed_at(qtbot: QtBot, kind: str, post_only: bool) -> None:
    async with editing(qtbot) as (cards, proposal, dialog):
        dialog.kind.choose(kind)
        assert dialog.price_field.value is not None
        dialog.price_field.set_value(D(3433))
        dialog.apply_button.click()
        now = cards.state(proposal)
        assert (now.limit_price, now.post_only) == (D(3433), post_only)


async def test_one_stop_in_the_place_of_three_and_no_target(qtbot: QtBot) -> None:
    async with editing(qtbot) as (cards, proposal, dialog):
        dialog.stops.rows[2].remove.click()
        dialog.stops.rows[1].remove.click()
        dialog.stops.rows[0].price.set_value(D(3400))
        dialog.target_field.clear()
        dialog.apply_button.click()
        now = cards.state(proposal)
        assert now.stops == ((D(3400), proposal.size),)
        assert now.target is None


async def test_a_tier_can_be_added_and_has_to_be_priced(qtbot: QtBot) -> None:
    async with editing(qtbot) as (_, _, dialog):
        dialog.stops.add.click()
        assert dialog.message.text() == "Enter a price for each stop."
        assert not dialog.apply_button.isEnabled()
        dialog.stops.rows[3].price.set_value(D(3400))
        assert dialog.apply_button.isEnabled()


Bad = Callable[[ProposalEdit], object]
BAD: tuple[tuple[Bad, str], ...] = (
    (lambda dialog: dialog.size_field.setText("many"), "not a number"),
    (lambda dialog: dialog.size_field.clear(), "Enter the size"),
    (lambda dialog: dialog.size_field.setText("-1"), "above zero"),
    (lambda dialog: dialog.size_field.setText("0.12345678"), "lots of"),
    (lambda dialog: dialog.size_field.setText("1,5"), "two ways"),
    (lambda dialog: dialog.target_field.setText("3000"), "must lie above"),
    (lambda dialog: dialog.target_field.setText("3450.123456"), "price grid"),
    (lambda dialog: dialog.stops.rows[0].price.setText("3420"), "nearest first"),
    (lambda dialog: dialog.stops.rows[0].share.setText("0"), "share above zero"),
)


@pytest.mark.parametrize(("spoil", "sentence"), BAD)
async def test_what_cannot_be_is_said_and_cannot_be_applied(qtbot: QtBot, spoil: Bad, sentence: str) -> None:
    async with editing(qtbot) as (cards, proposal, dialog):
        spoil(dialog)
        assert sentence in dialog.message.text()
        assert not dialog.apply_button.isEnabled()
        dialog._apply()
        assert cards.state(proposal) == proposal
        assert dialog.isVisible()


async def test_what_the_gate_would_block_says_so(qtbot: QtBot) -> None:
    async with editing(qtbot) as (_, _, dialog):
        dialog.size_field.set_value(D(5))
        assert "It would be blocked" in dialog.message.text()


async def test_a_card_that_ends_meanwhile_can_only_be_closed(qtbot: QtBot) -> None:
    async with editing(qtbot) as (cards, proposal, dialog):
        cards.proposing.reject(proposal.proposal_id)
        assert "rejected" in dialog.message.text()
        assert not dialog.apply_button.isEnabled()
