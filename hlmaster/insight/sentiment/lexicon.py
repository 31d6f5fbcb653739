"""A reader without a model: words that lean, what turns them round, and how much of it there is.

The sum of the leanings ``s`` gives the score ``0.5 + tanh(s) / 2``. With the evidence ``e``, the sum of their sizes,
the confidence is ``MOST x (1 - exp(-e / ENOUGH)) x (0.4 + 0.6 |s| / e)``: little evidence and words against each other
both lower it. A word list knows no irony and no facts, so it never says more than ``MOST``.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hlmaster.core.errors import ConfigError
from hlmaster.core.resources import resource
from hlmaster.insight.sentiment.scoring import Score
from hlmaster.insight.sentiment.source import brief

MOST, ENOUGH = 0.8, 0.6
BODY = 0.5
"""What stands under a title weighs so much of what stands in it."""
TURNED, STRONGER, WEAKER = -0.6, 1.4, 0.6
BEFORE_BUT, AFTER_BUT = 0.6, 1.2
QUESTION = 0.7
REACH, NEAR = 3, 2
"""Words a negation reaches over, and a reversal."""
LARGE_PERCENT = 40.0
"""Doubles what it stands beside; more counts no more."""
MOST_FACTORS = 5
_ANEW = "Install the program anew."
_Key = tuple[str, ...]
"""Stems of an entry."""
_TOKEN = re.compile(
    r"(?P<percent>[+\-−]?\d[\d,.]*\s?%)|(?P<money>\$\s?\d[\d,.]*\w*)|(?P<word>\w+(?:['’]\w+)*)"
    r"|(?P<stop>[,;:.!?()–—]+(?=\s|$))|(?P<sign>[\U0001F300-\U0001FAFF])"
)
_APART = frozenset({"as", "while", "after", "amid", "since", "because"})
"""Begin a clause of their own, as a comma does."""
_PASSED_OVER = frozenset({"the", "a", "an", "its", "their"})
_BUT = frozenset({"but", "however", "although", "though", "yet"})
_PARTED = re.compile(r"(?<=\w)-(?=\w)")
"""A hyphen between letters; before a figure it is a sign."""
_DOUBLED = re.compile(r"([bcdfglmnprst])\1$")


@dataclass(frozen=True, slots=True)
class _Token:
    """``stem``: of a word; ``%`` and ``$`` for amounts; empty where a clause ends."""

    word: str
    stem: str
    percent: float = 0.0


@dataclass(frozen=True, slots=True)
class _Leaning:
    words: str
    weight: float


class _Mood(msgspec.Struct, frozen=True):
    weight: float
    words: list[str]


class _List(msgspec.Struct, frozen=True):
    words: list[str]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file ``resources/lexicon/moods.toml``, where each list is explained."""

    moods: list[_Mood]
    irregular: dict[str, str]
    negators: _List
    reversers: _List
    stronger: _List
    weaker: _List
    topics: dict[str, list[str]]


class Lexicon:
    name = "word list"

    def __init__(self, words: Words) -> None:
        self._irregular = words.irregular
        self._weights = {key: mood.weight for mood in words.moods for key in self._keys(mood.words)}
        self._negators, self._reversers = self._keys(words.negators.words), self._keys(words.reversers.words)
        self._stronger, self._weaker = self._keys(words.stronger.words), self._keys(words.weaker.words)
        self._topics = {topic: self._keys(entries) for topic, entries in words.topics.items()}
        self._longest = max(len(key) for key in self._weights)

    @classmethod
    def load(cls, file: Path | None = None) -> Lexicon:
        """Raises ConfigError naming the file where it cannot be used; a user may have changed it."""
        file = file or resource("lexicon", "moods.toml")
        try:
            return cls(msgspec.convert(tomllib.loads(file.read_text("utf-8")), Words))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The word list {file} cannot be used: {brief(error)}.", "Install the program anew."
            ) from error

    async def score(self, title: str, text: str) -> Score:
        return self.judge(title, text)

    def judge(self, title: str, text: str = "") -> Score:
        head, body = self._read(title), self._read(text)
        leanings = [*self._leanings(head), *(_Leaning(it.words, it.weight * BODY) for it in self._leanings(body))]
        total = sum(leaning.weight for leaning in leanings)
        evidence = sum(abs(leaning.weight) for leaning in leanings)
        topics = self._topics_of([*head, *body])
        if not evidence:
            return Score(0.5, 0.0, (), topics, self.name)
        confidence = MOST * (1 - math.exp(-evidence / ENOUGH)) * (0.4 + 0.6 * abs(total) / evidence)
        if title.rstrip().endswith("?"):
            confidence *= QUESTION
        return Score(0.5 + math.tanh(total) / 2, confidence, _factors(leanings), topics, self.name)

    def _leanings(self, tokens: list[_Token]) -> Iterator[_Leaning]:
        turn = next((i for i, token in enumerate(tokens) if token.word in _BUT and i), None)
        i = 0
        while i < len(tokens):
            length, weight = self._longest_at(tokens, i)
            if length:
                factor = self._factor(tokens, i, i + length)
                if turn is not None:
                    factor *= AFTER_BUT if i > turn else BEFORE_BUT
                yield _Leaning(" ".join(token.word for token in tokens[i : i + length]), weight * factor)
            elif tokens[i].stem == "%" and tokens[i].word[0] in "+-−":
                yield _Leaning(tokens[i].word, math.copysign(0.4, tokens[i].percent) * _size(tokens[i]))
            i += length or 1

    def _longest_at(self, tokens: list[_Token], at: int) -> tuple[int, float]:
        """Number of words and weight of the longest entry that begins here; (0, 0) without one."""
        for length in range(min(self._longest, len(tokens) - at), 0, -1):
            weight = self._weights.get(tuple(token.stem for token in tokens[at : at + length]))
            if weight is not None:
                return length, weight
        return 0, 0.0

    def _factor(self, tokens: list[_Token], start: int, end: int) -> float:
        """What the words around ``tokens[start:end]``, in the same clause, make of its weight."""
        before = _clause(tokens[max(0, start - REACH) : start], backwards=True)
        after = _clause(tokens[end : end + REACH], backwards=False)
        factor = 1.0
        if self._has(before, self._negators):
            factor *= TURNED
        if self._has(before[-NEAR:], self._reversers) or self._has(after[:NEAR], self._reversers):
            factor *= TURNED
        factor *= STRONGER if self._has(before[-NEAR:], self._stronger) or self._has(after[:1], self._stronger) else 1.0
        factor *= WEAKER if self._has(before, self._weaker) or self._has(after[:1], self._weaker) else 1.0
        return factor * max((_size(token) for token in [*tokens[start:end], *before, *after]), default=1.0)

    def _has(self, tokens: list[_Token], keys: frozenset[_Key]) -> bool:
        stems = [token.stem for token in tokens]
        return any(tuple(stems[i : i + n]) in keys for i in range(len(stems)) for n in (1, 2, 3))

    def _topics_of(self, tokens: list[_Token]) -> tuple[str, ...]:
        return tuple(topic for topic, keys in self._topics.items() if self._has(tokens, keys))

    def _keys(self, entries: Iterable[str]) -> frozenset[_Key]:
        parted = (entry.split() for entry in entries)
        return frozenset(tuple(sign if sign in "%$" else self.stem(sign) for sign in entry) for entry in parted)

    def _read(self, text: str) -> list[_Token]:
        tokens = []
        for match in _TOKEN.finditer(_PARTED.sub(" ", text.lower())):
            told = match.group()
            match match.lastgroup:
                case "percent":
                    tokens.append(_Token(told, "%", _number(told)))
                case "money":
                    tokens.append(_Token(told, "$"))
                case "stop":
                    tokens.append(_Token(told, ""))
                case _ if told not in _PASSED_OVER:
                    word = told.replace("’", "'").removesuffix("'s").replace("'", "")
                    tokens.append(_Token(told, "" if word in _APART else self.stem(word)))
        return tokens

    def stem(self, word: str) -> str:
        """One form for the inflections of an English word; crude, and the same for list and text."""
        word = self._irregular.get(word, word)
        if len(word) > 4:
            for ending, instead in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
                if word.endswith(ending) and not word.endswith("ss") and len(word) - len(ending) >= 3:
                    word = word.removesuffix(ending) + instead
                    break
        elif len(word) == 4 and word.endswith("s") and not word.endswith("ss"):
            word = word[:-1]
        word = _DOUBLED.sub(r"\1", word)
        return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _number(percent: str) -> float:
    digits = percent.rstrip("% ").replace("−", "-").replace(",", "").rstrip(".")
    try:
        return float(digits)
    except ValueError:
        return 0.0


def _size(token: _Token) -> float:
    return 1.0 + min(abs(token.percent), LARGE_PERCENT) / LARGE_PERCENT if token.stem == "%" else 1.0


def _clause(tokens: list[_Token], *, backwards: bool) -> list[_Token]:
    """Those that belong to the same clause as what stands behind (``backwards``) or before them."""
    kept: list[_Token] = []
    for token in reversed(tokens) if backwards else tokens:
        if not token.stem:
            break
        kept.append(token)
    return kept[::-1] if backwards else kept


def _factors(leanings: list[_Leaning]) -> tuple[str, ...]:
    """The strongest first, each once."""
    strongest = sorted(leanings, key=lambda leaning: -abs(leaning.weight))
    told = (f"{leaning.words} {leaning.weight:+.2f}" for leaning in strongest)
    return tuple(dict.fromkeys(told))[:MOST_FACTORS]
