"""Hiding parts of images: captum's published numbers, networks computed by hand, and what is refused."""

import threading

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import (
    Activation,
    Add,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import occlusion

RNG = np.random.default_rng(7)


def toy():
    """captum's BasicModel_ConvNet_One_Conv on the sum of two inputs; it flattens channels first."""
    a, b = Input((4, 4, 1), name="a"), Input((4, 4, 1), name="b")
    maps = Conv2D(2, 3, activation="relu", name="conv")(Add()([a, b]))
    model = Model([a, b], Dense(4, activation="relu", name="dense")(Flatten()(maps)))
    row = np.array([1, 1, 1, 1, 1, -1, -1, -1]).reshape(2, 2, 2).transpose(1, 2, 0).reshape(8)
    model.set_weights([np.ones((3, 3, 1, 2)), [-50, -75], np.stack(4 * [row], axis=1), np.zeros(4)])
    return model, np.arange(16.0).reshape(1, 4, 4, 1), np.ones((1, 4, 4, 1))


def linear(shape=(6, 6, 1), classes=3):
    """Scores that are weighted sums of pixels, and the weights (H, W, C, U)."""
    model = Sequential([Input(shape), Flatten(), Dense(classes, dtype="float64")])
    return model, model.weights[0].reshape(*shape, classes)


def test_numbers_of_captum():
    # captum, tests/attr/test_occlusion.py: windows (1, 2, 3) and (1, 1, 2), strides (1, 2, 1) and (1, 1, 2).
    model, x, ones = toy()
    first, second = occlusion(model, [x, ones], 0, patch=[(2, 3), (1, 2)], stride=[(2, 1), (1, 2)], average=True)
    assert first.drop.tolist() == [[[17, 17, 17, 17], [17, 17, 17, 17], [64, 65.5, 65.5, 67], [64, 65.5, 65.5, 67]]]
    assert second.drop.tolist() == [[[3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [0, 0, 0, 0]]]
    assert first.score.tolist() == second.score.tolist() == [67]
    np.testing.assert_array_equal(first.scores, 67 - first.drop)


def test_two_inputs_hidden_at_once():
    model, x, ones = toy()
    first, second = occlusion(model, [x, ones], 0, patch=4, stride=4, together=True)
    assert (first.drop == 67).all()  # nothing is left: f(0, 0) = 0
    np.testing.assert_array_equal(first.drop, second.drop)
    alone = occlusion(model, [x, ones], 0, patch=4, stride=4)
    assert [result.drop[0, 0, 0] for result in alone] == [67, 13]  # f(0, 1) = 0, f(x, 0) = 54
    with pytest.raises(MinicnnError, match=r"as many places in each input\. Received \[4, 1\]"):
        occlusion(model, [x, ones], 0, patch=[2, 4], stride=[2, 4], together=True)


def test_options_by_name():
    model, x, ones = toy()
    by_name = occlusion(model, {"b": ones, "a": x}, 0, patch={"a": (2, 3), "b": (1, 2)}, value=[0.5, 1.0], stride=1)
    assert [result.drop.shape for result in by_name] == [(1, 4, 4), (1, 4, 4)]
    assert (by_name[1].drop == 0).all()  # ones hidden by ones
    assert (by_name[0].drop != 0).any()


def test_an_input_that_is_no_image_stays_whole():
    image, vector = Input((4, 4, 1)), Input((3,))
    model = Model([image, vector], Dense(2)(Concatenate()([Flatten()(image), vector])))
    x, v = RNG.normal(size=(2, 4, 4, 1)), RNG.normal(size=(2, 3))
    result, nothing = occlusion(model, [x, v], 1, patch=4, average=True)
    assert nothing is None
    drop = model.predict([x, v], verbose=0) - model.predict([0 * x, v], verbose=0)
    np.testing.assert_allclose(result.drop[:, 0, 0], drop[:, 1], rtol=1e-5, atol=1e-6)
    with pytest.raises(MinicnnError, match="the input is no image, so there is nothing to hide"):
        occlusion(Sequential([Dense(2, input_shape=(3,))]), v)


@pytest.mark.parametrize("average", [False, True])
def test_of_a_linear_network_the_drop_is_what_the_hidden_pixels_give(average):
    model, weights = linear()
    x = RNG.normal(size=(2, 6, 6, 1))
    result = occlusion(model, x, [2, 0], patch=1, average=average)
    expected = np.stack([(x[0] * weights[..., 2])[..., 0], (x[1] * weights[..., 0])[..., 0]])
    np.testing.assert_allclose(result.drop, expected, rtol=1e-5, atol=1e-6)
    assert result.target.tolist() == [2, 0]


def test_a_large_occluder_scores_a_small_cell():
    model, weights = linear()
    x = RNG.normal(size=(6, 6, 1))
    result = occlusion(model, x, 1, patch=4, stride=2)
    share = np.pad((x * weights[..., 1])[..., 0], 1)
    for row in (0, 2, 4):
        for column in (0, 2, 4):
            cell = result.drop[0, row:row + 2, column:column + 2]
            np.testing.assert_allclose(cell, share[row:row + 4, column:column + 4].sum(), rtol=1e-5, atol=1e-6)


def test_cells_of_tf_explain():
    # tf_explain.core.OcclusionSensitivity: patches side by side from the corner, the map is 1 - probability.
    model = Sequential([Input((7, 8, 3)), Conv2D(4, 3, activation="relu"), Flatten(), Dense(3, activation="softmax")])
    x = RNG.normal(size=(7, 8, 3)).astype("float32")
    expected = np.zeros((7, 8))
    for row in range(0, 7, 3):
        for column in range(0, 8, 3):
            hidden = x.copy()
            hidden[row:row + 3, column:column + 3] = 0.5
            expected[row:row + 3, column:column + 3] = 1 - model.predict(hidden[None], verbose=0)[0, 2]
    result = occlusion(model, x, 2, patch=3, stride=3, value=0.5)
    np.testing.assert_allclose(1 - result.probability[0], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("model", [LeNet5(), LeNet5Modern()], ids=["penalties", "probabilities"])
def test_a_window_as_large_as_the_image_leaves_the_baseline(model, average):
    shape = model.inputs[0].sample_shape
    x, baseline = RNG.random((2, *shape)).astype("float32"), RNG.random(shape).astype("float32")
    result = occlusion(model, x, 3, patch=shape[:2], stride=shape[:2], value=baseline, average=average)
    end = "output/pre" if "output/pre" in model.graph.names else "RBF"
    scores = model.activations(np.stack([*x, baseline]))[end][:, 3] * (-1 if end == "RBF" else 1)
    expected = np.broadcast_to((scores[:2] - scores[2])[:, None, None], (2, *shape[:2]))
    np.testing.assert_allclose(result.drop, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(result.score, scores[:2], rtol=1e-4)


def test_values():
    model, weights = linear((4, 4, 2))
    x = RNG.normal(size=(3, 4, 4, 2))
    blurred = RNG.normal(size=x.shape)
    for value, looks in ((0.5, 0.5), ([0.5, -1.0], [0.5, -1.0]), ("mean", x.mean(axis=(1, 2), keepdims=True)),
                         (blurred[0], blurred[0]), (blurred, blurred)):
        drop = occlusion(model, x, 0, patch=1, value=value).drop
        np.testing.assert_allclose(drop, ((x - looks) * weights[..., 0]).sum(axis=-1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("value", "message"), [
    ([1.0, 2.0, 3.0], r"value: the shape.*'mean', a number, a color \(2,\), an image \(4, 4, 2\) or a batch"),
    (np.zeros((3, 4, 2)), r"does not fit the image.*received shape \(3, 4, 2\)"),
    ("median", r"value 'median'.*one of mean"),
    (np.nan, r"value: 1 of 1 values are not finite"),
])
def test_wrong_values(value, message):
    with pytest.raises(MinicnnError, match=message):
        occlusion(linear((4, 4, 2))[0], np.ones((4, 4, 2)), value=value)


def test_a_gray_image_as_value_needs_its_channel():
    with pytest.raises(MinicnnError, match=r"pass value\[\.\.\., None\]"):
        occlusion(linear()[0], np.ones((6, 6, 1)), value=np.ones((6, 6)))


def test_the_class_named_is_the_one_answered():
    # The left half speaks for class 0, the right one for class 1.
    model, _ = linear((2, 4, 1), 2)
    left = np.repeat([1.0, 0.0], 2)
    model.set_weights([np.stack([np.tile(left, 2), np.tile(1 - left, 2)], axis=1), [0.25, 0.0]])
    result = occlusion(model, np.ones((2, 4, 1)), patch=2, stride=2)
    assert result.answer.tolist() == result.target.tolist() == [0]
    assert result.classes.tolist() == [[[1, 1, 0, 0], [1, 1, 0, 0]]]
    assert result.probability is None
    assert result.whole is None
    assert result.scores[0, 0].tolist() == [0.25, 0.25, 4.25, 4.25]
    assert result.drop[0, 0].tolist() == [4, 4, 0, 0]


@pytest.mark.parametrize("end", ["softmax", "sigmoid"])
def test_probabilities(end):
    scores = Sequential([Input((6, 6, 1)), Conv2D(2, 3, activation="relu"), MaxPooling2D(2), Flatten(), Dense(3)])
    model = Model(scores.input, Activation(end)(scores.output))
    x = RNG.normal(size=(2, 6, 6, 1))
    result = occlusion(model, x, patch=3, stride=3)
    hidden = x.copy()
    hidden[:, 0:3, 3:6] = 0
    answers = model.predict_classes(x)
    np.testing.assert_array_equal(result.target, answers)
    rows = np.arange(2)
    np.testing.assert_allclose(result.probability[:, 1, 4], model.predict(hidden, verbose=0)[rows, answers], rtol=1e-5)
    np.testing.assert_allclose(result.whole, model.predict(x, verbose=0)[rows, answers], rtol=1e-5)
    np.testing.assert_allclose(result.scores[:, 1, 4], scores.predict(hidden, verbose=0)[rows, answers], rtol=1e-4)
    np.testing.assert_array_equal(result.classes[:, 1, 4], model.predict_classes(hidden))


@pytest.mark.parametrize("batch_size", [1, 5, 1000])
def test_batches_do_not_matter(batch_size):
    model = LeNet5Modern()
    x = RNG.random((3, 28, 28, 1)).astype("float32")
    one, other = (occlusion(model, x, patch=9, stride=6, batch_size=size) for size in (None, batch_size))
    np.testing.assert_allclose(one.drop, other.drop, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(one.classes, other.classes)


def test_left_out_places_are_nan():
    result = occlusion(LeNet5Modern(), RNG.random((28, 28, 1)), patch=8, stride=8, border="skip")
    assert np.isnan(result.drop[0, 24:]).all()
    assert np.isfinite(result.drop[0, :24, :24]).all()
    assert np.isnan(result.probability[0, :, 24:]).all()
    assert (result.classes[0, 24:] == -1).all()
    assert (result.classes[0, :24, :24] >= 0).all()


def test_types_follow_the_model():
    for dtype in ("float32", "float64"):
        model = LeNet5Modern()
        model.cast(dtype)
        model = Sequential([Input((28, 28, 1), dtype=dtype), model])
        result = occlusion(model, RNG.random((28, 28, 1)), patch=14, stride=14)
        assert {result.drop.dtype, result.scores.dtype, result.probability.dtype, result.score.dtype} == {
            np.dtype(dtype)}


def test_nothing_is_modified_and_threads_do_not_meet():
    model, x = LeNet5Modern(), RNG.random((28, 28, 1)).astype("float32")
    for array in (*model.params.values(), x):
        array.flags.writeable = False
    alone = [occlusion(model, x, target, patch=7, stride=7).drop for target in range(2)]
    drops = {}

    def work(target):
        drops[target] = occlusion(model, x, target, patch=7, stride=7).drop

    threads = [threading.Thread(target=work, args=(target,)) for target in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for target in range(2):
        np.testing.assert_array_equal(drops[target], alone[target])


def test_a_bar_appears_where_it_takes_long(monkeypatch, capsys):
    model, x = linear()[0], np.ones((6, 6, 1))
    occlusion(model, x, patch=2)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("minicnn._progress.PATIENCE", 0.0)
    occlusion(model, x, patch=2, batch_size=4)
    assert capsys.readouterr().out.startswith("occlusion: 10/10 ")  # the whole image, and 6x6 places
    occlusion(model, x, patch=2, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("options", "message"), [
    ({"target": 10}, r"visualize\.occlusion: target is out of range\. Expected a class from 0 to 9, received 10"),
    ({"patch": 29}, r"visualize\.occlusion: patch is larger than the image"),
    ({"stride": 0}, "stride must be an integer"),
    ({"batch_size": 0}, "batch_size must be an integer"),
    ({"average": "no"}, "average must be True or False"),
])
def test_wrong_options(options, message):
    with pytest.raises(MinicnnError, match=message):
        occlusion(LeNet5Modern(), np.zeros((28, 28, 1)), **options)


def test_wrong_images_and_models():
    with pytest.raises(MinicnnError, match=r"visualize\.occlusion: the data do not fit.*received shape \(28, 28\)"):
        occlusion(LeNet5Modern(), np.zeros((28, 28)))
    with pytest.raises(MinicnnError, match="not one number per class"):
        occlusion(Sequential([Conv2D(2, 3, input_shape=(6, 6, 1))]), np.zeros((6, 6, 1)))
    with pytest.raises(MinicnnError, match="holds bytes"):
        occlusion(Sequential([Input((6, 6, 1)), GlobalAveragePooling2D()]), np.full((6, 6, 1), 9, np.uint8))
