"""The actions that belong to no panel: the window's own, the desk's, coins, timeframes, panels, thresholds, sounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from hlmaster.core.errors import HlError
from hlmaster.core.events import Severity
from hlmaster.core.model import Interval, Mode
from hlmaster.ui import figures
from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.confirm import ask
from hlmaster.ui.hands.shortcuts import ARM
from hlmaster.ui.kill_switch import STRENGTHS, Strength
from hlmaster.ui.sounds import Sound, Sounds

PALETTE = "hands.palette"
PANEL_KEYS = {
    "watchlist": "W",
    "chart": "C",
    "ladder": "B",
    "ticket": "T",
    "approvals": "A",
    "positions": "P",
    "orders": "O",
    "fills": "F",
    "journal": "J",
    "log": "L",
    "risk": "R",
    "strategies": "S",
    "equity": "E",
    "history": "H",
}
"""After G, for go."""
WORDS = {Interval.MO1: "1 month"}
"""Where a letter in capitals would be all the difference."""
SCALPER = "momentum_scalper"
THRESHOLDS = (0.02, 0.04, 0.08, 0.16)
"""Percent from which the momentum scalper trades; it watches a coin from half of it."""


@dataclass(frozen=True, slots=True)
class WindowVerbs:
    """What only the window can do."""

    help: Callable[[], object]
    settings: Callable[[str], object]
    """At a field by its dotted key; at none for an empty one."""
    save: Callable[[], object]
    leave: Callable[[], object]
    begin_afresh: Callable[[], object]
    """The session that is open, with the balance of the settings; the old one goes to the archive."""
    sessions: Callable[[], object]
    modes: Callable[[], object]
    arrange: Callable[[], object]
    pause: Callable[[], object]
    show_panel: Callable[[str], object]
    show_strategy: Callable[[str], object]
    panels: Callable[[], Sequence[tuple[str, str]]]
    """(key, title) of each."""
    pages: Callable[[], Sequence[tuple[str, str]]]
    """(name, title) of each page of the help."""
    coins: Callable[[], Sequence[str]]
    """In the order in which next and previous go."""
    panic: Callable[[Strength], object]


class DeskActions(QObject):
    """``palette`` and ``keys`` open what their names say."""

    def __init__(
        self,
        context: Context,
        verbs: WindowVerbs,
        sounds: Sounds,
        palette: Callable[[], object],
        keys: Callable[[], object],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._context, self._verbs, self._sounds = context, verbs, sounds
        self._add(PALETTE, "Find anything", "Window", palette, "Ctrl+K")
        self._add("window.keys", "Keyboard", "Window", keys)
        self._add_window(verbs)
        self._add_desk(verbs)
        self._add_market()
        self._add_panels(verbs)
        self._add_sounds()

    def _add(
        self,
        key: str,
        title: str,
        group: str,
        run: Callable[[], object],
        keys: str = "",
        possible: Callable[[], bool] | None = None,
        hint: str = "",
    ) -> None:
        always = possible or (lambda: True)
        self._context.actions.add(Action(key, title, group, run, keys, is_possible=always, hint=hint), self)

    def _add_window(self, verbs: WindowVerbs) -> None:
        group = "Window"
        self._add("window.help", "Help", group, verbs.help, "F1")
        self._add("window.settings", "Settings", group, partial(verbs.settings, ""), "Ctrl+,")
        self._add("window.save", "Save the layout now", group, verbs.save, "Ctrl+S")
        self._add("window.arrange", "Default layout", group, verbs.arrange)
        self._add("window.leave", "Leave", group, verbs.leave, "Ctrl+Q")
        self._add("window.quit", "Quit, asking first", group, self._quit, "Q")

    def _add_desk(self, verbs: WindowVerbs) -> None:
        context, group = self._context, "Desk"
        self._add(ARM, "Arm or lock trading gestures", group, self._toggle_arming, "F4")
        self._add("desk.pause", "Pause or resume entries", group, verbs.pause, "P")
        for strength in STRENGTHS:
            self._add(strength.key, strength.title, group, partial(verbs.panic, strength), strength.keys)
        resettable = context.desk.mode in (Mode.DEMO, Mode.PAPER)
        why = "only a demo or paper session begins afresh."
        self._add("desk.reset", "Reset the session", group, self._reset, "R", lambda: resettable, why)
        self._add("desk.sessions", "Sessions", group, verbs.sessions)
        self._add("desk.modes", "Mode and account", group, verbs.modes)
        for level, percent in enumerate(THRESHOLDS, 1):
            title = f"Momentum threshold {level}: {percent} %"
            self._add(f"desk.threshold_{level}", title, group, partial(self._set_threshold, percent), str(level))

    def _add_market(self) -> None:
        group, context = "Market", self._context
        self._add("market.next_coin", "Next coin", group, partial(self._step_coin, 1), "Ctrl+PgDown")
        self._add("market.previous_coin", "Previous coin", group, partial(self._step_coin, -1), "Ctrl+PgUp")
        self._add("market.longer", "Longer timeframe", group, partial(self._step_interval, 1), "Shift+PgUp")
        self._add("market.shorter", "Shorter timeframe", group, partial(self._step_interval, -1), "Shift+PgDown")
        self._add("market.watch", "Put the coin on the watchlist", group, self._watch, "", lambda: not self._is_watched)
        self._add("market.unwatch", "Take the coin off the watchlist", group, self._unwatch, "", self._can_unwatch)
        for interval in Interval:
            key = f"market.interval_{interval.name.lower()}"
            title = f"Timeframe {WORDS.get(interval, interval)}"
            self._add(key, title, group, partial(context.choose_interval, interval))

    def _add_panels(self, verbs: WindowVerbs) -> None:
        for key, title in verbs.panels():
            letter = PANEL_KEYS.get(key, "")
            keys = f"G, {letter}" if letter else ""
            self._add(f"panel.{key}", f"Go to {title}", "Panels", partial(verbs.show_panel, key), keys)

    def _add_sounds(self) -> None:
        self._add("sounds.mute", "Mute or unmute all sounds", "Sounds", self._toggle_mute, "Ctrl+Shift+M")
        titles = type(self._context.desk.settings.sounds).model_fields
        for sound in Sound:
            title = titles[sound].title or str(sound)
            self._add(f"sounds.try_{sound}", f"Try the sound: {title}", "Sounds", partial(self._sounds.try_out, sound))

    # --- what they do ---

    @property
    def _watchlist(self) -> tuple[str, ...]:
        return self._context.desk.settings.market.watchlist

    @property
    def _is_watched(self) -> bool:
        return self._context.coin in self._watchlist

    def _can_unwatch(self) -> bool:
        return self._is_watched and len(self._watchlist) > 1

    def _watch(self) -> None:
        self._context.setting_wanted.emit("market.watchlist", (*self._watchlist, self._context.coin))

    def _unwatch(self) -> None:
        left = tuple(coin for coin in self._watchlist if coin != self._context.coin)
        self._context.setting_wanted.emit("market.watchlist", left)

    def _quit(self) -> None:
        """Where something is open, leaving asks by itself; else this does."""
        desk = self._context.desk
        if desk.portfolio.positions() or desk.orders.live():
            self._verbs.leave()
        else:
            self._context.run(self._quit_if_meant(), "quit")

    async def _quit_if_meant(self) -> None:
        if await ask(self._window, "Quit?", "No position and no order is open.", yes="Quit", no="Stay"):
            self._verbs.leave()

    def _reset(self) -> None:
        self._context.run(self._reset_if_meant(), "reset the session")

    async def _reset_if_meant(self) -> None:
        desk = self._context.desk
        section = desk.settings.paper if desk.mode is Mode.PAPER else desk.settings.demo
        balance = figures.money(section.start_balance)
        sentence = f"“{desk.session.name}” begins again with {balance}; what it holds now goes to the archive."
        if await ask(self._window, "Reset the session?", sentence, yes="Reset", no="Keep it", danger=True):
            self._verbs.begin_afresh()

    def _toggle_arming(self) -> None:
        arming = self._context.arming
        arming.set(not arming.is_on)

    def _toggle_mute(self) -> None:
        muted = not self._context.desk.settings.sounds.muted
        if muted:
            self._sounds.stop()
        self._context.setting_wanted.emit("sounds.muted", muted)

    def _step_coin(self, step: int) -> None:
        coins, context = list(self._verbs.coins()), self._context
        if coins:
            at = coins.index(context.coin) if context.coin in coins else -step
            context.select(coins[(at + step) % len(coins)])

    def _step_interval(self, step: int) -> None:
        every, context = list(Interval), self._context
        at = every.index(context.interval) + step
        context.choose_interval(every[max(0, min(len(every) - 1, at))])

    def _set_threshold(self, percent: float) -> None:
        try:
            self._context.desk.engine.set_params(SCALPER, {"trade": percent, "track": percent / 2})
        except HlError as error:
            self._context.notify(Severity.ERROR, error.sentence, error.code, error.cure)
            return
        sentence = f"The momentum scalper trades from a move of {percent} % and watches from {percent / 2} %."
        self._context.notify(Severity.INFO, sentence)


def focus_in(panel: QWidget) -> None:
    """The keys go to the first thing in a panel that takes them by Tab."""
    takers = (w for w in (panel, *panel.findChildren(QWidget)) if w.isVisible() and w.isEnabled())
    by_tab = (w for w in takers if w.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
    next(by_tab, panel).setFocus(Qt.FocusReason.ShortcutFocusReason)
