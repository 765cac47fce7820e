"""The files of runs."""

import json

import pytest

from minicnn._checks import MinicnnError
from minicnn.reproducing import records


@pytest.mark.parametrize("variant", ["best", "letter", "distorted", "curve"])
def test_what_is_written_is_read(record, variant, tmp_path):
    run = record(variant, seed=3, collapsed=variant == "letter")
    path = tmp_path / f"{run.name}.json"
    records.write(run, path)
    assert records.read(path) == run
    text = path.read_text()
    assert json.loads(text)["recipe"]["name"] == variant
    assert [line for line in text.splitlines() if line.startswith('  {"number": 2')]  # a pass is a line


def test_all_of_a_folder(folder):
    (folder / "results.json").write_text("no run\n")
    assert {run.name for run in records.read_all(folder)} == {
        "best-60000-seed0", "best-60000-seed1", "best-60000-seed2", "letter-60000-seed0", "distorted-60000-seed0",
        "best-15000-seed0"}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"recipe": {"name": 1}, "passes": [], "stability": []}'])
def test_a_damaged_file_is_told(text, tmp_path):
    path = tmp_path / "best-1-seed0.json"
    path.write_text(text)
    with pytest.raises(MinicnnError, match=r"reading 'best-1-seed0.json': this is not the record of a run"):
        records.read(path)


def test_the_setting_names_versions_but_no_folders():
    found = records.setting()
    assert {"machine", "python", "minicnn", "numpy", "numba"} <= found.keys()
    assert not any("/" in text for text in found.values())
