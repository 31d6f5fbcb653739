"""The ways out, each behind a button that is held for a second or whose key is pressed twice; then its report."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PySide6.QtGui import QEnterEvent

from hlmaster.desk.way_out import cancel_all, closing_prices
from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.kill_report import NO_PRICES, NOT_HALTED, STILL_HALTED, STOPS_STAY, KillReport
from hlmaster.ui.hold_button import HINT, HoldButton
from hlmaster.ui.what_is_open import what_is_open


@dataclass(frozen=True, slots=True)
class Strength:
    """One way out in words. ``name`` ends its action's key: ``panic.cancel``."""

    name: str
    title: str
    says: str
    again: str
    busy: str
    meaning: str
    role: str
    keys: str
    after: str

    @property
    def key(self) -> str:
        return f"panic.{self.name}"


CANCEL = Strength(
    "cancel",
    "Cancel all orders",
    "HOLD TO CANCEL",
    "AGAIN TO CANCEL",
    "CANCELLING …",
    "Every order of the account that could open something goes. Positions stay, and so do their stops.",
    "caution",
    "Ctrl+Shift+X",
    STOPS_STAY,
)
FLATTEN = Strength(
    "flatten",
    "Flatten all",
    "HOLD TO FLATTEN",
    "AGAIN TO FLATTEN",
    "FLATTENING …",
    "Every order goes, every position is closed at the market, reduce-only. Strategies and cards may open new ones.",
    "danger",
    "Ctrl+Shift+F",
    NOT_HALTED,
)
KILL = Strength(
    "kill",
    "Kill switch",
    "HOLD TO KILL",
    "AGAIN TO KILL",
    "KILLING …",
    "Like Flatten all, and nothing opens again, after a restart either, until you lift the halt in the banner.",
    "kill",
    "Ctrl+Shift+K",
    STILL_HALTED,
)
GOES_ON, HALTS = "Trading goes on.", "Then trading is HALTED."
STRENGTHS = (CANCEL, FLATTEN, KILL)


class WayOut(HoldButton):
    """Does what its strength says. ``exits`` is asked by the weakest alone: stops and targets go too."""

    def __init__(self, context: Context, strength: Strength, says: str = "", again: str = "") -> None:
        """``says`` and ``again``: what it reads, where that is not what the strength says."""
        super().__init__(says or strength.says, again or strength.again)
        self._context, self.strength = context, strength
        self.exits = False
        self.setProperty("role", strength.role)
        self.setAccessibleName(strength.title)
        self.setAccessibleDescription(strength.meaning)
        self._keys = strength.keys
        readings = (self.text(), again or strength.again, HINT)
        self.setMinimumWidth(max(map(self.fontMetrics().horizontalAdvance, readings)) + 30)
        self.fired.connect(self._act)
        # Numbers that are seen or hidden from now on
        context.theme_changed.connect(self._show_tip)
        self._show_tip()

    def show_keys(self, keys: str) -> None:
        self._keys = keys
        self._show_tip()

    def enterEvent(self, event: QEnterEvent) -> None:
        """What it would do is what is open at this moment."""
        self._show_tip()
        super().enterEvent(event)

    def does(self) -> str:
        """What it would do now, in numbers, and what of it sets it apart from going flat alone."""
        now = what_is_open(self._context.desk)
        if self.strength is CANCEL:
            return now.cancelling(exits=self.exits)
        return f"{now.flattening()} {HALTS if self.strength is KILL else GOES_ON}"

    def _show_tip(self) -> None:
        twice = f" Or press {self._keys} twice." if self._keys else ""
        self.setToolTip(f"{self.does()}\n{self.strength.meaning} Hold for a second.{twice}")

    def _act(self) -> None:
        self.busy(self.strength.busy)
        if self.strength is not CANCEL:
            # No question that is still open, and no key in the same breath, opens anew what is being closed.
            self._context.arming.set(False)
        task = self._context.run(self._act_and_tell(), self.strength.title.lower())
        task.add_done_callback(lambda _: self.rest())

    async def _act_and_tell(self) -> None:
        desk = self._context.desk
        began_ms = desk.clock.now_ms()
        report = await self._work()
        prices: Mapping[str, Decimal] = closing_prices(desk, began_ms) if report.closed else NO_PRICES
        zone, strength = figures.zone(desk.settings.general.time_zone), self.strength
        window = self.window()
        KillReport(report, zone, window, title=strength.title, after=strength.after, prices=prices).show()

    def _work(self) -> Coroutine[Any, Any, FlattenReport]:
        desk = self._context.desk
        if self.strength is CANCEL:
            return cancel_all(desk, exits=self.exits)
        return desk.manual.flatten_all() if self.strength is FLATTEN else desk.kill()
