"""Summaries, character by character: against stored texts of Keras, and against Keras where it is installed."""

import pytest
import summary_cases
import summary_references

import minicnn
from minicnn.layers.base import forget_names

STORED = summary_references.read()


def ours(case, monkeypatch):
    return summary_cases.text(minicnn, forget_names, monkeypatch, case)


@pytest.mark.parametrize("case", summary_cases.CASES, ids=summary_references.name)
def test_the_text_is_the_one_keras_printed(case, monkeypatch):
    text = ours(case, monkeypatch)
    assert summary_cases.cut_to_the_window(text, case[2]) == STORED[summary_references.name(case)]


def test_every_case_is_stored_and_few_are_refused():
    assert list(STORED) == [summary_references.name(case) for case in summary_cases.CASES]
    refused = [case for case, text in STORED.items() if text == "refused"]
    assert all("a range" in case for case in refused)
    assert len(refused) == 5


def test_lines_longer_than_the_window_are_whole(monkeypatch):
    lines = ours(("sequential", "wide, expanded, trainable", 80), monkeypatch).splitlines()
    assert {len(line) for line in lines if line[0] in "┏┃┡│├└"} == {130}


@pytest.mark.parametrize("case", summary_cases.CASES, ids=summary_references.name)
def test_keras_prints_the_same(case, monkeypatch, keras):
    text = ours(case, monkeypatch)
    assert summary_cases.cut_to_the_window(text, case[2]) == summary_references.ask(keras, case, monkeypatch)
