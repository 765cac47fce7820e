"""minicnn's callbacks and Keras's: the same decisions, texts and files for the same figures.

First against stored answers of Keras, then, where it is installed, live and in many more cases.
"""

import inspect
import json
import warnings

import callback_cases as cases
import keras_decisions
import pytest
from callback_driver import StandIn
from keras_decisions import text

from minicnn import callbacks
from minicnn.callbacks.monitor import better

STORED = json.loads(keras_decisions.FILE.read_text(encoding="utf-8"))
DRAWN = [cases.drawn(kind, number) for kind in cases.KINDS for number in range(cases.STORED_DRAWS, 120)]


def names(listed):
    return [case.name for case in listed]


@pytest.mark.usefixtures("empty_folder")
@pytest.mark.parametrize("case", cases.STORED, ids=names(cases.STORED))
def test_as_keras_decided(case):
    assert text(cases.decisions(case, callbacks, StandIn(case.rate))) == text(STORED["answers"][case.name])


def test_the_file_answers_all_cases():
    assert sorted(STORED["answers"]) == sorted(names(cases.STORED))


def test_arguments_and_defaults():
    assert keras_decisions.signatures(callbacks) == STORED["signatures"]


def test_the_stored_cases_make_every_decision():
    """None of the texts, and no kind of record, is missing from what is compared."""
    answers = STORED["answers"].values()
    printed, warned = "".join(a["printed"] for a in answers), "".join(w for a in answers for w in a["warned"])
    for words in ("early stopping", "Restoring model weights", "LearningRateScheduler setting", "ReduceLROnPlateau",
                  "improved from None", "did not improve", "finished saving", ": saving model", "Invalid loss"):
        assert words in printed
    for words in ("Early stopping conditioned", "Learning rate reduction", "Can save best model only"):
        assert words in warned
    for kind in ("saved", "files", "error"):
        assert any(answer[kind] for answer in answers)


# -- live ---------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def model(keras):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return keras_decisions.keras_model()


@pytest.mark.usefixtures("keras")
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")  # torch, NumPy
@pytest.mark.parametrize("case", [*cases.STORED, *DRAWN], ids=names([*cases.STORED, *DRAWN]))
def test_as_keras_decides(case, model, empty_folder, monkeypatch):
    both = []
    for side in ("keras", "minicnn"):
        (empty_folder / side).mkdir()
        monkeypatch.chdir(empty_folder / side)
        ask = side == "keras"
        both.append(keras_decisions.ask(case, model) if ask else cases.decisions(case, callbacks, StandIn(case.rate)))
    assert text(both[1]) == text(both[0])


def test_keras_still_has_these_arguments(keras):
    assert keras_decisions.signatures(keras.callbacks) == STORED["signatures"]


def test_which_way_metrics_are_better(keras):
    """As Keras's metrics say; where it has no answer, there is none here."""
    ways = {"up": "max", "down": "min", None: None}
    told = {metric.name: ways[getattr(metric, "_direction", None)] for metric in keras_metrics(keras)}
    assert {name: better(name) for name in told} == told
    assert len([way for way in told.values() if way]) > 30


def keras_metrics(keras):
    """One metric of each class that Keras has."""
    for kind in vars(keras.metrics).values():
        if inspect.isclass(kind) and issubclass(kind, keras.metrics.Metric) and kind is not keras.metrics.Metric:
            needed = {"num_classes": 2, "target_class_ids": [0], "recall": 0.5, "precision": 0.5, "sensitivity": 0.5,
                      "specificity": 0.5, "fn": len}
            parameters = inspect.signature(kind).parameters
            yield kind(**{name: value for name, value in needed.items()
                          if name in parameters and parameters[name].default is inspect.Parameter.empty})
