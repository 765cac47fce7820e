"""The gradient of one weight, taken apart."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5Modern
from minicnn.layers import BatchNormalization, Conv2D, Dense, Flatten, Input
from minicnn.models import Model, Sequential
from minicnn.optimizers import SGD
from minicnn.visualize import explain_gradient

KNOWN = {"kernel", "bias", "coefficient", "beta"}


def target_of(model):
    """(loss, target) for a small network."""
    return {"lecun": ("penalty_map", 2), "modern": ("sparse_categorical_crossentropy", 3),
            "branches": ("mean_squared_error", [0.5, -1.0, 2.0])}[model.name]


def loss_of(model, x, y, loss):
    model.compile(SGD(0.0), loss)
    return model.evaluate(x[None], np.array([y]), verbose=0)


def test_terms_add_up_to_the_models_gradient(network, rng):
    x, (loss, y) = rng.normal(size=network.input.sample_shape), target_of(network)
    tried = 0
    for name, chain in network.graph.leaves.items():
        for parameter, array in chain[-1].learned.items():
            if parameter not in KNOWN:
                continue
            for _ in range(4):
                index = tuple(int(rng.integers(size)) for size in array.shape)
                told = explain_gradient(network, name, index, x, y, loss=loss, parameter=parameter)
                assert told.total == pytest.approx(told.gradient, rel=1e-12, abs=1e-14), (name, parameter, index)
                tried += told.gradient != 0
    assert tried >= 12


def test_the_gradient_is_that_of_the_loss(network, rng):
    x, (loss, y) = rng.normal(size=network.input.sample_shape), target_of(network)
    for name, chain in network.graph.leaves.items():
        for parameter, array in chain[-1].learned.items():
            if parameter not in KNOWN:
                continue
            index = tuple(int(rng.integers(size)) for size in array.shape)
            told, before = explain_gradient(network, name, index, x, y, loss=loss, parameter=parameter), array[index]
            losses = []
            for step in (1e-5, -1e-5):
                array[index] = before + step
                losses.append(loss_of(network, x, y, loss))
            array[index] = before
            assert told.gradient == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-5, abs=1e-8), (name, parameter)
            assert told.loss == pytest.approx(loss_of(network, x, y, loss))


def test_a_shared_layer_has_terms_of_each_use(rng):
    x = Input((6, 6, 1))
    conv = Conv2D(1, 3, name="conv")
    model = Model(x, Dense(2, name="dense")(Flatten()(conv(conv(x)))))
    model.cast("float64")
    told = explain_gradient(model, "conv", (1, 1, 0, 0), rng.normal(size=(6, 6, 1)), [0.0, 1.0],
                            loss="mean_squared_error")
    assert [(terms.source, len(terms)) for terms in told.parts.terms] == [("input", 16), ("conv", 4)]
    assert told.total == pytest.approx(told.gradient, rel=1e-12)


def test_each_place_has_one_term(modern_net, rng):
    x = rng.normal(size=modern_net.input.sample_shape)
    told = explain_gradient(modern_net, "conv1", (0, 0, 0, 3), x, 1, loss="sparse_categorical_crossentropy")
    (terms,) = told.parts.terms
    assert terms.inputs.shape == modern_net.graph.names["conv1/pre"].sample_shape[:2]
    values = modern_net.activations(x[None])["rescaling"][0]
    places = terms.places[terms.inside]
    np.testing.assert_array_equal(terms.inputs[terms.inside], values[tuple(places.T)])
    assert set(places[:, 2]) == {1}  # filter 3 is of the second group, which sees channel 1
    assert not terms.inside.all()


def test_the_loss_of_compile_is_taken(rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    model.compile("sgd", "sparse_categorical_crossentropy")
    named = explain_gradient(model, "output", (3, 4), x, 7, loss="sparse_categorical_crossentropy")
    assert explain_gradient(model, "output", (3, 4), x, 7).gradient == named.gradient


def test_one_hot_targets_and_batch_axes_are_taken(rng):
    model, x = LeNet5Modern(), rng.random((28, 28, 1))
    model.compile("sgd", "categorical_crossentropy")
    one = explain_gradient(model, "conv1", (0, 0, 0, 0), x, np.eye(10)[3])
    two = explain_gradient(model, "conv1", (0, 0, 0, 0), x[None], np.eye(10)[3:4])
    assert one.gradient == two.gradient != 0
    assert explain_gradient(model, model.get_layer("conv1"), (0, 0, 0, 0), x, np.eye(10)[3]).layer == "conv1"


def test_what_is_said(rng):
    model = Sequential([Dense(1, name="dense", input_shape=(2,))], name="tiny")
    model.set_weights([np.array([[2.0], [3.0]]), np.array([1.0])])
    text = str(explain_gradient(model, "dense", (1, 0), np.array([1.0, 2.0]), [5.0], loss="mean_squared_error"))
    assert text == (  # y = 2 + 6 + 1 = 9, L = (9 - 5)^2, delta = 2 * 4
        "dL / d kernel[1, 0] of dense in tiny = 16\n"
        "  L = 16; delta: the derivative of L by what the layer gives, before its activation\n\n"
        "  input[1] 2 * delta[0] 8 =         16\n"
        "  sum of the 1 product    =         16\n")
    text = str(explain_gradient(model, "dense", 0, np.array([1.0, 2.0]), [5.0], loss="mean_squared_error",
                                parameter="bias"))
    assert "  delta[0] 8         =          8\n  sum of the 1 delta =          8\n" in text


def test_the_figure_shows_what_was_met_and_delta(modern_net, rng, axes_of):
    x = rng.normal(size=modern_net.input.sample_shape)
    told = explain_gradient(modern_net, "conv1", (0, 0, 0, 3), x, 1, loss="sparse_categorical_crossentropy")
    axes, (terms,) = axes_of(told.figure()), told.parts.terms
    for label, array in (("window 0", terms.inputs), ("weights 0", terms.weights), ("products 0", terms.products)):
        np.testing.assert_array_equal(axes[label].images[0].get_array(), array)


def test_figures_are_legible(network, rng, legible):
    x, (loss, y) = rng.normal(size=network.input.sample_shape), target_of(network)
    for name, parameter in (("S2", "coefficient"), ("conv1", "kernel"), ("shared", "bias"), ("output", "kernel")):
        if name in network.graph.leaves and parameter in network.graph.leaves[name][-1].learned:
            array = network.graph.leaves[name][-1].params[parameter]
            index = tuple(size // 2 for size in array.shape)
            legible(explain_gradient(network, name, index, x, y, loss=loss, parameter=parameter).figure())


def test_a_figure_is_written(tmp_path, rng):
    told = explain_gradient(LeNet5Modern(), "conv2", (0, 0, 0, 0), rng.random((28, 28, 1)), 3,
                            loss="sparse_categorical_crossentropy")
    told.figure(save=tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000


def test_nothing_of_the_model_changes(network, rng):
    before = {name: array.copy() for name, array in network.params.items()}
    x, (loss, y) = rng.normal(size=network.input.sample_shape), target_of(network)
    explain_gradient(network, next(name for name, chain in network.graph.leaves.items() if chain[-1].learned), 0, x, y,
                     loss=loss, parameter="bias")
    for name, array in network.params.items():
        np.testing.assert_array_equal(array, before[name])


MODERN, X = LeNet5Modern(), np.ones((28, 28, 1))
LOSS = {"loss": "sparse_categorical_crossentropy"}


@pytest.mark.parametrize(("call", "message"), [
    (lambda: explain_gradient(MODERN, "conv1", (0, 0, 0, 0), X, 3),
     "no loss is known. Compile the model, or pass loss="),
    (lambda: explain_gradient(MODERN, "conv", (0, 0, 0, 0), X, 3, **LOSS), "layer 'conv': no such name is known"),
    (lambda: explain_gradient(MODERN, "pool1", (0, 0, 0, 0), X, 3, **LOSS),
     "parameter of pool1 'kernel': no such name"),
    (lambda: explain_gradient(MODERN, "conv1", (0, 0, 0, 6), X, 3, **LOSS),
     r"no such number in the kernel of Conv2D 'conv1'. Expected an index within shape \(5, 5, 1, 6\), received "
     r"\(0, 0, 0, 6\)"),
    (lambda: explain_gradient(MODERN, "conv1", 3, X, 3, **LOSS), "no such number in the kernel"),
    (lambda: explain_gradient(MODERN, "conv1", (0, 0, 0, 0), X[:27], 3, **LOSS), "does not fit the model's input"),
    (lambda: explain_gradient(MODERN, "conv1", (0, 0, 0, 0), X, 10, **LOSS), "10"),
    (lambda: explain_gradient(MODERN, "conv1", (0, 0, 0, 0), X, 3, loss="mse_"), "loss 'mse_': no such name is known"),
    (lambda: explain_gradient(Sequential([BatchNormalization(name="bn", input_shape=(3,))]), "bn", 0, np.ones(3),
                              np.ones(3), loss="mse", parameter="gamma"),
     "nobody has said how to explain the gradient of its gamma. Expected one of Conv2D, .*Subsampling2D, TableConv2D, "
     "or a bias, received BatchNormalization"),
])
def test_what_is_refused(call, message):
    with pytest.raises(MinicnnError, match=message):
        call()
