"""Threads: every part is done once, errors come back, and the numbers do not depend on who did what."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, kernels
from minicnn.kernels import threads


@pytest.fixture(autouse=True)
def _put_back(monkeypatch):
    monkeypatch.setattr(threads, "_threads", threads._threads)


def of_type(dtype):
    return lambda array: array.astype(dtype) if array.dtype.kind == "f" else array


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
@pytest.mark.parametrize("pieces", [7, 8, 50])
def test_every_piece_is_done_exactly_once(pieces, parts):
    done = []
    threads.share(lambda part, first, last: done.append((part, *range(first, last))), pieces, parts)
    assert sorted(part for part, *_ in done) == list(range(parts))
    assert sorted(piece for _, *share in done for piece in share) == list(range(pieces))


def test_several_threads_work_at_a_time():
    meeting = threading.Barrier(3)
    threads.share(lambda part, first, last: meeting.wait(20) and None, 3, 3)  # an error unless three get there


def test_an_error_in_any_part_comes_back_to_the_caller():
    def work(part, first, last):
        if part == 2:
            raise ZeroDivisionError("in part 2")

    with pytest.raises(ZeroDivisionError, match="in part 2"):
        threads.share(work, 3, 3)
    threads.share(lambda part, first, last: None, 3, 3)  # and the others still work


def test_a_part_of_a_part_may_be_shared_too():
    done = []
    threads.share(lambda part, *_: threads.share(lambda inner, *_: done.append((part, inner)), 2, 2), 3, 3)
    assert sorted(done) == [(part, inner) for part in range(3) for inner in range(2)]


def test_the_caller_does_not_wait_for_threads_that_have_not_begun(monkeypatch):
    monkeypatch.setattr(threads, "_team", team := threads._Team())
    team.members = 10  # it believes that they are there; nobody is
    done = []
    start = time.monotonic()
    threads.share(lambda part, first, last: done.append(part), 4, 4)
    assert done == [0, 1, 2, 3]
    assert time.monotonic() - start < 10


def test_small_work_is_not_cut_and_large_work_by_the_number_of_threads():
    minicnn.set_threads(3)
    assert threads.threads() == 3
    assert threads.parts_for(1000, 100) == 1
    assert threads.parts_for(10**9, 100) == 3
    assert threads.parts_for(10**9, 2) == 2
    assert threads.parts_for(10**9, 0) == 1
    minicnn.set_threads(1)
    assert threads.parts_for(10**9, 100) == 1


@pytest.mark.parametrize("count", [0, -1, 1.5, "two"])
def test_a_number_of_threads_that_is_none_is_refused(count):
    with pytest.raises(MinicnnError, match=r"set_threads.*threads"):
        minicnn.set_threads(count)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [2, 3, 7])
def test_kernels_on_many_threads_give_the_same(typical, count, dtype, monkeypatch, close):
    monkeypatch.setattr(threads, "WORTHWHILE", 1)  # also the smallest work is cut, into more parts than samples
    with kernels.use("vector"):
        minicnn.set_threads(1)
        alone = typical.run(of_type(dtype))
        minicnn.set_threads(count)
        results = typical.run(of_type(dtype))
    close(results, alone, {"float32": 1e-6, "float64": 1e-14}[dtype])


def test_the_same_number_of_threads_gives_the_same_bits(all_typical, monkeypatch):
    monkeypatch.setattr(threads, "WORTHWHILE", 1)
    minicnn.set_threads(3)
    with kernels.use("vector"):
        for case in all_typical:
            first = case.run(of_type("float32"))
            for _ in range(5):  # whoever takes the parts
                again = case.run(of_type("float32"))
                for name, array in first.items():
                    np.testing.assert_array_equal(again[name], array, f"{case}: {name}")


FORKED = """
import multiprocessing, numpy as np, minicnn
from minicnn import kernels
from minicnn.kernels import threads
threads.WORTHWHILE = 1
minicnn.set_threads(2)

def product(_):
    with kernels.use("vector"):
        return kernels.dense(np.ones((64, 3)), np.ones((3, 2)), None).sum()

if __name__ == "__main__":
    product(0)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map_async(product, range(4)).get(60))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_process_has_threads_of_its_own():
    result = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True, timeout=120)
    assert result.stdout.replace("np.float64(384.0)", "384.0").strip() == "[384.0, 384.0, 384.0, 384.0]"


def test_the_environment_sets_the_number_of_threads():
    code = "from minicnn.kernels import threads; print(threads.threads())"
    result = subprocess.run([sys.executable, "-c", code], env={**os.environ, "MINICNN_THREADS": "5"},
                            capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "5"
