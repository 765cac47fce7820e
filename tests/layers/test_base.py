"""What all layers inherit: names, building, weights, and layers that learners write."""

import copy
import json
import threading

import numpy as np
import pytest

import minicnn
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


@pytest.mark.parametrize(("name", "words"), [
    ("Conv2D", "conv2d"), ("MaxPooling2D", "max_pooling2d"), ("TableConv2D", "table_conv2d"), ("RBF", "rbf"),
    ("InputLayer", "input_layer"), ("Dense", "dense"), ("DepthwiseConv2D", "depthwise_conv2d"),
    ("GlobalAveragePooling2D", "global_average_pooling2d"), ("Block3D", "block3d"), ("Res2Dense", "res2_dense"),
])
def test_automatic_names_are_those_of_keras(name, words, monkeypatch):
    monkeypatch.setattr(layers.naming, "_counters", {})
    assert [layers.naming.automatic_name(name) for _ in range(3)] == [words, f"{words}_1", f"{words}_2"]


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


# -- building --------------------------------------------------------------------------------------


def test_shapes_are_known_before_any_number_is_made():
    layer = Dense(3)
    layer.build((5,))
    assert layer.count_params() == 18
    assert layer.has_parameters
    assert layer._params is None


def test_building_twice_for_one_shape_changes_nothing():
    layer = Dense(3)
    layer.build((5,))
    before = layer.get_weights()
    layer.build((5,))
    assert all(map(np.array_equal, layer.get_weights(), before))


def test_shared_weights_need_inputs_of_one_shape():
    layer = Dense(3, name="shared")
    layer.build((5,))
    with pytest.raises(_checks.MinicnnError, match=r"Dense 'shared': the layer was built for another input. "
                                                   r"Expected shape \(5,\), received \(6,\)"):
        layer.build((6,))


def test_a_convolution_may_meet_images_of_other_sizes_but_not_of_other_channels():
    layer = Conv2D(2, 3, name="shared")
    layer.build((5, 5, 1))
    layer.build((9, 7, 1))
    assert layer(np.zeros((1, 9, 7, 1))).shape == (1, 7, 5, 2)
    with pytest.raises(_checks.MinicnnError, match=r"'shared': the layer was built for another input"):
        layer(np.zeros((1, 5, 5, 2)))


def test_an_input_shape_given_late_is_checked_by_the_call():
    layer = layers.RBF(np.zeros((2, 3)), name="codes")
    layer.build((3,))
    with pytest.raises(_checks.MinicnnError, match=r"'codes': the prototypes are not as long as the input"):
        layer(np.zeros((1, 4)))


def test_two_threads_that_ask_first_get_the_same_numbers():
    for _ in range(20):
        layer, start, got = Dense(50), threading.Barrier(2), []
        layer.build((50,))

        def ask(layer=layer, start=start, got=got):
            start.wait(10)
            got.append(layer.params["kernel"].copy())

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(*got)


def test_the_seed_of_the_process_settles_the_weights():
    def weights(seed):
        minicnn.set_random_seed(seed)
        first, second = Dense(4), Dense(4)
        first.build((3,))
        second.build((3,))
        return first.get_weights()[0], second.get_weights()[0]

    (a, b), (a_again, b_again), (other, _) = weights(1), weights(1), weights(2)
    np.testing.assert_array_equal(a, a_again)
    np.testing.assert_array_equal(b, b_again)
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, other)


def test_a_copy_is_independent():
    layer = Dense(3)
    layer.build((2,))
    layer.params["kernel"][...] = 1
    twin = copy.deepcopy(layer)
    twin.params["kernel"][...] = 2
    assert (layer.params["kernel"] == 1).all()


# -- weights ---------------------------------------------------------------------------------------


def built_dense():
    layer = Dense(3, name="d")
    layer.build((2,))
    return layer


def test_weights_are_copied_out_and_in():
    layer = built_dense()
    kernel, bias = layer.get_weights()
    kernel[...] = 5
    assert not (layer.params["kernel"] == 5).any()
    arrays = dict(layer.params)
    layer.set_weights([kernel, bias])
    kernel[...] = 6
    assert (layer.params["kernel"] == 5).all()
    for name, value in layer.params.items():
        assert value is arrays[name], "the very arrays stay, others may hold them"


def test_weights_that_do_not_fit_are_all_named_and_nothing_is_changed():
    layer = built_dense()
    before = layer.get_weights()
    with pytest.raises(_checks.MinicnnError, match=r"Dense 'd'.*kernel: expected \(2, 3\), received \(3, 2\); "
                                                   r"bias: expected \(3,\), received \(2,\)"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(2)])
    with pytest.raises(_checks.MinicnnError, match=r"bias: expected \(3,\)"):
        layer.set_weights([np.zeros((2, 3)), np.zeros(2)])
    with pytest.raises(_checks.MinicnnError, match=r"number of weight arrays.*Expected 2, received 1"):
        layer.set_weights([np.zeros((2, 3))])
    assert all(map(np.array_equal, layer.get_weights(), before))


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
