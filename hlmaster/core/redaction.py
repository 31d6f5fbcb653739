"""What a secret looks like, and its removal from text. Addresses (40 hex digits) and client order ids (32) are none."""

from __future__ import annotations

import re

MASK = "[redacted]"
_SHAPES = (
    r"(?:0x)?[0-9a-fA-F]{64,}",  # private keys; signatures and hashes go with them
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",  # JSON web tokens
    r"\b(?:sk|pk|rk)[-_][\w-]{16,}",
    r"\bgh[pousr]_\w{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bxox[abeoprs]-[\w-]{10,}",
    r"\bA(?:KI|SI)A[0-9A-Z]{16}",
    r"\bAIza[\w-]{30,}",
    r"\b\d{8,10}:[\w-]{35}",  # Telegram bots
    r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]+",
    r"hooks\.slack\.com/services/[\w/]+",
    r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)",  # user and password in an address
    r"(?i:(?<=bearer )[\w.~+/-]{16,}=*)",
)
_SECRET = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES))
_SECRET_NAME = re.compile(
    r"(?i)(?:^|[_\-.])(?:private_?key|api_?key|api_?secret|secret(?:_?key)?|password|passwd|passphrase|mnemonic|"
    r"seed_?phrase|access_?token|auth_?token|bot_?token|token)$"
)
_PHRASE = re.compile(r"\s*[a-z]{3,8}(?:\s+[a-z]{3,8}){11,23}\s*")


def redact(text: str) -> str:
    """The text with everything that has the shape of a secret replaced by ``[redacted]``."""
    return _SECRET.sub(MASK, text)


def names_secret(key: str) -> bool:
    """Whether a setting of this name would hold a secret: private_key, telegram_bot_token, password …"""
    return _SECRET_NAME.search(key) is not None


def is_secret(text: str) -> bool:
    """Whether a setting's value holds a secret, recovery phrases of 12 to 24 words included."""
    return _SECRET.search(text) is not None or _PHRASE.fullmatch(text) is not None
