"""Records of runs that never ran."""

import runpy
from pathlib import Path

import pytest

from minicnn.reproducing import recipes, records


@pytest.fixture
def record():
    """Makes one: record("best", seed, digits, test errors of its passes)."""
    def make(variant="best", seed=0, digits=60_000, errors=(2.0, 1.0), collapsed=False):
        passes = [records.Pass(n + 1, 1e-5, 5e-3, 0.5, error / 2, error, 4.0) for n, error in enumerate(errors)]
        return records.Record(recipes.find(variant), seed, "MNIST", digits, "test", 10_000, len(errors),
                              {"machine": "a Machine", "python": "3.13"}, passes,
                              [records.Stability(500, 0.5, 0.75)] if variant == "letter" else [], collapsed)
    return make


@pytest.fixture
def folder(record, tmp_path):
    """Three runs of best, one of letter, one with distortions, one of 15,000 digits."""
    runs = [*(record("best", seed, errors=(2.0, 0.9 + seed / 10)) for seed in (0, 1, 2)),
            record("letter", errors=(180.0, 179.0), collapsed=True), record("distorted", errors=(1.5, 0.75)),
            record("best", digits=15_000, errors=(4.0, 1.5))]
    for run in runs:
        records.write(run, tmp_path / f"{run.name}.json")
    return tmp_path


@pytest.fixture
def legible():
    """Fails when a text of a figure is cut off or overlaps another: as the figures of `visualize` are tested."""
    return runpy.run_path(str(Path(__file__).parents[1] / "visualize" / "conftest.py"))["check_texts"]
