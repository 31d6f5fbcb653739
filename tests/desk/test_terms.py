from __future__ import annotations

from hlmaster.core.model import Leverage, MarginMode
from tests.desk.desks import running, scene


async def test_a_coin_that_somebody_looks_at_is_asked_for_out_of_turn_and_once() -> None:
    made = scene()
    asked: list[str] = []

    async def leverage(coin: str) -> Leverage:
        asked.append(coin)
        return Leverage(MarginMode.ISOLATED, 3)

    made.venue.leverage = leverage  # type: ignore[method-assign]
    async with running(made) as ready:
        survey = ready.desk.survey
        await ready.until(lambda: {"ETH", "BTC"} <= survey.leverages.keys())
        before = asked.count("ETH")
        del survey.leverages["ETH"]
        for _ in range(3):
            survey.leverage("ETH")
        await ready.until(lambda: survey.leverage("ETH") == Leverage(MarginMode.ISOLATED, 3))
        assert asked.count("ETH") == before + 1
