"""Which strategies are armed, on which coins, with which parameters, and how much each may do by itself.

The roster is a TOML file of the session, written whole and off the loop. What is wrong in it is told as a sentence and
replaced by the default; what it says about strategies that are not here now is kept for when they come back.
"""

from __future__ import annotations

import asyncio
import logging
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hlmaster.core.config import refuse_secrets
from hlmaster.core.errors import ConfigError
from hlmaster.core.files import write_whole
from hlmaster.core.proposals import Policy
from hlmaster.core.signals import Regime
from hlmaster.core.toml import toml_text
from hlmaster.strategies.base import Params
from hlmaster.strategies.known import BUILT_IN, Known, chosen, departures

log = logging.getLogger(__name__)
WATCHLIST = "watchlist"
SOLO = "solo"
Coins = tuple[str, ...] | str
"""Their names, or ``watchlist``."""
VERSION = 1
_VOTER = re.compile(r"voter:[A-Za-z0-9_-]{1,40}")
_COIN = re.compile(r"[A-Za-z0-9:_@/-]{1,40}")
_ORDER, _REGIMES = list(Policy), list(Regime)


@dataclass(frozen=True, slots=True)
class Entry:
    """One strategy's line. ``params``: what differs from its defaults, as plain values."""

    armed: bool = False
    coins: Coins = WATCHLIST
    off: tuple[str, ...] = ()
    """Coins on which it is switched off."""
    params: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = Policy.ASK
    role: str = SOLO
    """``solo``, or ``voter:GROUP``: its signals are votes of that group."""
    regimes: tuple[str, ...] = ()
    """Of the market, in which it may propose; none named means all of them."""
    code: str = ""
    """The version of the code that was armed; a user's file that differs at the start is not."""

    def coins_of(self, watchlist: Sequence[str]) -> tuple[str, ...]:
        """Those on which it runs while armed."""
        named = tuple(watchlist) if isinstance(self.coins, str) else self.coins
        return tuple(coin for coin in dict.fromkeys(named) if coin not in self.off)


class Roster:
    """``path`` None: kept in memory alone. ``notices`` are sentences about what was wrong in the file."""

    def __init__(self, path: Path | None = None, tell: Callable[[str], None] | None = None) -> None:
        self._path, self._tell = path, tell or log.warning
        self._entries: dict[str, Entry] = {}
        self._overall = Policy.ASK
        self._writer: asyncio.Task[None] | None = None
        self._unwritten = False
        self.notices: list[str] = []

    def load(self) -> None:
        """Read the file, which need not exist. What cannot be used is in ``notices``; never raises for content."""
        if self._path is None:
            return
        try:
            tree = tomllib.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            kept = self._path.with_suffix(".damaged.toml")
            self.notices.append(
                f"{self._path} cannot be read ({error}), so no strategy is armed. It is kept as {kept.name}."
            )
            self._keep_damaged(kept)
            return
        tree.pop("version", None)
        self._overall = self._policy(tree.pop("policy", Policy.ASK), "policy")
        for name, section in tree.items():
            if isinstance(section, dict):
                self._entries[name] = self._read(name, section)
            else:
                self.notices.append(
                    f"{name} = {section!r} in {self._path} is no setting of the roster, and is left out."
                )

    def _keep_damaged(self, kept: Path) -> None:
        assert self._path is not None
        try:
            self._path.replace(kept)
        except OSError as error:
            self.notices.append(f"It could not be kept: {error}.")

    # --- reading ---

    @property
    def overall(self) -> Policy:
        """The most that any strategy may do by itself."""
        return self._overall

    def entry(self, name: str) -> Entry:
        return self._entries.get(name) or Entry()

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def policy(self, name: str) -> Policy:
        """A strategy's own, capped by the overall one."""
        return min(self.entry(name).policy, self._overall, key=_ORDER.index)

    def voters(self, group: str) -> tuple[str, ...]:
        """The strategies that vote in a group, by name."""
        return tuple(sorted(name for name, entry in self._entries.items() if entry.role == f"voter:{group}"))

    def params(self, known: Known) -> tuple[Params, tuple[str, ...]]:
        """A strategy's parameters, and a sentence for each that was not allowed and is at its default."""
        wanted = dict(self.entry(known.card.name).params)
        told: list[str] = []
        while True:
            try:
                return chosen(known.parameters, wanted, known.card.title), tuple(told)
            except ConfigError as error:
                told.append(f"{error.sentence} The default is used.")
                bad = next((key for key in wanted if not self._fits(known, key, wanted[key])), None)
                if bad is None:  # each alone is possible, together they are not
                    wanted.clear()
                else:
                    del wanted[bad]

    @staticmethod
    def _fits(known: Known, key: str, value: object) -> bool:
        try:
            chosen(known.parameters, {key: value}, known.card.title)
        except ConfigError:
            return False
        return True

    # --- changing; each change is written soon ---

    def meet(self, known: Known) -> None:
        """A strategy that is new here gets its line; other hands' are never armed but by a person."""
        card = known.card
        if card.name not in self._entries:
            armed = card.armed_by_default and card.origin == BUILT_IN
            self._entries[card.name] = Entry(armed=armed, code=known.code)

    def change(self, name: str, **changes: Any) -> None:
        """Fields of ``Entry``. Raises ConfigError for a role, policy or coin that cannot be."""
        entry = replace(self.entry(name), **changes)
        if entry.role != SOLO and _VOTER.fullmatch(entry.role) is None:
            raise ConfigError(f"There is no role {entry.role!r}.", "Use solo, or voter: and the name of a group.")
        bad = [coin for coin in (*_names(entry.coins), *entry.off) if _COIN.fullmatch(coin) is None]
        if bad or (isinstance(entry.coins, str) and entry.coins != WATCHLIST):
            raise ConfigError(f"{bad[0] if bad else entry.coins!r} is no coin.", "Name coins, or use the watchlist.")
        odd = [name for name in entry.regimes if name not in _REGIMES]
        if odd:
            raise ConfigError(f"There is no regime {odd[0]!r}.", f"Use {', '.join(_REGIMES)}, or none for all.")
        for key, value in entry.params.items():
            if not _storable(value):
                raise ConfigError(
                    f"{name}: {key} = {value!r} cannot be kept in a file.", "Use numbers, texts and lists."
                )
        self._entries[name] = entry
        self._save_soon()

    def set_params(self, known: Known, params: Params) -> None:
        self.change(known.card.name, params=departures(params))

    def set_overall(self, policy: Policy) -> None:
        self._overall = policy
        self._save_soon()

    # --- the file ---

    def text(self) -> str:
        sections: dict[str, dict[str, object]] = {}
        for name, entry in sorted(self._entries.items()):
            sections[name] = {
                "armed": entry.armed,
                "coins": entry.coins,
                "off": entry.off,
                "policy": entry.policy,
                "role": entry.role,
                "regimes": entry.regimes,
                "code": entry.code,
            }
            unset = [key for key, value in entry.params.items() if value is None]
            if unset:
                sections[name]["unset"] = unset
            if len(entry.params) > len(unset):
                sections[f"{name}.params"] = {k: v for k, v in entry.params.items() if v is not None}
        return toml_text({"version": VERSION, "policy": self._overall}, sections, {})

    def _save_soon(self) -> None:
        """Now, off the loop; while a write is under way, once more after it."""
        self._unwritten = True
        if self._path is None or (self._writer is not None and not self._writer.done()):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # before the loop runs: whoever starts it saves
            return
        self._writer = loop.create_task(self._write(self._path), name="roster")

    async def _write(self, path: Path) -> None:
        while self._unwritten:
            self._unwritten = False
            try:
                await asyncio.to_thread(write_whole, path, self.text().encode(), durable=True)
            except OSError as error:
                self._tell(f"{path} cannot be written: {error.strerror}. Strategies are as you set them until the end.")

    async def stop(self) -> None:
        """Returns when the last change is in the file."""
        if self._unwritten:
            self._save_soon()
        if self._writer is not None:
            await self._writer

    def _read(self, name: str, section: dict[str, Any]) -> Entry:
        where = f"[{name}] in {self._path}"
        entry = Entry(
            armed=section.get("armed") is True,
            params=self._read_params(section, where),
            policy=self._policy(section.get("policy", Policy.ASK), where),
            code=str(section.get("code", "")),
        )
        for key, value in (("coins", section.get("coins", WATCHLIST)), ("off", section.get("off", []))):
            if value == WATCHLIST and key == "coins":
                continue
            if isinstance(value, list) and all(isinstance(c, str) and _COIN.fullmatch(c) for c in value):
                chosen_coins = tuple(value)
                entry = replace(entry, coins=chosen_coins) if key == "coins" else replace(entry, off=chosen_coins)
            else:
                self.notices.append(f"{key} = {value!r} ({where}) is no list of coins. The strategy is disarmed.")
                entry = replace(entry, armed=False)
        regimes = section.get("regimes", [])
        if isinstance(regimes, list) and all(one in _REGIMES for one in regimes):
            entry = replace(entry, regimes=tuple(regimes))
        else:
            self.notices.append(f"regimes = {regimes!r} ({where}) is no list of regimes. The strategy is disarmed.")
            entry = replace(entry, armed=False)
        role = section.get("role", SOLO)
        if role == SOLO or (isinstance(role, str) and _VOTER.fullmatch(role)):
            return replace(entry, role=role)
        self.notices.append(f"role = {role!r} ({where}) is no role. The strategy is disarmed.")
        return replace(entry, armed=False)

    def _read_params(self, section: dict[str, Any], where: str) -> dict[str, Any]:
        params, unset = section.get("params", {}), section.get("unset", [])
        if not isinstance(params, dict) or not isinstance(unset, list) or not all(map(_storable, params.values())):
            self.notices.append(f"The parameters in {where} cannot be understood; the defaults are used.")
            return {}
        try:
            refuse_secrets(params, where)
        except ConfigError as error:
            self.notices.append(str(error))
            return {}
        return params | {str(key): None for key in unset}

    def _policy(self, value: object, where: str) -> Policy:
        if isinstance(value, str) and value in _ORDER:
            return Policy(value)
        self.notices.append(f"policy = {value!r} ({where}) is not one of {', '.join(Policy)}. It is observe now.")
        return Policy.OBSERVE


def _names(coins: Coins) -> tuple[str, ...]:
    return () if isinstance(coins, str) else coins


def _storable(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(item, bool | int | float | str) for item in value)
    return value is None or isinstance(value, bool | int | float | str)
