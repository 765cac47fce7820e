"""CAM and Grad-CAM: published numbers, what they have to do with each other, and why a map is blank."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import (
    Activation,
    Add,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Softmax,
)
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import cam, grad_cam

RNG = np.random.default_rng(12)
X = np.arange(16.0).reshape(1, 4, 4, 1)
IMAGES = RNG.random((3, 12, 12, 2))


def pooled(*between):
    """A network on which CAM is defined."""
    return Sequential([Input((12, 12, 2)), Conv2D(4, 3, activation="relu"), MaxPooling2D(2),
                       Conv2D(6, 3, activation="relu", name="last"), GlobalAveragePooling2D(), *between,
                       Dense(5, "softmax", bias_initializer="random_normal", name="scores")]).astype("float64")


# -- Grad-CAM -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "expected"), [
    ("conv/pre", [[11.25, 13.5], [20.25, 22.5]]), ("conv", [[0, 4], [28, 32.5]])])
def test_published_numbers_before_and_after_the_activation(toy, layer, expected):
    result = grad_cam(toy(), X, 0, layer)
    assert result.maps.tolist() == [expected]
    assert (result.layer, result.classes.tolist(), result.reasons) == (layer, [0], ("",))


def test_published_numbers_for_two_inputs(toy):
    result = grad_cam(toy(2), [X, np.ones((1, 4, 4, 1))], 0, "conv/pre")
    assert result.maps.tolist() == [[[14.5, 19], [32.5, 37]]]


@pytest.mark.parametrize(("rule", "expected"), [
    # What arrives before the activation, per map: vanilla 0 1 1 1 and 0 0 -1 -1, guided 0 1 1 1 and nothing,
    # deconvnet 1 1 1 1 and 1 0 0 0; the maps are -5 4 31 40 and -30 -21 6 15.
    ("guided", [[-3.75, 3], [23.25, 30]]), ("deconvnet", [[-12.5, -1.25], [32.5, 43.75]]),
])
def test_the_other_rules_by_hand(toy, rule, expected):
    assert grad_cam(toy(), X, 0, "conv/pre", rule, relu=False).maps.tolist() == [expected]
    assert grad_cam(toy(), X, 0, "conv/pre", rule).maps.tolist() == [np.maximum(expected, 0).tolist()]


def test_the_definition_with_loops():
    model = LeNet5Modern().astype("float64")
    x = RNG.random((2, 28, 28, 1))
    model.get_layer("output").params["bias"][...] = RNG.normal(size=10)
    maps = model.activations(x)["conv1"]
    # Seen from behind conv1, the rest of the network is a model of its own.
    rest = Model(model.get_layer("conv1").output, model.output)
    gradients = rest.input_gradient(maps, 7, of="output/pre")
    for n, found in enumerate(grad_cam(model, x, 7, "conv1", relu=False).maps):
        expected = sum(gradients[n, :, :, c].mean() * maps[n, :, :, c] for c in range(6))
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_grad_cam_differs_between_classes():
    model = LeNet5Modern().astype("float64")
    x = RNG.random((1, 28, 28, 1))
    maps = np.stack([grad_cam(model, x, target, relu=False).maps[0].ravel() for target in range(10)])
    correlations = np.corrcoef(maps)[np.triu_indices(10, 1)]
    assert correlations.max() < 0.999
    together = grad_cam(model, np.repeat(x, 10, 0), range(10), relu=False).maps
    np.testing.assert_allclose(together.reshape(10, -1), maps, rtol=1e-9, atol=1e-15)


def test_each_image_has_its_class_and_batches_change_nothing():
    model = pooled()
    whole = grad_cam(model, IMAGES, [0, 1, 2])
    assert whole.maps.shape == (3, 3, 3)
    assert whole.classes.tolist() == [0, 1, 2]
    np.testing.assert_allclose(grad_cam(model, IMAGES, [0, 1, 2], batch_size=2).maps, whole.maps, rtol=1e-10)
    np.testing.assert_allclose(grad_cam(model, IMAGES[1], 1).maps, whole.maps[1:2], rtol=1e-10)
    assert grad_cam(model, IMAGES).classes.tolist() == model.predict_classes(IMAGES).tolist()


def test_penalties_are_turned():
    model = LeNet5().astype("float64")
    x = RNG.uniform(-0.1, 1.175, (1, 32, 32, 1))
    values = model.activations(x)["C3"]
    rest = Model(model.get_layer("C3").output, model.output)
    weights = -rest.input_gradient(values, np.eye(10)[[6]]).mean(axis=(1, 2))
    np.testing.assert_allclose(grad_cam(model, x, 6, relu=False).maps, (values * weights[:, None, None]).sum(axis=3),
                               rtol=1e-10)


# -- CAM ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [(), (Dropout(0.5),)], ids=["plain", "dropout"])
def test_grad_cam_is_proportional_to_cam_where_cam_is_defined(between):
    model = pooled(*between)
    for target in range(5):
        plain = cam(model, IMAGES, target)
        assert plain.layer == "last"
        for rule in ("vanilla", "guided", "deconvnet"):
            np.testing.assert_allclose(grad_cam(model, IMAGES, target, "last", rule, relu=False).maps * 3 * 3,
                                       plain.maps, rtol=1e-10)
        np.testing.assert_allclose(grad_cam(model, IMAGES, target).maps * 9, np.maximum(plain.maps, 0), rtol=1e-10)


def test_the_mean_of_cam_and_the_bias_are_the_score():
    model = pooled()
    scores = model.activations(IMAGES)["scores/pre"]
    bias = model.get_layer("scores").params["bias"]
    assert np.abs(bias).min() > 0
    for target in range(5):
        np.testing.assert_allclose(cam(model, IMAGES, target).maps.mean(axis=(1, 2)) + bias[target], scores[:, target],
                                   rtol=1e-10)


def test_cam_with_a_separate_softmax_and_kept_dimensions():
    model = Sequential([Input((12, 12, 2)), Conv2D(4, 3, name="maps"), GlobalAveragePooling2D(keepdims=True), Flatten(),
                        Dense(5), Softmax()])
    assert cam(model, IMAGES, [0, 4, 2]).layer == "maps"


@pytest.mark.parametrize("last", [
    [Flatten(), Dense(5)], [GlobalAveragePooling2D(), Dense(4, activation="relu"), Dense(5)],
    [GlobalAveragePooling2D()], [GlobalAveragePooling2D(), Dense(5, activation="relu")],
], ids=["flatten", "two dense", "no dense", "relu"])
def test_cam_is_refused_elsewhere(last):
    model = Sequential([Input((12, 12, 2)), Conv2D(5, 3), *last])
    with pytest.raises(MinicnnError, match=r"visualize\.cam: .*not made by GlobalAveragePooling2D.*Use visual"):
        cam(model, IMAGES, 0)


# -- blank maps ---------------------------------------------------------------------------------------


def one_map(weight, activation="linear", behind="linear", bias=0.0):
    """1x1 convolution of weight 1, then two scores: the mean times weight, and 0."""
    model = Sequential([Input((2, 2, 1)), Conv2D(1, 1, activation=activation, name="maps"), GlobalAveragePooling2D(),
                        Dense(1, behind, name="unit"), Dense(2, name="scores")])
    model.set_weights([np.ones((1, 1, 1, 1)), [0], [[1]], [bias], [[weight, 0]], [0, 0]])
    return model


ONES = np.ones((1, 2, 2, 1))


@pytest.mark.parametrize(("model", "x", "target", "words"), [
    (one_map(-1), ONES, 0, "negative sum: all that 'maps' sees speaks against class 0; relu=False shows it"),
    (one_map(1, "relu"), -ONES, 0, "every map of 'maps' is 0 everywhere"),
    (one_map(1), ONES, 1, "no gradient arrives at 'maps': it ends at 'scores', whose weights for this class are 0"),
    (one_map(1, "linear", "relu", -5), ONES, 0,
     "no gradient arrives at 'maps': it ends at 'unit', where every ReLU it arrives at is off"),
    (one_map(1, "linear", "tanh", 50), ONES, 0,
     "no gradient arrives at 'maps': it ends at 'unit', which is saturated"),
], ids=["negative", "silent", "weights", "relu", "tanh"])
def test_a_blank_map_says_why(model, x, target, words):
    result = grad_cam(model, x, target)
    assert not result.maps.any()
    assert result.reasons == (words,)


def test_a_softmax_in_between_may_be_saturated():
    model = Sequential([Input((2, 2, 1)), Conv2D(2, 1, name="maps"), GlobalAveragePooling2D(),
                        Activation("softmax", name="soft"), Dense(2, name="scores")])
    model.set_weights([np.array([200.0, -200]).reshape(1, 1, 1, 2), [0, 0], np.eye(2), [0, 0]])
    (reason,) = grad_cam(model, ONES, 0).reasons
    assert reason == "no gradient arrives at 'maps': it ends at 'soft', a saturated softmax"


def test_the_end_is_looked_for_on_the_way_to_the_layer():
    # The gradient goes on to the image by the other branch.
    x = Input((2, 2, 1))
    off = Activation("relu", name="off")(Conv2D(1, 1, name="maps")(x))
    model = Model(x, Dense(2)(GlobalAveragePooling2D()(Add(name="sum")([off, Conv2D(1, 1, name="other")(x)]))))
    model.get_layer("maps").set_weights([np.full((1, 1, 1, 1), -1.0), [0]])
    result = grad_cam(model, ONES, 0, "maps")
    assert result.reasons == ("no gradient arrives at 'maps': it ends at 'off', where every ReLU it arrives at is off",)


def test_an_input_that_the_score_does_not_depend_on():
    a, b = Input((2, 2, 1)), Input((2, 2, 1), name="idle")
    scores, other = (Dense(2)(GlobalAveragePooling2D()(Conv2D(1, 1)(image))) for image in (a, b))
    model = Model([a, b], Model([a, b], [scores, other]).outputs[0])
    (reason,) = grad_cam(model, [ONES, ONES], 0, "idle").reasons
    assert reason == "no gradient arrives at 'idle': the score does not depend on it"


def test_guided_signals_may_end_where_gradients_do_not():
    model = one_map(-1, behind="relu")
    assert grad_cam(model, ONES, 0, relu=False).reasons == ("",)
    (reason,) = grad_cam(model, ONES, 0, rule="guided", relu=False).reasons
    assert reason.endswith("it ends at 'unit', a ReLU at which nothing positive arrives, or only where it is off")


def test_gradients_may_cancel_out():
    model = Sequential([Input((1, 2, 1)), Conv2D(1, 1, name="maps"), Flatten(), Dense(2)])
    model.set_weights([np.ones((1, 1, 1, 1)), [0], [[1, 0], [-1, 0]], [0, 0]])
    (reason,) = grad_cam(model, np.ones((1, 1, 2, 1)), 0).reasons
    assert reason == "the gradients at 'maps' cancel out: over each map their mean is 0"


def test_weighted_maps_may_cancel_out():
    model = Sequential([Input((2, 2, 1)), Conv2D(2, 1, name="maps"), GlobalAveragePooling2D(), Dense(2)])
    model.set_weights([np.ones((1, 1, 1, 2)), [0, 0], [[1, 0], [-1, 0]], [0, 0]])
    (reason,) = grad_cam(model, ONES, 0).reasons
    assert reason == "the maps of 'maps', weighted, sum to 0 everywhere; another layer may tell more"
    assert cam(model, ONES, 0).reasons == ("the maps of the layer, weighted, sum to 0 everywhere",)


def test_only_the_blank_ones_have_a_reason():
    model = one_map(1)
    assert [bool(reason) for reason in grad_cam(model, np.concatenate([ONES, -ONES, ONES]), 0).reasons] == [
        False, True, False]


# -- manners ------------------------------------------------------------------------------------------


def test_two_threads_see_what_one_sees(at_once):
    model = LeNet5Modern()
    x = RNG.random((3, 28, 28, 1))
    alone = grad_cam(model, x, 1, "conv1", "guided").maps
    for result in at_once(lambda: grad_cam(model, x, 1, "conv1", "guided")):
        np.testing.assert_array_equal(result.maps, alone)


def test_the_model_is_not_touched(untouched):
    model = pooled()
    with untouched(model):
        grad_cam(model, IMAGES, rule="deconvnet")
        cam(model, IMAGES)


def test_wrong_layers():
    model = LeNet5Modern()
    x = np.zeros((1, 28, 28, 1))
    with pytest.raises(MinicnnError, match=r"visualize\.grad_cam: layer 'dense1': the layer has no extent.*'conv2'"):
        grad_cam(model, x, 0, "dense1")
    with pytest.raises(MinicnnError, match=r"visualize\.grad_cam: layer 'conv3'.*Did you mean 'conv"):
        grad_cam(model, x, 0, "conv3")
    with pytest.raises(MinicnnError, match=r"visualize\.grad_cam: target is out of range.*received 10"):
        grad_cam(model, x, 10)
    with pytest.raises(MinicnnError, match=r"visualize\.grad_cam: the data do not fit"):
        grad_cam(model, x[:, :5], 0)
    with pytest.raises(MinicnnError, match=r"rule='guided' changes what happens at a ReLU.*rule=\"vanilla\""):
        grad_cam(LeNet5(), np.zeros((1, 32, 32, 1)), 0, rule="guided")
