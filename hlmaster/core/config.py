"""Typed settings: one model declares default, range, unit and help text; file, dialog and schema follow from it.

A field is ``Field(default, ge=…, le=…, title=…, description=…, json_schema_extra={"unit": …})``.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Literal, Union

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from hlmaster.core.errors import ConfigError
from hlmaster.core.redaction import is_secret, names_secret

Tree = dict[str, Any]
"""Nested settings as a file holds them: section → key → value."""


class Config(BaseModel):
    """Base of every settings model: frozen, unknown keys refused, no infinities, defaults validated."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and bool not in _kinds(cls.model_fields[str(info.field_name)].annotation):
            raise ValueError("true and false are not values of this setting")
        return value


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """(dotted key, field) of every leaf, in the order of declaration."""
    for name, info in model.model_fields.items():
        inner = section_of(info)
        if inner is None:
            yield f"{prefix}{name}", info
        else:
            yield from fields_of(inner, f"{prefix}{name}.")


def section_of(info: FieldInfo) -> type[BaseModel] | None:
    """The model behind a field that is a section, else None."""
    kind = info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def unit_of(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def allowed(info: FieldInfo) -> str:
    """What a field takes, in words: ``between 0.1 and 50 %``, ``one of dark, light``, ``true or false``."""
    low = high = ""
    for rule in info.metadata:
        low = f"at least {rule.ge}" if hasattr(rule, "ge") else f"more than {rule.gt}" if hasattr(rule, "gt") else low
        high = f"at most {rule.le}" if hasattr(rule, "le") else f"less than {rule.lt}" if hasattr(rule, "lt") else high
    unit = f" {unit_of(info)}" if unit_of(info) else ""
    if low or high:
        return " and ".join(part for part in (low, high) if part) + unit
    choices = [str(choice) for choice in _choices(info.annotation)]
    if choices:
        return f"one of {', '.join(choices)}"
    words = {bool: "true or false", int: "a whole number", str: "a text", type(None): "nothing"}
    kinds = [words.get(kind, "a list" if kind in (tuple, list) else "a number") for kind in _kinds(info.annotation)]
    pattern = next((rule.pattern for rule in info.metadata if getattr(rule, "pattern", None)), None)
    return " or ".join(kinds) + unit + (f" of the form {pattern}" if pattern else "")


def explain(error: ValidationError, model: type[BaseModel], origin: Callable[[str], str]) -> ConfigError:
    """The first complaint as a sentence naming key, value, allowed range and origin; the rest are counted."""
    details = error.errors(include_url=False)
    first = details[0]
    key, info = _locate(model, tuple(first["loc"]))
    others = f" ({len(details) - 1} more to correct.)" if len(details) > 1 else ""
    if first["type"] == "extra_forbidden":
        return unknown_key(key, model, origin(key), others)
    shown = _show(key, first["input"])
    if info is None:
        return ConfigError(f"{key} = {shown} ({origin(key)}) is not a section of settings.{others}", "Correct it.")
    reason = ""
    if first["type"] == "value_error":
        reason = f" {_sentence(str(first['ctx']['error']))}"
    elif {tuple, list} & set(_kinds(info.annotation)):
        reason = f" {_sentence(first['msg'])}"
    return ConfigError(
        f"{key} = {shown} ({origin(key)}) is not allowed: it must be {allowed(info)}.{reason}{others}",
        "Correct it, or remove it to use the default.",
    )


def unknown_key(key: str, model: type[BaseModel], origin: str, others: str = "") -> ConfigError:
    known = [name for name, _ in fields_of(model)]
    near = difflib.get_close_matches(key, known, 1) or [k for k in known if k.endswith("." + key.rpartition(".")[2])]
    cure = f"Did you mean {near[0]}?" if near else "Remove it."
    return ConfigError(f"There is no setting called {key} ({origin}).{others}", cure)


def refuse_secrets(tree: Mapping[str, Any], origin: str, prefix: str = "") -> None:
    """Raise ConfigError at the first key or value that is a secret; the value is never shown."""
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            refuse_secrets(value, origin, f"{key}.")
        elif (names_secret(name) and value not in ("", None)) or any(is_secret(text) for text in _texts((name, value))):
            shown = "A setting" if is_secret(name) else key
            raise ConfigError(
                f"{shown} ({origin}) holds a secret, and secrets are never read from there.",
                "Remove it here, and treat it as exposed if others could read it. Connect a new API wallet in the "
                "window or with hlmaster connect: its key is kept in the system keyring.",
            )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield format(abs(value), "x")  # a key written as a number
    else:
        yield str(value)


def _kinds(annotation: object) -> tuple[type, ...]:
    """The plain types an annotation is made of: ``int | None`` → (int, NoneType), ``tuple[str, ...]`` → (tuple,)."""
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return tuple(kind for part in typing.get_args(annotation) for kind in _kinds(part))
    if origin is Literal:
        return tuple({type(choice) for choice in typing.get_args(annotation)})
    kind = origin or annotation
    return (kind,) if isinstance(kind, type) else ()


def _choices(annotation: object) -> tuple[object, ...]:
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(member.value for member in annotation)
    return ()


def _locate(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, FieldInfo | None]:
    """The dotted key of an error and its field; positions inside a list belong to the list's key."""
    names: list[str] = []
    current: type[BaseModel] | None = model
    info: FieldInfo | None = None
    for part in location:
        if current is None:
            break
        names.append(str(part))
        info = current.model_fields.get(str(part))
        current = section_of(info) if info else None
    return ".".join(names), None if current else info


def _show(key: str, value: object) -> str:
    """The offending value, cut short, and never a secret's."""
    text = repr(value) if isinstance(value, str) else str(value)
    if names_secret(key) or is_secret(text):
        return "(a secret)"
    return text if len(text) <= 60 else f"{text[:57]}…"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
