"""What a proposed trade can cost and bring, as six captioned figures."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hlmaster.core.proposals import Proposal
from hlmaster.ui import figures
from hlmaster.ui.readout import set_tone

COLUMNS = 3
FIGURES = (
    ("risk", "Risk", "What is lost if every stop is hit, fees of both ends included, and its share of your equity."),
    ("stops", "Stop", "Where it is left at a loss: the nearest and the furthest tier."),
    ("liquidation", "Liq. price", "Where the exchange would close the position, as the account stands."),
    ("fees", "Fees", "At your account's rates: entering, and leaving at the stop."),
    ("funding", "Funding/h", "Paid (minus) or received each hour at the present rate."),
    ("reward", "Target", "What is made if the target is reached, fees of both ends taken off."),
)


class Figure(QWidget):
    """A caption over a figure of one line or two; it never widens what it stands in."""

    def __init__(self, caption: str, tooltip: str) -> None:
        super().__init__()
        self._caption, self._value = QLabel(caption.upper()), QLabel(figures.UNKNOWN)
        self._caption.setProperty("role", "caption")
        self._value.setProperty("role", "number")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for label in (self._caption, self._value):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column.addWidget(label)
        column.addStretch(1)
        self.setToolTip(tooltip)
        self.setAccessibleName(caption)

    @property
    def text(self) -> str:
        return self._value.text()

    def show_value(self, text: str, tone: str = "") -> None:
        if self._value.text() != text:
            self._value.setText(text)
            self.setAccessibleDescription(text)
        set_tone(self._value, tone)

    def set_caption(self, text: str) -> None:
        self._caption.setText(text.upper())


class ProposalFigures(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.figures = {key: Figure(caption, tooltip) for key, caption, tooltip in FIGURES}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(4)
        for index, figure in enumerate(self.figures.values()):
            grid.addWidget(figure, index // COLUMNS, index % COLUMNS)
            grid.setColumnStretch(index % COLUMNS, 1)

    def show_proposal(self, proposal: Proposal, size_decimals: int | None) -> None:
        def price(value: figures.Number) -> str:
            return figures.price(value, size_decimals)

        out, tiers = self.figures, len(proposal.stops)
        share = figures.percent(proposal.risk_percent / 100)
        out["risk"].show_value(f"{figures.money(proposal.risk)}\n{share}")
        out["stops"].set_caption(f"Stop ×{tiers}" if tiers > 1 else "Stop")
        ends = [price(trigger) for trigger, _ in (*proposal.stops[:1], *proposal.stops[1:][-1:])]
        out["stops"].show_value(" –\n".join(ends) or figures.UNKNOWN)
        out["stops"].setToolTip("\n".join(f"{figures.size(size)} at {price(at)}" for at, size in proposal.stops))
        out["liquidation"].show_value(price(proposal.liquidation_price))
        out["fees"].show_value(f"{figures.money(proposal.fee_in)}\n{figures.money(proposal.fee_out)}")
        funding = proposal.funding_per_hour
        out["funding"].show_value(figures.money(funding, signed=True), figures.tone(funding))
        worth = "" if proposal.reward is None else f"\n{figures.money(proposal.reward, signed=True)}"
        out["reward"].show_value(f"{price(proposal.target)}{worth}")
