"""The one error tree.

    HlError ─┬─ ConfigError            a setting is unknown, of the wrong kind, or out of range
             ├─ StorageError ─┬─ DatabaseDamaged
             │                ├─ DatabaseTooNew
             │                ├─ SessionBusy
             │                └─ JournalUnavailable
             ├─ VenueError ───┬─ VenueUnreachable   nothing is known to have happened; reads may be repeated
             │                ├─ VenueRefused       the venue understood and said no
             │                ├─ RateLimited        our budget or the venue's is spent
             │                ├─ OutcomeUnknown     the action may or may not have happened
             │                │    └─ NonceUsed     the venue has seen this nonce before
             │                └─ UnrecognisedReply  an answer outside the protocol
             ├─ SigningError           a key is missing, or signs for another address than expected
             ├─ VaultError ───┬─ KeyringUnavailable  the system has no keyring that may be trusted
             │                └─ WrongPassphrase
             ├─ AccessRefused          a key or account that this program must not, or cannot, trade with
             └─ InvariantBroken        a promise of our own code does not hold; trading halts

Refusals by the gate and rejections by the venue are facts (``core.orders``), not exceptions.
Every error carries a stable ``code`` for the log and the troubleshooting guide, a plain sentence, and a cure.
"""

from __future__ import annotations


class HlError(Exception):
    """Base of every error this application raises on purpose."""

    code = "HL-000"

    def __init__(self, sentence: str, cure: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.sentence} {self.cure}".strip()


class ConfigError(HlError):
    code = "CFG-001"


class StorageError(HlError):
    code = "STO-001"


class DatabaseDamaged(StorageError):
    code = "STO-002"


class DatabaseTooNew(StorageError):
    code = "STO-003"


class SessionBusy(StorageError):
    code = "STO-004"


class JournalUnavailable(StorageError):
    code = "STO-005"


class VenueError(HlError):
    code = "VEN-001"


class VenueUnreachable(VenueError):
    code = "VEN-002"


class VenueRefused(VenueError):
    code = "VEN-003"


class RateLimited(VenueError):
    code = "VEN-004"


class OutcomeUnknown(VenueError):
    code = "VEN-005"


class NonceUsed(OutcomeUnknown):
    code = "VEN-007"


class UnrecognisedReply(VenueError):
    code = "VEN-006"


class SigningError(HlError):
    code = "SIG-001"


class VaultError(HlError):
    code = "KEY-001"


class KeyringUnavailable(VaultError):
    code = "KEY-002"


class WrongPassphrase(VaultError):
    code = "KEY-003"


class AccessRefused(HlError):
    code = "ACC-001"


class InvariantBroken(HlError):
    code = "INV-001"
