"""The prompts: a file for each question, ours in ``resources/prompts``; a copy in the user's folder takes its place.

A file is a line that names its version, a part ``# System`` and a part ``# Question``. ``{name}`` in the question
stands for a figure. The system part holds none, so that it is the same to the byte whatever market and strangers say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from hlmaster.core.errors import HlError
from hlmaster.core.files import write_whole
from hlmaster.core.opinions import Question
from hlmaster.core.resources import resource
from hlmaster.insight.analyst.facts import FIGURES, IDEA_FIGURES, Values

LARGEST_FILE = 16_384
"""Bytes."""
LONGEST = 40_000
"""Characters of a filled question; the largest that ours can be is a fifth of it."""
OUTSIDE = "outside"
"""The name of the quoted words of strangers."""
Subject = Question | Literal["news"]
"""``news``: what the words of one stranger mean; its prompt holds them, and no figure."""
FILES: Mapping[Subject, str] = {
    Question.MARKET: "market.md",
    Question.SENTIMENT: "sentiment.md",
    Question.ENTRY: "entry.md",
    "news": "news.md",
}
_PARTS = re.compile(r"\A(version [^\n]{1,40})\n+# System\n(.+?)\n# Question\n(.+)\Z", re.DOTALL)
_NAME = re.compile(r"\{([a-z_]+)\}")


class PromptBroken(HlError):
    """A prompt's file cannot be used."""

    code = "ANA-001"


@dataclass(frozen=True, slots=True)
class Prompt:
    """``version``: as the first line says, and a digest of the whole. ``trouble``: why the user's own is not used."""

    version: str
    system: str
    question: str
    trouble: str = ""

    @property
    def hears_outside(self) -> bool:
        return f"{{{OUTSIDE}}}" in self.question

    def filled(self, values: Values) -> str:
        """Every name by its value, once: what looks like a name inside a value stays as it is."""
        return _NAME.sub(lambda name: values[name[1]], self.question)


class Prompts:
    """Read when they are asked for; a file that has not changed is not read again."""

    def __init__(self, own: Path | None, ours: Path | None = None) -> None:
        self._own, self._ours = own, ours or resource("prompts")
        self._read: dict[Path, tuple[tuple[int, int], Prompt]] = {}

    def of(self, subject: Subject) -> Prompt:
        """The user's where it is sound, else ours, with the reason. Raises PromptBroken: ours is damaged."""
        name, trouble = FILES[subject], ""
        if self._own is not None:
            try:
                return self._at(self._own / name, subject)
            except FileNotFoundError:
                pass
            except PromptBroken as error:
                trouble = f"Your prompts/{name} is not used, for {error.sentence}. {error.cure}"
        try:
            return replace(self._at(self._ours / name, subject), trouble=trouble)
        except (PromptBroken, FileNotFoundError) as error:
            raise PromptBroken(
                f"The prompt {self._ours / name} is damaged ({error}).", "Install the program again."
            ) from error

    def own_copy(self, subject: Subject) -> Path | None:
        """The user's file, made from ours where there is none yet; None without a folder. Raises OSError."""
        if self._own is None:
            return None
        path = self._own / FILES[subject]
        if not path.exists():
            self._own.mkdir(parents=True, exist_ok=True)
            write_whole(path, (self._ours / FILES[subject]).read_bytes())
        return path

    def _at(self, path: Path, subject: Subject) -> Prompt:
        """Raises PromptBroken with a clause (``it has …``) for a sentence, and FileNotFoundError."""
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            known = self._read.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            if state.st_size > LARGEST_FILE:
                raise PromptBroken(f"it is larger than {LARGEST_FILE:,} bytes", "Shorten it.")
            content = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise PromptBroken(f"it cannot be read ({error.strerror})", "Allow reading it, or remove it.") from error
        prompt = parsed(content, subject)
        self._read[path] = (stamp, prompt)
        return prompt


def parsed(content: bytes, subject: Subject) -> Prompt:
    """Raises PromptBroken with a clause for a sentence."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise PromptBroken("it is not UTF-8 text", "Save it as UTF-8.") from None
    parts = _PARTS.match(text)
    if parts is None:
        raise PromptBroken(
            "its parts are not there",
            "It begins with a line such as “version 1”, then come “# System” and “# Question”, each on its own line.",
        )
    system, asked = parts[2].strip(), parts[3].strip()
    if found := _NAME.search(system):
        raise PromptBroken(f"its system part holds {found[0]}", "Figures belong in the question part; move it there.")
    allowed, needed = _names(subject)
    named = set(_NAME.findall(asked))
    if unknown := sorted(named - allowed):
        raise PromptBroken(
            f"its question holds {{{unknown[0]}}}, which is no figure", f"It may hold {', '.join(sorted(allowed))}."
        )
    if missing := sorted(needed - named):
        raise PromptBroken(f"its question does not hold {{{missing[0]}}}", "Without it the question has no subject.")
    digest = hashlib.sha256(content).hexdigest()[:8]
    return Prompt(f"{parts[1].removeprefix('version ').strip()} {digest}", system, asked)


def _names(subject: Subject) -> tuple[set[str], set[str]]:
    """What a question may hold, and what it must."""
    if subject == "news":
        return {OUTSIDE}, {OUTSIDE}
    if subject is Question.ENTRY:
        return {OUTSIDE, *FIGURES, *IDEA_FIGURES}, {"coin", "direction"}
    return {OUTSIDE, *FIGURES}, {"coin"}
