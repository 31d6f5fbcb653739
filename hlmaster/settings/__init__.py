"""Settings: the root model, where each value came from, and its file.

Order of precedence: defaults < TOML file < environment (``HLM_SECTION__KEY``) < command line
(``--set section.key=value``) < the session's own. Unknown keys, values out of range and secrets are errors that name
the key and where it stands. The mode is no setting: ``chosen_mode`` takes it from the command line alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hlmaster.core.config import Config, Tree, allowed, explain, fields_of, refuse_secrets, unit_of, unknown_key
from hlmaster.core.errors import ConfigError
from hlmaster.core.files import write_whole
from hlmaster.core.model import Mode
from hlmaster.core.toml import toml_text
from hlmaster.insight.analyst.terms import AnalystTerms
from hlmaster.insight.sentiment.terms import News
from hlmaster.settings.hands import Hands, Sounds, sounds_moved
from hlmaster.settings.sections import Demo, General, Market, Paper, Storage
from hlmaster.settings.ticket import OrderEntry
from hlmaster.trading.allocation import Allocation
from hlmaster.trading.execution.terms import Execution
from hlmaster.trading.proposals.own_limits import OwnLimits
from hlmaster.trading.proposals.record_trust import TrustTerms
from hlmaster.trading.proposals.terms import Proposals
from hlmaster.trading.protection.policy import Protection
from hlmaster.trading.risk.breakers.limits import BreakerLimits
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.safeguards import Safeguards
from hlmaster.trading.safety import Safety
from hlmaster.trading.sizing import Sizing

Migration = Callable[[Tree], Tree]
MIGRATIONS: tuple[Migration, ...] = (sounds_moved,)
"""``MIGRATIONS[n - 1]`` takes the tree of a version n file to version n + 1."""
VERSION = len(MIGRATIONS) + 1

ENVIRONMENT_PREFIX = "HLM_"


class Source(StrEnum):
    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from; ``where`` is the file or the variable."""

    source: Source = Source.DEFAULT
    where: str = ""

    def __str__(self) -> str:
        return f"{self.source.value} {self.where}".strip() if self.source is not Source.DEFAULT else "the default"


class Origins(dict[str, Origin]):
    """Origin by dotted key; a key that nobody set has the default's."""

    def __missing__(self, key: str) -> Origin:
        return Origin()


class Settings(Config):
    general: General = General()
    hands: Hands = Hands()
    sounds: Sounds = Sounds()
    market: Market = Market()
    ticket: OrderEntry = OrderEntry()
    risk: RiskLimits = RiskLimits()
    breakers: BreakerLimits = BreakerLimits()
    safeguards: Safeguards = Safeguards()
    protection: Protection = Protection()
    sizing: Sizing = Sizing()
    proposals: Proposals = Proposals()
    strategies: OwnLimits = OwnLimits()
    trust: TrustTerms = TrustTerms()
    allocation: Allocation = Allocation()
    execution: Execution = Execution()
    safety: Safety = Safety()
    analyst: AnalystTerms = AnalystTerms()
    news: News = News()
    storage: Storage = Storage()
    demo: Demo = Demo()
    paper: Paper = Paper()

    @classmethod
    def load(
        cls,
        file: Path | None = None,
        env: Mapping[str, str] | None = None,
        cli: Sequence[str] = (),
        session: Mapping[str, object] | None = None,
    ) -> tuple[Settings, Origins]:
        """Merge all layers. ``cli`` holds ``section.key=value`` texts, ``session`` values by dotted key.

        Raises ConfigError naming key, value, allowed range and origin. A file that does not exist is an empty one.
        """
        values: dict[str, object] = {}
        origins = Origins()
        layers = (
            _file_layer(file),
            _environment_layer(env or {}),
            _command_line_layer(cli),
            ((key, value, Origin(Source.SESSION)) for key, value in (session or {}).items()),
        )
        for layer in layers:
            for key, value, origin in layer:
                _check_key(key, value, origin)
                values[key], origins[key] = value, origin
        return _validate(values, origins), origins

    def values(self) -> dict[str, Any]:
        """Every setting by dotted key."""
        return {f"{name}.{key}": getattr(section, key) for name, section in self for key in type(section).model_fields}

    def changed(self, changes: Mapping[str, object], origins: Origins) -> tuple[Settings, Origins]:
        """New settings with these dotted keys set as if in the file. Raises ConfigError."""
        later = Origins(origins)
        for key, value in changes.items():
            later[key] = Origin(Source.FILE, "settings dialog")
            _check_key(key, value, later[key])
        return _validate({**self.values(), **changes}, later), later

    def save(self, file: Path, origins: Origins | None = None) -> None:
        """Write what differs from the defaults, whole or not at all.

        With ``origins``, values from environment, command line or session stay there: for those keys the file keeps
        what it had. Raises ConfigError when the file cannot be written.
        """
        elsewhere = {
            key
            for key, origin in (origins or {}).items()
            if origin.source in (Source.ENVIRONMENT, Source.COMMAND_LINE, Source.SESSION)
        }
        kept = {key: value for key, value, _ in _file_layer(file) if key in elsewhere} if elsewhere else {}
        defaults = Settings().values()
        wanted = {k: v for k, v in self.values().items() if k not in elsewhere and v != defaults[k]} | kept
        _write_atomically(file, toml_text({"version": VERSION}, _nested(wanted), {}))

    def export(self) -> str:
        """All settings as TOML with ranges and help as comments."""
        notes = {key: f"{info.description} ({allowed(info)})" for key, info in fields_of(Settings)}
        return toml_text({"version": VERSION}, _nested(self.values()), notes)


def chosen_mode(flag: str | None = None) -> Mode:
    """The mode of this run: demo unless the command line names another, exactly. Raises ConfigError."""
    if flag is None:
        return Mode.DEMO
    try:
        return Mode(flag)
    except ValueError:
        names = ", ".join(Mode)
        raise ConfigError(
            f"There is no mode called {flag!r}.", f"Use one of {names}; without --mode it is demo."
        ) from None


def unit(key: str) -> str:
    """The unit of a setting, for labels; empty when it has none."""
    return unit_of(_FIELDS[key])


_FIELDS = dict(fields_of(Settings))
_Layer = Iterable[tuple[str, object, Origin]]


def _file_layer(file: Path | None) -> _Layer:
    if file is None or not file.exists():
        return
    origin = Origin(Source.FILE, str(file))
    tree = migrate(_read(file), str(file))
    refuse_secrets(tree, str(origin))
    for name, section in tree.items():
        if isinstance(section, dict) and name in Settings.model_fields:
            yield from ((f"{name}.{key}", value, origin) for key, value in section.items())
        else:
            yield name, section, origin


def _read(file: Path) -> Tree:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise ConfigError(
            f"The settings file {file} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The settings file {file} is damaged: byte {error.start} is not UTF-8 text.", _REPAIR
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The settings file {file} cannot be understood: {error}.", _REPAIR) from error


_REPAIR = "Correct it there, or rename the file to start from the defaults."


def migrate(tree: Tree, file: str, migrations: Sequence[Migration] = MIGRATIONS) -> Tree:
    """Bring a file's tree to the newest version. Raises ConfigError for one from the future."""
    newest = len(migrations) + 1
    found = tree.pop("version", 1)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= newest:
        raise ConfigError(
            f"The settings file {file} has version {found}; this program knows versions 1 to {newest}.",
            "Update the program, or rename the file to start from the defaults.",
        )
    for step in migrations[found - 1 :]:
        tree = step(tree)
    return tree


def _environment_layer(env: Mapping[str, str]) -> _Layer:
    for variable in sorted(env):
        if variable.upper().startswith(ENVIRONMENT_PREFIX):
            key = variable[len(ENVIRONMENT_PREFIX) :].lower().replace("__", ".", 1)
            origin = Origin(Source.ENVIRONMENT, variable)
            refuse_secrets({key: env[variable]}, str(origin))
            yield key, _from_text(key, env[variable]), origin


def _command_line_layer(cli: Sequence[str]) -> _Layer:
    for text in cli:
        key, separator, value = text.partition("=")
        origin = Origin(Source.COMMAND_LINE, f"--set {key}")
        refuse_secrets({key: value}, str(Origin(Source.COMMAND_LINE, "--set")))
        if not separator:
            raise ConfigError(f"--set {text} has no value.", "Write --set section.key=value.")
        yield key.strip(), _from_text(key.strip(), value.strip()), origin


def _from_text(key: str, text: str) -> object:
    """Lists are comma-separated; ``none`` or nothing unsets what may be unset."""
    info = _FIELDS.get(key)
    words = allowed(info) if info is not None else ""
    if words == "a list":
        return [part.strip() for part in text.split(",") if part.strip()]
    return None if "nothing" in words and text.lower() in ("", "none") else text


def _check_key(key: str, value: object, origin: Origin) -> None:
    refuse_secrets({key: value}, str(origin))
    if key in _FIELDS:
        return
    if key.rpartition(".")[2] == "mode":
        raise ConfigError(
            f"The mode cannot be set by {key} ({origin}).", "Remove it; the mode is chosen by --mode, demo by default."
        )
    raise unknown_key(key, Settings, str(origin))


def _validate(values: Mapping[str, object], origins: Origins) -> Settings:
    try:
        return Settings.model_validate(_nested(values))
    except ValidationError as error:
        raise explain(error, Settings, lambda key: str(origins[key])) from None


def _nested(values: Mapping[str, object]) -> dict[str, dict[str, object]]:
    tree: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        tree.setdefault(section, {})[name] = value
    return tree


def _write_atomically(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(file, text.encode(), durable=True)
    except OSError as error:
        raise ConfigError(
            f"The settings file {file} cannot be written: {error.strerror}.", "Check the folder and the free space."
        ) from error
