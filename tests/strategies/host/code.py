"""Files as a user would write them, good and bad."""

from __future__ import annotations

GOOD = '''
import numpy as np
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.window import Grid, Needs
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, number, strategy


class {name}Params(Params):
    period: int = number(5, 1, 500, "Average", "Closes in the average.", "candles")
    band: float = number(0.0, 0.0, 10.0, "Band", "How far beyond it.", "USD")


@strategy("{name}", "{title}")
class {name}(Strategy[{name}Params]):
    """LONG above its average, SHORT below.

    More words."""

    Parameters = {name}Params

    @classmethod
    def declare(cls, params):
        return Needs(Grid.of("1m"), 2, ("funding",), (Sma(params.period),))

    @property
    def horizon_ms(self):
        return 600_000

    def signals(self, window):
        {signals}
        beyond = window["close"] - window[Sma(self.params.period)]
        return Signals.of(np.nan_to_num(np.sign(beyond)), np.full(len(window), 0.5))

    def explain(self, window):
        return Explanation("the close is %g" % window["close"][-1])
'''


def good(name: str = "mine", signals: str = "", title: str = "") -> str:
    """A file with one strategy; ``signals`` is done first on each decision."""
    return GOOD.format(name=name, title=title or name.capitalize(), signals=signals or "pass")


LOOKS_AHEAD = "return Signals.of(np.sign(np.append(np.diff(window['close']), 0.0)), np.full(len(window), 0.5))"
HANGS = "while window.coin == 'BTC': pass"
DIES = "import os; window.coin == 'BTC' and os._exit(7)"


def on_btc(statement: str) -> str:
    """Only in the desk: the checks rehearse on another coin."""
    return f"if window.coin == 'BTC': {statement}"
