"""The progress bar of all that takes its time: training, and pictures that need many runs of a network."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds that people wait without being told."""


class ProgressBar:
    """`` 200/469 ━━━━━━━━━━━━━━━━━━━━ 0s 14us/step - accuracy: 0.8123 - loss: 0.4321``, as Keras draws it.

    While it runs the time is what is left; at the end, what it took. Off a terminal only the end is printed.
    patience: seconds for which it keeps silent; of what has ended by then nothing is said at all.
    what: stands before it.
    """

    WIDTH, REFRESH = 20, 0.05  # cells; seconds between two drawings

    def __init__(self, steps: int | None, verbose: int = 1, patience: float = 0.0,
                 what: str = "") -> None:
        self.steps, self.verbose, self.patience, self.what = steps, verbose, patience, what
        self.live = verbose == 1 and sys.stdout.isatty()
        self.start = self.drawn = time.perf_counter()
        self.done, self.width = 0, 0

    def update(self, done: int, logs: Mapping[str, float]) -> None:
        """``done`` steps are done."""
        self.done = done
        now = time.perf_counter()
        if self.live and now - self.start >= self.patience and now - self.drawn >= self.REFRESH and done != self.steps:
            self.drawn = now
            self._draw(self._line(logs, now - self.start, ended=False), "")

    def finish(self, logs: Mapping[str, float]) -> None:
        """All is done: the last line, with the time it took."""
        elapsed = time.perf_counter() - self.start
        if self.verbose and elapsed >= self.patience:
            self._draw(self._line(logs, elapsed, ended=True), "\n")

    def _draw(self, line: str, end: str) -> None:
        # Spaces wipe out what a longer line before left over.
        line = self.what + line
        text = ("\r" + line.ljust(self.width)) if self.live else line
        self.width = len(line)
        sys.stdout.write(text + end)
        sys.stdout.flush()

    def _line(self, logs: Mapping[str, float], elapsed: float, ended: bool) -> str:
        total = str(self.steps) if self.steps else "Unknown"
        per_step = elapsed / max(self.done, 1)
        figures = "".join(f" - {name}: {figure(value)}" for name, value in sorted(logs.items()))
        left = per_step * ((self.steps or self.done) - self.done)
        clock = f"{elapsed:.0f}s" if ended else duration(left)
        if self.verbose == 2:
            return f"{self.done}/{total} - {clock} - {step_time(per_step)}{figures}"
        count = f"{self.done:>{len(total)}}/{total}"
        return f"{self._bold(count)} {self._cells()} {self._bold(clock)} {step_time(per_step)}{figures}"

    def _cells(self) -> str:
        filled = self.WIDTH * self.done // self.steps if self.steps else self.WIDTH
        if not self.live:
            return "━" * self.WIDTH
        return f"\x1b[32m{'━' * filled}\x1b[0m\x1b[37m{'━' * (self.WIDTH - filled)}\x1b[0m"

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.live else text


def watched(work: Sequence[T], what: str, verbose: int = 1) -> Iterator[T]:
    """The parts of some work, one by one; a bar shows how many are done, once they have taken two seconds.

    ``occlusion: 12/40 ━━━━━━━━━━━━━━━━━━━━ 3s 110ms/step``. verbose: 0 never shows one. Off a terminal only the end of
    a long work is told.
    """
    bar = ProgressBar(len(work), verbose, PATIENCE, f"{what}: ")
    for done, part in enumerate(work, 1):
        yield part
        bar.update(done, {})
    bar.finish({})


def figure(value: float) -> str:
    """Keras's way to print a metric: four decimals, or scientific when that would show nothing."""
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def duration(seconds: float) -> str:
    """``7s``, ``1:07`` or ``1:01:07``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def step_time(seconds: float) -> str:
    """``14us/step``, ``3ms/step`` or ``2s/step``."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale or seconds == 0:
            return f"{seconds / scale:.0f}{unit}/step"
    return f"{seconds * 1e6:.0f}us/step"
