"""The kill switch in the top bar: held for a second, or its key twice; afterwards the report."""

from __future__ import annotations

from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.kill_report import KillReport
from hlmaster.ui.hold_button import HoldButton

KEYS = "Ctrl+Shift+K"


class KillSwitch(HoldButton):
    def __init__(self, context: Context) -> None:
        super().__init__("HOLD TO KILL", "AGAIN TO KILL")
        self._context = context
        self.setProperty("role", "kill")
        self.setAccessibleName("Kill switch")
        self.setToolTip(
            "Hold for a second: halt entries, cancel every order and close every position of the account, foreign ones "
            f"included, and stay halted until you lift it. Or press {KEYS} twice."
        )
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("AGAIN TO KILL") + 30)
        self.fired.connect(self._kill)

    def _kill(self) -> None:
        self.busy("KILLING …")
        task = self._context.run(self._kill_and_tell(), "kill")
        task.add_done_callback(lambda _: self.rest())

    async def _kill_and_tell(self) -> None:
        report = await self._context.desk.kill()
        zone = figures.zone(self._context.desk.settings.general.time_zone)
        KillReport(report, zone, self.window()).show()
