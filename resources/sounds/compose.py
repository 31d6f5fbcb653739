"""Makes the WAV files beside this script: short notes with soft edges. Run it from anywhere after changing a note."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

RATE = 11_025
LOUDNESS = 0.35
ATTACK_SECONDS = 0.006
Note = tuple[float, float, float]
"""Hz at its beginning, Hz at its end, seconds; 0 Hz is a rest."""
NOTES: dict[str, tuple[Note, ...]] = {
    "card": ((660, 660, 0.10), (880, 880, 0.16)),
    "fill": ((1320, 1320, 0.07),),
    "partial": ((1047, 1047, 0.045),),
    "target": ((784, 784, 0.09), (1175, 1175, 0.20)),
    "reject": ((220, 208, 0.06), (0, 0, 0.04), (220, 208, 0.09)),
    "stop": ((587, 587, 0.11), (392, 392, 0.19)),
    "breaker": ((311, 311, 0.12), (0, 0, 0.05), (311, 311, 0.12), (0, 0, 0.05), (311, 311, 0.20)),
    "disconnect": ((494, 247, 0.32),),
}


def samples(notes: tuple[Note, ...]) -> array[int]:
    """16 bit, mono. Each note has an overtone and dies away, so that it neither clicks nor drones."""
    made = array("h")
    for first, last, seconds in notes:
        count, phase = round(seconds * RATE), 0.0
        for step in range(count):
            done = step / count
            phase += 2 * math.pi * (first + (last - first) * done) / RATE
            edge = min(1.0, step / (ATTACK_SECONDS * RATE)) * (1 - done) ** 1.5
            tone = math.sin(phase) + 0.25 * math.sin(2 * phase) if first else 0.0
            made.append(round(32_767 * LOUDNESS / 1.25 * edge * tone))
    return made


def write(folder: Path) -> None:
    for name, notes in NOTES.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples(notes).tobytes())


if __name__ == "__main__":
    write(Path(__file__).resolve().parent)
