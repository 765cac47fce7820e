"""Tables of runs: their arithmetic, and what they say."""

import csv
import json

import pytest

from minicnn.reproducing import records, tables, tuning


def test_mean_spread_and_standard_error(folder):
    found = {(one.variant, one.digits): one for one in tables.summaries(records.read_all(folder))}
    best = found["best", 60_000]
    assert (best.seeds, best.test) == ([0, 1, 2], [0.9, 1.0, 1.1])
    assert best.mean == pytest.approx(1.0)
    assert best.sd == pytest.approx(0.1)  # of three numbers, divided by two
    assert best.error == pytest.approx(0.1 / 3 ** 0.5)
    assert best.mean_training == pytest.approx(0.5)
    assert best.seconds == pytest.approx(8.0)
    assert found["distorted", 60_000].sd is None
    assert found["letter", 60_000].collapsed
    assert [(one.variant, one.digits) for one in tables.summaries(records.read_all(folder))] == [
        ("letter", 60_000), ("best", 15_000), ("best", 60_000), ("distorted", 60_000)]


def cells(markdown):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()]


def test_the_summary_has_the_papers_figures_beside_ours(folder):
    heads, _, *rows = cells(tables.summary_table(records.read_all(folder)))
    beside = {row[0] + row[1]: (row[heads.index("mean")], row[heads.index("paper: test")]) for row in rows}
    assert beside == {"letter (collapsed)60,000": ("179.00", "0.95"), "best15,000": ("1.50", "1.69"),
                      "best60,000": ("1.00", "0.95"), "distorted60,000": ("0.75", "0.8")}


def test_each_pass_beside_the_papers(record):
    heads, _, first, second = cells(tables.passes_table(record(errors=(2.5, 2.0))))
    assert heads == ["pass", "rates from", "to", "training %", "test %", "paper: training", "test", "seconds"]
    assert first == ["1", "1.0e-05", "5.0e-03", "1.25", "2.50", "4.89", "2.65", "4.0"]
    assert second[5:7] == ["3.04", "2.24"]
    # The paper's curve is of all digits.
    assert "paper: training" not in tables.passes_table(record(digits=15_000))


def test_all_files_of_a_folder(folder):
    tables.write_all(folder)
    text = (folder / "results.md").read_text()
    for words in ("## letter: to the letter", "given up because it had collapsed", "| 500 | 0.50 | 0.75 |",
                  "two to three days", "a Machine, python 3.13", "| mu | 0.02 | the same |"):
        assert words in text
    with open(folder / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert rows[0]["variant"] == "letter"
    assert [row["test"] for row in rows if row["variant"] == "distorted"] == ["1.5", "0.75"]
    assert {one["variant"] for one in json.loads((folder / "results.json").read_text())} == {
        "letter", "best", "distorted"}


def test_every_table_has_as_many_cells_in_each_line(folder):
    tables.write_all(folder)
    for block in (folder / "results.md").read_text().split("\n\n"):
        if block.startswith("|"):
            assert len({len(line) for line in cells(block)}) == 1


def test_candidates_are_ordered_by_their_mean(record):
    good, bad = [record("curve", seed, errors=(5.0, 1.0 + seed)) for seed in (0, 1)], [record("best", errors=(3., 2.))]
    _, _, *rows = cells(tables.tuning_table([tuning.verdict(run) for run in bad + good]))
    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("eq. 9, j = 1", "1.00 2.00", "1.50"), ("eq. 9, j = 10", "2.00", "2.00")]


def test_how_far_a_training_is_from_the_papers(record):
    # Training errors are half of the test's here: 4.89 and 3.04 are the paper's.
    assert tuning.verdict(record(errors=(2 * 4.89, 2 * 3.04))).from_curve == pytest.approx(0)
    assert tuning.verdict(record(errors=(2 * 5.89, 2 * 4.04))).from_curve == pytest.approx(1)
