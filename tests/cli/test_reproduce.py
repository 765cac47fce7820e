"""``minicnn reproduce``: a small one from the command line, its files, its refusals."""

import json

import pytest

from minicnn._checks import MinicnnError
from minicnn.cli import reproduce
from minicnn.reproducing import data, stability

SMALL = ("reproduce", "lenet5", "--data", "digits", "--passes", "1")


@pytest.fixture(autouse=True)
def unwatched(monkeypatch):
    """The stability is tested elsewhere."""
    monkeypatch.setattr(stability, "LOOKS", ())


def test_runs_are_listed_and_left_in_the_folder(call, here):
    code, out, err = call(*SMALL, "--digits", 60, "--seeds", "0,3", "--figure", 5, "--out", "some")
    assert (code, err) == (0, "")
    assert "best, seed 0: the best mean; 60 digits" in out
    assert "1998: 7e-05 to 0.016" in out
    assert "| best | 60 | 0, 3 |" in out
    assert "two to three days" in out
    assert {path.name for path in (here / "some").iterdir()} == {
        "best-60-seed0.json", "best-60-seed0.npz", "best-60-seed3.json", "best-60-seed3.npz", "results.md",
        "results.csv", "results.json", "figure_5_best.png"}
    again = call(*SMALL, "--digits", 60, "--seeds", "0", "--out", "some")[1]
    assert "done before" in again
    assert json.loads((here / "some" / "results.json").read_text())[0]["seeds"] == [0, 3]  # all of the folder


def test_figure_6_takes_a_quarter_a_half_and_all(call, here):
    code, _, _ = call(*SMALL, "--digits", 80, "--seeds", "0", "--figure", 6)
    assert code == 0
    folder = here / reproduce.OUT
    assert {path.stem for path in folder.glob("*-seed0.json")} == {
        "best-20-seed0", "best-40-seed0", "best-80-seed0", "distorted-80-seed0"}
    assert (folder / "figure_6.png").exists()


def test_tuning_leaves_a_table_and_looks_at_no_test_digits(call, here, monkeypatch):
    whole = data.load("digits")
    none = data.Digits("digits", whole.x, whole.y, whole.x_test[:0], whole.y_test[:0])
    monkeypatch.setattr(data, "load", lambda name: none)
    code, out, _ = call(*SMALL, "--digits", 60, "--tune", "--out", "tuned")
    assert code == 0
    text = (here / "tuned" / "tuning.md").read_text()
    assert text.count("| eq. 9, j = 10 ") == 4
    assert "the test digits were\nnot looked at" in text
    assert "eq. 9, j = 10, h refreshed" in out


def no_network(url):
    """As where there is none."""
    raise MinicnnError(f"{url}: no network.")


def test_missing_digits_are_told_with_what_to_do(call, here, monkeypatch):
    from minicnn.datasets import _fetch, _folders

    (here / "nothing").mkdir()
    monkeypatch.setenv(_folders.VARIABLE, str(here / "nothing"))
    monkeypatch.setattr(_fetch, "fetch", no_network)
    code, _, err = call("reproduce", "lenet5")
    assert code == 1
    assert "train-images-idx3-ubyte" in err
    assert "--data digits" in err


@pytest.mark.parametrize(("arguments", "words"), [
    (("reproduce", "vgg"), "invalid choice: 'vgg'"), (("reproduce", "lenet5", "--seeds", "1,x"), "whole number"),
    (("reproduce", "lenet5", "--variant", "worst"), "invalid choice: 'worst'"),
    (("reproduce", "lenet5", "--figure", "7"), "invalid choice: 7")])
def test_wrong_words_are_usage_errors(call, arguments, words):
    code, _, err = call(*arguments)
    assert code == 2
    assert words in err


def test_more_digits_than_there_are(call, here):
    code, _, err = call(*SMALL, "--digits", 5000)
    assert code == 1
    assert "digits has 4,000 digits to train on. Received 5000." in err


def test_a_folder_that_cannot_be_made(call, here):
    (here / "file").touch()
    code, _, err = call(*SMALL, "--out", "file/inside")
    assert code == 1
    assert "--out 'file/inside': the folder cannot be made" in err
