"""Which implementation runs: chosen by a context or the environment, proven by the record, never in silence."""

import asyncio
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minicnn import _checks, kernels
from minicnn.kernels import reference, vector, with_numba, with_numpy

MODULES = {"reference": reference, "numpy": with_numpy, "numba": with_numba, "vector": vector}


def run_dense():
    return kernels.dense(np.ones((1, 2)), np.ones((2, 1)), None)


@pytest.mark.parametrize("implementation", kernels.IMPLEMENTATIONS)
def test_a_kernel_runs_in_the_module_that_was_chosen(implementation, all_typical, monkeypatch):
    # Every function of every module is replaced by a spy: only those of the chosen module may be entered.
    entered = []
    names = set()
    with kernels.record() as calls, kernels.use(implementation):
        for case in all_typical:
            case.run(lambda array: array)
        names.update(kernel for _, kernel in calls)

        def spy(owner, function):
            def wrapper(*arguments):
                entered.append(owner)
                return function(*arguments)
            return wrapper

        for owner, module in MODULES.items():
            for name in names:
                monkeypatch.setattr(module, name, spy(owner, getattr(module, name)))
        before = len(calls)
        for case in all_typical:
            case.run(lambda array: array)
    assert {owner for owner, _ in calls} == {implementation}
    assert set(entered) == {implementation}
    assert len(entered) >= len(calls) - before > 0  # a kernel may use another one of its own module


def test_use_holds_inside_the_block_and_ends_with_it_also_by_an_error():
    outside = kernels.current()
    with kernels.use("numpy"):
        assert kernels.current() == "numpy"
        with pytest.raises(ZeroDivisionError, match="division"), kernels.use("reference"):
            1 / (kernels.current() != "reference")
        assert kernels.current() == "numpy"
    assert kernels.current() == outside


def test_record_lists_the_calls_in_order_and_stops():
    with kernels.record() as calls:
        with kernels.use("reference"):
            run_dense()
        with kernels.use("numpy"):
            kernels.bias_gradient(np.ones((1, 2)))
    run_dense()
    assert calls == [("reference", "dense"), ("numpy", "bias_gradient")]


def test_an_inner_record_takes_the_calls_of_its_block():
    with kernels.use("numpy"), kernels.record() as outer:
        with kernels.record() as inner:
            run_dense()
        run_dense()
    assert len(inner) == len(outer) == 1


def test_an_unknown_name_is_refused_with_the_nearest_known_one():
    words = r"kernels 'numpi'.*one of numba, numpy, reference, vector.*mean 'numpy'"
    with pytest.raises(_checks.MinicnnError, match=words), kernels.use("numpi"):
        pass


def test_each_thread_chooses_for_itself():
    seen, inside, done = {}, threading.Barrier(2), threading.Barrier(2)

    def work(name):
        with kernels.use(name), kernels.record() as calls:
            inside.wait(10)  # both threads are inside their blocks now
            run_dense()
            done.wait(10)
            seen[name] = calls

    threads = [threading.Thread(target=work, args=(name,)) for name in ("reference", "numpy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {name: [(name, "dense")] for name in ("reference", "numpy")}


def test_a_new_thread_starts_with_the_default():
    seen = []
    with kernels.use("reference"):
        thread = threading.Thread(target=lambda: seen.append(kernels.current()))
        thread.start()
        thread.join()
    assert seen == [kernels.current()]


def test_each_task_chooses_for_itself():
    async def work(name):
        with kernels.use(name):
            await asyncio.sleep(0)  # the other task enters its block here
            return kernels.current()

    async def both():
        return await asyncio.gather(work("reference"), work("numpy"))

    assert asyncio.run(both()) == ["reference", "numpy"]


# -- the environment: each in a process of its own -------------------------------------------------


def python(code, **environment):
    rest = {name: value for name, value in os.environ.items() if name != "MINICNN_KERNELS"}
    return subprocess.run([sys.executable, "-W", "error", "-c", code], env={**rest, **environment},
                          capture_output=True, text=True, check=False)


RUN = """
import sys, numpy as np
from minicnn import kernels
with kernels.record() as calls:
    kernels.dense(np.ones((1, 2)), np.ones((2, 1)), None)
print(calls[0][0], *sorted(name for name in ("numba",) if name in sys.modules))
"""


def test_the_default_is_vector_by_way_of_numba():
    assert python(RUN).stdout.split() == ["vector", "numba"]
    assert python(RUN, MINICNN_KERNELS="").stdout.split() == ["vector", "numba"]


@pytest.mark.parametrize("name", ["reference", "numpy"])
def test_the_environment_chooses_and_numba_is_not_even_loaded(name):
    assert python(RUN, MINICNN_KERNELS=name).stdout.split() == [name]


def test_an_unknown_name_in_the_environment_is_an_error():
    result = python(RUN, MINICNN_KERNELS="nunba")
    assert result.returncode == 1
    assert "MinicnnError: kernels 'nunba'" in result.stderr
    assert "Did you mean 'numba'?" in result.stderr


def test_without_numba_there_is_an_error_and_no_other_kernel_runs_in_its_place():
    result = python("import sys; sys.modules['numba'] = None\n" + RUN)
    assert result.returncode == 1
    assert "numba" in result.stderr.splitlines()[-1]
    assert "ImportError" in result.stderr or "ModuleNotFoundError" in result.stderr
    assert result.stdout == ""


def test_without_numba_the_others_still_run():
    result = python("import sys; sys.modules['numba'] = None\n" + RUN, MINICNN_KERNELS="numpy")
    assert result.stdout.split()[0] == "numpy"
