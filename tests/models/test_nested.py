"""Models called as layers: bits, names, parameters, files, deep nesting, and Sequentials in Sequentials."""

import copy

import numpy as np
import pytest

from minicnn import Input, Model, Sequential, gradient_check
from minicnn.layers import Add, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from minicnn.models import load_model
from minicnn.optimizers import SGD


def front():
    return Sequential([Input((8, 8, 1)), Conv2D(3, 3, activation="relu", name="conv"), MaxPooling2D(2, name="pool")],
                      name="front")


def nested(name="outer"):
    """front and two dense layers behind it, as a graph."""
    x = Input((8, 8, 1), name="x")
    return Model(x, Dense(3, "softmax", name="end")(Flatten(name="flat")(front()(x))), name=name)


def flat():
    """The same without nesting."""
    return Sequential([Input((8, 8, 1)), Conv2D(3, 3, activation="relu", name="conv"), MaxPooling2D(2, name="pool"),
                       Flatten(name="flat"), Dense(3, "softmax", name="end")])


def test_nested_and_flat_are_the_same_bits(data):
    x, y = data
    one, other = nested(), flat()
    other.set_weights(one.get_weights())
    for model in (one, other):
        model.compile(SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.rng = np.random.default_rng(0)
    histories = [model.fit(x, y, epochs=2, batch_size=7, verbose=0).history for model in (one, other)]
    assert histories[0] == histories[1]
    for p, q in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)
    np.testing.assert_array_equal(one.predict(x, verbose=0), other.predict(x, verbose=0))


def test_a_nested_model_is_one_layer_and_its_parameters_have_paths():
    model = nested()
    assert [layer.name for layer in model.layers] == ["x", "front", "flat", "end"]
    assert list(model.params) == ["front/conv/kernel", "front/conv/bias", "end/kernel", "end/bias"]
    assert model.params["front/conv/kernel"] is model.get_layer("front").params["conv/kernel"]
    assert model.count_params() == model.get_layer("front").count_params() + 84


def test_values_inside_have_paths(data):
    inside = nested().activations(data[0])
    assert list(inside) == ["x", "front/conv/pre", "front/conv", "front", "flat", "end/pre", "end"]
    assert inside["front"].shape == (20, 3, 3, 3)


def test_training_the_outer_model_trains_the_inner_one(data):
    x, y = data
    model = nested()
    inner = model.get_layer("front")
    before = inner.predict(x, verbose=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(x, y, verbose=0)
    assert not np.array_equal(inner.predict(x, verbose=0), before)
    np.testing.assert_array_equal(inner.predict(x, verbose=0), model.activations(x)["front"])


def test_gradient_check_of_nested_models(rng):
    assert gradient_check(nested(), rng.standard_normal((2, 8, 8, 1)))
    two = Input((4,)), Input((4,))
    inner = Model(list(two), Add()([Dense(3, "tanh")(two[0]), Dense(3)(two[1])]))
    p, q = Input((4,)), Input((4,))
    outer = Model([p, q], Dense(2)(Add()([inner([p, q]), inner([q, p])])))
    assert gradient_check(outer, *rng.standard_normal((2, 3, 4)))


def test_files_keep_the_nesting(data, tmp_path):
    x, y = data
    model = nested()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.npz")
    twin = load_model(tmp_path / "m.npz")
    assert isinstance(twin.get_layer("front"), Sequential)
    assert list(twin.params) == list(model.params)
    assert twin.train_on_batch(x, y) == model.train_on_batch(x, y)
    np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_copy_has_a_copy_of_the_inner_model(data):
    model = nested()
    for twin in (copy.deepcopy(model), model.astype("float64")):
        inner = twin.get_layer("front")
        assert inner is not model.get_layer("front")
        assert twin.params["front/conv/kernel"] is inner.params["conv/kernel"]
        inner.params["conv/kernel"][...] = 0
        assert not twin.activations(data[0])["front"].any()
    assert model.activations(data[0])["front"].any()


def test_an_inner_model_with_two_inputs_and_two_outputs(rng, tmp_path):
    p, q = Input((3,)), Input((4,))
    inner = Model([p, q], [Dense(2, name="left")(p), Add(name="both")([Dense(2)(p), Dense(2)(q)])], name="inner")
    a, b = Input((3,), name="a"), Input((4,), name="b")
    left, both = inner([a, b])
    outer = Model([a, b], [Add(name="sum")([left, both]), both])
    assert outer.output_names == ["sum", "inner"]
    assert {"inner/left", "inner/both"} < set(outer.graph.names)
    data = [rng.random((5, n)).astype(np.float32) for n in (3, 4)]
    first, second = inner.predict(data, verbose=0)
    found = outer.predict(data, verbose=0)
    np.testing.assert_array_equal(found[0], first + second)
    np.testing.assert_array_equal(found[1], second)
    outer.save(tmp_path / "m.npz")
    for value, expected in zip(load_model(tmp_path / "m.npz").predict(data, verbose=0), found, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_copy_of_a_model_that_uses_the_second_output_alone(rng, tmp_path):
    p = Input((3,))
    inner = Model(p, [Dense(2, name="left")(p), Dense(2, name="right")(p)], name="inner")
    x = Input((3,), name="x")
    model = Model(x, Dense(2)(inner(x)[1]))
    data = rng.random((4, 3)).astype(np.float32)
    expected = model.predict(data, verbose=0)
    twin = copy.deepcopy(model)
    assert twin.get_config() == model.get_config()
    twin.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(load_model(tmp_path / "m.npz").predict(data, verbose=0), expected)
    p, q = Input((3,)), Input((3,))
    both = Model([p, q], [Dense(2)(p), Dense(2)(q)])
    _, second = both([x, Input((3,), name="other")])
    assert len(copy.deepcopy(second).call.outputs) == 2, "a copy has all that its calls have"


def test_an_inner_model_that_hands_its_input_on(rng, tmp_path):
    p = Input((3,))
    inner = Model(p, [p, Dense(3, name="d")(p)], name="inner")
    x = Input((3,), name="x")
    outer = Model(x, Add()(inner(x)))
    data = rng.random((4, 3)).astype(np.float32)
    np.testing.assert_array_equal(outer.predict(data, verbose=0), data + inner.predict(data, verbose=0)[1])
    assert gradient_check(outer, data)
    outer.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(load_model(tmp_path / "m.npz").predict(data, verbose=0),
                                  outer.predict(data, verbose=0))


def test_an_inner_model_used_twice_shares_its_weights(rng):
    inner = front()
    p, q = Input((8, 8, 1), name="p"), Input((8, 8, 1), name="q")
    model = Model([p, q], Add()([inner(p), inner(q)]))
    assert model.count_params() == inner.count_params() == 30
    assert {"front", "front#2", "front/conv", "front#2/conv"} < set(model.graph.names)
    assert gradient_check(model, *rng.standard_normal((2, 2, 8, 8, 1)))


def test_thirty_models_one_in_the_other(rng, tmp_path):
    model = Sequential([Input((3,)), Dense(3, name="d")], name="m0")
    for depth in range(1, 30):
        model = Sequential([model, Dense(3, name="d")], name=f"m{depth}")
    assert len(model.params) == 60
    assert max(name.count("/") for name in model.params) == 30
    data = rng.random((2, 3)).astype(np.float32)
    expected = model.predict(data, verbose=0)
    model.save(tmp_path / "m.npz")
    for twin in (load_model(tmp_path / "m.npz"), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.predict(data, verbose=0), expected)


def test_dropout_inside_works_in_training_alone():
    inner = Sequential([Input((100,)), Dropout(0.5)])
    x = Input((100,))
    model, ones = Model(x, inner(x)), np.ones((1, 100), np.float32)
    np.testing.assert_array_equal(model(ones), ones)
    assert set(np.unique(model(ones, training=True))) == {0, 2}


# -- in a Sequential ---------------------------------------------------------------------------------


def test_a_model_first_in_a_sequential_brings_its_input():
    model = Sequential([front(), Flatten(name="flat"), Dense(2)])
    assert model.input.shape == (None, 8, 8, 1)
    assert list(model.params)[:1] == ["front/conv/kernel"]


def test_models_that_know_no_shape_get_it_from_the_data(rng):
    inner = Sequential([Dense(4, name="d")], name="inner")
    model = Sequential([Sequential([inner, Dense(3)]), Dense(2)])
    assert model.predict(rng.random((5, 7)), verbose=0).shape == (5, 2)
    assert inner.get_layer("d").shapes()["kernel"] == (7, 4)


def test_popping_and_adding_a_model(data):
    x, _ = data
    inner = front()
    model = Sequential([inner, Flatten(), Dense(2, name="end")])
    assert model.pop().name == "end"
    assert model.predict(x, verbose=0).shape == (20, 27)
    model.pop()
    model.add(Sequential([Flatten(), Dense(4)], name="head"))
    assert model.predict(x, verbose=0).shape == (20, 4)
    assert [layer.name for layer in model.layers] == ["front", "head"]
    model.pop()
    assert model.pop() is inner
    model.add(Flatten())
    assert model.predict(x, verbose=0).shape == (20, 64)


def test_what_was_cut_or_nested_before_a_pop_stays(data):
    x, _ = data
    model = flat()
    part = Model(model.input, model.output)
    before = part.predict(x, verbose=0)
    model.pop()
    model.add(Dense(7))
    np.testing.assert_array_equal(part.predict(x, verbose=0), before)
    assert model.predict(x, verbose=0).shape == (20, 7)


def test_a_shared_layer_is_popped_from_one_model_alone(data):
    shared = Dense(3, name="shared")
    one, other = Sequential([Input((4,)), shared]), Sequential([Input((4,)), shared, Dense(2)])
    output = other.layers[0].output
    one.pop()
    assert len(shared.calls) == 1
    assert other.predict(np.ones((1, 4)), verbose=0).shape == (1, 2)
    assert output.shape == (None, 3)


# -- refused -----------------------------------------------------------------------------------------


def two_headed(name="two"):
    x = Input((3,))
    return Model(x, [Dense(2)(x), Dense(2)(x)], name=name)


def test_several_inputs_or_outputs_have_no_place_in_a_sequential(refuses):
    told = "Sequential 's': Model 'two' has 2 outputs. Expected layers with one output"
    refuses(lambda: Sequential([two_headed()], name="s"), told)
    refuses(lambda: Sequential([Input((3,)), two_headed()], name="s"), told)
    p, q = Input((3,)), Input((3,))
    both = Model([p, q], Add()([p, q]), name="both")
    refuses(lambda: Sequential([both]), "Model 'both': the model was built for another input")


def test_after_a_refused_add_the_model_is_as_before():
    model, wrong = Sequential(name="s"), two_headed()
    with pytest.raises(ValueError, match="has 2 outputs"):
        model.add(wrong)
    model.add(Flatten(input_shape=(4, 4, 1)))
    assert model.input.shape == (None, 4, 4, 1)
    with pytest.raises(ValueError, match="built for another input"):
        model.add(wrong)
    with pytest.raises(ValueError, match="built for another input"):
        model.add(two_headed())
    assert wrong.calls == []
    model.add(Dense(2))
    assert model.predict(np.ones((1, 4, 4, 1)), verbose=0).shape == (1, 2)


def test_a_model_without_layers_is_no_layer(refuses):
    refuses(lambda: Sequential(name="s")(Input((3,))), "Sequential 's': the model has no layers. Add some")


def test_one_name_twice_is_refused_though_the_models_differ(refuses):
    x = Input((8, 8, 1))
    refuses(lambda: Model(x, Add()([front()(x), front()(x)])), "two layers have the name 'front'")


def test_a_layer_here_and_in_a_model_here_trains_but_cannot_be_written_down(refuses, rng, tmp_path):
    shared = Dense(3, name="d")
    inner = Sequential([Input((3,)), shared], name="inner")
    x = Input((3,), name="x")
    model = Model(x, Add()([inner(x), shared(x)]), name="m")
    assert list(model.params) == ["d/kernel", "d/bias"] or list(model.params) == ["inner/d/kernel", "inner/d/bias"]
    assert gradient_check(model, rng.standard_normal((2, 3)))
    refuses(lambda: model.save(tmp_path / "m.npz"), "one layer stands in two places ... such a model cannot be written "
            "down. ... Save its weights, and build it again")
    assert not list(tmp_path.iterdir())
