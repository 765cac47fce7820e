"""Summaries, character by character: against stored texts of Keras, and against Keras where it is installed."""

import pytest
import summary_cases
import summary_references

import minicnn
from minicnn.layers.naming import forget_names

STORED = summary_references.read()
PRINTED = [f"{option} | {window}" for option, window in summary_cases.PRINTED]


def ours(model, monkeypatch):
    return summary_cases.texts(minicnn, forget_names, monkeypatch, model)


@pytest.mark.parametrize("model", summary_cases.MODELS)
def test_the_texts_are_those_keras_printed(model, monkeypatch):
    assert summary_cases.cut_to_the_window(ours(model, monkeypatch)) == STORED[model]


def test_every_case_is_stored_and_few_are_refused():
    assert list(STORED) == list(summary_cases.MODELS)
    assert all(list(texts) == PRINTED for texts in STORED.values())
    refused = [case for texts in STORED.values() for case, text in texts.items() if text == "refused"]
    assert refused == ["a range | 80"] * 5  # where no layer has such a name


def test_lines_longer_than_the_window_are_whole(monkeypatch):
    lines = ours("sequential", monkeypatch)["wide, expanded, trainable | 80"].splitlines()
    assert {len(line) for line in lines if line[0] in "┏┃┡│├└"} == {130}


@pytest.mark.parametrize("model", summary_cases.MODELS)
def test_keras_prints_the_same(model, monkeypatch, keras):
    answer = summary_references.ask(keras, model, monkeypatch)
    assert summary_cases.cut_to_the_window(ours(model, monkeypatch)) == answer
