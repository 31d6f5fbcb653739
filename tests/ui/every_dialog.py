"""Every dialog, popup and notice, opened over one window: for eyes (``tests.ui.gallery_dialogs``) and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from hlmaster.core.errors import HlError
from hlmaster.core.events import LinkChanged, LinkState, Notice, Severity
from hlmaster.core.model import Mode
from hlmaster.core.proposals import Proposal
from hlmaster.desk.connector import Connector
from hlmaster.desk.entrance import Check, Entrance, Outcome
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.protection.protector import Shield, Standing
from hlmaster.ui.dialogs.challenger import ChallengerDialog
from hlmaster.ui.dialogs.checklist import Checklist
from hlmaster.ui.dialogs.confirm import Confirm
from hlmaster.ui.dialogs.connect import ConnectDialog
from hlmaster.ui.dialogs.dossier import open_dossier
from hlmaster.ui.dialogs.keys import KeysDialog
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.dialogs.leading import SwapDialog, VetoDialog
from hlmaster.ui.dialogs.leaving import LeavingDialog
from hlmaster.ui.dialogs.lockout import LockoutDialog
from hlmaster.ui.dialogs.order_question import OrderQuestion
from hlmaster.ui.dialogs.proposal_edit import ProposalEdit
from hlmaster.ui.dialogs.protection import ProtectionDialog
from hlmaster.ui.dialogs.sessions import SessionsDialog
from hlmaster.ui.dialogs.settings import SettingsDialog
from hlmaster.ui.dialogs.strategy_params import StrategyParamsDialog
from hlmaster.ui.dialogs.strategy_scope import StrategyScopeDialog
from hlmaster.ui.dialogs.study_settings import StudySettings
from hlmaster.ui.dialogs.typed_sentence import TypedSentenceDialog
from hlmaster.ui.dialogs.why_nothing import WhyNothingDialog
from hlmaster.ui.dialogs.workspaces import WorkspacesDialog
from hlmaster.ui.hands.panic import WaysOut
from hlmaster.ui.kill_switch import CANCEL, FLATTEN, KILL
from hlmaster.ui.panels.analyst import AnalystPanel
from hlmaster.ui.panels.journal import JournalPanel
from hlmaster.ui.panels.sentiment import SentimentPanel
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.studies.chosen import Chosen
from hlmaster.ui.window import Window
from tests.trading.proposals.cards import card
from tests.ui.desks import NOW, TradingScene

D = Decimal
Kind = TypeVar("Kind", bound=QWidget)
STRATEGY = "momentum_scalper"


@dataclass
class Stand:
    """A window over a desk on which things are open."""

    scene: TradingScene
    window: Window

    def found(self, kind: type[Kind]) -> Kind:
        return next(
            w
            for top in QApplication.topLevelWidgets()
            for w in (top, *top.findChildren(QWidget))
            if isinstance(w, kind) and w.isVisible()
        )


Open = Callable[[Stand], Awaitable[QWidget | None]]
"""Opens it and gives what is photographed; None for the whole window."""


def _shown(dialog: Kind) -> Kind:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    return dialog


# --- settings ---


def _settings(section: str) -> Open:
    async def opened(stand: Stand) -> QWidget:
        stand.window._open_settings()
        dialog = stand.found(SettingsDialog)
        dialog.sections.setCurrentRow(dialog.form.sections.index(section))
        return dialog

    return opened


async def _settings_wrong(stand: Stand) -> QWidget:
    stand.window._open_settings()
    dialog = stand.found(SettingsDialog)
    dialog.sections.setCurrentRow(dialog.form.sections.index("risk"))
    key = next(key for key in dialog.form.values() if key.startswith("risk."))
    row = dialog.form.row(key)
    row.editor.line.setText("a lot")  # type: ignore[attr-defined]
    return dialog


async def _settings_search(stand: Stand) -> QWidget:
    stand.window._open_settings()
    dialog = stand.found(SettingsDialog)
    dialog.search.setText("sound")
    return dialog


async def _settings_nothing(stand: Stand) -> QWidget:
    stand.window._open_settings()
    dialog = stand.found(SettingsDialog)
    dialog.search.setText("xyzzy")
    return dialog


# --- hands ---


async def _keys(stand: Stand) -> QWidget:
    stand.window.hands.open_keys()
    dialog = stand.found(KeysDialog)
    dialog.choose("window.settings")
    return dialog


async def _keys_clash(stand: Stand) -> QWidget:
    dialog = await _keys(stand)
    assert isinstance(dialog, KeysDialog)
    dialog.record("F1")
    return dialog


async def _palette(stand: Stand) -> None:
    stand.window.hands.open_palette()


async def _palette_found(stand: Stand) -> None:
    stand.window.hands.open_palette()
    stand.window.hands.palette.search.setText("fl")


async def _palette_nothing(stand: Stand) -> None:
    stand.window.hands.open_palette()
    stand.window.hands.palette.search.setText("zzqx")


async def _panic(stand: Stand) -> None:
    stand.window._top.panic.ways.open_below(stand.window._top.panic)


async def _panic_holding(stand: Stand) -> None:
    await _panic(stand)
    for strength, share in ((CANCEL, 300), (FLATTEN, 600), (KILL, 850)):
        button = stand.found(WaysOut).buttons[strength]
        button.setDown(True)
        button.progress.setDuration(1_000_000)
        button.progress.start()
        button.progress.setCurrentTime(share * 1_000)


async def _panic_again(stand: Stand) -> None:
    stand.window._top.panic.press(FLATTEN)


async def _panic_busy(stand: Stand) -> None:
    await _panic(stand)
    for strength, button in stand.found(WaysOut).buttons.items():
        button.busy(strength.busy)


REPORT = FlattenReport(
    cancelled=("Buy 0.5 ETH at 3,400", "Sell 0.5 ETH at 3,490.5", "Buy 0.01 BTC at 95,000"),
    closed=("ETH 0.42", "SOL -12"),
    proof_ms=1_760_000_000_000,
    seconds=2.4,
)


async def _report(stand: Stand) -> QWidget:
    prices = {"ETH": D("3431.2"), "SOL": D("241.66")}
    return _shown(KillReport(REPORT, None, stand.window, title="Flatten all", prices=prices))


async def _report_bad(stand: Stand) -> QWidget:
    many = tuple(f"Buy 0.5 ETH at {3_300 + n}" for n in range(40))
    report = replace(
        REPORT,
        cancelled=many,
        remaining=("SOL -12",),
        proof_ms=None,
        problems=("The exchange did not answer in 30 s.",),
    )
    return _shown(KillReport(report, None, stand.window))


async def _report_entries(stand: Stand) -> QWidget:
    return _shown(
        KillReport(
            replace(REPORT, closed=(), entries_only=True),
            None,
            stand.window,
            title="Cancel all orders",
            after="Positions and what protects them stay.",
        )
    )


# --- questions ---


async def _leaving(stand: Stand) -> QWidget:
    stand.window.close()
    await asyncio.sleep(0.05)
    return stand.found(LeavingDialog)


async def _order(stand: Stand) -> QWidget:
    sentence = "About $1,442.28, at 5x cross. Liquidation near 2,812.4. Fee about $0.65."
    return _shown(OrderQuestion(stand.window, "Buy 0.42 ETH at 3,434", sentence))


async def _confirm(stand: Stand) -> QWidget:
    sentence = "New orders will be allowed again. Do this only when you know why trading was halted."
    return _shown(Confirm(stand.window, "Lift the halt?", sentence, "Lift the halt", "Stay halted", danger=True))


async def _approve_all(stand: Stand) -> QWidget:
    lines = "ETH long, $48.20 at risk\nBTC short, $50.00 at risk\n\n$98.20 at risk in all."
    sentence = f"{lines} Each passes the risk gate by itself, in this order."
    return _shown(Confirm(stand.window, "Approve all that are open?", sentence, "Approve 2", danger=True))


async def _checklist(stand: Stand) -> QWidget:
    sentences = ("It fits today's plan.", "I know where I am wrong.", "I am not winning anything back.")
    return _shown(Checklist(stand.window, "Buy 0.42 ETH", sentences))


async def _lockout(stand: Stand) -> QWidget:
    return _shown(LockoutDialog(stand.window))


async def _typed(stand: Stand) -> QWidget:
    why = "The loss limit of the day was reached. It counts anew at 00:00 UTC."
    return _shown(TypedSentenceDialog("Unlock trading", why, "I have a reason to go on today", "Unlock", stand.window))


# --- strategies and cards ---


async def _veto(stand: Stand) -> QWidget:
    return _shown(VetoDialog(stand.window.context, stand.scene.desk.engine.card(STRATEGY), stand.window))


async def _swap(stand: Stand) -> QWidget:
    return _shown(SwapDialog(stand.window.context, stand.scene.desk.engine.card(STRATEGY), stand.window))


async def _scope(stand: Stand) -> QWidget:
    return _shown(StrategyScopeDialog(stand.window.context, stand.scene.desk.engine.card(STRATEGY), stand.window))


async def _scope_wrong(stand: Stand) -> QWidget:
    dialog = StrategyScopeDialog(stand.window.context, stand.scene.desk.engine.card(STRATEGY), stand.window)
    dialog.named.setChecked(True)
    dialog.coins.setText("ETH, NOSUCH")
    _shown(dialog).yes.click()
    return dialog


async def _params(stand: Stand) -> QWidget:
    return _shown(StrategyParamsDialog(stand.window.context, stand.scene.desk.engine.card(STRATEGY), stand.window))


async def _challenger(stand: Stand) -> QWidget:
    return _shown(ChallengerDialog(stand.window.context, stand.scene.desk.engine.card(STRATEGY), stand.window))


async def _journal(stand: Stand) -> QWidget:
    """The trade that wants a note, beside the table."""
    stand.window.stage.bring("journal")
    panel = stand.window.panels["journal"]
    assert isinstance(panel, JournalPanel)
    panel.prompt.click()
    await asyncio.sleep(0.1)
    return stand.window.docks["journal"]


async def _csv(stand: Stand) -> QWidget:
    panel = stand.window.panels["fills"]
    assert isinstance(panel, TablePanel)
    panel.table.export_wanted.emit()
    return stand.found(QFileDialog)


async def _protection(stand: Stand) -> QWidget:
    words = "3 tiers"
    shield = Shield(Standing.COVERED, Policy(), words, D(1), D("3418.6"), 0.0, has_others=True)
    title, now = "0.42 ETH long from 3,427.6", "Three stops at 3,418.6, 3,413.6 and 3,408.6; no target."
    return _shown(ProtectionDialog(title, now, shield, stand.window.context.theme, stand.window))


def _card() -> Proposal:
    stops = tuple((D(price), D("0.14")) for price in (3426, 3421, 3416))
    return card(size=D("0.42"), limit_price=D("3434.2"), stops=stops, target=D(3460), expires_ms=NOW + 60_000_000)


async def _edit(stand: Stand) -> QWidget:
    return _shown(ProposalEdit(stand.window.context, _card(), stand.window))


async def _dossier(stand: Stand) -> QWidget:
    return open_dossier(stand.window.context, _card(), stand.window)


async def _why_nothing(stand: Stand) -> QWidget:
    return _shown(WhyNothingDialog(stand.window.context, STRATEGY, "ETH", stand.window))


# --- analyst and news ---


def _analyst(page: str) -> Open:
    async def opened(stand: Stand) -> QWidget:
        from hlmaster.ui.dialogs.analyst import AnalystDialog

        panel = stand.window.panels["analyst"]
        assert isinstance(panel, AnalystPanel)
        panel.open_details(page)
        return stand.found(AnalystDialog)

    return opened


async def _headlines(stand: Stand) -> QWidget:
    from hlmaster.ui.dialogs.headlines import HeadlinesDialog

    panel = stand.window.panels["sentiment"]
    assert isinstance(panel, SentimentPanel)
    panel.open_headlines()
    dialog = stand.found(HeadlinesDialog)
    dialog.table.selectRow(0)
    return dialog


# --- sessions, workspaces, connecting ---


async def _sessions(stand: Stand) -> QWidget:
    sessions = stand.window._sessions
    for name in ("default", "scalping"):
        if name not in {info.name for info in sessions.list(Mode.DEMO)}:
            sessions.create(Mode.DEMO, name, D(10_000)).close()
    stand.window._open_sessions()
    dialog = stand.found(SessionsDialog)
    dialog.table.selectRow(0)
    return dialog


async def _sessions_afresh(stand: Stand) -> QWidget:
    dialog = await _sessions(stand)
    assert isinstance(dialog, SessionsDialog)
    dialog.reset_button.click()
    return dialog


async def _workspaces(stand: Stand) -> QWidget:
    stand.window.keeper.save_as("Scalping with four charts, a long name")
    stand.window._open_workspaces()
    return stand.found(WorkspacesDialog)


ENTRANCE = Entrance(
    (
        Check("account", "Account", Outcome.PASSED, "0x6b…91Fa exists and holds $10,020.82."),
        Check("approval", "API wallet", Outcome.WARNING, "Approved, for 6 more days.", "Make a new one in time."),
        Check(
            "clock",
            "Clock",
            Outcome.FAILED,
            "This computer's clock is 74 s behind the exchange.",
            "Switch on setting the time automatically, then check again.",
        ),
        Check("margin", "Margin mode", Outcome.UNKNOWN, "The exchange did not say.", "Check again in a moment."),
    )
)


def _connect(page: str) -> Open:
    async def opened(stand: Stand) -> QWidget:
        window = stand.window
        connector = Connector(window._sessions.data, None)
        dialog = _shown(ConnectDialog(window._sessions, Mode.DEMO, connector, window))
        if page != "mode_page":
            dialog.mode_page.buttons[Mode.LIVE].setChecked(True)
        dialog.wallet_page.show_wallet("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "the API page of the exchange")
        dialog.checks_page.show_checks(ENTRANCE)
        dialog.keep_page.offer("", "No keyring answers on this computer.", vault_exists=False)
        dialog.keep_page.vault.setChecked(True)
        dialog._go(getattr(dialog, page))
        if page == "account_page":
            dialog.account_page.address.setText("0x12")
            dialog._say("An address has 40 hexadecimal digits after 0x; this one has 2. Copy it from your wallet.")
        return dialog

    return opened


# --- charts ---


def _study(name: str) -> Open:
    async def opened(stand: Stand) -> QWidget:
        chosen = Chosen(name, INDICATORS[name]())
        chart = stand.window.panels["chart"]
        popup = StudySettings(chosen, stand.window.context.theme.chart_palette(), chart)
        popup.show()
        return popup

    return opened


async def _picker(stand: Stand) -> QWidget:
    from hlmaster.ui.studies.picker import StudyPicker

    panel = stand.window.panels["chart"]
    picker = panel.studies.pick(panel.header)  # type: ignore[attr-defined]
    assert isinstance(picker, StudyPicker)
    return picker


# --- menus, windows, notices ---


async def _window_menu(stand: Stand) -> QWidget:
    stand.window._open_menu(stand.window._top)
    return stand.found(QMenu)


async def _link_menu(stand: Stand) -> QWidget:
    from hlmaster.ui.link_dot import LinkDot

    dot = stand.window.docks["chart"].findChild(LinkDot) or stand.found(LinkDot)
    dot.menu().popup(dot.mapToGlobal(dot.rect().bottomLeft()))
    return dot.menu()


async def _workspace_menu(stand: Stand) -> QWidget:
    menu = stand.window._workspace.menu()
    menu.popup(stand.window.mapToGlobal(stand.window.rect().center()))
    return menu


async def _panel_menu(stand: Stand) -> QWidget:
    menu = stand.window._menus.of_panel("chart", stand.window.docks["chart"])
    menu.popup(stand.window.mapToGlobal(stand.window.rect().center()))
    return menu


async def _second_window(stand: Stand) -> QWidget:
    stand.window.stage.new_window("chart")
    await asyncio.sleep(0.3)
    return stand.window.stage.sides[-1]


async def _notices(stand: Stand) -> None:
    for notice in (
        Notice(Severity.INFO, "Bought 0.42 ETH at 3,427.6."),
        Notice(Severity.WARNING, "Limit buy: trading gestures are locked.", "", "Arm them with F4."),
        Notice(
            Severity.ERROR,
            "The exchange refused the order: it would trade at once, and it is post-only.",
            "ORD-012",
            "Lower the price under the best ask, or take post-only off.",
        ),
        Notice(
            Severity.CRITICAL,
            "0.42 ETH long has had no stop for 12 s.",
            "PRT-002",
            "It is closed in 3 s unless a stop is placed.",
        ),
    ):
        stand.window.context.notified.emit(notice)


async def _disconnected(stand: Stand) -> None:
    sentence = "The exchange closed the connection."
    stand.scene.bus.publish(LinkChanged(LinkState.RECONNECTING, sentence, attempt=3, retry_in_seconds=4.0))


async def _connecting(stand: Stand) -> None:
    stand.scene.bus.publish(LinkChanged(LinkState.CONNECTING, "Asking the exchange for its list of markets."))


async def _halted(stand: Stand) -> None:
    stand.scene.desk.brake.engage("you", "The kill switch was pressed.")


async def _trouble(stand: Stand) -> QWidget:
    from hlmaster.ui import trouble

    class Sample(HlError):
        code = "CFG-002"

    error = Sample("settings.toml, line 14: “scale_percent” is 900.", "Write a number from 80 to 250.")
    asyncio.get_running_loop().create_task(trouble.show_trouble(error, stand.scene.desk.session.folder))
    await asyncio.sleep(0.05)
    return next(w for w in QApplication.topLevelWidgets() if w.isVisible() and "cannot start" in w.windowTitle())


async def _help(stand: Stand) -> QWidget:
    stand.window._help.open_help("orders")
    return stand.window._help


async def _help_search(stand: Stand) -> QWidget:
    stand.window._help.open_help("orders")
    stand.window._help.search.setText("funding")
    return stand.window._help


SECTIONS = (
    "general", "market", "network", "paper", "demo", "storage", "logging", "orders", "limits", "risk", "protection",
    "sounds", "analyst", "news",
)  # fmt: skip
DIALOGS: dict[str, Open] = {
    "settings_wrong": _settings_wrong,
    "settings_search": _settings_search,
    "settings_nothing": _settings_nothing,
    "keys": _keys,
    "keys_clash": _keys_clash,
    "leaving": _leaving,
    "order": _order,
    "confirm": _confirm,
    "approve_all": _approve_all,
    "checklist": _checklist,
    "lockout": _lockout,
    "typed": _typed,
    "report": _report,
    "report_bad": _report_bad,
    "report_entries": _report_entries,
    "veto": _veto,
    "swap": _swap,
    "scope": _scope,
    "scope_wrong": _scope_wrong,
    "params": _params,
    "challenger": _challenger,
    "protection": _protection,
    "journal": _journal,
    "csv": _csv,
    "edit": _edit,
    "dossier": _dossier,
    "why_nothing": _why_nothing,
    "analyst_model": _analyst("model"),
    "analyst_sent": _analyst("sent"),
    "analyst_record": _analyst("record"),
    "analyst_calls": _analyst("calls"),
    "headlines": _headlines,
    "sessions": _sessions,
    "sessions_afresh": _sessions_afresh,
    "workspaces": _workspaces,
    **{
        f"connect_{page.removesuffix('_page')}": _connect(page)
        for page in (
            "mode_page",
            "account_page",
            "wallet_page",
            "unlock_page",
            "checks_page",
            "keep_page",
            "confirm_page",
        )
    },
    "help": _help,
    "help_search": _help_search,
    "trouble": _trouble,
}
POPUPS: dict[str, Open] = {
    "study": _study("macd"),
    "study_vwap": _study("anchored_vwap"),
    "picker": _picker,
    "menu": _window_menu,
    "menu_link": _link_menu,
    "menu_workspace": _workspace_menu,
    "menu_panel": _panel_menu,
    "second_window": _second_window,
}
OVER_WINDOW: dict[str, Open] = {
    "palette": _palette,
    "palette_found": _palette_found,
    "palette_nothing": _palette_nothing,
    "panic": _panic,
    "panic_holding": _panic_holding,
    "panic_again": _panic_again,
    "panic_busy": _panic_busy,
    "notices": _notices,
    "disconnected": _disconnected,
    "connecting": _connecting,
    "halted": _halted,
}
EVERYTHING = DIALOGS | POPUPS | OVER_WINDOW
