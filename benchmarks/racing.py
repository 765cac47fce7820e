"""Races: several frameworks do the same work in turns, each in a process of its own.

The processes take turns within every round, so that a drift of the machine's speed meets all of them, and pause in
between, so that the idling threads of one do not disturb the next. What counts is the median, and the ratio of medians
of the same run: on a shared machine seconds of different runs say little.
"""

import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PAUSE = 0.05
"""Seconds between turns: longer than any pool of threads spins before it goes to sleep."""
TURN = 0.15
"""Seconds that a turn is meant to take."""


def measured(function: Callable[[], object]) -> float:
    """Seconds per call: as many calls as fill a turn, after some that do not count."""
    function()
    start = time.perf_counter()
    function()
    calls = max(2, min(1000, int(TURN / max(time.perf_counter() - start, 1e-7))))
    function()
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _serve(connection, make: Callable[..., Callable[[], object]], name: str) -> None:
    """The life of a racing process: it is asked for a piece of work by name and answers with seconds, or with what
    the work returns."""
    ready: dict[str, Callable[[], object]] = {}
    while True:
        work, timed = connection.recv()
        if work is None:
            return
        if work not in ready:
            ready[work] = make(name, work)
        connection.send(measured(ready[work]) if timed else ready[work]())


class Racers:
    """One process for each competitor. ``make(competitor, work)`` returns the function to time; it is called there."""

    def __init__(self, make: Callable[..., Callable[[], object]], names: list[str]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connections, self.processes = {}, []
        for name in names:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, make, name), daemon=True)
            process.start()
            self.connections[name] = ours
            self.processes.append(process)

    def race(self, work: str, rounds: int) -> dict[str, float]:
        """Median seconds of each competitor for a piece of work; the first turn of each does not count."""
        times: dict[str, list[float]] = {name: [] for name in self.connections}
        for turn in range(rounds + 1):
            for name, connection in self.connections.items():
                connection.send((work, True))
                seconds = connection.recv()
                if turn:
                    times[name].append(seconds)
                time.sleep(PAUSE)
        return {name: statistics.median(values) for name, values in times.items()}

    def answers(self, work: str) -> dict[str, Any]:
        """What a piece of work returns, by competitor."""
        for connection in self.connections.values():
            connection.send((work, False))
        return {name: connection.recv() for name, connection in self.connections.items()}

    def close(self) -> None:
        """Let the processes end."""
        for connection in self.connections.values():
            connection.send((None, False))
        for process in self.processes:
            process.join()


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def setting(packages: list[str]) -> str:
    """One line: machine, versions, thread settings."""
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} not installed")
    threads = [f"{name}={os.environ[name]}" for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MINICNN_THREADS",
                                                         "MINICNN_VECTOR_BITS") if name in os.environ]
    return (f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, {', '.join(versions)}; "
            f"{', '.join(threads) or 'default thread settings'}")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all but the first column to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
