"""Threads: a kernel's work is cut into parts, and each part is taken by whoever is free first.

The caller works along and never waits for a thread that has not begun: on a busy machine, where the others come late,
it just does all the parts itself. For those that have begun it stays awake a little while, since a core that sleeps
takes long to wake; then it sleeps, too. The others never wait by spinning, so they are no burden to NumPy's threads.

How many parts there are depends on `set_threads` alone, not on who takes them: so the same sums are formed in the same
order, and the same bits come out, whatever the machine was doing.

The parts run side by side because the kernels release Python's lock. Calling the others costs the caller 5
microseconds, and it takes some more until they come; so small work is not cut at all.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from minicnn import _checks

WORTHWHILE = 1 << 23
"""Multiplications, or so, from which a second thread gains something: about 150 microseconds. A core that is asleep
takes some 50 to wake on a virtual machine."""


def _available() -> int:
    try:
        return len(os.sched_getaffinity(0))  # the cores this process may use
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


class _Job:
    """Work that is cut into parts, and how much of it is left."""

    def __init__(self, work: Callable[[int], None], parts: int) -> None:
        self.work, self.parts, self.unfinished = work, deque(range(parts)), parts
        self.lock, self.done = threading.Lock(), threading.Lock()
        self.done.acquire()  # released when all are done
        self.error: BaseException | None = None

    def help(self) -> None:
        """Do parts until none is left."""
        while True:
            try:
                part = self.parts.popleft()
            except IndexError:
                return
            try:
                self.work(part)
            except BaseException as error:  # told to the caller
                self.error = error
            with self.lock:
                self.unfinished -= 1
                if not self.unfinished:
                    self.done.release()


    def wait(self) -> None:
        """Until all parts are done. Mostly they are within some microseconds, and to sleep would take longer; so pause
        a few times first. Pauses without Python's lock, and no shorter ones: a thread that ends needs the lock, and
        whoever finds it taken falls asleep."""
        from minicnn.kernels._pause import pause  # loads Numba

        for _ in range(PAUSES):
            if not self.unfinished:
                break
            pause(ROUNDS)
        self.done.acquire()


PAUSES, ROUNDS = 8, 20_000
"""Of some 15 microseconds each. Measured for LeNet's step on two threads, from the end of the last part until the
caller goes on: 39 microseconds asleep, 15 so; with pauses of a quarter of that 32."""


class _Team:
    """The helping threads: started when first needed, and asleep between jobs."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[_Job] = SimpleQueue()
        self.members = 0

    def listen(self) -> None:
        while True:
            self.jobs.get().help()

    def run(self, work: Callable[[int], None], parts: int) -> None:
        while self.members < parts - 1:
            self.members += 1
            threading.Thread(target=self.listen, name=f"minicnn-{self.members}", daemon=True).start()
        job = _Job(work, parts)
        for _ in range(parts - 1):
            self.jobs.put(job)
        job.help()
        job.wait()
        if job.error is not None:
            raise job.error


_team = _Team()
_threads = int(os.environ.get("MINICNN_THREADS") or 0) or _available()


def _forget_team() -> None:
    """A forked process has none of its parent's threads."""
    global _team
    _team = _Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_team)


def set_threads(count: int) -> None:
    """Use so many threads in each kernel from now on, the calling one included; 1 for none but it.

    As many as there are cores, or as ``MINICNN_THREADS`` says, where it is not called. Sums are formed part by part, so
    another number of threads may change the last bits of a gradient; the same number gives the same bits.
    """
    global _threads
    _threads = _checks.integer(count, "threads", "set_threads")


def threads() -> int:
    """How many threads the kernels use."""
    return _threads


def parts_for(multiplications: int, most: int) -> int:
    """Into how many parts to cut so much work, of which there are at most ``most`` pieces."""
    return max(1, min(_threads, most, multiplications // WORTHWHILE + 1))


def share(work: Callable[[int, int, int], None], pieces: int, parts: int) -> None:
    """Call ``work(part, first, last)`` for each part of a number of pieces, on several threads."""
    def one(part: int) -> None:
        work(part, pieces * part // parts, pieces * (part + 1) // parts)

    if parts == 1:
        one(0)
    else:
        _team.run(one, parts)
