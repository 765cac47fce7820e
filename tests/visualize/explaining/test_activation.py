"""One activation, taken apart: the parts make it again."""

import numpy as np
import pytest

from minicnn import kernels
from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, Layer, LocalResponseNormalization
from minicnn.models import Model, Sequential
from minicnn.visualize import explain


def units(shape, rng, count=4):
    """Corners, where the padding is, and random places."""
    yield tuple(0 for _ in shape)
    yield tuple(size - 1 for size in shape)
    for _ in range(count):
        yield tuple(int(rng.integers(size)) for size in shape)


def image_of(model, rng):
    return rng.normal(size=model.input.sample_shape)


def test_every_number_of_every_layer_is_made_again(network, rng):
    x = image_of(network, rng)
    values = network.activations(x[None])
    tried = 0
    for name, node in network.graph.names.items():
        if node in network.graph.inputs:
            continue
        for unit in units(node.sample_shape, rng):
            told = explain(network, name, unit, x)
            assert told.value == values[name][0][unit]
            assert told.total == pytest.approx(told.value, rel=1e-12, abs=1e-12), (name, unit)
            tried += 1
    assert tried >= 60


def test_terms_are_the_numbers_below_at_their_places(network, rng):
    x = image_of(network, rng)
    values = {**network.activations(x[None]), "input": x[None]}
    for name, node in network.graph.names.items():
        if node in network.graph.inputs:
            continue
        for unit in units(node.sample_shape, rng, 1):
            for terms in explain(network, name, unit, x).parts.terms:
                places = terms.places[terms.inside]
                np.testing.assert_array_equal(terms.inputs[terms.inside], values[terms.source][0][tuple(places.T)])
                assert not terms.inputs[~terms.inside].any()


def test_weights_are_the_parameters_numbers(network, rng):
    x, with_weights = image_of(network, rng), 0
    for name, node in network.graph.names.items():
        if node in network.graph.inputs:
            continue
        for unit in units(node.sample_shape, rng, 1):
            for terms in explain(network, name, unit, x).parts.terms:
                if terms.weights is not None:
                    array = node.owner.params[terms.weight_name]
                    np.testing.assert_array_equal(terms.weights, array[tuple(np.moveaxis(terms.weight_places, -1, 0))])
                    with_weights += 1
    assert with_weights >= 4


def test_only_connected_maps_take_part(lecun_net, rng):
    table = lecun_net.get_layer("C3").connection_table
    for f in range(table.shape[1]):
        (terms,) = explain(lecun_net, "C3", (1, 1, f), image_of(lecun_net, rng)).parts.terms
        assert sorted(set(terms.places[..., 2].flat)) == np.flatnonzero(table[:, f]).tolist()


def test_what_lies_in_the_rectangle_and_nothing_else_matters(network, rng):
    x = image_of(network, rng)
    for name, node in network.graph.names.items():
        for unit in units(node.sample_shape, rng, 1) if node not in network.graph.inputs else ():
            told = explain(network, name, unit, x)
            if told.rectangle is None:
                continue
            top, left, height, width = told.rectangle
            other = rng.normal(size=x.shape)
            rows, columns = slice(max(top, 0), max(top + height, 0)), slice(max(left, 0), max(left + width, 0))
            other[rows, columns] = x[rows, columns]
            assert network.activations(other[None])[name][0][unit] == pytest.approx(told.value, abs=1e-12), name


def test_the_rectangle_is_that_of_the_receptive_field():
    model, x = LeNet5Modern(), np.ones((28, 28, 1))
    assert explain(model, "conv1", (3, 4, 0), x).rectangle == (3, 4, 5, 5)
    assert explain(model, "pool1", (3, 4, 0), x).rectangle == (6, 8, 6, 6)
    assert explain(model, "conv2/pre", (3, 4, 0), x).rectangle == (6, 8, 14, 14)
    assert explain(model, "output", 3, x).rectangle == (0, 0, 28, 28)


def test_each_use_of_a_layer_has_its_own_rectangle():
    conv = Conv2D(1, 3, name="conv")
    inner = Sequential([Input((9, 9, 1)), Conv2D(1, 3, padding="same", activation="relu", name="deep")], name="inner")
    x = Input((9, 9, 1))
    model, image = Model(x, conv(inner(inner(x)))), np.ones((9, 9, 1))
    assert {name: explain(model, name, (4, 5, 0), image).rectangle for name in ("inner", "inner#2", "inner#2/deep/pre")
            } == {"inner": (3, 4, 3, 3), "inner#2": (2, 3, 5, 5), "inner#2/deep/pre": (2, 3, 5, 5)}
    assert explain(model, "conv", (4, 5, 0), image).rectangle == (2, 3, 7, 7)


def test_no_rectangle_has_its_reason(network, rng):
    if network.name == "branches":
        told = explain(network, "reshape", (0, 0, 0), image_of(network, rng))
        assert told.rectangle is None
        assert told.why
        assert f"is no rectangle: {told.why}" in str(told)


def test_an_earlier_use_of_a_shared_layer_has_its_own_rectangle(rng):
    x = Input((9, 9, 1))
    conv = Conv2D(1, 3, name="conv")
    model = Model(x, conv(conv(x)))
    image = rng.normal(size=(9, 9, 1))
    assert explain(model, "conv", (1, 2, 0), image).rectangle == (1, 2, 3, 3)
    assert explain(model, "conv#2", (1, 2, 0), image).rectangle == (1, 2, 5, 5)


def test_float32_models_are_explained_too(rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    for name, unit in (("conv2", (3, 3, 7)), ("dense1", 100), ("output", 3)):
        told = explain(model, name, unit, x)
        assert told.total == pytest.approx(told.value, rel=1e-5, abs=1e-6)


# -- the text --------------------------------------------------------------------------------------


def tiny():
    """y = relu(1 * x0 + 2 * x1 - 3 * x2 - 0.5)"""
    model = Sequential([Dense(1, activation="relu", name="dense", input_shape=(3,))], name="tiny")
    model.set_weights([np.array([[1], [2], [-3]]), np.array([-0.5])])
    return model


def test_the_text_of_a_small_sum():
    text = str(explain(tiny(), "dense", 0, np.array([2.0, 1.0, 0.5])))
    assert text == (
        "dense[0] of tiny = 2\n"
        "  what it sees of the input is no rectangle: the input is no picture\n"
        "\n"
        "  input[0]   2 * kernel[0, 0]  1 =          2\n"
        "  input[1]   1 * kernel[1, 0]  2 =          2\n"
        "  input[2] 0.5 * kernel[2, 0] -3 =       -1.5\n"
        "  sum of the 3 products          =        2.5\n"
        "  + bias[0] -0.5                 =          2\n"
        "  relu                           =          2\n")


def test_of_long_sums_the_largest_terms_and_the_rest(rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    told = explain(model, "conv2", (3, 3, 7), x)
    lines = str(told).splitlines()
    (rest,) = [line for line in lines if "others together" in line]
    assert rest.startswith("  the 140 others together, each within ±")
    products = np.sort(np.abs(told.parts.products))[::-1]
    shown = [float(line.split("=")[1]) for line in lines[3:13]]
    np.testing.assert_allclose(np.abs(shown), products[:10], rtol=1e-3)
    np.testing.assert_allclose(sum(shown) + float(rest.split("=")[1]), told.parts.products.sum(), atol=1e-4)


def test_padding_is_called_padding(modern_net, rng):
    assert "  padding " in str(explain(modern_net, "depthwise", (0, 0, 0), image_of(modern_net, rng)))


@pytest.mark.parametrize(("name", "unit", "words"), [
    ("C1", (0, 0, 0), ["sum of the 9 products", "+ bias[0]", "scaled_tanh"]),
    ("S2", (1, 2, 3), ["sum of the 4 numbers", "* coefficient[3]", "+ bias[3]", "scaled_tanh"]),
    ("output", 2, [" - prototypes[2, 0] ", ")²", "sum of the 7 squared differences"]),
])
def test_each_kind_in_its_words(lecun_net, name, unit, words, rng):
    text = str(explain(lecun_net, name, unit, image_of(lecun_net, rng)))
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(("name", "unit", "words"), [
    ("bn", (0, 0, 1), ["- moving_mean[1]", "/ sqrt(moving_variance[1]", "* gamma[1]", "+ beta[1]"]),
    ("max", (0, 0, 1), ["the largest of the 4 numbers"]), ("mean", (0, 0, 1), ["sum of the 4 numbers", "/ 4"]),
    ("dropout", (0, 0, 1), ["handed on"]), ("rescaling", (0, 0, 1), ["* 0.5", "+ -0.2"]),
    ("output", 1, ["softmax: exp(this - largest)", "sum over all 5"]),
])
def test_each_modern_kind_in_its_words(modern_net, name, unit, words, rng):
    text = str(explain(modern_net, name, unit, image_of(modern_net, rng)))
    assert [word for word in words if word not in text] == []


# -- the figure ------------------------------------------------------------------------------------


def shown(axes):
    (image,) = axes.images
    return np.ma.filled(np.ma.asarray(image.get_array()).astype(float), np.nan)


def test_the_figure_shows_the_window_the_kernel_and_the_products(axes_of, boxes_of, rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    told = explain(model, "conv1", (3, 4, 2), x)
    axes = axes_of(told.figure())
    np.testing.assert_allclose(shown(axes["window 0"]), x[3:8, 4:9, 0], rtol=1e-6)
    kernel = model.get_layer("conv1").kernel[:, :, 0, 2]
    np.testing.assert_allclose(shown(axes["weights 0"]), kernel, rtol=1e-6)
    np.testing.assert_allclose(shown(axes["products 0"]), x[3:8, 4:9, 0] * kernel, rtol=1e-5)
    assert shown(axes["input 0"]).shape == (28, 28)
    cell = axes["input 0"].get_xlim()[1] / 28
    ((across, down),) = boxes_of(axes["input 0"], "field")
    assert (across / cell, down / cell) == pytest.approx((6.5, 5.5))
    assert "below 0" not in axes


def test_of_many_maps_those_with_the_largest_terms_are_drawn(axes_of, boxes_of, rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    told = explain(model, "conv2", (3, 4, 2), x)
    axes = axes_of(told.figure())
    strength = np.abs(told.parts.terms[0].products).sum(axis=(0, 1))
    strongest = sorted(np.argsort(-strength)[:4].tolist())
    values = model.activations(x[None])["pool1"][0]
    for i, channel in enumerate(strongest):
        np.testing.assert_allclose(shown(axes[f"below {i}"]), values[..., channel], rtol=1e-6)
        np.testing.assert_allclose(shown(axes[f"window {i}"]), values[3:8, 4:9, channel], rtol=1e-6)
        cell = axes[f"below {i}"].get_xlim()[1] / 12
        ((across, down),) = boxes_of(axes[f"below {i}"], "field")
        assert (across / cell, down / cell) == pytest.approx((6.5, 5.5))
    assert "below 4" not in axes


def test_the_stages_are_written(texts_of, rng):
    told = explain(LeNet5Modern(), "output", 3, rng.random((28, 28, 1)))
    texts = texts_of(told.figure())
    assert all(any(text.startswith(stage.words) for text in texts) for stage in told.parts.stages)
    assert told.title in texts
    assert told.seen in texts


def test_figures_are_legible(network, rng, legible):
    # One of each kind: much input, several inputs, no weights, no term at all.
    x, kinds = image_of(network, rng), {"C3", "S2", "output", "bn", "depthwise", "up", "average", "frame"}
    for name, node in network.graph.names.items():
        if name in kinds:
            legible(explain(network, name, tuple(size // 2 for size in node.sample_shape), x).figure())


def test_the_figures_of_lenet_are_legible(rng, legible):
    model, x = LeNet5(), rng.random((32, 32, 1))
    for name, unit in (("C3", (0, 0, 15)), (model.output_names[0], 3)):
        legible(explain(model, name, unit, x).figure())


def test_the_code_of_an_rbf_layer_is_a_bitmap(rng, axes_of):
    model = LeNet5()
    (output,) = model.output_names
    axes = axes_of(explain(model, output, 3, rng.random((32, 32, 1))).figure())
    np.testing.assert_array_equal(shown(axes["weights 0"]), model.get_layer(output).prototypes[3].reshape(12, 7))


def test_a_figure_is_written(tmp_path, rng):
    explain(LeNet5Modern(), "conv1", (0, 0, 0), rng.random((28, 28, 1))).figure(save=tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


# -- the model stays as it is ----------------------------------------------------------------------


def test_nothing_of_the_model_changes(network, rng):
    before = {name: array.copy() for name, array in network.params.items()}
    explain(network, network.output_names[0], 1, image_of(network, rng)).figure()
    for name, array in network.params.items():
        np.testing.assert_array_equal(array, before[name])


def test_the_image_may_have_its_batch_axis(rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    assert explain(model, "output", 3, x).value == explain(model, "output", 3, x[None]).value


def test_the_layer_itself_may_be_named(rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    assert explain(model, model.get_layer("conv2"), (1, 2, 3), x).name == "conv2"


# -- bad input -------------------------------------------------------------------------------------

MODERN, X = LeNet5Modern(), np.ones((28, 28, 1))


class Mine(Layer):
    """A layer that nobody knows."""

    def forward(self, x, training=False, rng=None):
        return x * 2, ()


@pytest.mark.parametrize(("call", "message"), [
    (lambda: explain(MODERN, "conv_1", (0, 0, 0), X), r"layer 'conv_1': no such name is known.*Did you mean 'conv1'"),
    (lambda: explain(MODERN, "conv1", (24, 0, 0), X),
     r"the unit lies outside of 'conv1'. Expected at most \(23, 23, 5\), received \(24, 0, 0\)"),
    (lambda: explain(MODERN, "conv1", (0, -1, 0), X), r"the unit lies outside of 'conv1'"),
    (lambda: explain(MODERN, "conv1", 3, X),
     r"the unit is no place in 'conv1'. Expected \(row, column, channel\) within shape \(24, 24, 6\), received 3"),
    (lambda: explain(MODERN, "output", 10, X), "the unit lies outside of 'output'. Expected 0 to 9"),
    (lambda: explain(MODERN, "output", 1.5, X), "the unit is no place in 'output'. Expected one number within shape"),
    (lambda: explain(MODERN, MODERN.graph.layers[0].name, (0, 0, 0), X), "is the input. Its numbers are those of x"),
    (lambda: explain(MODERN, "output", 1, X[..., 0]), r"The channel axis is missing: pass x\[..., None\]."),
    (lambda: explain(MODERN, "output", 1, np.ones((2, 28, 28, 1))), r"one image is wanted.*Pass one of them: x\[0\]."),
    (lambda: explain(MODERN, "output", 1, np.full((28, 28, 1), 255, np.uint8)), "the image holds bytes"),
    (lambda: explain(MODERN, "output", 1, X * np.nan), "are not finite"),
    (lambda: explain(Sequential([LocalResponseNormalization(name="lrn", input_shape=(3, 3, 4))]), "lrn", (0, 0, 0),
                     np.ones((3, 3, 4))),
     r"LocalResponseNormalization 'lrn': nobody has said how to explain this layer. Expected one of Activation, Add, .*"
     r"What goes into it: explain\(model, 'input"),
    (lambda: explain(Model(*(2 * [[Input((2,)), Input((2,))]])), "x", 0, X), "the model has several inputs"),
])
def test_what_is_refused(call, message):
    with pytest.raises(MinicnnError, match=message):
        call()


def test_behind_a_layer_of_ones_own_all_but_the_rectangle_is_told(rng):
    model = Sequential([Mine(name="mine", input_shape=(4, 4, 1)), Conv2D(1, 2, name="conv")])
    told = explain(model, "conv", (1, 1, 0), rng.normal(size=(4, 4, 1)))
    assert told.rectangle is None
    assert "nobody has said how to count this layer" in told.why
    assert told.total == pytest.approx(told.value, rel=1e-5)
    with pytest.raises(MinicnnError, match="Mine 'mine': nobody has said how to explain this layer"):
        explain(model, "mine", (1, 1, 0), rng.normal(size=(4, 4, 1)))


def test_layers_in_a_model_that_is_a_layer(rng):
    inner = Sequential([Conv2D(2, 3, activation="tanh", name="conv", input_shape=(5, 5, 1)),
                        BatchNormalization(name="bn")], name="inner")
    model = Sequential([inner, Flatten(), Dense(2, name="dense")])
    model.cast("float64")
    told = explain(model, "inner/conv", (1, 1, 1), rng.normal(size=(5, 5, 1)))
    assert told.total == pytest.approx(told.value, rel=1e-12)
    assert told.rectangle == (1, 1, 3, 3)


def test_the_products_are_not_the_kernels_work(modern_net, rng):
    # The model runs once; what the parts add up to is computed from the definition.
    x = image_of(modern_net, rng)
    with kernels.record() as ran:
        modern_net.activations(x[None])
    with kernels.record() as explained:
        explain(modern_net, "depthwise", (0, 1, 1), x)
    assert explained == ran
