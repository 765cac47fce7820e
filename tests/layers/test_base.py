"""What all layers share: names, shapes, types, and layers that learners write."""

import json

import numpy as np
import pytest

from minicnn import _checks, _config, gradient_check, layers
from minicnn.layers import Conv2D, Dense, Layer, Parameter


class Scale(Layer):
    """y = scale * x, one factor per channel: the example of `minicnn.layers.base`."""

    def parameters(self, input_shape):
        return {"scale": Parameter(input_shape[-1:], "ones")}

    def forward(self, x, training=False, rng=None):
        return x * self.param("scale", x), (x,)

    def backward(self, dy, cache):
        (x,) = cache
        return dy * self.param("scale", dy), {"scale": (dy * x).sum(axis=(0, 1, 2))}


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a/b", 3])
def test_a_name_that_is_none(name):
    with pytest.raises(_checks.MinicnnError, match=f"Dense: a layer's name is a string without '/'.*{name!r}"):
        Dense(3, name=name)


# -- shapes ----------------------------------------------------------------------------------------


def test_the_output_shape_is_asked_for_as_in_keras():
    conv, add = Conv2D(6, 5, name="c1"), layers.Add(name="add")
    assert conv.compute_output_shape((None, 28, 28, 1)) == (None, 24, 24, 6)
    assert conv.compute_output_shape([32, 28, 28, 1]) == (32, 24, 24, 6)
    assert add.compute_output_shape([(None, 3, 1), [None, 3, 4]]) == (None, 3, 4)
    assert not conv.built


@pytest.mark.parametrize(("layer", "shape", "words"), [
    (Conv2D(6, 5, name="c1"), (28, 28, 1), r"Conv2D 'c1': the input is not an image. Expected shape \(H, W, C\)"),
    (Conv2D(6, 5, name="c1"), [(2, 9, 9, 1), (2, 9, 9, 1)], "Conv2D 'c1': wrong number of inputs. Received 2"),
    (layers.Add(name="add"), (2, 3), "Add 'add': .* inputs"),
    (Dense(3, name="end"), [()], r"Dense 'end': the shape has no batch axis. .*received \[\(\)\]"),
])
def test_an_input_shape_that_does_not_fit(layer, shape, words):
    with pytest.raises(_checks.MinicnnError, match=words):
        layer.compute_output_shape(shape)


# -- types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float16", ">f4", ">f8", "longdouble"])
def test_a_call_takes_numbers_of_any_type(dtype):
    layer, x = Conv2D(2, 2), np.arange(9).reshape(1, 3, 3, 1) % 2
    expected = layer(x.astype("float32"))
    y = layer(x.astype(dtype))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, expected)


def test_unknown_dtype():
    with pytest.raises(_checks.MinicnnError, match=r"unknown dtype. Expected 'float32' or 'float64', .*'float16'"):
        Dense(3, dtype="float16")


# -- scores and penalties --------------------------------------------------------------------------


def test_only_radial_outputs_are_penalties(all_cases):
    assert {type(c.make()).__name__ for c in all_cases.values() if c.make().penalties} == {"RBF"}
    y = np.array([[1.0, 2]])
    np.testing.assert_array_equal(layers.RBF([[0.0]]).scores(y), -y)
    np.testing.assert_array_equal(Dense(2).scores(y), y)


# -- layers of your own, and configurations --------------------------------------------------------


def test_a_layer_of_your_own_checks_trains_and_is_written_down(rng):
    layer, x = Scale(name="mine"), rng.standard_normal((2, 3, 3, 4))
    assert gradient_check(layer, x)
    config = json.loads(json.dumps(_config.encode(layer)))
    assert config["class_name"] == f"{Scale.__module__}>Scale"
    twin = _config.decode(config)
    assert type(twin) is Scale
    assert twin.name == "mine"


def test_a_class_written_again_replaces_the_first_as_in_a_notebook():
    def cell():
        class Again(Scale):
            pass
        return Again

    _, second = cell(), cell()
    assert type(_config.decode(_config.encode(second()))) is second


def test_an_argument_that_is_not_kept_is_named():
    class Forgetful(Scale):
        def __init__(self, factor, *, name=None):
            super().__init__(name=name)

    with pytest.raises(_checks.MinicnnError, match=r"Forgetful: the constructor's argument 'factor' is not kept"):
        Forgetful(3).get_config()


def test_an_unknown_class_is_refused():
    with pytest.raises(_checks.MinicnnError, match=r"class 'os>system': it is not known here.*Import the module"):
        _config.decode({"class_name": "os>system", "config": {}})


def test_a_bare_layer_has_no_arithmetic():
    for call in (lambda: Layer().forward(1), lambda: Layer().backward(1, ())):
        with pytest.raises(_checks.MinicnnError, match=r"this layer has no (forward|backward)"):
            call()
