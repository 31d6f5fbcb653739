"""Is the log as it was written? Names the file and line of whatever was changed, removed, inserted or reordered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hlmaster.core.errors import StorageError
from hlmaster.storage.audit.chain import BEFORE_ALL, CONTINUED, GAP, PRUNED, TORN, Entry, Link, is_about, parse
from hlmaster.storage.audit.files import Head, log_files, read_head

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """``line`` counts from 1; 0 where it is about a file as a whole."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.sentence}" if self.line else f"{self.file}: {self.sentence}"


@dataclass(slots=True)
class Findings:
    entries: int = 0
    files: int = 0
    head: Head = field(default_factory=Head)
    """The last entry."""
    first: int = 1
    """The first entry that is still kept."""
    torn: int = 0
    """Lines that a crash cut off, each closed off by an entry that says so."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.faults


def check_folder(folder: Path) -> Findings:
    """The log of a session, its head and all its files. Raises StorageError when there is none or it cannot be read."""
    files = log_files(folder)
    if not files and not (folder / "audit.head").exists():
        raise StorageError(f"There is no audit log in {folder}.", "Name a session that has traded, or a file.")
    # Before the files, for a desk that runs goes on writing.
    vouched: Head | None = None
    trouble = ""
    try:
        vouched = read_head(folder)
    except StorageError as error:
        trouble = error.sentence
    check = _Check(vouched)
    for path in files:
        check.file(path.name, _lines(path))
    found = check.end()
    if trouble:
        found.faults.append(Fault("audit.head", 0, trouble))
    elif vouched is None:
        found.faults.append(Fault("audit.head", 0, "It is missing, so nobody can say whether the end of the log is."))
    elif vouched.number > found.head.number:
        last = files[-1].name if files else "audit.jsonl"
        gone = f"Entries {found.head.number + 1} to {vouched.number} are missing at its end."
        found.faults.append(Fault(last, 0, gone))
    return found


def check_file(path: Path) -> Findings:
    """One file by itself: an export, or a sealed file. What was taken off its end cannot be missed."""
    check = _Check(None, alone=True)
    check.file(path.name, _lines(path))
    return check.end()


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.", "Name another file.") from error


class _Check:
    """``vouched``: an entry whose hash is known from elsewhere. ``alone``: what came before is elsewhere."""

    def __init__(self, vouched: Head | None, *, alone: bool = False) -> None:
        self._found = Findings()
        self._vouched, self._alone = vouched, alone
        self._hash, self._expected = BEFORE_ALL, 1
        self._region: list[bytes] = []
        self._region_at = ("", 0)
        self._begun = False
        self._pruned: set[tuple[int, str]] = set()
        self._start: tuple[int, str] | None = None
        """The entry before the first that is kept, and its hash."""

    def file(self, name: str, lines: Iterable[bytes]) -> None:
        self._found.files += 1
        for number, line in enumerate(lines, 1):
            link = parse(line)
            if link is None:
                if not self._region:
                    self._region_at = (name, number)
                self._region.append(line)
            else:
                self._link(name, number, link)

    def end(self) -> Findings:
        found = self._found
        if self._region:
            whole = self._region[-1].endswith(b"\n")
            self._fault(
                *self._region_at,
                "It is no entry: it was changed or inserted."
                if whole
                else "It is cut off. Where the program was killed, its next start closes the line off and says so.",
            )
        if self._start is not None and not self._alone and self._start not in self._pruned:
            number, _ = self._start
            self._fault("audit.jsonl", 0, f"Entries 1 to {number} are missing, and nothing says that they were let go.")
        return found

    def _link(self, name: str, number: int, link: Link) -> None:
        try:
            entry = link.entry()
        except ValueError:
            self._fault(name, number, "It was changed: it is no entry any more.")
            self._hash = link.hash
            return
        if not self._begun:
            self._begin(entry)
        self._judge_region(name, number, entry)
        sound = False
        if entry.number != self._expected:
            missing = (
                f"Entry {entry.number} follows {self._expected - 1}: something was removed, inserted or reordered."
            )
            self._fault(name, number, missing)
        elif not link.follows(self._hash):
            self._fault(name, number, "It was changed, or the line before it was.")
        elif self._vouched is not None and entry.number == self._vouched.number and link.hash != self._vouched.hash:
            self._fault(name, number, "Its hash is not the one that audit.head vouches for: the log was made anew.")
        else:
            sound = True
        if sound and entry.kind == PRUNED:
            self._pruned.add((int(entry.data["last"]), str(entry.data["hash"])))
        elif sound and entry.kind == GAP:
            self._fault(name, number, f"The program found the log shortened here: {entry.data.get('text', '')}")
        self._found.entries += 1
        self._found.head = Head(entry.number, link.hash)
        self._hash, self._expected = link.hash, entry.number + 1

    def _begin(self, entry: Entry) -> None:
        """The log's first entry; or a file's whose forerunners were let go, which says what it continues."""
        self._begun = True
        if entry.kind == CONTINUED and entry.number > 1:
            before = str(entry.data.get("hash", ""))
            self._start = (entry.number - 1, before)
            self._hash, self._expected = before.replace(" ", ""), entry.number
            self._found.first = entry.number

    def _judge_region(self, name: str, number: int, entry: Entry) -> None:
        region, self._region = b"".join(self._region), []
        if region and is_about(entry, region):
            self._found.torn += 1
        elif region:
            self._fault(*self._region_at, "It is no entry: it was changed or inserted.")
        elif entry.kind == TORN:
            self._fault(name, number, "The torn line that it tells of is gone.")

    def _fault(self, file: str, line: int, sentence: str) -> None:
        if len(self._found.faults) < MOST_FAULTS:
            self._found.faults.append(Fault(file, line, sentence))
