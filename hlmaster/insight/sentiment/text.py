"""Strangers' words made plain: no markup, no characters that are not seen, no more than is read."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from html import unescape

LONGEST_TITLE, LONGEST_TEXT = 300, 600
_RAW = 8
"""So many times the length is looked at before markup is taken out."""
_UNSEEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<!--.*?(-->|\Z)|</?[a-zA-Z][^<>]*(>|\Z)|<[!?][^<>]*>", re.DOTALL)
_WORD = re.compile(r"[a-z0-9]+")
ENOUGH_WORDS = 5
"""A title of fewer words may head different pieces."""


def plain(raw: str, longest: int) -> str:
    """``raw`` without HTML (however often it was escaped), control and invisible characters; at most ``longest``."""
    text = raw[: longest * _RAW]
    for _ in range(3):
        before, text = text, unescape(_MARKUP.sub(" ", _UNSEEN.sub(" ", text)))
        if text == before:
            break
    text = _MARKUP.sub(" ", text)
    seen = "".join(_shown(sign) for sign in unicodedata.normalize("NFC", text))
    words = " ".join(seen.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


_BETWEEN = {"Cc", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}


def _shown(sign: str) -> str:
    kind = unicodedata.category(sign)
    return "" if kind == "Cf" else " " if kind in _BETWEEN else sign


def key_of(title: str, text: str) -> str:
    """Equal for the same words, whatever their case, punctuation and source."""
    words = _WORD.findall(unicodedata.normalize("NFKD", title).lower())
    if len(words) < ENOUGH_WORDS:
        words += _WORD.findall(unicodedata.normalize("NFKD", text).lower())
    told = " ".join(words) or f"{title}\n{text}"
    return blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()
