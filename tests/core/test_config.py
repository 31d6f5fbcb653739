"""The configuration base: ranges, unknown keys, sentences, secrets."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest
from pydantic import Field, ValidationError

from hlmaster.core.config import Config, allowed, explain, fields_of, refuse_secrets, unit_of
from hlmaster.core.errors import ConfigError

KEY = "9f" * 32


class Inner(Config):
    width: int = Field(3, ge=1, le=9, title="Width", description="How wide.", json_schema_extra={"unit": "px"})
    names: tuple[str, ...] = Field(("a",), min_length=1)
    flag: bool = Field(False)
    shade: Literal["dark", "light"] = Field("dark")
    money: Decimal | None = Field(None, gt=0)


class Outer(Config):
    inner: Inner = Inner()


FIELDS = dict(fields_of(Outer))


def complaint(tree: dict[str, object]) -> str:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(tree)
    return str(explain(caught.value, Outer, lambda key: f"file x.toml, {key}"))


def test_leaves_are_listed_by_dotted_key_in_order() -> None:
    assert list(FIELDS) == ["inner.width", "inner.names", "inner.flag", "inner.shade", "inner.money"]
    assert unit_of(FIELDS["inner.width"]) == "px"
    assert unit_of(FIELDS["inner.flag"]) == ""


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("inner.width", "at least 1 and at most 9 px"),
        ("inner.names", "a list"),
        ("inner.flag", "true or false"),
        ("inner.shade", "one of dark, light"),
        ("inner.money", "more than 0"),
    ],
)
def test_the_allowed_range_is_said_in_words(key: str, words: str) -> None:
    assert allowed(FIELDS[key]) == words


@pytest.mark.parametrize(
    ("tree", "parts"),
    [
        ({"inner": {"width": 10}}, ("inner.width = 10", "file x.toml", "at least 1 and at most 9 px")),
        ({"inner": {"width": "wide"}}, ("inner.width = 'wide'", "at least 1")),
        ({"inner": {"width": True}}, ("inner.width = True", "True and false are not values")),
        ({"inner": {"names": []}}, ("inner.names = []", "a list", "at least 1 item")),
        ({"inner": {"names": ["a", 3]}}, ("inner.names = 3",)),
        ({"inner": {"flag": 7}}, ("inner.flag = 7", "true or false")),
        ({"inner": {"shade": "pink"}}, ("'pink'", "one of dark, light")),
        ({"inner": {"widht": 1}}, ("no setting called inner.widht", "Did you mean inner.width?")),
        ({"inner": 5}, ("inner = 5", "not a section")),
        ({"inner": {"width": 0, "shade": 1}}, ("inner.width = 0", "1 more to correct")),
        ({"inner": {"width": f"0x{KEY}"}}, ("inner.width = (a secret)",)),
    ],
)
def test_a_complaint_names_key_value_range_and_origin(tree: dict[str, object], parts: tuple[str, ...]) -> None:
    sentence = complaint(tree)
    for part in parts:
        assert part in sentence
    assert KEY not in sentence


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Inner().width = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("note", KEY),
        ("note", f"0x{KEY.upper()}"),
        ("note", f"my key is {KEY}, keep it"),
        ("private_key", "anything"),
        ("telegram_bot_token", "x"),
        ("db.password", "hunter2"),
        ("database_url", "postgresql://me:pw@localhost/x"),
        ("note", "sk-" + "proj-a1B2c3D4e5F6g7H8"),
        ("note", "123456789:AAHfiqksKZ8WmR2zSjiQ7_v4TMAKdiHm9T0"),
        ("note", " ".join(["legal", "winner", "thank", "year", "wave", "sausage"] * 2)),
        ("notes", ["fine", ["deep", KEY]]),
        ("number", int("9" + "f" * 63, 16)),
    ],
)
def test_a_secret_is_refused_and_never_echoed(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_secrets({"section": {key: value}}, "file x.toml")
    sentence = str(caught.value)
    assert f"section.{key}" in sentence
    assert "keyring" in sentence
    assert str(value) not in sentence or value in ("anything", "x")


def test_a_secret_used_as_a_key_is_not_echoed() -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_secrets({KEY: 1}, "file x.toml")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", "0x" + "ab" * 20),
        ("cloid", "0x" + "ab" * 16),
        ("demo.seed", 7),
        ("password", ""),
        ("database_url", "postgresql://localhost/x"),
        ("max_tokens", 300),
        ("watchlist", ["BTC", "ETH"]),
    ],
)
def test_what_is_no_secret_passes(key: str, value: object) -> None:
    refuse_secrets({key: value}, "file x.toml")
