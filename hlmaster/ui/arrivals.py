"""A card that arrives is heard and seen outside the window too; many at once make one sound and one notification."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from hlmaster.core.model import Side
from hlmaster.core.proposals import Policy, Proposal, ProposalChanged, ProposalState
from hlmaster.ui.context import Context
from hlmaster.ui.sounds import Sound, Sounds

GATHER_SECONDS = 0.2
ALONE_SECONDS = 2.0
"""What its policy lets act alone is gone by then; what is not needs a person after all."""
QUIET_SECONDS = 5.0
"""Between one notification and the next."""
NAMED = 3
SHOWN_MS = 8_000


class Tray:
    """The system's notifications, where it has them."""

    def __init__(self, icon: QIcon, parent: QWidget, clicked: Callable[[], None]) -> None:
        self._icon = QSystemTrayIcon(icon, parent)
        self._icon.setToolTip("HyperliquidMaster")
        self._icon.messageClicked.connect(clicked)
        self._icon.activated.connect(lambda _: clicked())

    def show(self, title: str, text: str) -> None:
        self._icon.show()
        self._icon.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information, SHOWN_MS)

    def hide(self) -> None:
        self._icon.hide()


class Arrivals(QWidget):
    """Listens for as long as it lives. ``opened``: the user clicked the notification and wants to see the cards."""

    opened = Signal()
    announced = Signal(str, str)
    """Title and text, whether or not the settings let them out of the window."""

    def __init__(self, context: Context, sounds: Sounds, window: QWidget) -> None:
        super().__init__(window)
        self.hide()
        self._context, self._sounds, self._window = context, sounds, window
        self._known: set[str] = set()
        self._new: dict[str, float] = {}
        """When each is due, monotonic."""
        self._again_at = 0.0
        self.tray: Tray | None = None
        """Made with the first card: asking the system for it takes a while."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._announce)
        context.bridge.on_fact(self, ProposalChanged, self._on_change)

    def _on_change(self, fact: ProposalChanged) -> None:
        proposal = fact.proposal
        if proposal.state.is_final:
            self._known.discard(proposal.proposal_id)
        elif proposal.state is ProposalState.OPEN and proposal.proposal_id not in self._known:
            self._known.add(proposal.proposal_id)
            desk = self._context.desk
            alone = desk.proposing.policy(proposal.source) is Policy.AUTO
            self._new[proposal.proposal_id] = desk.clock.monotonic() + (ALONE_SECONDS if alone else GATHER_SECONDS)
            self._wait()

    def _wait(self) -> None:
        if self._new:
            due = max(self._again_at, min(self._new.values())) - self._context.desk.clock.monotonic()
            self._timer.start(max(0, int(due * 1000) + 1))

    def _announce(self) -> None:
        now = self._context.desk.clock.monotonic()
        due = {name for name, at in self._new.items() if at <= now + GATHER_SECONDS}
        self._new = {name: at for name, at in self._new.items() if name not in due}
        waiting = [card for card in self._context.desk.proposing.open() if card.state is ProposalState.OPEN]
        if cards := [card for card in waiting if card.proposal_id in due]:
            self._again_at = now + QUIET_SECONDS
            self._tell(*self._words(cards))
        self._wait()

    def _tell(self, title: str, text: str) -> None:
        self.announced.emit(title, text)
        self._sounds.play(Sound.CARD)
        QApplication.alert(self._window)
        if self._context.desk.settings.general.card_notification and not self._window.isActiveWindow():
            self._notify(title, text)

    def _words(self, cards: list[Proposal]) -> tuple[str, str]:
        desk = self._context.desk
        sides = {Side.BUY: "long", Side.SELL: "short"}
        lines = [f"{card.coin} {sides[card.side]}, {desk.title(card.source)}" for card in cards[:NAMED]]
        if len(cards) > NAMED:
            lines.append(f"and {len(cards) - NAMED} more")
        title = "A proposal waits for you" if len(cards) == 1 else f"{len(cards)} proposals wait for you"
        return title, "\n".join(lines)

    def _notify(self, title: str, text: str) -> None:
        if self.tray is None:
            if not QSystemTrayIcon.isSystemTrayAvailable():
                return
            self.tray = Tray(self._window.windowIcon(), self._window, self.opened.emit)
        self.tray.show(title, text)
