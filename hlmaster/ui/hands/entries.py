"""What the palette can find: actions, coins, strategies, settings and pages of the help, each as one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pydantic.fields import FieldInfo

from hlmaster.core.config import fields_of
from hlmaster.settings import Settings
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.form_builder import section_title
from hlmaster.ui.form_fields import choices_of
from hlmaster.ui.hands.help_text import by_group
from hlmaster.ui.hands.keymap import KeyMap
from hlmaster.ui.hands.ranking import Text
from hlmaster.ui.hands.shortcuts import Shortcuts
from hlmaster.ui.market_panel import market_of

TURNED_HERE = ("general", "sounds", "market")
"""Sections whose simple settings change by Enter: what touches money is changed in its dialog, with its words."""
NOT_HERE = ("general.confirm_orders", "general.on_leaving")


def _nothing() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Entry:
    """``key`` is stable. ``note`` and ``refusal`` are asked when the entry is drawn; a refusal greys it."""

    key: str
    kind: str
    title: str
    run: Callable[[], object]
    note: Callable[[], str] = _nothing
    refusal: Callable[[], str] = _nothing
    keys: str = ""
    is_trading: bool = False
    stays: bool = False
    """The palette stays open after it, and shows what became of it."""
    also: str = ""
    is_figure: bool = False
    """The note is a price and is set as one."""

    @property
    def text(self) -> Text:
        return Text.of(self.title, self.also)


Source = Callable[[], Iterable[Entry]]


class Entries:
    """Made anew each time the palette opens. ``sources`` may be added to by whoever has more to find."""

    def __init__(
        self,
        context: Context,
        keymap: KeyMap,
        shortcuts: Shortcuts,
        open_setting: Callable[[str], object],
        show_strategy: Callable[[str], object],
        pages: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        self._context, self._keymap, self._shortcuts = context, keymap, shortcuts
        self._open_setting, self._show_strategy, self._pages = open_setting, show_strategy, pages
        self._fields = [(key, info) for key, info in fields_of(Settings)]
        self.sources: list[Source] = [self.actions, self.coins, self.strategies, self.settings, self.help]

    def all(self) -> dict[str, Entry]:
        return {entry.key: entry for source in self.sources for entry in source()}

    def actions(self) -> Iterator[Entry]:
        shortcuts, in_force = self._shortcuts, self._keymap.shown
        ordered = [action for group in by_group(self._context.actions.all()).values() for action in group]
        # What has keys is what is wanted often, so it stands first while nothing is typed.
        for action in sorted(ordered, key=lambda one: not in_force(one.key)):
            yield Entry(
                f"action.{action.key}",
                action.group,
                action.title,
                partial(shortcuts.run, action),
                partial(str, action.hint),
                partial(shortcuts.refusal, action),
                in_force(action.key),
                action.is_trading,
                also=f"{action.group} {action.key}",
            )

    def coins(self) -> Iterator[Entry]:
        for coin in self._context.desk.instruments:
            select, price = partial(self._context.select, coin), partial(self._price, coin)
            yield Entry(f"coin.{coin}", "Coin", coin, select, price, is_figure=True)

    def _price(self, coin: str) -> str:
        market = market_of(self._context.desk, coin)
        if market is None or not market.mark:
            return ""
        return figures.price(market.mark, market.instrument.size_decimals)

    def strategies(self) -> Iterator[Entry]:
        for card in self._context.desk.engine.cards():
            yield Entry(f"strategy.{card.name}", "Strategy", card.title, partial(self._show_strategy, card.name))

    def help(self) -> Iterator[Entry]:
        for name, title in self._pages():
            wanted = partial(self._context.help_wanted.emit, name)
            yield Entry(f"help.{name}", "Help", title, wanted, also="help page")

    # --- settings ---

    def settings(self) -> Iterator[Entry]:
        for key, info in self._fields:
            section, _, name = key.partition(".")
            title = info.title or name.replace("_", " ").capitalize()
            turn = self._turn(key, info)
            yield Entry(
                f"setting.{key}",
                section_title(section),
                title,
                partial(self._open_setting, key) if turn is None else turn,
                partial(self._value, key, turn is not None),
                stays=turn is not None,
                also=f"setting {section} {name.replace('_', ' ')}",
            )

    def _current(self, key: str) -> object:
        value: object = self._context.desk.settings
        for part in key.split("."):
            value = getattr(value, part)
        return value

    def _turn(self, key: str, info: FieldInfo) -> Callable[[], object] | None:
        """What Enter does to a simple setting; None where its dialog opens."""
        if key in NOT_HERE or key.partition(".")[0] not in TURNED_HERE:
            return None
        choices = (False, True) if info.annotation is bool else choices_of(info.annotation)
        return partial(self._next, key, choices) if choices else None

    def _next(self, key: str, choices: tuple[object, ...]) -> None:
        now = self._current(key)
        at = choices.index(now) if now in choices else -1
        self._context.setting_wanted.emit(key, choices[(at + 1) % len(choices)])

    def _value(self, key: str, turns: bool) -> str:
        value = self._current(key)
        if isinstance(value, bool):
            said = "on" if value else "off"
        elif isinstance(value, tuple | list):
            said = f"{len(value)} entries"
        else:
            said = "not set" if value is None else str(value)
        return f"{said}  ↵ changes it" if turns else said
