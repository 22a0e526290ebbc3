"""Paired measurements: all subjects in turn, again and again; medians of what pairs differ by.

The machine's speed drifts while a benchmark runs. Two runs that follow each other see nearly the
same machine, so ratios and differences are taken within a round before the median is taken.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.process import Usage

Measure = Callable[[Usage], float]


def wall(usage: Usage) -> float:
    """Return the seconds that passed."""
    return usage.wall


def cpu(usage: Usage) -> float:
    """Return the seconds of processor time."""
    return usage.cpu


def peak(usage: Usage) -> float:
    """Return the bytes of memory."""
    return usage.peak


@dataclass(frozen=True)
class Rounds:
    """What each subject took in each round.

    Attributes:
        samples: Subject to one usage a round.
    """

    samples: Mapping[str, list[Usage]]

    def median(self, subject: str, of: Measure = cpu) -> float:
        """Return the median of a subject."""
        return statistics.median(map(of, self.samples[subject]))

    def ratio(self, subject: str, other: str, of: Measure = cpu) -> float:
        """Return the median, over the rounds, of how many times of the other a subject took."""
        return self._median(subject, other, lambda a, b: of(a) / of(b))

    def difference(self, subject: str, other: str, of: Measure = cpu) -> float:
        """Return the median, over the rounds, of how much more than the other a subject took."""
        return self._median(subject, other, lambda a, b: of(a) - of(b))

    def raw(self) -> dict[str, list[dict[str, Any]]]:
        """Return every sample as JSON data."""
        return {name: [asdict(usage) for usage in usages] for name, usages in self.samples.items()}

    def _median(self, subject: str, other: str, of: Callable[[Usage, Usage], float]) -> float:
        pairs = zip(self.samples[subject], self.samples[other], strict=True)
        return statistics.median(of(a, b) for a, b in pairs)


def interleave(
    subjects: Mapping[str, Callable[[], Usage]], repeats: int, *, warm_up: bool = True
) -> Rounds:
    """Measure every subject in each of some rounds.

    Args:
        subjects: Name to what runs it once.
        repeats: Number of rounds.
        warm_up: Whether each runs once before, so that no sample reads files from a cold disk.
    """
    samples: dict[str, list[Usage]] = {name: [] for name in subjects}
    for number in range(-1 if warm_up else 0, repeats):
        for name, run in subjects.items():
            usage = run()
            if number >= 0:
                samples[name].append(usage)
    return Rounds(samples)
