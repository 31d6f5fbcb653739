"""Undecided cards as a document, so that the next run can tell what became of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from hlmaster.core.proposals import Proposal

log = logging.getLogger(__name__)


def document_of(proposals: Iterable[Proposal]) -> list[Any]:
    """What JSON can hold."""
    return [msgspec.to_builtins(proposal) for proposal in proposals]


def remembered(document: Mapping[str, Any]) -> list[Proposal]:
    """Those of its ``cards`` that are sound."""
    kept = document.get("cards")
    cards = []
    for card in kept if isinstance(kept, list) else ():
        try:
            cards.append(msgspec.convert(card, Proposal))
        except msgspec.ValidationError as error:
            log.warning("a remembered card is damaged and was left out: %s", error)
    return cards
