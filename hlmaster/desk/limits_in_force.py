"""The limits as they are in force: stricter ones at once, looser ones from the next UTC day, over restarts.

The settings hold what is wanted, wherever it came from: dialog, file, environment or command line. What is in force is
remembered beside the session, so no way of changing a setting is quicker than another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from pydantic import ValidationError

from hlmaster.core.clock import Clock
from hlmaster.core.config import Config
from hlmaster.core.errors import StorageError
from hlmaster.desk.kept import Kept
from hlmaster.settings import Settings
from hlmaster.trading.proposals.own_limits import OwnLimits
from hlmaster.trading.risk.breakers.breakers import moment
from hlmaster.trading.risk.breakers.limits import BreakerLimits
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.loosening import LOOSER, Limits, Waiting, is_looser, tomorrow
from hlmaster.trading.risk.safeguards import Safeguards

log = logging.getLogger(__name__)
SECTIONS: Mapping[str, type[Config]] = {
    "risk": RiskLimits,
    "breakers": BreakerLimits,
    "safeguards": Safeguards,
    "strategies": OwnLimits,
}


class LimitsInForce:
    """``freely``: whether this session has not traded yet, so that everything may be set at once."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings], kept: Kept, freely: Callable[[], bool]) -> None:
        self._clock, self._settings, self.kept, self._freely = clock, settings, kept, freely
        self._limits = self._recall()
        self._seen: Settings | None = None
        self._in_force = settings()
        self.look()

    @property
    def settings(self) -> Settings:
        """The settings with every limit as it is in force."""
        if self._settings() is not self._seen:
            self.look()
        return self._in_force

    @property
    def risk(self) -> RiskLimits:
        return self.settings.risk

    def waiting(self) -> tuple[Waiting, ...]:
        """What is wanted and not in force yet."""
        self.look()
        return self._limits.waiting(_values(self._settings()))

    def notes(self, wanted: Settings) -> dict[str, str]:
        """By dotted key, what the settings dialog says of each value that would not take effect at once."""
        if self._freely():
            return {}
        now, values = self._clock.now_ms(), _values(wanted)
        return {
            key: f"takes effect {moment(self._limits.due.get(key, tomorrow(now)))}; until then {self._shown(key)}"
            for key, value in values.items()
            if is_looser(key, self._limits.in_force[key], value)
        }

    def undo(self, key: str) -> Settings:
        """The settings with the value in force in the place of the one that waits."""
        return with_value(self._settings(), key, self._limits.in_force[key])

    def look(self) -> None:
        """Follow the settings and the time; call it now and then."""
        settings = self._settings()
        if settings is self._seen and not self._limits.due:
            return
        values = _values(settings)
        before, self._limits = self._limits, self._limits.follow(values, self._clock.now_ms(), freely=self._freely())
        if settings is self._seen and self._limits == before:
            return
        self._seen, self._in_force = settings, settings
        for key, value in self._limits.in_force.items():
            if value != values[key]:
                self._in_force = with_value(self._in_force, key, value)
        self.kept.save(self._document())

    async def stop(self) -> None:
        await self.kept.stop()

    def _shown(self, key: str) -> str:
        value = self._limits.in_force[key]
        if value is None or value == ():
            return "none"
        return ", ".join(value) if isinstance(value, tuple) else f"{value}"

    # --- memory ---

    def _document(self) -> bytes:
        document = {"in_force": _sections(self._in_force), "due": dict(self._limits.due)}
        return msgspec.json.encode({**document, "asked": _sections(self._settings())})

    def _recall(self) -> Limits:
        """Of a memory that cannot be read the defaults are in force: nothing gets looser by damaging a file."""
        try:
            content = self.kept.load()
            return Limits({}, {}) if content is None else _understood(content)
        except (StorageError, msgspec.DecodeError, ValidationError) as error:
            log.error("the limits in force cannot be read, so the defaults hold until tomorrow: %s", error)
            return Limits(_values(Settings()), {})


class _Document(msgspec.Struct):
    in_force: dict[str, dict[str, Any]]
    due: dict[str, int]
    asked: dict[str, dict[str, Any]] = {}


def _sections(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name).model_dump(mode="json") for name in SECTIONS}


def _understood(content: bytes) -> Limits:
    document = msgspec.json.decode(content, type=_Document)
    asked = _read(document.asked)
    due = {key: due for key, due in document.due.items() if key in LOOSER}
    return Limits(_read(document.in_force), due, {key: asked[key] for key in due if key in asked})


def _read(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Values by dotted key, of the settings that wait. Raises ValidationError."""
    found: dict[str, Any] = {}
    for section, model in SECTIONS.items():
        known = {name: value for name, value in sections.get(section, {}).items() if name in model.model_fields}
        read = model.model_validate(known)
        found.update({f"{section}.{name}": getattr(read, name) for name in known if f"{section}.{name}" in LOOSER})
    return found


def _values(settings: Settings) -> dict[str, Any]:
    return {key: getattr(getattr(settings, section), name) for key, section, name in _KEYS}


_KEYS = tuple((key, *key.split(".")) for key in LOOSER)


def with_value(settings: Settings, key: str, value: object) -> Settings:
    section, _, name = key.partition(".")
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update={name: value})})
