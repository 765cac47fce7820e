"""Nested values as a document and arrays: they come back as they were, types too."""

import json

import numpy as np
import pytest

from minicnn import MinicnnError, saving


def there_and_back(value):
    arrays = {}
    document = json.loads(json.dumps(saving.pack(value, arrays, "state")))
    return saving.unpack(document, arrays), arrays


@pytest.mark.parametrize("value", [
    None, True, 0, -2**80, 0.1, float("inf"), "größer", [], {}, [1, [2.5, None]], {"a": {"b": {}}}, {"array": "x"},
    {"dict": 1, "scalar": [{}]}, np.arange(6).reshape(2, 3), np.float32(0.1), np.zeros((0, 2), np.int8),
    {"a/b": np.ones(1), "a": {"b": np.zeros(2), "b+": np.zeros(3)}}])
def test_values_come_back(value):
    back, _ = there_and_back(value)
    assert repr(back) == repr(value)
    assert type(back) is type(value)


def test_tuples_come_back_as_lists():
    assert there_and_back((1, (2,)))[0] == [1, [2]]


def test_arrays_are_named_by_their_place():
    _, arrays = there_and_back({"a/b": np.ones(1), "a": {"b": np.zeros(1)}, "list": [0, np.ones(2)]})
    assert list(arrays) == ["state/a/b", "state/a/b+", "state/list/1"]


@pytest.mark.parametrize(("value", "told"), [
    ({"a": [1, {2}]}, "state/a/1: this cannot be written to a file. Expected numbers, texts, .* received set"),
    (b"", "state: .* received bytes"), ({1: 2}, "state: .* received dict"),
    (np.array([None]), "state: .* received ndarray")])
def test_what_no_file_can_hold(value, told):
    with pytest.raises(MinicnnError, match=told):
        saving.pack(value, {}, "state")


@pytest.mark.parametrize("packed", [{}, {"odd": 1}, {"array": "no"}, {"array": []}, {"dict": 5}, {"a": 1, "b": 2}])
def test_what_was_never_packed(packed):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError), match=r"."):
        saving.unpack(packed, {})
