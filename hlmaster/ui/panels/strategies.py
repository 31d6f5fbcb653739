"""Every strategy with its state, what it may do, and what it has said: armed, chosen and explained here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from hlmaster.core.clock import DAY_MS
from hlmaster.core.errors import ConfigError
from hlmaster.core.events import Severity
from hlmaster.core.proposals import Policy
from hlmaster.core.records import TradeChanged
from hlmaster.core.signals import StrategiesChanged
from hlmaster.desk.outcome import Outcome
from hlmaster.strategies.card import Standing, StrategyCard
from hlmaster.strategies.known import BUILT_IN
from hlmaster.ui.context import Context
from hlmaster.ui.decisions import decisions_of
from hlmaster.ui.panels.strategy_details import StrategyDetails, has_page
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.regimes import regimes_of
from hlmaster.ui.strategy_rows import POLICIES, StrategyRow, columns
from hlmaster.ui.strategy_state import Warming, state_of
from hlmaster.ui.table import Action, Cell
from hlmaster.ui.trial import Trial, Trials
from hlmaster.ui.why import show, why_nothing

DETAILS_WIDTH = 330
ADOPTED = "They count from the next decision on; positions stay as they are."


class StrategiesPanel(TablePanel):
    KEY = "strategies"
    TITLE = "Strategies"
    EMPTY = (
        "No strategies yet",
        "They are listed once the desk is connected. Your own files in their folder appear by themselves.",
    )

    def __init__(self, context: Context) -> None:
        self._decisions = decisions_of(context)
        self._warming, self._trials = Warming(context.desk.engine), Trials(context.desk)
        self._beginning: set[str] = set()
        """Strategies whose challenger is being started."""
        super().__init__(context, columns(self._actions), lambda row: row.card.name, self._rows)
        self.header = self._header()
        self.details = StrategyDetails(context)
        self.details.wanted.connect(self._act)
        self.put_beside(self.details, DETAILS_WIDTH)
        self.table.acted.connect(self._act)
        self.table.opened.connect(partial(self._with_name, "parameters"))
        self.table.menu_wanted.connect(self._fill_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_details())
        self.model.applied.connect(self._on_applied)
        self._decisions.changed.connect(self.touch_if_seen)
        context.theme_changed.connect(lambda _: self._show_details())
        context.bridge.on_fact(self, StrategiesChanged, lambda _: self.model.touch())
        context.bridge.on_fact(self, TradeChanged, lambda _: self.touch_if_seen())
        self.model.flush()

    def help_page(self) -> str:
        name = self.chosen
        return f"strategies/{name}" if name and has_page(name) else "writing_a_strategy"

    @property
    def chosen(self) -> str:
        """The name of the strategy in the current row; empty without one."""
        index = self.table.currentIndex()
        return str(self.model.key_at(index.row())) if index.isValid() else ""

    def _header(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 3, 0, 3)
        row.setSpacing(6)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        row.addWidget(self.summary)
        row.addStretch(1)
        for text, tip, work in (
            ("Open folder", "Where your own strategies live, one file each", self._open_folder),
            ("Load anew", "Read your folder again and try again what is broken", self._reload),
        ):
            button = QPushButton(text)
            button.setProperty("role", "ghost")
            button.setToolTip(tip)
            button.clicked.connect(work)
            row.addWidget(button)
        return header

    # --- rows ---

    def _rows(self) -> list[StrategyRow]:
        desk = self.context.desk
        signals, proposals = self._decisions.counts(desk.clock.now_ms() // DAY_MS * DAY_MS)
        trials = self._trials()
        return [
            self._row(card, signals[card.name], proposals[card.name], trials.get(card.name))
            for card in desk.engine.cards()
        ]

    def _row(self, card: StrategyCard, signals: int, proposals: int, trial: Trial | None) -> StrategyRow:
        desk = self.context.desk
        tally = desk.tallies.of(card.name)
        state, doubt = state_of(card, self._warming(card))
        regimes = regimes_of(card.entry.regimes, desk.regimes, card.coins)
        return StrategyRow(card, state, doubt, signals, proposals, tally.net if tally.trades else None, trial, regimes)

    def _on_age(self) -> None:
        """Warming up goes on without a fact."""
        if self.isVisible():
            self.model.touch()

    def _on_applied(self) -> None:
        listed: list[StrategyRow] = self.model.rows()
        armed = sum(row.card.armed for row in listed)
        broken = sum(row.card.standing is Standing.BROKEN for row in listed)
        challenged = sum(row.trial is not None for row in listed)
        self.counted.emit(armed or -1)
        told = [f"{armed} of {len(listed)} armed"] + ([f"{broken} broken"] if broken else [])
        told += [f"{challenged} challenged on paper"] if challenged else []
        self.summary.setText(" · ".join(told) if listed else "")
        if listed and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._show_details()

    def _show_details(self) -> None:
        self.details.show_row(self.model.get(self.chosen) if self.chosen else None)

    def _actions(self, row: StrategyRow) -> Cell:
        card = row.card
        if card.params is None:
            return Cell(actions=(Action("reload", "Load anew", "Read its file again", key=Qt.Key.Key_L),))
        armed = Action("disarm", "Disarm", "No further word from it; positions stay (A)", key=Qt.Key.Key_A)
        arm = Action("arm", "Arm", "It runs once its checks have passed (A)", key=Qt.Key.Key_A)
        return Cell(
            actions=(
                armed if card.armed else arm,
                Action("menu", "▾", "Parameters, policy, coins … (M)", key=Qt.Key.Key_M),
                Action("why", "Why?", "Why it does nothing on the coin in focus (W)", key=Qt.Key.Key_W),
            )
        )

    # --- verbs ---

    def _with_name(self, verb: str, name: str) -> None:
        self._act(name, verb)

    def _act(self, name: str, verb: str) -> None:
        row = self.model.get(name)
        if row is None:
            return
        engine = self.context.desk.engine
        verbs: dict[str, Callable[[], object]] = {
            "arm": lambda: self.context.run(self._arm(row.card), f"arm {name}"),
            "disarm": lambda: self._do(lambda: engine.disarm(name)),
            "menu": lambda: self._offer(name),
            "why": lambda: why_nothing(self.context, name, self.context.coin, self),
            "parameters": lambda: self._open_parameters(row.card),
            "scope": lambda: self._open_scope(row.card),
            "check": lambda: self._do(lambda: engine.run_checks(name), f"{row.card.title}: its checks are running."),
            "reload": self._reload,
            "veto": lambda: self._open_veto(row.card),
            "swap": lambda: self._open_swap(row.card),
            "challenge": lambda: self._open_challenge(row.card),
            "adopt": lambda: self.context.run(self._adopt(row.card, row.trial), f"adopt for {name}"),
            "withdraw": lambda: self.context.run(self._withdraw(name), f"stop the challenger of {name}"),
            "help": lambda: self.context.help_wanted.emit(self.help_page()),
        }
        verbs[verb]()

    def _fill_menu(self, name: str, menu: QMenu) -> None:
        row = self.model.get(name)
        if row is None:
            return
        card = row.card

        def add(text: str, verb: str) -> QAction:
            return menu.addAction(text, partial(self._act, name, verb))

        if card.params is None:
            add("Load anew\tL", "reload")
            return
        add("Disarm\tA" if card.armed else "Arm …\tA", "disarm" if card.armed else "arm")
        add("Parameters …\tEnter", "parameters")
        policies = menu.addMenu("Policy")
        for policy, words in POLICIES.items():
            item = policies.addAction(words, partial(self._set_policy, name, policy))
            item.setCheckable(True)
            item.setChecked(card.entry.policy is policy)
        add("Coins, regimes and role …", "scope")
        menu.addSeparator()
        if row.trial is not None:
            add("Adopt its challenger's parameters …", "adopt")
            add("Stop its challenger", "withdraw")
        elif card.about.origin == BUILT_IN:
            add("Run a challenger on paper …", "challenge").setEnabled(name not in self._beginning)
        menu.addSeparator()
        add("Why nothing? …\tW", "why")
        add("Run its checks", "check")
        add("Veto on a coin …", "veto")
        add("Give it a coin …", "swap")
        add("Its page of help\tF1", "help")

    def _offer(self, name: str) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_menu(name, menu)
        menu.popup(self.table.button_place(name, "menu"))

    async def _arm(self, card: StrategyCard) -> None:
        """A warning is read before, and never by the way."""
        from hlmaster.ui.dialogs.confirm import ask

        if card.about.warning and not await ask(
            self, f"Arm {card.title}?", card.about.warning, "I have read this: arm it", danger=True
        ):
            return
        self.context.desk.engine.arm(card.name)

    def _set_policy(self, name: str, policy: Policy) -> None:
        self._do(lambda: self.context.desk.engine.set_policy(name, policy))

    def _do(self, verb: Callable[[], object], done: str = "") -> None:
        try:
            verb()
        except ConfigError as error:
            self.context.notify(Severity.ERROR, error.sentence, error.code, error.cure)
        else:
            if done:
                self.context.notify(Severity.INFO, done)
        self.model.touch()

    def _reload(self) -> None:
        self._do(self.context.desk.engine.reload, "Your strategies are being loaded anew.")

    def _open_folder(self) -> None:
        folder = self.context.desk.strategies_folder
        if folder is None:
            self.context.notify(Severity.INFO, "This desk has no folder of strategies: it is not kept on disk.")
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            cure = "Check the permissions of the folder above it."
            self.context.notify(Severity.ERROR, f"{folder} cannot be made: {error.strerror}.", "STO-001", cure)
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.context.notify(Severity.INFO, f"Nothing here can show a folder. It is {folder}.")

    # --- its challenger ---

    async def _challenge(self, card: StrategyCard, changes: Mapping[str, object]) -> Outcome:
        self._beginning.add(card.name)
        self.context.notify(Severity.INFO, f"The challenger of {card.title} is being started.")
        try:
            return await self.context.desk.challengers.start(card.name, changes)
        finally:
            self._beginning.discard(card.name)
            self.model.touch()

    async def _adopt(self, card: StrategyCard, trial: Trial | None) -> Outcome | None:
        """What it changes is read before: the strategy trades with it from its next decision on."""
        from hlmaster.ui.dialogs.confirm import ask

        if trial is None:
            return None
        params = "\n".join(f"{title}: {theirs} instead of {ours}" for title, ours, theirs in trial.params)
        sentence = f"{params}\n\nIts challenger ends. {ADOPTED}"
        if not await ask(self, f"Adopt the challenger's parameters for {card.title}?", sentence, "Adopt them"):
            return None
        outcome = await self.context.desk.challengers.adopt(card.name)
        self.model.touch()
        return outcome

    async def _withdraw(self, name: str) -> Outcome:
        outcome = await self.context.desk.challengers.stop(name)
        self.model.touch()
        return outcome

    # --- dialogs ---

    def _open_parameters(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.strategy_params import StrategyParamsDialog

        if card.params is not None:
            show(StrategyParamsDialog(self.context, card, self))

    def _open_challenge(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.challenger import ChallengerDialog

        if card.params is None or card.name in self._beginning:
            return
        dialog = ChallengerDialog(self.context, card, self)
        dialog.chosen.connect(
            lambda changes: self.context.run(self._challenge(card, changes), f"challenge {card.name}")
        )
        show(dialog)

    def _open_scope(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.strategy_scope import StrategyScopeDialog

        show(StrategyScopeDialog(self.context, card, self))

    def _open_veto(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.leading import VetoDialog

        show(VetoDialog(self.context, card, self))

    def _open_swap(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.leading import SwapDialog

        show(SwapDialog(self.context, card, self))
