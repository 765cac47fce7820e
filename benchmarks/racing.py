"""Races: several competitors do their work in turns, each in a process of its own.

The processes take turns within every round, so that a drift of the machine's speed meets all of them, and pause in
between, so that the idling threads of one do not disturb the next. What counts is the median, and the ratio of medians
of the same race: on a shared machine seconds of different races say little.
"""

import gc
import importlib
import multiprocessing
import os
import statistics
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.competitors import Competitor
from benchmarks.memory import forget_peak, peak
from benchmarks.works import Epoch, Patterns, Step, Work

PAUSE = 0.05
"""Seconds between turns: longer than any pool of threads spins before it goes to sleep."""
TOLERANCE = 1e-4
"""By which losses of the first steps may differ, those above 1 by this part of them; other results by this part of the
largest number in them."""
SHORT = 3
"""Rounds for work that takes more than a second."""


@dataclass(frozen=True)
class Lane:
    """What one process of a race does. threads: None for what the competitor takes by itself."""

    label: str
    competitor: Competitor
    work: Work
    threads: int | None = None

    @property
    def environment(self) -> dict[str, str]:
        names = ("MINICNN_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        threads = {} if self.threads is None else dict.fromkeys(names, str(self.threads))
        return {**self.competitor.environment, **threads}


@dataclass
class Times:
    """What came of one lane: the median seconds of each turn, and the most memory of its process, in MB."""

    turns: list[float]
    peak: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.turns)

    @property
    def fastest(self) -> float:
        return min(self.turns)


def race(lanes: list[Lane], rounds: int, turn: float, kept: "Crew | None" = None) -> dict[str, Times]:
    """Race, and return what came of each lane. Before, each pair of lanes with the same work must give the same
    numbers. turn: seconds that a turn is meant to take. kept: processes that go on to the next race; their memory is
    not told, since that of the races before is part of it."""
    with (Crew() if kept is None else nullcontext(kept)) as crew:
        runners = [crew.runner(lane) for lane in lanes]
        _check(lanes, _all(runners, "answer", [lane.work for lane in lanes]))
        _all(runners, "prepare", [lane.work for lane in lanes])
        first = [runner.ask("turn", turn) for runner in runners]  # it may compile: it does not count
        rounds = min(rounds, SHORT) if max(first) > 1 else rounds
        times: dict[str, Times] = {lane.label: Times([]) for lane in lanes}
        for number in range(rounds):
            for lane, runner in list(zip(lanes, runners, strict=True))[::-1 if number % 2 else 1]:
                time.sleep(PAUSE)
                times[lane.label].turns.append(runner.ask("turn", turn))
        if kept is None:
            for lane, runner in zip(lanes, runners, strict=True):
                times[lane.label].peak = runner.ask("peak")
    return times


def _all(runners: list["Runner"], question: str, works: list[Work]) -> list[Any]:
    """Ask all at once: nobody looks at the time yet, and most of it goes into loading programs."""
    for runner, work in zip(runners, works, strict=True):
        runner.tell(question, work)
    return [runner.hear() for runner in runners]


def _check(lanes: list[Lane], answers: list[list[np.ndarray]]) -> None:
    """Refuse to race competitors that compute something else."""
    first = {lane.work: (lane.label, answer) for lane, answer in reversed(list(zip(lanes, answers, strict=True)))}
    for lane, answer in zip(lanes, answers, strict=True):
        other, expected = first[lane.work]
        losses = isinstance(lane.work, Step | Epoch | Patterns)
        for ours, theirs in zip(expected, answer, strict=True):
            difference = _difference(ours, theirs, losses)
            if not difference <= TOLERANCE:
                raise SystemExit(f"{lane.work}: the {'losses' if losses else 'results'} of {lane.label} and {other} "
                                 f"differ by {difference:.1e}; {TOLERANCE:.0e} is allowed. They would not race over "
                                 "the same work.")


def _difference(ours: np.ndarray, theirs: np.ndarray, losses: bool) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    largest = np.abs(ours).max()
    return float(np.abs(ours.astype(np.float64) - theirs).max() / (max(1, largest) if losses else largest))


class Runner:
    """The handle of a racing process."""

    def __init__(self, lane: Lane) -> None:
        context = multiprocessing.get_context("spawn")
        self.label, (self.connection, theirs) = lane.label, context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, lane.competitor), daemon=True)
        with _set(lane.environment):
            self.process.start()
        theirs.close()

    def ask(self, *question: Any) -> Any:
        """Ask the process, and wait for its answer."""
        self.tell(*question)
        return self.hear()

    def tell(self, *question: Any) -> None:
        """Ask, and do not wait."""
        self.connection.send(question)

    def hear(self) -> Any:
        """The answer to what it was told."""
        try:
            answer = self.connection.recv()
        except EOFError:
            raise SystemExit(f"the process of {self.label} has died") from None
        if isinstance(answer, _Failure):
            raise SystemExit(f"{self.label} failed:\n{answer.text}")
        return answer

    def close(self) -> None:
        """Let the process end."""
        self.connection.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.terminate()


@dataclass
class _Failure:
    text: str


class Crew:
    """Racing processes, one for each label, from the first time it is asked for to the end of the ``with`` block."""

    def __init__(self) -> None:
        self.runners: dict[str, Runner] = {}

    def runner(self, lane: Lane) -> Runner:
        if lane.label not in self.runners:
            self.runners[lane.label] = Runner(lane)
        return self.runners[lane.label]

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *error: object) -> None:
        for runner in self.runners.values():
            runner.close()


@contextmanager
def _set(environment: dict[str, str]) -> Iterator[None]:
    """Environment variables for the processes that are started inside the block."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _serve(connection: Any, competitor: Competitor) -> None:
    """The life of a racing process: it answers questions until nobody asks any more."""
    run: Callable[[], Any] | None = None
    while True:
        try:
            question, *rest = connection.recv()
        except EOFError:
            return
        try:
            module = importlib.import_module(f"benchmarks.{competitor.module}")
            if question == "answer":
                run = None  # of another race
                connection.send(module.answer(*rest, competitor.option))
            elif question == "prepare":
                gc.collect()  # the networks of the check
                run = module.timed(*rest, competitor.option)
                gc.collect()  # what the network was made of
                forget_peak()
                connection.send(None)
            elif question == "turn":
                connection.send(_turn(run, *rest))
            else:
                connection.send(peak())
        except Exception:
            connection.send(_Failure(traceback.format_exc()))


def _turn(run: Callable[[], Any] | None, seconds: float) -> float:
    """The median of as many calls as fill a turn; a first one does not count where there is time for more."""
    assert run is not None
    times: list[float] = []
    begin = time.perf_counter()
    while not times or (times[-1] + time.perf_counter() - begin < seconds and len(times) < 1000):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:] or times)
