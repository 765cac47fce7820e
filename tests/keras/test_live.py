"""minicnn against Keras itself, where it is installed: all cases, in float32 and in float64.

Keras then also repeats the answers it gave when the reference files were made.
"""

import keras_cases as cases
import keras_networks as nets
import keras_references as references
import minicnn_side
import numpy as np
import pytest

TOLERANCE = {"float32": 1e-5, "float64": 1e-12}

STORED = {name: references.read(name) for name in references.FILES}
LISTED = [(name, case) for name, listed in references.FILES.items() if name != "initializers" for case in listed]
ANSWERED = [pair for pair in LISTED if pair[1].name in STORED[pair[0]][1]]
REFUSED = [pair for pair in LISTED if pair[1].name in STORED[pair[0]][0]["refused"]]


@pytest.fixture(scope="module")
def ask(keras):
    """Keras's answer to a case."""
    import keras_side

    return keras_side.answer


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", [case for _, case in ANSWERED], ids=lambda case: case.name)
def test_minicnn_and_keras_agree(case, dtype, ask):
    expected, found = ask(case, dtype), minicnn_side.answer(case, dtype)
    assert not references.disagreements(found, expected, TOLERANCE[dtype])
    if case is nets.STEPS_CASE:
        assert np.abs(found["losses"] / expected["losses"] - 1).max() < TOLERANCE[dtype]


@pytest.mark.parametrize(("file", "case"), ANSWERED, ids=[case.name for _, case in ANSWERED])
def test_keras_stands_by_its_stored_answers(file, case, ask):
    tolerance = {"float32": 1e-7, "float64": 1e-12}[references.stored_type(case)]
    assert not references.disagreements(STORED[file][1][case.name], ask(case, "float64"), tolerance)


@pytest.mark.parametrize(("file", "case"), REFUSED, ids=[case.name for _, case in REFUSED])
def test_keras_stands_by_its_refusals(file, case, ask):
    reason = "zero or negative" if case.family != "conv2d" or not cases.strides_with_dilation(case) else "in conjunction"
    with pytest.raises(ValueError, match=reason):
        ask(case, "float32")
