"""minicnn against the stored answers of Keras. Needs no Keras."""

import keras_cases as cases
import keras_conv_norm
import keras_networks as nets
import keras_references as references
import minicnn_side
import numpy as np
import pytest
from keras_cases import Case

from minicnn import kernels
from minicnn._checks import MinicnnError

KERNEL_FAMILIES = ("conv2d", "conv2d_by_parts", "depthwise", "transposed", "batch_normalization", "pool", "dense")

# Largest deviations allowed, relative to the largest number of an array. In float64 the answers agree to 2e-15
# or better, so what is left is how they were stored.
FLOAT32, FLOAT64 = 1e-5, {"float32": 1e-7, "float64": 1e-13}

STORED = {name: references.read(name) for name in references.FILES}
OF_THEIR_OWN = [*cases.DRAWS, nets.STEPS_CASE]  # cases that other tests compare
ANSWERED = [(name, case) for name, listed in references.FILES.items() for case in listed
            if case.name in STORED[name][1] and case not in OF_THEIR_OWN]


def implementations(case: Case) -> tuple[str, ...]:
    """The kernels to try: all where a kernel is what is tested; the loops would take long for a network."""
    if case.family in KERNEL_FAMILIES or case.arguments.get("layer", "").startswith("Global"):
        return kernels.IMPLEMENTATIONS
    return ("numpy", "numba") if case.name.endswith("gradients") else ("numba",)


@pytest.mark.parametrize(("file", "case"), ANSWERED, ids=[case.name for _, case in ANSWERED])
def test_minicnn_gives_the_answers_of_keras(file, case):
    expected = STORED[file][1][case.name]
    for implementation in implementations(case):
        for dtype, tolerance in (("float32", FLOAT32), ("float64", FLOAT64[references.stored_type(case)])):
            with kernels.use(implementation):
                found = minicnn_side.answer(case, dtype)
            wrong = references.disagreements(found, expected, tolerance)
            assert not wrong, (implementation, dtype, wrong)


@pytest.mark.parametrize("file", references.FILES)
def test_the_file_answers_the_whole_product(file):
    about, answers = STORED[file]
    names = [case.name for case in references.FILES[file]]
    assert len(set(names)) == len(names)
    assert sorted([*answers, *about["refused"]]) == sorted(names)


def test_keras_refuses_what_it_cannot_do_and_nothing_else():
    for file, listed in references.FILES.items():
        refused = STORED[file][0]["refused"]
        for case in listed:
            strided_and_dilated = cases.strides_with_dilation(case) if case.family == "conv2d" else (
                keras_conv_norm.strided_and_dilated(case))
            too_large = case.family.startswith("conv2d") and cases.does_not_fit(case)
            assert (case.name in refused) == (strided_and_dilated or too_large), case.name
            if case.name in refused:
                reason = "not supported in conjunction" if strided_and_dilated else "output size would be zero"
                assert reason in refused[case.name]


@pytest.mark.parametrize("case", [c for c in cases.CONVOLUTIONS if cases.strides_with_dilation(c)
                                  and not cases.does_not_fit(c)], ids=lambda case: case.name)
def test_where_keras_refuses_strides_with_dilation_the_reference_loops_are_the_oracle(case):
    with kernels.use("reference"):
        expected = minicnn_side.answer(case, "float64")
    for implementation in kernels.IMPLEMENTATIONS:
        for dtype, tolerance in (("float32", FLOAT32), ("float64", 1e-13)):
            with kernels.use(implementation), kernels.record() as calls:
                found = minicnn_side.answer(case, dtype)
            assert {name for name, _ in calls} == {implementation}
            assert not references.disagreements(found, expected, tolerance), (implementation, dtype)


@pytest.mark.parametrize("case", [c for c in [*cases.CONVOLUTIONS, *cases.STRIDED_AND_DILATED]
                                  if cases.does_not_fit(c)], ids=lambda case: case.name)
def test_minicnn_refuses_a_kernel_that_is_larger_than_the_image(case):
    with pytest.raises(MinicnnError, match=r"the kernel is larger than its \(padded\) input"):
        minicnn_side.answer(case, "float32")


# -- the networks --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_loss_of_50_steps_on_real_digits_is_that_of_keras(dtype):
    # Two engines that round differently drift apart from step to step. Here the losses of 50 steps in float32
    # stay within 7e-7 of one another, in float64 within 5e-16, so no more precision is needed for 1e-5.
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype]
    expected = STORED["networks"][1]["lenet5_modern steps"]
    found = minicnn_side.modern_steps(dtype)
    assert found["losses"].shape == (50,)
    assert expected["losses"][-10:].mean() < 0.75 * expected["losses"][:10].mean()  # it does learn
    assert np.abs(found["losses"] / expected["losses"] - 1).max() < tolerance
    assert references.deviation(found["y"], expected["y"]) < tolerance


def test_keras_clips_no_probability_in_those_50_steps():
    # Keras keeps probabilities within 1e-7 and 1 - 1e-7 before it takes their logarithm, and beyond there is no
    # gradient; minicnn goes back from the logits and clips nothing. Rate and batches are such that it does not matter.
    model = minicnn_side.modern("float64")
    x, y = nets.modern_digits(nets.STEPS * nets.BATCH)
    model.compile(minicnn_side.optimizers.SGD(nets.RATE), "sparse_categorical_crossentropy")
    seen = []
    for i in range(0, len(x), nets.BATCH):
        rows, labels = x[i:i + nets.BATCH], y[i:i + nets.BATCH]
        seen.append(model.predict(rows, verbose=0)[np.arange(len(labels)), labels])
        model.train_on_batch(rows, labels)
    assert np.min(seen) > 1e-6
    assert np.max(seen) < 1 - 1e-6


def test_keras_counts_60_000_trainable_parameters_in_lenet5():
    answer = STORED["networks"][1]["lenet5 gradients"]
    counts = {key.removeprefix("count "): int(array) for key, array in answer.items() if key.startswith("count")}
    assert counts == {"C1": 156, "S2": 12, "C3": 1516, "S4": 32, "C5": 48120, "F6": 10164, "total": 60000}


def test_the_history_has_the_figures_in_the_order_of_keras():
    expected = STORED["networks"][1]["lenet5_modern fit"]
    assert list(minicnn_side.modern_fit("float32")) == list(expected)
    assert list(expected) == ["accuracy", "loss", "val_accuracy", "val_loss"]


# -- the files -----------------------------------------------------------------------------------


def test_the_cases_start_from_the_numbers_that_keras_was_asked_with():
    assert {about["fingerprint"] for about, _ in STORED.values()} == {references.fingerprint()}


@pytest.mark.parametrize("file", references.FILES)
def test_the_file_says_who_answered(file):
    about, _ = STORED[file]
    assert about["keras"].startswith("3.")
    assert about["backend"].startswith("torch ")
    assert about["computed in"] == "float64"
    assert "crc32" in about["seed"]


def test_the_files_are_small_and_no_others_lie_about():
    sizes = {path.name: path.stat().st_size for path in references.FOLDER.iterdir()}
    assert sorted(sizes) == sorted(f"{name}.npz" for name in references.FILES)
    assert max(sizes.values()) < 500_000
    assert sum(sizes.values()) < 2_000_000


def test_a_deviation_is_seen():
    good = {"y": np.array([1.0, 2.0])}
    assert references.disagreements(good, good, 0.0) == []
    for bad in ({"y": np.array([1.0, 2.1])}, {"y": np.array([1.0, np.nan])}, {"y": np.array([1.0])},
                {"z": np.array([1.0, 2.0])}, {}):
        assert references.disagreements(bad, good, 1e-3), bad
    assert references.deviation(np.array([1.0, 2.1]), good["y"]) == pytest.approx(0.05)
