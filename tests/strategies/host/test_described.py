"""Parameters and needs cross the pipe whole, or not at all."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError

from hlmaster.core.config import allowed, unit_of
from hlmaster.core.model import Interval
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.window import FrameNeeds, Grid, Needs
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.base import Params
from hlmaster.strategies.catalogue import STRATEGIES
from hlmaster.strategies.host import messages
from hlmaster.strategies.host.described import fields_of, model_of, needs_of, wanted


class Mood(StrEnum):
    CALM = "calm"
    WILD = "wild"


class Every(Params):
    whole: int = Field(5, ge=1, le=10, title="Whole", description="A number.", json_schema_extra={"unit": "rows"})
    real: float = Field(0.5, gt=0, lt=1)
    money: Decimal = Field(Decimal("1.5"), ge=0)
    flag: bool = True
    text: str = Field("ab", pattern="[a-c]+")
    mood: Mood = Mood.CALM
    side: Literal["long", "short"] = "long"
    interval: Interval = Interval.M15
    coins: tuple[str, ...] = ("BTC",)
    limit: float | None = None
    mood_or_none: Mood | None = None


def test_every_kind_of_parameter_comes_over() -> None:
    there = model_of("there", fields_of(Every))
    assert there().model_dump(mode="json") == Every().model_dump(mode="json")
    for name, info in Every.model_fields.items():
        came = there.model_fields[name]
        assert (came.title, came.description, unit_of(came)) == (info.title, info.description, unit_of(info))
        if name not in ("mood", "mood_or_none", "interval"):
            assert allowed(came).replace(".0", "") == allowed(info)
    assert allowed(there.model_fields["mood"]) == "one of calm, wild"


@pytest.mark.parametrize(
    "wrong",
    [{"whole": 0}, {"whole": 1.5}, {"real": 1}, {"text": "xyz"}, {"mood": "sad"}, {"flag": "perhaps"}, {"new": 1}],
)
def test_what_the_author_refuses_is_refused_here_too(wrong: dict[str, Any]) -> None:
    for model in (Every, model_of("there", fields_of(Every))):
        with pytest.raises(ValidationError):
            model(**wrong)


def test_a_parameter_that_no_dialog_can_show_is_refused() -> None:
    class Odd(Params):
        table: dict[str, int] = {}  # noqa: RUF012

    with pytest.raises(StrategyBroken, match="table is a dict"):
        fields_of(Odd)


@pytest.mark.parametrize(
    "field",
    [
        messages.Field("x", "matrix", 1),
        messages.Field("_x", "int", 1),
        messages.Field("model_config", "int", 1),
        messages.Field("x", "text", "a", pattern="("),
    ],
)
def test_fields_that_make_no_model_are_refused(field: messages.Field) -> None:
    with pytest.raises(StrategyBroken):
        model_of("odd", (field,))


def test_needs_come_over_whole() -> None:
    frames = (FrameNeeds(Interval.H4, (Macd(), Ema(9, source="open")), 3),)
    needs = Needs(Grid.of("250ms"), 40, ("mark", "depth_ratio(5, 10)"), (Ema(12), Ema(3, source="volume")), frames)
    assert needs_of(wanted(needs)) == needs


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_needs_of_every_strategy_of_ours_come_over(name: str) -> None:
    kind = STRATEGIES[name]
    needs = kind.declare(kind.Parameters())
    assert needs_of(wanted(needs)) == needs
    assert model_of(name, fields_of(kind.Parameters))().model_dump(mode="json") == kind.Parameters().model_dump(
        mode="json"
    )


@pytest.mark.parametrize(
    "asked",
    [
        messages.Wanted("1m", 3, (), (("unheard_of", {}),), ()),
        messages.Wanted("1m", 3, (), (("ema", {"speed": 1}),), ()),
        messages.Wanted("1m", 3, (), (("ema", {"period": -1}),), ()),
        messages.Wanted("7s", 3, (), (), ()),
        messages.Wanted("1m", 0, (), (), ()),
        messages.Wanted("1m", 3, ("insider_news",), (), ()),
        messages.Wanted("1m", 3, (), (), (messages.FrameWanted("7h", (), 1),)),
    ],
)
def test_what_the_desk_does_not_have_is_told(asked: messages.Wanted) -> None:
    with pytest.raises(StrategyBroken, match="What it needs cannot be had"):
        needs_of(asked)
