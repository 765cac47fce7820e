"""A run: known figures, the same bits when it was killed, a collapse that is told."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.reproducing import data, recipes, records, running, stability


@pytest.fixture(scope="module")
def thousand():
    """1,000 digits of the package to train on, and its 1,000 others to judge by."""
    return data.load("digits").first(1000)


def silent(line):
    """Says nothing."""


def test_two_passes_through_1000_digits(thousand, tmp_path):
    said = []
    run = running.run(recipes.find("best"), 0, thousand, 2, tmp_path, said.append)
    assert [one.number for one in run.passes] == [1, 2]
    # Another order of additions, as on a machine with other vectors, moves some digits.
    assert [one.training for one in run.passes] == pytest.approx([36.7, 11.4], abs=1.5)
    assert [one.test for one in run.passes] == pytest.approx([20.4, 11.9], abs=1.5)
    first = run.passes[0]
    assert 1e-5 <= first.low <= 5e-4
    assert 4e-3 < first.high <= 1e-4 / 0.02
    assert not run.collapsed
    assert [look.patterns for look in run.stability] == [500]
    assert run.stability[0].largest < 2
    assert [line.split()[0] for line in "\n".join(said).splitlines()] == ["best,", "pass", "1", "2"]
    assert records.read(tmp_path / "best-1000-seed0.json") == run
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-1000-seed0.json", "best-1000-seed0.npz"]


def test_the_model_of_a_run_is_the_one_that_was_judged(thousand, tmp_path):
    from minicnn.models import load_model

    run = running.run(recipes.find("curve"), 3, thousand.first(200), 1, tmp_path, silent)
    model = load_model(tmp_path / "curve-200-seed3.npz")
    assert running.error(model, thousand.x_test, thousand.y_test) == run.last.test


def test_a_run_that_is_there_is_only_read(thousand, tmp_path):
    few, said = thousand.first(60), []
    first = running.run(recipes.find("best"), 1, few, 1, tmp_path, silent)
    os.remove(tmp_path / "best-60-seed1.npz")
    assert running.run(recipes.find("best"), 1, few, 1, tmp_path, said.append) == first
    assert not (tmp_path / "best-60-seed1.npz").exists()
    assert "done before" in said[0]
    with pytest.raises(MinicnnError, match=r"one of this name with other settings: of_passes\. Expected 2, received 1"):
        running.run(recipes.find("best"), 1, few, 2, tmp_path, silent)


KILLED = """
import os, sys
from pathlib import Path
from minicnn.reproducing import data, recipes, running

def say(line):
    if line.split()[:1] == ["2"]:
        os._exit(9)  # as if it were killed: nothing is tidied up

running.run(recipes.find("distorted"), 2, data.load("digits").first(300), 3, Path(sys.argv[1]), say)
"""


def test_a_run_that_was_killed_ends_with_the_same_bits(thousand, tmp_path):
    from minicnn.models import load_model

    recipe, name, runs = recipes.find("distorted"), "distorted-300-seed2", []
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    assert subprocess.run([sys.executable, "-c", KILLED, tmp_path / "killed"], check=False).returncode == 9
    for folder in ("killed", "whole"):
        said = []
        runs.append(running.run(recipe, 2, thousand.first(300), 3, tmp_path / folder, said.append))
        assert len([line for line in said if line.split()[0].isdigit()]) == 3  # those of before are said again
    for run in runs:
        for one in run.passes:
            one.seconds = 0
    assert runs[0] == runs[1]
    first, second = (load_model(tmp_path / folder / f"{name}.npz").params for folder in ("killed", "whole"))
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes(), name


def test_a_backup_of_other_settings_is_refused(thousand, tmp_path):
    def stop(line):
        if line.startswith("   1"):
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        running.run(recipes.find("best"), 0, thousand.first(50), 4, tmp_path, stop)
    (tmp_path / "best-50-seed0.backup").rename(tmp_path / "curve-50-seed0.backup")
    with pytest.raises(MinicnnError, match="had other settings"):
        running.run(recipes.find("curve"), 0, thousand.first(50), 4, tmp_path, silent)


def test_the_recipe_to_the_letter_collapses_and_is_given_up(thousand, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(stability, "PATTERNS", 1)
    monkeypatch.setattr(stability, "LOOKS", (5, 10))
    with pytest.warns(RuntimeWarning, match="the curvature is gone"):
        run = running.run(recipes.find("letter"), 0, thousand.first(300), 5, tmp_path, said.append)
    assert run.collapsed
    assert len(run.passes) == running.GIVEN_UP_AT
    assert run.last.training > running.COLLAPSED
    assert "collapsed" in said[-1]
    # Why: a step on one pattern overshoots.
    assert max(look.largest for look in run.stability) > 2


def test_a_bar_shows_on_a_terminal_where_a_pass_takes_its_time(thousand, tmp_path, monkeypatch, capsys):
    now = itertools.count(step=3.0)
    monkeypatch.setattr(running.time, "perf_counter", lambda: next(now))
    for terminal in (False, True):
        monkeypatch.setattr(type(sys.stdout), "isatty", lambda self, terminal=terminal: terminal)
        said = []
        running.run(recipes.find("distorted"), int(terminal), thousand.first(600), 1, tmp_path, said.append, verbose=1)
        assert ("pass 1: " in capsys.readouterr().out) == terminal
        assert said[-1].startswith("\r   1 " if terminal else "   1 ")


def test_the_data_to_tune_by_are_none_of_the_test_digits():
    digits = data.load("digits")
    tuned = digits.to_tune()
    assert len(tuned.x) + len(tuned.x_test) == len(digits.x)
    assert np.array_equal(np.concatenate([tuned.x, tuned.x_test]), digits.x)
    assert np.array_equal(np.concatenate([tuned.y, tuned.y_test]), digits.y)


def test_60000_digits_are_cut_into_50000_and_10000():
    one = np.zeros((60000, 1, 1), np.uint8)
    tuned = data.Digits("zeros", one, one[:, 0, 0], one[:5], one[:5, 0, 0]).to_tune()
    assert (len(tuned.x), len(tuned.x_test)) == (50000, 10000)


def test_too_many_digits_are_refused():
    with pytest.raises(MinicnnError, match=r"digits has 4,000 digits to train on\. Received 4001"):
        data.load("digits").first(4001)
