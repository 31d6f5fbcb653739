"""Which entry is meant by a few letters: a beginning counts before the beginning of a word, that before letters in
order, which are a last resort; what was used lately comes first among equals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PREFIX, WORDS, INSIDE, BESIDE, LETTERS = 5_000.0, 4_000.0, 3_000.0, 2_000.0, 1_000.0
WORDED = (BESIDE + LETTERS) / 2
"""Above it are those that have what is wanted as words, however long they are."""
NEAR = 4.0
"""Each letter's worth, on average, from which scattered letters count as meant."""
RECENT = 500.0
"""What the latest is worth; less than one rank."""
SEPARATORS = " -_/.:·,()"


@dataclass(frozen=True, slots=True)
class Text:
    """What can be found, folded once. ``also`` is searched too, and counts less."""

    title: str
    also: str = ""

    @classmethod
    def of(cls, title: str, also: str = "") -> Text:
        return cls(title.casefold(), also.casefold())


def score(wanted: str, text: Text) -> float:
    """0 where the letters are not there; ``wanted`` is folded already. Shorter titles come before longer ones."""
    found = _score(wanted, text.title)
    if (
        found < BESIDE
        and text.also
        and all(_starts_a_word(word, f"{text.title} {text.also}") for word in wanted.split())
    ):
        found = BESIDE
    return found and found - min(len(text.title), 200) * 0.5


def _score(wanted: str, title: str) -> float:
    if title.startswith(wanted):
        return PREFIX
    words = wanted.split()
    if words and all(_starts_a_word(word, title) for word in words):
        return WORDS
    if wanted in title:
        return INSIDE - title.index(wanted)
    return _letters("".join(words), title)


def _starts_a_word(word: str, title: str) -> bool:
    at = title.find(word)
    while at > 0 and title[at - 1] not in SEPARATORS:
        at = title.find(word, at + 1)
    return at >= 0


def _letters(wanted: str, title: str) -> float:
    """All letters in their order; those that begin a word or follow the one before count more."""
    at, before, worth = -1, -2, 0.0
    for letter in wanted:
        at = title.find(letter, at + 1)
        if at < 0:
            return 0.0
        worth += 10 if at == before + 1 else 6 if at == 0 or title[at - 1] in SEPARATORS else 0
        before = at
    worth /= max(1, len(wanted))
    return LETTERS + worth * 10 - at * 0.5 if worth >= NEAR else 0.0


def ranked(wanted: str, texts: Mapping[str, Text], recent: Iterable[str] = (), most: int = 60) -> list[str]:
    """Keys of what fits, the best first; scattered letters only where nothing has the words. Nothing wanted: what was
    used lately, then everything in its order."""
    bonus = {key: RECENT / (place + 1) for place, key in enumerate(recent)}
    folded = wanted.strip().casefold()
    if not folded:
        lately = [key for key in bonus if key in texts]
        return [*lately, *(key for key in texts if key not in bonus)][:most]
    found = {key: worth for key, text in texts.items() if (worth := score(folded, text))}
    least = WORDED if max(found.values(), default=0.0) > WORDED else 0.0
    meant = [key for key, worth in found.items() if worth > least]
    return sorted(meant, key=lambda key: found[key] + bonus.get(key, 0.0), reverse=True)[:most]
