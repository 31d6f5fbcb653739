"""Parameters and needs as words that cross a pipe, and back: told by the host, made a ``Config`` again at the desk."""

from __future__ import annotations

import types
import typing
import warnings
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import SchemaError

from hlmaster.core.config import unit_of
from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Interval
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import Indicator
from hlmaster.market.window import FrameNeeds, Grid, Needs
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.base import Params
from hlmaster.strategies.host.messages import Field, FrameWanted, Wanted

_PLAIN: Mapping[object, str] = {bool: "bool", int: "int", float: "float", Decimal: "decimal", str: "text"}
_KINDS: Mapping[str, Any] = {word: kind for kind, word in _PLAIN.items()} | {"list": tuple[str, ...]}


def fields_of(model: type[Params]) -> tuple[Field, ...]:
    """Raises StrategyBroken for a parameter of a kind that no dialog can show."""
    plain = model().model_dump(mode="json")
    return tuple(_field(name, info, plain[name]) for name, info in model.model_fields.items())


def _field(name: str, info: FieldInfo, default: object) -> Field:
    kind, choices, optional = _kind(name, info.annotation)
    bounds: dict[str, Any] = {}
    for rule in info.metadata:
        for end in ("ge", "gt", "le", "lt"):
            if hasattr(rule, end):
                bounds[end] = float(getattr(rule, end))
        if getattr(rule, "pattern", None):
            bounds["pattern"] = str(rule.pattern)
    bounds |= {"title": info.title or "", "description": info.description or "", "unit": unit_of(info)}
    return Field(name, kind, default, optional, choices, **bounds)


def _kind(name: str, annotation: object) -> tuple[str, tuple[Any, ...], bool]:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType) and type(None) in parts and len(parts) == 2:
        kind, choices, _ = _kind(name, next(part for part in parts if part is not type(None)))
        return kind, choices, True
    if origin is Literal:
        return "choice", parts, False
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "choice", tuple(member.value for member in annotation), False
    if origin is tuple and parts == (str, ...):
        return "list", (), False
    if annotation in _PLAIN:
        return _PLAIN[annotation], (), False
    raise StrategyBroken(
        f"Its parameter {name} is a {annotation}, which no dialog can show.",
        "Use bool, int, float, Decimal, str, a Literal, an Enum or tuple[str, ...].",
    )


def model_of(name: str, fields: tuple[Field, ...]) -> type[Params]:
    """A model like the one described, for validation, file and dialog. Raises StrategyBroken."""
    made: dict[str, Any] = {}
    for field in fields:
        kind = Literal[field.choices] if field.kind == "choice" else _KINDS.get(field.kind)
        if kind is None:
            raise StrategyBroken(f"Its parameter {field.name} is of the unknown kind {field.kind}.")
        ends: dict[str, Any] = {}
        for end in ("ge", "gt", "le", "lt"):
            value = getattr(field, end)
            if value is not None:
                ends[end] = int(value) if kind is int else value
        info: Any = pydantic.Field(
            field.default,
            title=field.title or None,
            description=field.description or None,
            pattern=field.pattern or None,
            json_schema_extra={"unit": field.unit},
            **ends,
        )
        made[field.name] = (kind | None if field.optional else kind, info)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return pydantic.create_model(name, __base__=Params, **made)
    except (TypeError, ValueError, NameError, Warning, SchemaError, pydantic.PydanticUserError) as error:
        raise StrategyBroken(f"Its parameters make no model: {error}.") from error


def wanted(needs: Needs) -> Wanted:
    frames = tuple(
        FrameWanted(frame.interval.value, tuple(map(_named, frame.indicators)), frame.lookback)
        for frame in needs.frames
    )
    return Wanted(needs.grid.name, needs.lookback, needs.columns, tuple(map(_named, needs.indicators)), frames)


def needs_of(wanted: Wanted) -> Needs:
    """Raises StrategyBroken for what the desk does not have: an indicator of the author's own, say."""
    try:
        frames = tuple(
            FrameNeeds(Interval(frame.interval), tuple(map(_made, frame.indicators)), frame.lookback)
            for frame in wanted.frames
        )
        indicators = tuple(map(_made, wanted.indicators))
        return Needs(Grid.of(wanted.grid), wanted.lookback, wanted.columns, indicators, frames)
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise StrategyBroken(f"What it needs cannot be had: {error}") from error


def _named(indicator: Indicator) -> tuple[str, dict[str, Any]]:
    return indicator.name, {p.name: getattr(indicator, p.name) for p in indicator.parameters()}


def _made(named: tuple[str, dict[str, Any]]) -> Indicator:
    name, params = named
    return INDICATORS[name](**params)
