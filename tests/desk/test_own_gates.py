"""A strategy's own limits stand before the account's, and its exits behind nothing."""

from __future__ import annotations

from pathlib import Path

from hlmaster.core.clock import DAY_MS
from hlmaster.core.records import TradeChanged
from hlmaster.core.signals import Direction, Regime
from hlmaster.settings import Settings
from tests.desk.desks import UNPROTECTED
from tests.desk.ideas import STRATEGY, Traded, entered, red, trading
from tests.trading.journal import trade
from tests.trading.scenes import NOW


def lose(traded: Traded, net: str, closed_ms: int = NOW) -> None:
    traded.desk.bus.publish(TradeChanged(trade(net, coin="BTC", closed_ms=closed_ms)))


async def test_a_days_loss_of_its_own_ends_its_day_and_nobody_elses(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        lose(traded, "-150", closed_ms=NOW // DAY_MS * DAY_MS - 1)
        lose(traded, "-199")
        traded.say()
        assert len(traded.proposing.open()) == 1
        lose(traded, "-1")
        traded.say(coin="BTC")
        assert len(traded.proposing.open()) == 1
        assert red(traded, coin="BTC").name == "own day loss"
        assert red(traded, coin="BTC").text == (
            "confluence stands at -200.00 USD today; a loss of 200.00 USD (2 %) ends its day."
        )
        traded.roster.change("rival", armed=True)
        traded.say(coin="BTC", strategy="rival")
        assert len(traded.proposing.open()) == 2


async def test_its_position_is_closed_by_its_word_after_its_day_has_ended(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        await entered(traded)
        lose(traded, "-500")
        traded.say(Direction.SHORT)
        await traded.until(lambda: not traded.size)
        assert traded.proposing.open() == [], "and it does not turn round"


async def test_only_so_many_positions_at_once(tmp_path: Path) -> None:
    settings = Settings.model_validate({**UNPROTECTED.model_dump(), "strategies": {"most_open": 1}})
    async with trading(tmp_path, settings=settings) as traded:
        traded.say()
        assert (await traded.proposing.approve(traded.card().proposal_id)).ok
        await traded.until(lambda: traded.size)
        traded.say(coin="BTC")
        assert traded.proposing.open() == []
        assert red(traded, coin="BTC").name == "own limit of positions"


async def test_a_strategy_acts_in_its_regimes_alone(tmp_path: Path) -> None:
    async with trading(tmp_path) as traded:
        regimes = traded.desk._deciding.regimes
        traded.roster.change(STRATEGY, regimes=("trend", "volatile"))
        traded.say()
        assert red(traded).text == ("The regime of ETH is not known yet; confluence acts in trend and volatile only.")
        regimes._known["ETH"] = Regime.RANGE
        assert red(traded).text == "ETH is in a range regime; confluence acts in trend and volatile only."
        assert traded.proposing.open() == []
        regimes._known["ETH"] = Regime.TREND
        traded.say()
        assert any("regime trend: x 1.5" in step.text for step in traded.card().steps)
