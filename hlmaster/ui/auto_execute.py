"""How far strategies may go by themselves, over all of them: one word in the top bar, and a menu that explains."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton

from hlmaster.core.model import Mode
from hlmaster.core.proposals import Policy
from hlmaster.core.signals import StrategiesChanged
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.confirm import ask
from hlmaster.ui.readout import set_tone

WORDS = {Policy.OBSERVE: "OFF", Policy.ASK: "ASK ME", Policy.AUTO: "AUTO"}
TONES = {Policy.OBSERVE: "", Policy.ASK: "warning", Policy.AUTO: "up"}
MEANINGS = {
    Policy.OBSERVE: "Ideas are recorded, none is proposed",
    Policy.ASK: "Every idea is a card that waits for your yes",
    Policy.AUTO: "Strategies that you set to auto act alone, within every limit",
}
PADDING = 12


class AutoExecuteButton(QPushButton):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._word = QLabel()
        self._word.setProperty("role", "policy")
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, 0, PADDING, 0)
        row.setSpacing(4)
        for label in (QLabel("Auto-execute:"), self._word):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(label)
        self.clicked.connect(self._open_menu)
        context.bridge.on_fact(self, StrategiesChanged, lambda _: self.refresh())
        self.refresh()

    @property
    def policy(self) -> Policy:
        return self._context.desk.roster.overall

    def sizeHint(self) -> QSize:
        return QSize(self._row.sizeHint().width(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def refresh(self) -> None:
        policy = self.policy
        self._word.setText(WORDS[policy])
        set_tone(self._word, TONES[policy])
        self.setAccessibleName(f"Auto-execute: {WORDS[policy]}")
        self.setToolTip(f"{MEANINGS[policy]}. It caps what each strategy may do; exits and stops go on in any case.")
        self.updateGeometry()

    def menu_of_policies(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        group = QActionGroup(menu)
        for policy in Policy:
            action = QAction(f"{WORDS[policy]}   –   {MEANINGS[policy]}", menu, checkable=True)
            action.setChecked(policy is self.policy)
            action.triggered.connect(lambda _=False, policy=policy: self.choose(policy))
            group.addAction(action)
            menu.addAction(action)
        menu.addSeparator()
        hint = menu.addAction("Each strategy's own policy is set in the Strategies panel")
        hint.setEnabled(False)
        return menu

    def _open_menu(self) -> None:
        self.menu_of_policies().popup(self.mapToGlobal(self.rect().bottomLeft()))

    def choose(self, policy: Policy) -> None:
        """More careful at once; AUTO is asked about first."""
        if policy is Policy.AUTO and self.policy is not Policy.AUTO:
            self._context.run(self._allow_if_meant(), "auto-execute")
        elif policy is not self.policy:
            self._context.desk.engine.set_overall(policy)

    async def _allow_if_meant(self) -> None:
        desk = self._context.desk
        alone = [card.title for card in desk.engine.cards() if card.armed and card.entry.policy is Policy.AUTO]
        now = f"These act alone from now on: {', '.join(alone)}." if alone else NOBODY
        money = " This is real money." if desk.mode is Mode.LIVE else ""
        sentence = f"{now} Every order passes the risk gate; cards of all others still ask you.{money}"
        if await ask(
            self.window(), "Let strategies act alone?", sentence, yes="Let them", no="Keep asking", danger=True
        ):
            desk.engine.set_overall(Policy.AUTO)


NOBODY = "No armed strategy is set to auto yet, so nothing acts alone until you set one so in the Strategies panel."
