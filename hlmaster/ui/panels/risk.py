"""Each limit with what is used of it, the breakers, the safeguards, and what can be done about them."""

from __future__ import annotations

from hlmaster.core.breakers import BreakerChanged, LimitBreached
from hlmaster.core.events import PositionsChanged
from hlmaster.trading.risk.board import RiskRow
from hlmaster.trading.risk.breakers.breakers import DAY_LOSS, DRAWDOWN, HALT, STREAK
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.limit_bars import NEAR
from hlmaster.ui.panels.risk_state import RiskState
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.table import Cell, Column

STATE_WIDTH = 340
MEANINGS = {
    DAY_LOSS: "At the limit no new risk until midnight UTC; well before it, new sizes are halved.",
    DRAWDOWN: "From the session's peak. At the limit no new risk for a while, then a fresh peak.",
    HALT: "From the session's start. At the limit everything new stops until you unlock it.",
    STREAK: "Losing positions in a row. At the limit no new risk for a while.",
    "own safeguards": "Cool-down, daily count, session length and lockout, as you set them.",
}


class RiskPanel(TablePanel):
    KEY = "risk"
    TITLE = "Risk"
    EMPTY = (
        "No limits to show yet",
        "They are measured once the books agree with the exchange: what is used and what would stop you.",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context, self._columns(), lambda row: row.rule, self._rows)
        self.state = RiskState(context)
        self.put_beside(self.state, STATE_WIDTH)
        self.model.applied.connect(self._on_applied)
        context.coin_changed.connect(lambda _: self.model.touch())
        for fact in (BreakerChanged, LimitBreached, PositionsChanged):
            context.bridge.on_fact(self, fact, lambda _: self.model.touch())
        self.model.flush()
        self.table.sort_by("state")

    def help_page(self) -> str:
        return "risk_limits"

    def _columns(self) -> list[Column[RiskRow]]:
        return [
            Column("title", "Limit", 170, lambda r: r.title, lambda r: Cell(r.title), words=True, hint=_words),
            Column("value", "Now", 84, lambda r: r.value, lambda r: Cell(_figure(r.value), _role(r)), right=True),
            Column("limit", "Limit at", 84, lambda r: r.limit, lambda r: Cell(_figure(r.limit), "muted"), right=True),
            Column("used", "Used", 140, lambda r: r.used, _used, right=True, tip="What is used of the limit."),
            Column("state", "State", 78, _urgency, _state, words=True),
            Column("sentence", "What it means", 320, _words, _sentence, words=True, hint=_words, spare=1),
        ]

    def _rows(self) -> list[RiskRow]:
        desk = self.context.desk
        return desk.risk.rows(self.context.coin) if desk.is_ready else []

    def _on_age(self) -> None:
        """Marks move and clocks run without a fact of ours."""
        if self.isVisible():
            self.model.touch()
            self.state.look()

    def _on_applied(self) -> None:
        failed = sum(not row.passed for row in self.model.rows())
        self.counted.emit(failed or -1)
        self.state.look()


def _figure(text: str) -> str:
    """Sentences keep per cent apart from its figure; tables do not."""
    return text.replace(" %", "%")


def _role(row: RiskRow) -> str:
    if not row.passed:
        return "danger"
    return "warning" if row.used is not None and row.used >= NEAR else ""


def _urgency(row: RiskRow) -> int:
    """What is reached comes first, then what is near."""
    return {"danger": 0, "warning": 1}.get(_role(row), 2)


def _used(row: RiskRow) -> Cell:
    if row.used is None:
        return Cell()
    return Cell(
        figures.percent(min(row.used, 9.99), 0), _role(row) or ("accent" if row.used else "faint"), share=row.used
    )


def _state(row: RiskRow) -> Cell:
    if not row.passed:
        return Cell(badge="reached", badge_role="danger")
    if _role(row):
        return Cell(badge="near", badge_role="warning")
    return Cell(badge="fine", badge_role="up")


def _words(row: RiskRow) -> str:
    return row.sentence or MEANINGS.get(row.rule, "")


def _sentence(row: RiskRow) -> Cell:
    return Cell(_words(row), "" if row.sentence else "muted")
