"""What must hold for a source beside the account's limits: its regimes, its day's loss, its positions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hlmaster.core.signals import Gate, Regime, Signal
from hlmaster.settings import Settings
from hlmaster.strategies.roster import Roster
from hlmaster.trading.tally import Tally
from hlmaster.trading.titles import Title, as_written

HUNDRED = Decimal(100)


class OwnGates:
    """``regime`` of a coin, ``tally`` and ``held`` coins of a source, ``equity`` in USD."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        roster: Roster,
        regime: Callable[[str], Regime | None],
        tally: Callable[[str], Tally],
        held: Callable[[str], int],
        equity: Callable[[], Decimal],
        title: Title = as_written,
    ) -> None:
        self._settings, self._roster, self._regime = settings, roster, regime
        self._tally, self._held, self._equity, self._title = tally, held, equity, title

    def __call__(self, source: str, coin: str, signals: tuple[Signal, ...]) -> tuple[Gate, ...]:
        return (self._in_season(coin, signals), self._day(source), self._few(source))

    def _in_season(self, coin: str, signals: tuple[Signal, ...]) -> Gate:
        now = self._regime(coin)
        for signal in signals:
            wanted = self._roster.entry(signal.strategy).regimes
            if wanted and now not in wanted:
                is_now = f"{coin} is in a {now} regime" if now is not None else f"The regime of {coin} is not known yet"
                text = f"{is_now}; {self._title(signal.strategy)} acts in {' and '.join(wanted)} only."
                return Gate("regime", False, text, "Wait until it changes, or choose other regimes for it.")
        return Gate("regime", True, f"The regime of {coin} is {now or 'not known yet'}; nobody here minds.")

    def _day(self, source: str) -> Gate:
        percent = self._settings().strategies.day_loss_percent
        most, today = max(self._equity(), Decimal(0)) * percent / HUNDRED, self._tally(source).today
        ends = f"a loss of {most:,.2f} USD ({percent} %) ends its day."
        text = f"{self._title(source)} stands at {today:+,.2f} USD today; {ends}"
        passed = today >= 0 or -today < most
        return Gate("own day loss", passed, text, "" if passed else "It proposes again after midnight UTC.")

    def _few(self, source: str) -> Gate:
        most, held = self._settings().strategies.most_open, self._held(source)
        if most is None:
            return Gate("own limit of positions", True, f"It holds {held}; no limit of its own is set.")
        passed = held < most
        text = f"It holds {held} of {most} positions that the strategy settings allow each."
        return Gate("own limit of positions", passed, text, "" if passed else "Wait until one of them is closed.")
