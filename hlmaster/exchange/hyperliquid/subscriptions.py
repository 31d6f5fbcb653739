"""What a socket listens to: wanted, acknowledged, refused. The venue forgets all of it when the connection drops."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Subscription = Mapping[str, object]
Key = tuple[tuple[str, object], ...]
_MEANINGLESS = (None, False)
_text = msgspec.json.Encoder().encode


def key_of(subscription: Subscription) -> Key:
    """The venue echoes keys in another order and fills in defaults: two texts may mean the same."""
    lowered = {k: v.lower() if k == "user" and isinstance(v, str) else v for k, v in subscription.items()}
    return tuple(sorted((k, v) for k, v in lowered.items() if v not in _MEANINGLESS and v != ""))


def request(method: str, subscription: Subscription) -> str:
    return _text({"method": method, "subscription": dict(subscription)}).decode()


def quoted(text: str) -> Subscription | None:
    """The subscription that a complaint quotes after its words, if it quotes one."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        return msgspec.json.decode(text[start:], type=dict[str, object])
    except msgspec.MsgspecError:
        return None


class Subscriptions:
    """Idempotent: asking twice changes nothing."""

    def __init__(self) -> None:
        self._wanted: dict[Key, Subscription] = {}
        self._unanswered: set[Key] = set()

    def __len__(self) -> int:
        return len(self._wanted)

    def __contains__(self, subscription: object) -> bool:
        return isinstance(subscription, Mapping) and key_of(subscription) in self._wanted

    def add(self, subscription: Subscription) -> bool:
        """True when it is new."""
        key = key_of(subscription)
        if key in self._wanted:
            return False
        self._wanted[key] = dict(subscription)
        self._unanswered.add(key)
        return True

    def discard(self, subscription: Subscription) -> bool:
        """True when it was there."""
        key = key_of(subscription)
        self._unanswered.discard(key)
        return self._wanted.pop(key, None) is not None

    def forget_answers(self) -> list[Subscription]:
        """A new connection: nothing is acknowledged, everything must be asked for again."""
        self._unanswered = set(self._wanted)
        return list(self._wanted.values())

    def answer(self, subscription: Subscription) -> None:
        self._unanswered.discard(key_of(subscription))

    @property
    def unanswered(self) -> list[Subscription]:
        return [self._wanted[key] for key in self._unanswered]
