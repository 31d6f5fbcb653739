"""Every strategy with its state, what it may do, and what it has said: armed, chosen and explained here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
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
from hlmaster.strategies.card import Standing, StrategyCard
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.decisions import decisions_of
from hlmaster.ui.panels.strategy_details import StrategyDetails, has_page
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.strategy_rows import HISTORY, WARMING, StrategyRow, row_of
from hlmaster.ui.table import Action, Cell, Column
from hlmaster.ui.why import show, why_nothing

POLICIES = {
    Policy.OBSERVE: "Observe: its ideas are recorded, never shown as cards",
    Policy.ASK: "Ask: each idea waits for your yes or no",
    Policy.AUTO: "Auto: it trades by itself, within the limits",
}
POLICY_ROLES = {Policy.OBSERVE: "muted", Policy.ASK: "", Policy.AUTO: "warning"}
STATE_ROLES = {Standing.RUNNING: "up", Standing.GETTING_READY: "accent", Standing.BROKEN: "danger"}
DETAILS_WIDTH = 330


class StrategiesPanel(TablePanel):
    KEY = "strategies"
    TITLE = "Strategies"
    EMPTY = (
        "No strategies yet",
        "They are listed once the desk is connected. Your own files in their folder appear by themselves.",
    )

    def __init__(self, context: Context) -> None:
        self._decisions = decisions_of(context)
        self._warm: set[tuple[str, str, str]] = set()
        """Name, version and coin of what has all its history: asking for it costs an explanation."""
        super().__init__(context, self._columns(), lambda row: row.card.name, self._rows)
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

    def _columns(self) -> list[Column[StrategyRow]]:
        return [
            Column(
                "title", "Strategy", 176, lambda r: r.card.title, _title, words=True, hint=lambda r: r.card.about.idea
            ),
            Column("state", "State", 150, lambda r: r.state, _state, words=True, hint=_state_hint),
            Column("policy", "Policy", 62, lambda r: str(r.card.policy), _policy, words=True, hint=_policy_hint),
            Column("role", "Role", 70, lambda r: r.card.entry.role, _role, words=True, spare=2),
            Column("coins", "Coins", 90, lambda r: len(r.card.coins), _coins, words=True, hint=_all_coins, spare=1),
            Column(
                "signals",
                "Signals",
                68,
                lambda r: r.signals,
                lambda r: _count(r.signals),
                right=True,
                tip=_TODAY,
                spare=4,
            ),
            Column(
                "proposals",
                "Proposals",
                84,
                lambda r: r.proposals,
                lambda r: _count(r.proposals),
                right=True,
                tip=_TODAY,
                spare=5,
            ),
            Column("net", "Net", 82, lambda r: r.net, _net, right=True, tip="Of its closed trades, after all costs."),
            Column("actions", "", 146, lambda r: None, self._actions),
        ]

    # --- rows ---

    def _rows(self) -> list[StrategyRow]:
        desk = self.context.desk
        now = desk.clock.now_ms()
        signals, proposals = self._decisions.counts(now // DAY_MS * DAY_MS)
        net: dict[str, Decimal] = {}
        closed: Counter[str] = Counter()
        for trade in desk.records.trades():
            if trade.closed_ms:
                closed[trade.source] += 1
                net[trade.source] = net.get(trade.source, Decimal(0)) + trade.net
        return [
            row_of(
                card,
                self._warming(card),
                signals[card.name],
                proposals[card.name],
                net.get(card.name, net.get(card.title)),
            )
            for card in desk.engine.cards()
        ]

    def _warming(self, card: StrategyCard) -> list[str]:
        """How far the history of its coins is, of those where it is not whole yet."""
        if card.standing is not Standing.RUNNING:
            return []
        told = []
        for coin in card.coins:
            key = (card.name, card.version, coin)
            if key in self._warm:
                continue
            gate = next((g for g in self.context.desk.engine.gates(card.name, coin) if g.name == HISTORY), None)
            if gate is not None and gate.passed:
                self._warm.add(key)
            elif gate is not None and gate.passed is False:
                told.append(gate.text)
        return told

    def _on_age(self) -> None:
        """Warming up goes on without a fact."""
        if self.isVisible():
            self.model.touch()

    def _on_applied(self) -> None:
        rows: list[StrategyRow] = self.model.rows()
        armed = sum(row.card.armed for row in rows)
        broken = sum(row.card.standing is Standing.BROKEN for row in rows)
        self.counted.emit(armed or -1)
        told = [f"{armed} of {len(rows)} armed"] + ([f"{broken} broken"] if broken else [])
        self.summary.setText(" · ".join(told) if rows else "")
        if rows and not self.table.currentIndex().isValid():
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
        add("Coins and role …", "scope")
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
            self.context.notify(Severity.ERROR, f"{folder} cannot be made: {error.strerror}.", "STO-001")
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.context.notify(Severity.INFO, f"Nothing here can show a folder. It is {folder}.")

    # --- dialogs ---

    def _open_parameters(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.strategy_params import StrategyParamsDialog

        if card.params is not None:
            show(StrategyParamsDialog(self.context, card, self))

    def _open_scope(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.strategy_scope import StrategyScopeDialog

        show(StrategyScopeDialog(self.context, card, self))

    def _open_veto(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.leading import VetoDialog

        show(VetoDialog(self.context, card, self))

    def _open_swap(self, card: StrategyCard) -> None:
        from hlmaster.ui.dialogs.leading import SwapDialog

        show(SwapDialog(self.context, card, self))


_TODAY = "Since midnight UTC."


def _title(row: StrategyRow) -> Cell:
    card = row.card
    return Cell(card.title, "" if card.armed else "muted", badge="" if card.about.origin == "built in" else "yours")


def _state(row: StrategyRow) -> Cell:
    if row.state.startswith(WARMING):
        return Cell(row.state, "accent")
    return Cell(row.state, STATE_ROLES.get(row.card.standing, "muted") if not row.doubt else "warning")


def _state_hint(row: StrategyRow) -> str:
    return " ".join(part for part in (row.card.broken, row.doubt, row.card.notice) if part)


def _policy(row: StrategyRow) -> Cell:
    return Cell(str(row.card.policy), POLICY_ROLES[row.card.policy])


def _policy_hint(row: StrategyRow) -> str:
    card = row.card
    capped = "" if card.policy is card.entry.policy else f" Its own is {card.entry.policy}; the overall one caps it."
    return f"{POLICIES[card.policy]}.{capped}"


def _role(row: StrategyRow) -> Cell:
    role = row.card.entry.role
    return Cell(role.replace("voter:", "votes: "), "muted" if role == "solo" else "")


def _coins(row: StrategyRow) -> Cell:
    coins = row.card.coins
    if not coins:
        named = row.card.entry.coins
        return Cell(named if isinstance(named, str) else ", ".join(named), "faint")
    return Cell(", ".join(coins) if len(coins) < 4 else f"{len(coins)} coins")


def _all_coins(row: StrategyRow) -> str:
    return ", ".join(row.card.coins) or "It runs on no coin now."


def _count(number: int) -> Cell:
    return Cell(f"{number:,}", "" if number else "faint")


def _net(row: StrategyRow) -> Cell:
    return Cell(figures.money(row.net, signed=True), figures.tone(row.net) or "faint")
