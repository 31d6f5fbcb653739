"""Whether this run may trade real money: asked for by name, confirmed by typing, each time anew.

A ``LivePermit`` exists only by ``confirm_live``; ``desk.modes`` opens live for nobody without one. No setting, file or
environment variable is looked at here, so none can lead to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode

LIVE_PHRASE = "trade real money"
NOTICE_VERSION = 1
NOTICE = (
    "You can lose all money in this account, within minutes, through the market, through leverage, through a fault "
    "of the exchange or of this program.",
    "Stops are orders: in a fast market they fill at worse prices, and when the exchange is down they do not fill.",
    "Use a separate account with money that you can do without, and begin with the smallest sizes.",
    "Malware that runs as you can trade as you. Nobody can undo a trade.",
)
_SEAL = object()


@dataclass(frozen=True, slots=True)
class LiveConfirmation:
    """What a person said: in the window by picking live and typing, on the command line by flags.

    ``named``: the mode was asked for as ``live``, exactly. ``phrase`` or, without a window, both flags.
    """

    named: bool = False
    account_tail: str = ""
    phrase: str = ""
    live_flag: bool = False
    understood_flag: bool = False
    notice_acknowledged: bool = False


class LivePermit:
    """For one account and this run of the program."""

    __slots__ = ("account",)

    def __init__(self, account: str, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a live permit is made by confirm_live alone")
        self.account = account

    def __reduce__(self) -> NoReturn:
        raise TypeError("a live permit cannot be copied or stored")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__reduce__()


def confirm_live(account: str, said: LiveConfirmation) -> LivePermit:
    """Raises ConfigError naming the first thing that is missing."""
    if not said.named:
        raise ConfigError("Live was not asked for.", "Pick it in the window, or write --mode live.")
    flags = said.live_flag and said.understood_flag
    if (said.live_flag or said.understood_flag) and not flags:
        raise ConfigError(
            "Live without a window needs both --live and --i-understand-the-risks.", "Write both, or use the window."
        )
    if not flags and said.phrase != LIVE_PHRASE:
        raise ConfigError(f"Live needs the words “{LIVE_PHRASE}”, typed exactly.", "Type them, without the quotes.")
    if len(account) < 4 or said.account_tail.lower() != account[-4:].lower():
        raise ConfigError(
            "The last four characters of the account do not match.",
            "Type those of the account you mean to trade; without a window: --account-tail.",
        )
    if not said.notice_acknowledged:
        raise ConfigError("The risk notice was not acknowledged.", "Read it and tick it.")
    return LivePermit(account, _SEAL)


def check_permit(mode: Mode, account: str, permit: LivePermit | None) -> None:
    """Raises ConfigError unless live has a permit for exactly this account; other modes need none and take none."""
    if mode is Mode.LIVE and (permit is None or permit.account != account):
        raise ConfigError("Live is not confirmed for this account.", "Connect in the window and confirm.")
    if mode is not Mode.LIVE and permit is not None:
        raise ConfigError(f"A confirmation for live was given to {mode}.", "Ask for one mode.")
