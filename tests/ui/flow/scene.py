"""A market that somebody looks at: books and trades for panels of order flow."""

from __future__ import annotations

from hlmaster.market.flow.coin_flow import CoinFlow
from tests.ui.market_desk import MarketScene


def followed(coin: str = "ETH", seconds: int = 10) -> tuple[MarketScene, CoinFlow]:
    """Books every half second and a trade a second, the sides in turn, from the first look on."""
    scene = MarketScene()
    scene.connect()
    scene.tell_context(coin)
    scene.tell_book(coin)
    flow = scene.desk.flow.look(coin)
    assert flow is not None
    go_on(scene, coin, seconds)
    return scene, flow


def go_on(scene: MarketScene, coin: str = "ETH", seconds: int = 10) -> None:
    for half in range(2 * seconds):
        scene.pass_time(0.5)
        scene.tell_book(coin)
        mid = scene.desk.feed.market(coin).mid or 1.0
        if half % 2:
            scene.tell_trades([(mid * (1 + half % 5 / 20_000), 1.0 + half % 3, half % 4 == 1)], coin)
