"""minicnn against Keras itself, where it is installed: all cases, in float32 and in float64."""

import keras_cases as cases
import keras_conv_norm
import keras_networks as nets
import keras_references as references
import minicnn_side
import numpy as np
import pytest

# Keras 3.15 hands out its numbers in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

STORED = {name: references.read(name) for name in references.FILES}
LISTED = [(name, case) for name, listed in references.FILES.items() if name != "initializers" for case in listed]
ANSWERED = [pair for pair in LISTED if pair[1].name in STORED[pair[0]][1]]
REFUSED = [pair for pair in LISTED if pair[1].name in STORED[pair[0]][0]["refused"]]


@pytest.fixture(scope="module")
def ask(keras):
    """Keras's answer to a case."""
    import keras_side

    return keras_side.answer


@pytest.mark.parametrize(("file", "case"), ANSWERED, ids=[case.name for _, case in ANSWERED])
def test_minicnn_and_keras_agree(file, case, ask):
    for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-12)):
        expected, found = ask(case, dtype), minicnn_side.answer(case, dtype)
        wrong = references.disagreements(found, expected, tolerance)
        assert not wrong, (dtype, wrong)
        if case is nets.STEPS_CASE:
            assert np.abs(found["losses"] / expected["losses"] - 1).max() < tolerance
    # Keras stands by what it said when the file was made (float32 is how it was stored).
    kept = {"float32": 1e-7, "float64": 1e-12}[references.stored_type(case)]
    assert not references.disagreements(STORED[file][1][case.name], expected, kept)


@pytest.mark.parametrize(("file", "case"), REFUSED, ids=[case.name for _, case in REFUSED])
def test_keras_stands_by_its_refusals(file, case, ask):
    strided_and_dilated = cases.strides_with_dilation(case) if case.family == "conv2d" else (
        keras_conv_norm.strided_and_dilated(case))
    with pytest.raises(ValueError, match="in conjunction" if strided_and_dilated else "zero or negative"):
        ask(case, "float32")
