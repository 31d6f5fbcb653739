"""Fields of an info request, read with their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hlmaster.core.errors import HlError
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator import schema
from hlmaster.exchange.simulator.schema import Malformed

FAR_FUTURE_MS = 1 << 62


class Unanswerable(HlError):
    """Understood, but with a value that leads nowhere: HTTP 500 with a null body."""

    code = "SIM-500"


class Question:
    """Readers raise Malformed (422) where a field is missing or of the wrong kind."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body

    @property
    def user(self) -> str:
        return schema.address(self.body.get("user"))

    @property
    def coin(self) -> str:
        return schema.text(self.body.get("coin"))

    @property
    def dex(self) -> str:
        dex = self.body.get("dex")
        if dex not in (None, "", []):
            raise Unanswerable(f"there is no dex {dex!r}")
        return ""

    @property
    def start_ms(self) -> int:
        return schema.unsigned(self.body.get("startTime"))

    @property
    def end_ms(self) -> int:
        end = self.body.get("endTime")
        return FAR_FUTURE_MS if end is None else schema.unsigned(end)

    @property
    def order(self) -> int | str:
        return schema.order_reference(self.body.get("oid"))

    def optional_start(self) -> int:
        return 0 if self.body.get("startTime") is None else self.start_ms

    def flag(self, name: str) -> bool:
        value = self.body.get(name)
        return False if value is None else schema.boolean(value)

    def count(self, name: str) -> int:
        return schema.unsigned(self.body.get(name))

    def nested(self, name: str) -> Question:
        inner = self.body.get(name)
        if not isinstance(inner, dict):
            raise Malformed(f"missing field {name}")
        return Question(inner)

    def interval(self) -> Interval:
        try:
            return Interval(str(self.body.get("interval")))
        except ValueError as error:
            raise Malformed(f"unknown interval {self.body.get('interval')!r}") from error
