"""A layer of one's own, written as `minicnn.layers.base` shows it: it trains, is saved, loaded, counted and checked."""

import inspect

import numpy as np
import pytest

from minicnn import Input, Sequential, gradient_check, load_model
from minicnn.counting import Figures, count, product, register
from minicnn.layers import Conv2D, Dense, Flatten, Layer, Parameter, base
from minicnn.optimizers import SGD


class Scale(Layer):  # y = scale * x, one factor per channel
    def parameters(self, input_shape):
        return {"scale": Parameter(input_shape[-1:], "ones")}

    def forward(self, x, training=False, rng=None):
        return x * self.params["scale"], (x,)

    def backward(self, dy, cache):
        (x,) = cache
        return dy * self.params["scale"], {"scale": (dy * x).sum(axis=(0, 1, 2))}


class Power(Layer):  # y = sign(x) |x|^exponent, and a constructor with an argument of its own
    def __init__(self, exponent, **options):
        super().__init__(**options)
        self.exponent = exponent

    def forward(self, x, training=False, rng=None):
        return np.sign(x) * np.abs(x) ** self.exponent, (x,)

    def backward(self, dy, cache):
        (x,) = cache
        return dy * self.exponent * np.abs(x) ** (self.exponent - 1), {}


class Shift(Layer):  # a constructor that does not name what `Layer` knows
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x, training=False, rng=None):
        return x + self.by, ()

    def backward(self, dy, cache):
        return dy, {}


@pytest.fixture
def model():
    network = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="conv"), Scale(name="scale"), Power(3, name="power"),
                          Shift(0.5), Flatten(), Dense(3, "softmax", name="dense")], name="mine")
    network.compile(SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


def test_the_class_is_the_one_of_the_docstring():
    shown = base.__doc__[base.__doc__.index("class Scale"):base.__doc__.index("Forward and backward never")]
    assert inspect.getsource(Scale).split() == shown.split()


def test_it_trains(model, data):
    before = model.get_layer("scale").get_weights()[0]
    history = model.fit(*data, epochs=30, batch_size=5, verbose=0).history
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert (model.get_layer("scale").get_weights()[0] != before).all()


def test_it_is_checked_alone_and_in_the_model(model, data, rng):
    assert gradient_check(Scale(), rng.standard_normal((2, 4, 4, 3)))
    assert gradient_check(Power(3), rng.standard_normal((2, 4, 4, 3)))
    assert gradient_check(model, data[0][:2])


def test_it_is_saved_and_loaded(model, data, tmp_path):
    model.get_layer(index=3).trainable = False
    model.fit(*data, verbose=0, shuffle=False)
    model.save(tmp_path / "mine.npz")
    twin = load_model(tmp_path / "mine.npz")
    assert [type(layer) for layer in twin.layers] == [type(layer) for layer in model.layers]
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
    assert [layer.trainable for layer in twin.layers] == [True, True, True, False, True, True]
    assert (twin.get_layer("power").exponent, twin.get_layer(index=3).by) == (3, 0.5)
    for each in (model, twin):
        each.fit(*data, verbose=0, shuffle=False)
    assert all(map(np.array_equal, model.get_weights(), twin.get_weights()))


def test_the_network_computes_in_its_own_type(model, data):
    x = data[0]
    assert {value.dtype for value in model.activations(x).values()} == {np.dtype("float32")}
    assert model.input_gradient(x, 0).dtype == np.float32
    assert {value.dtype for value in model.astype("float64").activations(x).values()} == {np.dtype("float64")}


def test_it_is_counted_once_somebody_says_how(model, refuses, capsys):
    refuses(lambda: count(model), "Scale 'scale': nobody has said how to count this layer. Register a rule: "
            "@minicnn.counting.register(Scale)")
    refuses(lambda: model.summary(columns=("connections",)), "nobody has said how to count this layer")
    model.summary()  # parameters need no rule
    assert "scale (Scale)" in capsys.readouterr().out

    class Counted(Scale):
        pass

    @register(Counted)
    def rule(layer, input_shape, output_shape):
        return Figures(parameters=output_shape[2], connections=product(output_shape))

    row = count(Sequential([Input((4, 4, 2)), Counted(name="counted")]))["counted"]
    assert (row.parameters, row.connections, row.connections_text) == (2, 32, "4*4*2 = 32")


def test_it_has_no_curvature_until_it_is_written(model, data, refuses):
    y, cache = model.forward(data[0][:2])
    refuses(lambda: model.curvature(np.ones_like(y), cache), "no curvature rule. Write curvature(hy, cache)")
