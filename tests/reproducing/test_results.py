"""The results in the repository: they are what the command makes of the records beside them, and reach what the paper
reports."""

from pathlib import Path

import pytest

from minicnn.reproducing import data, recipes, records, running, tables, tuning

RESULTS = Path(__file__).parents[2] / "examples" / "paper" / "results"


@pytest.fixture(scope="module")
def runs():
    """All of them."""
    return records.read_all(RESULTS)


def test_the_tables_are_those_of_the_records(runs):
    assert (RESULTS / "results.md").read_text() == tables.markdown(runs)
    assert (RESULTS / "results.csv").read_text() == tables.csv_text(runs)


def test_the_choices_were_made_without_test_digits():
    tuned = records.read_all(RESULTS / "tuning")
    assert {(run.digits, run.judged_by, run.tested) for run in tuned} == {(50_000, "held-out training", 10_000)}
    stages = [[tuning.verdict(run) for run in tuned if run.recipe.name.startswith(stage)]
              for stage in ("tune", "final")]
    for verdicts, candidates in zip(stages, (tuning.CANDIDATES, tuning.FINALISTS), strict=True):
        assert {one.record.recipe for one in verdicts} == set(candidates)
        assert tables.tuning_table(verdicts) in (RESULTS / "tuning.md").read_text()


def test_each_record_is_of_the_recipe_that_the_package_has(runs):
    assert {run.recipe.name for run in runs} == set(recipes.RECIPES)
    for run in runs:
        assert run.recipe == recipes.find(run.recipe.name)
        assert len(run.passes) == run.of_passes == 20 or run.collapsed


def test_what_was_reached(runs):
    found = {one.variant: one for one in tables.summaries(runs) if one.digits == 60_000}
    assert found["best"].seeds == found["curve"].seeds == found["distorted"].seeds == [0, 1, 2]
    assert found["best"].mean <= 1.0
    assert found["distorted"].mean <= 0.85
    assert found["letter"].collapsed


@pytest.mark.long
def test_a_whole_run_again(tmp_path):
    # Another machine adds in another order, and comes to another network that is as good: 0.15 % are 15 digits.
    known = records.read(RESULTS / "best-60000-seed0.json")
    run = running.run(recipes.find("best"), 0, data.load("mnist"), 20, tmp_path, print)
    assert run.last.test == pytest.approx(known.last.test, abs=0.15)
    assert run.last.training == pytest.approx(known.last.training, abs=0.1)
