"""The benchmarks run from the command line, whoever else is installed. Nothing here looks at a time."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WITHOUT_OTHERS = """
import importlib, sys
sys.modules.update(torch=None, keras=None, jax=None)  # as if they were not installed
importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:])
"""


def run(*arguments, module="command"):
    """What ``python -m benchmarks`` prints where neither PyTorch nor Keras nor JAX is installed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT_OTHERS, module, *map(str, arguments)],
                          env=environment, capture_output=True, encoding="utf-8", timeout=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """One tiny row, minicnn beside its own kernels of Numba: what was printed, and the folder."""
    folder = tmp_path_factory.mktemp("benchmarks") / "results"
    beside = "torch", "channels-last", "keras-torch", "keras-jax", "jax", "numba"
    return run("dense 84-10 b128, forward", "--rounds", 1, "--folder", folder, "--beside", *beside), folder


def test_a_row_runs_without_the_others(tiny):
    printed, _ = tiny
    lines = [line for line in printed.splitlines() if line.startswith("| layer dense 84-10 b128, forward |")]
    beside_torch, beside_others, memory = (line.split(" | ") for line in lines)
    assert beside_torch[2:4] == ["not installed", "not installed"]
    assert beside_others[2:7:2] == ["not installed"] * 3
    assert float(beside_torch[1]) > 0  # milliseconds of ours
    assert float(beside_others[8]) > 0  # and of the kernels of Numba
    assert len(memory) == 3
    assert "PyTorch did not run" in printed


def test_a_quick_run_keeps_its_processes_for_all_rows_and_tells_no_memory(tmp_path):
    printed = run("dense 84-10 b128", "--quick", "--rounds", 1, "--folder", tmp_path, "--beside", "numba")
    assert len(re.findall(r"^\| layer dense 84-10 b128, (?:forward|input gradient|kernel gradient) \| [\d.]+ \|",
                          printed, re.MULTILINE)) == 6  # beside PyTorch, beside the others
    assert "### Peak memory" not in printed


def test_the_machine_is_named(tiny):
    machine, versions, settings = tiny[0].splitlines()[:3]
    assert "cores" in machine
    assert versions.startswith("Python ")
    assert "numpy " in versions
    assert settings.startswith("thread settings: ")


def test_table_chart_and_times_are_written(tiny):
    printed, folder = tiny
    assert sorted(path.name for path in folder.iterdir()) == ["chart.png", "table.md", "times.json"]
    assert (folder / "table.md").read_text(encoding="utf-8") in printed
    (lanes,) = json.loads((folder / "times.json").read_text())["seconds"].values()
    assert [len(lane["turns"]) for lane in lanes.values()] == [1, 1]


def test_every_row_has_a_name_of_its_own():
    names = run("--list").splitlines()
    assert len(set(names)) == len(names)
    assert "VGG16 forward, one image 224x224" in names


def test_an_unknown_row_is_refused():
    done = subprocess.run([sys.executable, "-m", "benchmarks", "no such row"], cwd=ROOT, capture_output=True,
                          encoding="utf-8")
    assert done.returncode == 1
    assert "--list shows them" in done.stderr


# -- how exact it is -----------------------------------------------------------------------------


def test_the_errors_are_shown_and_small_also_without_the_others():
    printed = run("5x5, 16-120", "dense 256", "mean pool", "LeNet5Modern", module="exactness")
    lines = [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("| ")]
    rows = {name: cells for name, *cells in lines if name not in ("---", "layer", "network")}
    assert len(rows) == 4
    for name, cells in rows.items():
        assert set(cells[1::2]) <= {"not installed", "-"}, name
        assert [float(cell) <= 1e-5 for cell in cells[::2] if cell != "-"] == [True] * (
            3 if name.startswith(("5x5", "dense")) else 2), name
    assert not re.search("too much|nan", printed)


def test_an_unknown_row_of_errors_is_refused():
    with pytest.raises(subprocess.CalledProcessError, match="status 1") as refused:
        subprocess.run([sys.executable, "-m", "benchmarks.exactness", "no such row"], cwd=ROOT, check=True,
                       capture_output=True, encoding="utf-8")
    assert "No row has such a name; there are 5x5" in refused.value.stderr
