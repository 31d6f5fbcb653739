"""Why? tells everything that is kept, in order; what did not happen is called hypothetical."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import StorageError
from hlmaster.core.model import Side
from hlmaster.core.proposals import Proposal, ProposalState
from hlmaster.core.records import Decision, Dossier, Ghost, GhostState, Line, Trade
from hlmaster.ui.dialogs.dossier import DossierDialog, open_dossier
from hlmaster.ui.dossier_page import HYPOTHETICAL, dossier_page
from hlmaster.ui.theme import theme
from tests.ui.desks import NOW, settled, until
from tests.ui.proposals import deciding, signal

D = Decimal
NOTHING = Dossier(None, (), (), (), (), None, None)
GHOST = Ghost(
    "p1", "confluence", "ETH", Side.BUY, D(1), D(3434), False, (), D(3460), D(1), D(1), D(10), NOW, NOW, NOW,
    GhostState.TARGET, D(0), net=D(25),
)  # fmt: skip
OPENED = ("t1", "ETH", Side.BUY, NOW, NOW + 60_000, D(1), D(3434), D(3420))
TRADE = Trade(*OPENED, D(-14), D(2), D(0), "stop", "confluence", risk=D(16))


def page(**parts: object) -> str:
    return dossier_page(replace(NOTHING, **parts), theme("dark"), None)  # type: ignore[arg-type]


def test_a_decision_tells_what_was_seen_with_which_parameters_and_code() -> None:
    said = replace(signal(NOW), version="ab12")
    text = page(decisions=(Decision(said, '{"fast": 9, "slow": 21}', None),))
    for expected in ("confluence said long with 0.81", "Book skew", "over 1.2", "fast 9, slow 21", "ab12", "not kept"):
        assert expected in text


def test_what_strategies_wrote_is_text_and_never_markup() -> None:
    said = replace(signal(NOW), reason="<img src=x> & more")
    assert "&lt;img src=x&gt; &amp; more" in page(decisions=(Decision(said, "", None),))


def test_the_history_says_who() -> None:
    text = page(lines=(Line("p1", NOW, "edited", "size 1 → 2", {"by": "you"}),))
    assert "size 1 → 2 (you)" in text


def test_an_outcome_and_a_ghost_are_told_apart() -> None:
    traded, ghost = page(trade=TRADE), page(ghost=GHOST)
    assert "-$16.00" in traded
    assert "-1.00 times its risk" in traded
    assert HYPOTHETICAL not in traded
    assert HYPOTHETICAL in ghost
    assert "+$25.00" in ghost


async def test_it_shows_the_card_at_once_and_follows_what_becomes_of_it(qtbot: QtBot) -> None:
    async with deciding() as cards:
        window = QWidget()
        qtbot.addWidget(window)
        window.show()
        proposal = cards.open()
        dialog = open_dossier(cards.scene.context, proposal, window)
        await settled(cards.scene)
        assert "How the size came about" in dialog.page.toPlainText()
        assert "The risk gate, rule by rule" in dialog.page.toPlainText()
        await cards.proposing.approve(proposal.proposal_id)
        await until(lambda: "Orders" in dialog.page.toPlainText())
        assert cards.state(proposal).state is ProposalState.PLACED
        await until(lambda: "placed by you" in dialog.page.toPlainText())


async def test_what_cannot_be_read_is_said_and_the_card_is_still_there(qtbot: QtBot) -> None:
    async with deciding() as cards:
        proposal: Proposal = cards.open()

        async def load(key: str) -> Dossier:
            raise StorageError(f"Nothing is kept of {key}.", "It may belong to another session.")

        dialog = DossierDialog(cards.scene.context, proposal.proposal_id, load, proposal)
        qtbot.addWidget(dialog)
        await settled(cards.scene)
        assert "Nothing is kept of" in dialog.message.text()
        assert "The idea" in dialog.page.toPlainText()
        assert not dialog.replay.isEnabled()
