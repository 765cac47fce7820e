"""Maps of a network that forgets."""

import copy

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.datasets import digits
from minicnn.initializers import GlorotUniform
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten, GlobalAveragePooling2D
from minicnn.models import Input, Sequential
from minicnn.visualize import saliency, sanity_check
from minicnn.visualize.sanity.randomizing import layers_from_the_top, start_anew

RNG = np.random.default_rng(30)


@pytest.fixture(scope="module")
def trained():
    (x, y), _ = digits.load_data()
    model = LeNet5Modern()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x[:2000, :, :, None] / 255.0, y[:2000], batch_size=32, epochs=2, verbose=0)
    assert history.history["accuracy"][-1] > 0.8
    return model


@pytest.fixture(scope="module")
def images():
    return digits.load_data()[1][0][:20, :, :, None] / 255.0


@pytest.fixture(scope="module")
def result(trained, images):
    return sanity_check(trained, images)


# -- what is expected of the methods -----------------------------------------------------------------


def test_forgetting_destroys_saliency(result):
    assert result.layers == ("output", "dense2", "dense1", "conv2", "conv1")
    assert result.methods == ("vanilla", "guided", "deconvnet", "grad_cam")
    vanilla = result.means[:, result.methods.index("vanilla")]
    assert np.abs(vanilla).max() < 0.4
    assert np.abs(vanilla[-1]) < 0.1
    assert np.abs(result.means[-1, result.methods.index("grad_cam")]) < 0.4


def test_guided_backpropagation_hardly_notices(result):
    # Adebayo et al. 2018, figure 2: it stays as it is while the layers on top forget.
    guided = result.means[:, result.methods.index("guided")]
    assert guided[:2].min() > 0.7
    assert (guided > result.means[:, result.methods.index("vanilla")] + 0.2).all()


def test_the_correlations_are_those_of_the_maps(trained, images):
    # One image and the last layer by hand: only the layer on top has forgotten.
    found = sanity_check(trained, images[:2], [1, 2], methods=["vanilla"], seed=5)
    twin = copy.deepcopy(trained)
    start_anew(twin.get_layer("output"), np.random.default_rng(5))
    before, after = (saliency(model, images[:2], [1, 2]).reshape(2, -1) for model in (trained, twin))
    places = [[values.argsort().argsort() for values in maps] for maps in (before, after)]
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(*places, strict=True)]
    np.testing.assert_allclose(found.correlations[0, 0], expected, atol=0.01)  # but for ties


def test_without_signs(trained, images):
    signed, absolute = (sanity_check(trained, images[:5], methods=["gradient_x_input"], absolute=absolute).means
                        for absolute in (False, True))
    # White paper is 0 in every network: ranks of absolute values see the ink.
    assert absolute.min() > 0.9 > 0.5 > signed.max()


def test_every_method_can_be_checked(trained, images):
    methods = ["vanilla", "guided", "deconvnet", "gradient_x_input", "integrated_gradients", "grad_cam",
               "guided_grad_cam"]
    found = sanity_check(trained, images[:2], methods=methods)
    assert found.correlations.shape == (5, 7, 2)
    assert np.nanmax(np.abs(found.correlations)) <= 1 + 1e-12


def test_a_seed_tells_the_random_numbers(trained, images):
    same = [sanity_check(trained, images[:2], seed=seed).correlations for seed in (3, 3, 4)]
    np.testing.assert_array_equal(same[0], same[1])
    assert np.nanmax(np.abs(same[0] - same[2])) > 0


# -- the layers --------------------------------------------------------------------------------------


def test_the_model_is_not_touched(trained, images, untouched):
    with untouched(trained):
        sanity_check(trained, images[:2])


def test_two_threads_see_what_one_sees(trained, images, at_once):
    alone = sanity_check(trained, images[:2]).correlations
    for found in at_once(lambda: sanity_check(trained, images[:2]), times=1):
        np.testing.assert_array_equal(found.correlations, alone)


def test_layers_that_start_as_they_are_are_left_out():
    model, x = LeNet5(), RNG.random((2, 32, 32, 1))
    found = sanity_check(model, x)
    assert found.layers == ("F6", "C5", "S4", "C3", "S2", "C1")
    assert found.methods == ("vanilla", "grad_cam")


def test_what_was_not_learned_is_kept():
    model = Sequential([Input((6, 6, 2)), BatchNormalization(name="norm"), Flatten(), Dense(2)])
    model.set_weights([[2, 2], [3, 3], [4, 4], [5, 5], *model.get_weights()[4:]])
    layer = model.get_layer("norm")
    assert start_anew(layer, RNG)
    assert [value.tolist() for value in layer.get_weights()] == [[1, 1], [0, 0], [4, 4], [5, 5]]
    assert not start_anew(layer, RNG)


def test_an_initializer_with_a_seed_draws_others():
    model = Sequential([Input((4,)), Dense(3, kernel_initializer=GlorotUniform(seed=1), name="dense")])
    before = model.get_weights()[0]
    assert start_anew(model.get_layer("dense"), RNG)
    assert np.abs(model.get_weights()[0] - before).min() > 0


def test_layers_inside_a_model_have_their_paths():
    inner = Sequential([Input((4, 4, 1)), Conv2D(2, 3, name="conv")], name="inner")
    model = Sequential([Input((4, 4, 1)), inner, GlobalAveragePooling2D(), Dense(2, name="scores")])
    assert [*layers_from_the_top(model, "here")] == ["scores", "inner/conv"]


# -- as text and as a picture ------------------------------------------------------------------------


def test_the_table(result):
    lines = str(result).splitlines()
    assert lines[0] == "Rank correlation with the maps of the trained lenet5_modern, mean of 20:"
    assert lines[1].split() == ["started", "anew", "vanilla", "guided", "deconvnet", "grad_cam"]
    assert lines[2].split() == ["nothing", "1.00", "1.00", "1.00", "1.00"]
    assert [line.split()[0] for line in lines[3:]] == list(result.layers)
    for line, row in zip(lines[3:], result.means, strict=True):
        np.testing.assert_allclose([float(word) for word in line.split()[1:]], row, atol=0.00501)
    assert len({len(line) for line in lines[1:]}) == 1


def test_blank_maps_are_left_out_of_the_means_and_told():
    # Against a class whose score no map raises, Grad-CAM is blank.
    model = Sequential([Input((6, 6, 1)), Conv2D(2, 3, activation="relu"), GlobalAveragePooling2D(),
                        Dense(2, kernel_initializer="ones")])
    model.set_weights([*model.get_weights()[:2], -np.ones((2, 2)), [0, 0]])
    found = sanity_check(model, RNG.random((3, 6, 6, 1)), 0, methods=["grad_cam"])
    assert np.isnan(found.means).all()
    assert str(found).splitlines()[-1].split()[-1] == "blank"
    found.figure()


def test_the_figure_has_a_line_for_each_method(result, axes_of, texts_of, legible):
    figure = result.figure()
    axes = axes_of(figure)["correlations"]
    lines = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    assert tuple(lines) == result.methods
    for name, means in zip(result.methods, result.means.T, strict=True):
        assert lines[name].get_xdata().tolist() == [1, *means]
        low, high = axes.get_xlim()
        assert low < means.min() <= means.max() < high
    assert axes.yaxis_inverted()  # the scores on top
    assert len({(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines.values()}) == 4
    assert {"nothing", "output", "conv1", *result.methods} <= set(texts_of(figure))
    legible(figure)


def test_many_layers_with_long_names_are_legible(legible):
    layers = [Dense(4, name=f"block{i}_expanded_convolution_{i}") for i in range(20)]
    model = Sequential([Input((4, 4, 1)), Flatten(), *layers])
    found = sanity_check(model, RNG.random((1, 4, 4, 1)), methods=["vanilla", "integrated_gradients"])
    legible(found.figure())


def test_wrong_use(trained, images):
    with pytest.raises(MinicnnError, match=r"visualize\.sanity_check: method 'gradcam'.*Did you mean 'grad_cam'"):
        sanity_check(trained, images, methods=["gradcam"])
    with pytest.raises(MinicnnError, match=r"visualize\.sanity_check: methods is empty"):
        sanity_check(trained, images, methods=[])
    with pytest.raises(MinicnnError, match=r"visualize\.sanity_check: target is out of range"):
        sanity_check(trained, images, 10)
    with pytest.raises(MinicnnError, match="rule='guided' changes what happens at a ReLU"):
        sanity_check(LeNet5(), np.zeros((1, 32, 32, 1)), methods=["guided"])
    with pytest.raises(MinicnnError, match="no layer before the scores has parameters to forget"):
        sanity_check(Sequential([Input((4, 4, 2)), GlobalAveragePooling2D()]), np.ones((1, 4, 4, 2)),
                     methods=["vanilla"])
