"""A run that nobody watches: every strategy is armed and acts under one policy. Demo alone, where no money is real."""

from __future__ import annotations

import logging

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Mode
from hlmaster.core.proposals import Policy
from hlmaster.desk.desk import Desk

log = logging.getLogger(__name__)


def policy_of(name: str | None, mode: Mode) -> Policy | None:
    """What ``--policy`` asked for. Raises ConfigError outside demo."""
    if name is None:
        return None
    if mode is not Mode.DEMO:
        raise ConfigError(
            f"A whole run acts under one policy in demo mode alone, and this is {mode}.",
            "Arm strategies in the window and choose each one's policy there.",
        )
    return Policy(name)


async def let_act(desk: Desk, policy: Policy) -> None:
    """Arm what can be armed once strategies run, those with a warning too: here it costs nothing."""
    await desk.deciding.wait()
    desk.engine.set_overall(policy)
    for card in desk.engine.cards():
        try:
            desk.engine.set_policy(card.name, policy)
            desk.engine.arm(card.name)
        except ConfigError as error:
            log.warning("%s", error)
