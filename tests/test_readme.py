"""The README says what is true: its commands, code, outputs and links."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from minicnn.applications import LeNet5

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_it_starts_with_the_two_commands():
    commands = re.findall(r"^    (python -m pip .*)$", README, re.MULTILINE)
    assert commands == ["python -m pip install . && minicnn train lenet5",
                        'python -m pip install -e ".[test]" && python -m pytest']
    assert README.index(commands[0]) < README.index(commands[1]) < README.index("![")


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_code_runs_and_prints_what_is_shown(number, tmp_path):
    run = subprocess.run([sys.executable, "-W", "error", "-c", PYTHON[number]], cwd=tmp_path, capture_output=True,
                         text=True, check=True)
    assert run.stderr == ""
    if "gradient_check" in PYTHON[number]:
        # The errors are rounding, and differ from machine to machine in their last digits.
        shown = re.search(r"```text\n(Gradient check.*?)```", README, re.DOTALL).group(1)
        assert re.sub(r"error \S+", "error", run.stdout) == re.sub(r"error \S+", "error", shown)
    else:
        assert "val_accuracy" in run.stdout


def test_the_table_is_the_one_that_is_printed(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    printed = []
    LeNet5().summary(columns=("connections",), print_fn=printed.append)
    assert printed[0] in README


def test_prompts_are_doctests_that_pass():
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert (results.failed, results.attempted) == (0, 6)


def test_files_that_are_named_exist():
    for target in re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"python (examples/\S+\.py)", README):
        assert (ROOT / shlex.split(target)[0].strip("`")).exists(), target
    for name in {path.name for path in (ROOT / "examples").glob("*.py")}:
        assert f"examples/{name}" in README, f"{name} is not listed"


def test_rooms_of_the_map_exist():
    table = README[README.index("| room |"):README.index("To learn how it works")]
    rooms = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)[1:]
    names = [name for room in rooms for name in re.findall(r"`([\w./]+)`", room)]
    assert all((ROOT / "minicnn" / name).exists() for name in names), names
    listed = {name.rstrip("/") for name in names}
    missing = {path.name for path in (ROOT / "minicnn").iterdir() if path.name.strip("_") == path.name} - listed
    assert missing - {"py.typed", "utils.py"} == set()
