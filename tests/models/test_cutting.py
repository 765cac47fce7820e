"""Models cut out of models: up to a layer, from a layer on, both; and what cannot be cut."""

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Model, Sequential, kernels
from minicnn.layers import Add, Conv2D, Dense, Flatten, InputLayer, MaxPooling2D
from minicnn.models import load_model


@pytest.fixture
def images(rng):
    return rng.random((4, 8, 8, 1)).astype(np.float32)


def test_up_to_a_layer(make, images):
    model = make()
    with kernels.use("numpy"):  # the same arithmetic in both, so the same bits; plans have their own
        inside = model.activations(images)
        for layer in model.layers:
            part = Model(model.input, layer.output)
            np.testing.assert_array_equal(part.predict(images, verbose=0), inside[layer.name])
    assert [layer.name for layer in Model(model.inputs, model.layers[1].output).layers][1:] == ["conv", "pool"]


def test_up_to_several_layers_at_once(make, images):
    model = make()
    part = Model(inputs=model.input, outputs=[layer.output for layer in model.layers])
    inside = model.activations(images)
    for layer, value in zip(model.layers, part.predict(images, verbose=0), strict=True):
        np.testing.assert_array_equal(value, inside[layer.name])


def test_the_part_has_the_layers_of_the_whole(make, images):
    model = make()
    part = Model(model.input, model.get_layer("pool").output)
    assert part.get_layer("conv") is model.get_layer("conv")
    assert part.params["conv/kernel"] is model.params["conv/kernel"]
    model.params["conv/kernel"][...] = 0
    assert not part.predict(images, verbose=0).any()


def test_training_the_part_trains_the_whole(make, images):
    model = make()
    before = {name: value.copy() for name, value in model.params.items()}
    part = Model(model.input, model.get_layer("flat").output)
    part.compile("sgd", "mse")
    part.fit(images, np.ones((4, 27)), verbose=0)
    moved = {name for name, value in model.params.items() if not np.array_equal(value, before[name])}
    assert moved == {"conv/kernel", "conv/bias"}


def test_from_a_layer_on(make, images):
    model = make()
    rest = Model(model.get_layer("pool").output, model.output)
    assert isinstance(rest.layers[0], InputLayer)
    assert [layer.name for layer in rest.layers][1:] == ["flat", "drop", "dense"]
    assert rest.input.shape == (None, 3, 3, 3)
    middle = model.activations(images)["pool"]
    np.testing.assert_array_equal(rest.predict(middle, verbose=0), model.predict(images, verbose=0))
    assert rest.params["dense/kernel"] is model.params["dense/kernel"]


def test_cutting_leaves_the_whole_as_it_was(make, images, tmp_path):
    model = make()
    outputs = [layer.output for layer in model.layers]
    before = model.predict(images, verbose=0)
    Model(model.get_layer("pool").output, model.output)
    assert [layer.output for layer in model.layers] == outputs, "the first call is the one of the whole"
    assert list(model.graph.names)[1:] == ["conv/pre", "conv", "pool", "flat", "drop", "dense/pre", "dense"]
    model.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(load_model(tmp_path / "m.npz").predict(images, verbose=0), before)


def test_a_part_in_the_middle_is_saved_as_a_model_of_its_own(make, images, tmp_path):
    model = make()
    part = Model(model.get_layer("conv").output, model.get_layer("flat").output, name="part")
    middle = model.activations(images)["conv"]
    np.testing.assert_array_equal(part.predict(middle, verbose=0), model.activations(images)["flat"])
    part.save(tmp_path / "part.npz")
    np.testing.assert_array_equal(load_model(tmp_path / "part.npz").predict(middle, verbose=0),
                                  part.predict(middle, verbose=0))


def test_from_two_places_where_one_lies_behind_the_other(rng):
    x = Input((3,), name="x")
    first = Dense(3, "relu", name="first")(x)
    second = Dense(3, name="second")(first)
    end = Add(name="end")([x, first, second])
    rest = Model([x, first], end)
    a, b = rng.random((2, 4, 3)).astype(np.float32)
    layer = rest.get_layer("second")
    expected = a + b + (b @ layer.params["kernel"])
    np.testing.assert_allclose(rest.predict([a, b], verbose=0), expected, rtol=1e-5)
    assert [layer.name for layer in rest.layers if not isinstance(layer, InputLayer)] == ["second", "end"]
    rest = Model([first, x], end)
    np.testing.assert_allclose(rest.predict([b, a], verbose=0), expected, rtol=1e-5)


def test_from_one_of_a_models_outputs_while_the_other_is_computed(rng):
    x = Input((3,), name="x")
    inner = Model(x, [Dense(2, name="b")(x), Dense(2, name="a")(x)], name="inner")
    p = Input((3,), name="p")
    b, a = inner(p)
    rest = Model([p, b], Add()([b, a]))
    data, given = rng.random((4, 3)).astype(np.float32), rng.random((4, 2)).astype(np.float32)
    np.testing.assert_array_equal(rest.predict([data, given], verbose=0), given + inner.predict(data, verbose=0)[1])
    assert all(isinstance(node.step, InputLayer) for node in rest.inputs)
    assert [layer.name for layer in rest.layers if not isinstance(layer, InputLayer)] == ["inner", rest.layers[-1].name]


def test_a_shared_layer_from_its_first_use_on(rng):
    x, shared = Input((3,)), Dense(3, name="d")
    first = shared(x)
    rest = Model(first, shared(first))
    data = rng.random((2, 3)).astype(np.float32)
    np.testing.assert_allclose(rest.predict(data, verbose=0), data @ shared.params["kernel"], rtol=1e-5)
    assert list(rest.graph.names)[1:] == ["d"], "the first use here"


def test_nothing_between_input_and_output(rng):
    x = Input((3,))
    middle = Dense(4, name="d")(x)
    same = Model(middle, middle)
    data = rng.random((2, 4)).astype(np.float32)
    np.testing.assert_array_equal(same.predict(data, verbose=0), data)


def test_through_a_model_that_stands_in_the_way(make, images):
    inner = Sequential([Input((8, 8, 1)), Conv2D(2, 3, name="conv"), MaxPooling2D(2)], name="inner")
    whole = Sequential([inner, Flatten(name="flat"), Dense(3)])
    # What the inner model gave here is what the next layer received: its own output belongs to its own input.
    part = Model(whole.input, whole.get_layer("flat").input)
    np.testing.assert_array_equal(part.predict(images, verbose=0), inner.predict(images, verbose=0))
    with pytest.raises(MinicnnError, match="which is not among the inputs"):
        Model(whole.input, whole.get_layer("inner").output)
    inside = Model(inner.input, inner.get_layer("conv").output)
    np.testing.assert_array_equal(inside.predict(images, verbose=0), whole.activations(images)["inner/conv"])


# -- refused -----------------------------------------------------------------------------------------


def test_a_layer_is_not_cut_before_its_activation(make, refuses):
    model = make()
    names = model.graph.names
    for cut in (lambda: Model(model.input, names["conv/pre"], name="m"), lambda: Model(names["conv/pre"], model.output,
                                                                                       name="m")):
        refuses(cut, "Model 'm': 'conv/pre' lies inside of Conv2D 'conv', and a model is cut between layers. "
                "model.activations(x)['conv/pre'] computes such a value.")


def test_a_model_in_a_model_is_not_cut_through(refuses):
    x = Input((3,), name="x")
    inner = Model(x, Dense(2, name="e")(Dense(4, name="d")(x)), name="inner")
    outer = Model(z := Input((3,), name="z"), inner(z))
    inside = outer.graph.names["inner/d"]
    refuses(lambda: Model(outer.input, inside), "'inner/d' lies inside of Model 'inner', and a model is cut between")
    refuses(lambda: Model(inside, outer.output), "'inner/d' lies inside of Model 'inner'")
    refuses(lambda: Model(outer.input, inner.get_layer("d").output),
            "the outputs depend on InputLayer 'x', which is not among the inputs")


def test_backwards_is_refused(make, refuses):
    model = make()
    start = model.input.owner.name
    refuses(lambda: Model(model.get_layer("pool").output, model.get_layer("conv").output),
            f"the outputs depend on InputLayer '{start}', which is not among the inputs")


def test_a_model_that_is_not_built_has_nothing_to_cut(refuses):
    model = Sequential([Dense(3, name="d"), Dense(2)], name="m")
    refuses(lambda: Model(model.input, model.layers[0].output), "Sequential 'm': the model is not built: its input "
            "shape is unknown. Give input_shape")
    refuses(lambda: model.layers[0].output, "Dense 'd': the layer stands in no graph yet")
    model.predict(np.ones((1, 4)), verbose=0)
    assert Model(model.input, model.layers[0].output).predict(np.ones((1, 4)), verbose=0).shape == (1, 3)
