"""Model(inputs, outputs): what makes one, its names and layers, its file, its copies, and what is refused."""

import copy

import numpy as np
import pytest

from minicnn import Input, Model, gradient_check, kernels
from minicnn.layers import Activation, Add, Concatenate, Conv2D, Dense, Flatten, GlobalAveragePooling2D, MaxPooling2D
from minicnn.layers.naming import forget_names
from minicnn.models import load_model
from minicnn.optimizers import Adam


def residual(dtype="float32"):
    """8x8x1 -> 3, with a branch around two convolutions."""
    x = Input((8, 8, 1), name="x", dtype=dtype)
    a = Conv2D(4, 3, padding="same", activation="relu", name="a", dtype=dtype)(x)
    b = Conv2D(4, 3, padding="same", activation="relu", name="b", dtype=dtype)(a)
    c = Conv2D(4, 3, padding="same", name="c", dtype=dtype)(b)
    joined = Activation("relu", name="relu")(Add(name="add")([c, a]))
    return Model(x, Dense(3, "softmax", name="end", dtype=dtype)(GlobalAveragePooling2D(name="gap")(joined)),
                 name="residual")


def test_its_layers_inputs_and_outputs():
    model = residual()
    assert [layer.name for layer in model.layers] == ["x", "a", "b", "c", "add", "relu", "gap", "end"]
    assert model.input is model.inputs[0] is model.layers[0].output
    assert model.output is model.outputs[0] is model.get_layer("end").output
    assert (model.input.shape, model.output.shape) == ((None, 8, 8, 1), (None, 3))
    assert (model.input_shape, model.output_shape) == ((None, 8, 8, 1), (None, 3))
    assert (model.input_names, model.output_names) == (["x"], ["end"])
    assert model.get_layer(index=4) is model.get_layer("add")


def test_the_shapes_of_several_inputs_and_outputs_are_lists():
    x, z = Input((4,)), Input((2, 3))
    model = Model([x, z], [Dense(5)(x), Flatten()(z), Concatenate()([x, Flatten()(z)])])
    assert model.input_shape == [(None, 4), (None, 2, 3)]
    assert model.output_shape == [(None, 5), (None, 6), (None, 10)]
    with pytest.raises(ValueError, match="output_shape_for: the model has several outputs"):
        model.compute_output_shape(model.input_shape)


def test_the_shape_of_the_output_is_what_is_computed_for_the_input():
    model = residual()
    assert model.compute_output_shape(model.input_shape) == model.output_shape
    with pytest.raises(ValueError, match=r"built for another input. Expected \(8, 8, 1\), received \(9, 9, 1\)"):
        model.compute_output_shape((None, 9, 9, 1))


def test_names_are_counted_through_the_process():
    forget_names()
    x = Input((3,))
    first, second, named = Model(x, Dense(2)(x)), Model(inputs=x, outputs=Dense(2)(x)), Model(x, x, name="mine")
    assert [model.name for model in (first, second, named)] == ["functional", "functional_1", "mine"]
    assert first.input_names == ["input_layer"]
    assert (first.output_names, second.output_names) == (["dense"], ["dense_1"])


def test_parameters_go_by_layer_and_come_in_the_order_of_the_layers():
    model = residual()
    assert list(model.params) == [f"{layer}/{name}" for layer in ("a", "b", "c", "end") for name in ("kernel", "bias")]
    assert [w.shape for w in model.get_weights()] == [p.shape for p in model.params.values()]
    assert model.count_params() == 40 + 148 + 148 + 15


def test_values_inside_have_names(rng):
    model, x = residual(), rng.random((2, 8, 8, 1))
    inside = model.activations(x)
    assert list(inside) == ["x", "a/pre", "a", "b/pre", "b", "c", "add", "relu", "gap", "end/pre", "end"]
    np.testing.assert_array_equal(inside["add"], inside["c"] + inside["a"])
    np.testing.assert_array_equal(inside["end"], model.predict(x, verbose=0))


def test_its_gradient_is_right_and_it_learns(rng, data):
    assert gradient_check(residual(), rng.standard_normal((2, 8, 8, 1)))
    x, y = data
    model = residual()
    model.compile(Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    losses = model.fit(x, y, epochs=20, batch_size=5, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_a_file_gives_the_same_bits_and_the_training_goes_on(data, tmp_path):
    x, y = data
    model = residual()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.npz")
    twin = load_model(tmp_path / "m.npz")
    assert type(twin) is Model
    assert twin.get_config() == model.get_config()
    for _ in range(2):
        np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))
        assert twin.train_on_batch(x, y) == model.train_on_batch(x, y)


def test_a_copy_in_another_type_is_a_model_of_its_own(rng):
    model, x = residual(), rng.random((2, 8, 8, 1)).astype(np.float32)
    before = model.predict(x, verbose=0)
    twin = model.astype("float64")
    assert {p.dtype for p in twin.params.values()} == {np.dtype("float64")}
    np.testing.assert_allclose(twin.forward(x.astype(np.float64))[0], before, rtol=1e-5)
    assert not set(twin.layers) & set(model.layers)
    assert not set(twin.graph.nodes) & set(model.graph.nodes)
    assert twin.layers[3].output in twin.graph.nodes
    twin.params["a/kernel"][...] = 0
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)


def test_a_compiled_copy_trains_apart_from_its_original(data):
    x, y = data
    model = residual()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(x, y)
    twin = copy.deepcopy(model)
    assert twin.train_on_batch(x, y) == model.train_on_batch(x, y)
    kept = model.get_weights()
    twin.train_on_batch(x, y)
    for mine, before in zip(model.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(mine, before)


def test_one_set_of_layers_may_make_several_models(data):
    # As in every autoencoder tutorial: parts of the whole, with the whole's weights.
    x, y = data
    image = Input((8, 8, 1))
    code = Dense(5, "relu", name="code")(Flatten()(image))
    end = Dense(3, "softmax")(code)
    whole, encoder = Model(image, end), Model(image, code)
    before = encoder.predict(x, verbose=0)
    whole.compile("adam", "sparse_categorical_crossentropy")
    whole.fit(x, y, verbose=0)
    assert not np.array_equal(encoder.predict(x, verbose=0), before)
    with kernels.use("numpy"):  # the same arithmetic in both, so the same bits; plans have their own
        np.testing.assert_array_equal(encoder.predict(x, verbose=0), whole.activations(x)["code"])


def test_an_input_may_be_an_output():
    x = Input((3,), name="x")
    model = Model(x, [x, Dense(2)(x)])
    data = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(model.predict(data, verbose=0)[0], data)


def test_an_output_may_be_listed_twice(data):
    x, y = data
    image = Input((8, 8, 1))
    end = Dense(3, "softmax", name="end")(Flatten()(image))
    both = Model(image, [end, end])
    first, second = both.predict(x, verbose=0)
    np.testing.assert_array_equal(first, second)
    # Its gradient is the sum: the step of one that is twice as long.
    once = Model(image, end).astype("float32")
    both.compile("sgd", "sparse_categorical_crossentropy")
    once.compile("sgd", "sparse_categorical_crossentropy", loss_weights=[2])
    assert both.train_on_batch(x, [y, y])[0] == pytest.approx(once.train_on_batch(x, y), rel=1e-6)
    for p, q in zip(both.get_weights(), once.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-6, atol=1e-8)


def test_an_input_that_no_output_depends_on_is_fed_all_the_same(tmp_path):
    p, q = Input((3,), name="p"), Input((2,), name="q")
    model = Model([p, q], Dense(2)(p))
    a = np.ones((4, 3), np.float32)
    model.compile("sgd", "mse")
    model.fit([a, a[:, :2]], a[:, :2], verbose=0)
    model.save(tmp_path / "m.npz")
    data = {"q": a[:, :2], "p": a}
    np.testing.assert_array_equal(load_model(tmp_path / "m.npz").predict(data, verbose=0),
                                  model.predict(data, verbose=0))


def test_calls_that_lead_nowhere_are_no_part_of_the_model():
    x = Input((3,), name="x")
    middle = Dense(4, name="d")(x)
    Dense(9, name="elsewhere")(middle)
    model = Model(x, Dense(2, name="end")(middle))
    assert [layer.name for layer in model.layers] == ["x", "d", "end"]


def test_a_thousand_layers_deep(tmp_path):
    x = node = Input((4,), name="x")
    for i in range(500):
        node = Activation("relu", name=f"relu{i}")(Dense(4, name=f"d{i}", kernel_initializer="he_normal")(node))
    model = Model(x, node)
    assert len(model.graph.nodes) == 1001
    data = np.ones((2, 4), np.float32)
    model.compile("sgd", "mse")
    model.train_on_batch(data, data)
    model.save(tmp_path / "deep.npz")
    expected = model.predict(data, verbose=0)
    for twin in (load_model(tmp_path / "deep.npz"), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.predict(data, verbose=0), expected)
    cut = Model(model.get_layer("d3").output, model.layers[-1].output)
    assert len(cut.layers) == 1 + 1001 - 8
    outer = Model(y := Input((4,)), model(y))
    np.testing.assert_array_equal(outer.predict(data, verbose=0), expected)


def test_branches_of_several_kinds(rng):
    x = Input((6, 6, 2))
    branches = [Conv2D(2, 1, activation="tanh")(x), Conv2D(3, 3, padding="same")(x),
                MaxPooling2D(3, strides=1, padding="same")(x)]
    model = Model(x, Dense(2)(Flatten()(Concatenate(name="joined")(branches))))
    assert model.get_layer("joined").output.shape == (None, 6, 6, 7)
    assert gradient_check(model, rng.standard_normal((2, 6, 6, 2)))


# -- refused -----------------------------------------------------------------------------------------


def test_what_is_no_symbol_is_refused(refuses):
    x = Input((3,))
    dense = Dense(2, name="d")
    y = dense(x)
    refuses(lambda: Model(np.ones((1, 3)), y, name="m"),
            "Model 'm': the inputs of a model are symbols, not data. ... received ndarray. ... Input(shape)")
    refuses(lambda: Model(x, np.ones((1, 3)), name="m"), "the outputs of a model are symbols, not data")
    refuses(lambda: Model(x, dense, name="m"), "the outputs of a model are symbols ... Dense 'd'. "
            "Name its output: d.output.")
    refuses(lambda: Model(x, [y, dense]), "received Dense 'd'")
    refuses(lambda: Model(Dense, y), "received type")
    refuses(lambda: Model(inputs=x), "the outputs of a model are symbols ... received NoneType")
    refuses(lambda: Model(outputs=y), "the inputs of a model are symbols ... received NoneType")
    refuses(lambda: Model([], y, name="m"), "Model 'm': there are no inputs")
    refuses(lambda: Model(x, [], name="m"), "Model 'm': there are no outputs")


def test_a_model_without_a_graph_says_so(refuses):
    for use in (lambda m: m.predict(np.ones((1, 3))), lambda m: m.layers, lambda m: m(Input((3,)))):
        refuses(lambda use=use: use(Model(name="m")), "Model 'm': the model has no graph. Make it by Model(inputs, ")


def test_outputs_that_hang_on_another_input_are_refused(refuses):
    p, q = Input((3,), name="p"), Input((3,), name="q")
    refuses(lambda: Model(p, Add()([p, q])), "the outputs depend on InputLayer 'q', which is not among the inputs")
    refuses(lambda: Model(p, Dense(2)(q)), "the outputs depend on InputLayer 'q', which is not among the inputs")


def test_a_call_that_hangs_on_another_input_is_refused(refuses):
    # The second output needs q alone; but whoever computes it calls a model that needs both.
    p, q = Input((3,), name="p"), Input((3,), name="q")
    inner = Model([p, q], [Dense(2)(p), Dense(2)(q)])
    here, there = Input((3,), name="here"), Input((3,), name="there")
    _, second = inner([here, there])
    refuses(lambda: Model(there, second), "the outputs depend on InputLayer 'here', which is not among the inputs")


def test_an_input_that_is_listed_twice_is_refused(refuses):
    x = Input((3,), name="x")
    refuses(lambda: Model([x, x], Add()([x, x]), name="m"), "Model 'm': an input is listed twice. Received ['x', 'x']")


def test_two_layers_of_one_name_are_refused(refuses):
    x = Input((3,), name="x")
    refuses(lambda: Model(x, Dense(3, name="d")(Dense(3, name="d")(x))), "two layers have the name 'd'. Give one an")
    refuses(lambda: Model(x, Dense(3, name="x")(x)), "two layers have the name 'x'")


def test_a_name_that_looks_like_a_second_use_is_refused(refuses):
    x, shared = Input((3,)), Dense(3, name="d")
    twice = shared(shared(x))
    refuses(lambda: Model(x, Dense(3, name="d#2")(twice)), "two values have the name 'd#2'. Give a layer another name")


def test_other_inputs_than_it_was_made_for_are_refused(refuses):
    model = residual()
    refuses(lambda: model(Input((8, 8, 2))), "Model 'residual': the model was built for another input. "
            "Expected (8, 8, 1), received (8, 8, 2)")
    refuses(lambda: model(Input((8, 8, 1)), Input((8, 8, 1))), "received [(8, 8, 1), (8, 8, 1)]")
    refuses(lambda: model.predict(np.ones((2, 8, 8))), "The channel axis is missing: pass x[..., None]")
