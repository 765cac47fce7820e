"""What every layer promises, asked of every layer: shapes, types, configuration, gradient, no writing, threads."""

import inspect
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minicnn import _checks, activations, gradient_check, kernels, layers

# Exported, but no arithmetic of their own: the base class, a declaration, and where a graph begins.
NO_ARITHMETIC = {"Layer", "Parameter", "Input", "InputLayer", "add", "average", "concatenate", "multiply"}


def walk(case, layer, x, dy=None):
    """All that a layer computes, as one flat list of named arrays: y, dx, gradients, hx, Hessians."""
    y, cache = case.forward(layer, *x)
    dy = np.linspace(-1, 2, y.size, dtype=y.dtype).reshape(y.shape) if dy is None else dy
    dx, gradients = layer.backward(dy, cache)
    hx, hessians = layer.curvature(np.abs(dy), cache)
    named = {"y": y, **{f"d{name}": value for name, value in gradients.items()},
             **{f"h{name}": value for name, value in hessians.items()}}
    for name, arrays in (("dx", dx), ("hx", hx)):
        for i, array in enumerate(parts(arrays)):
            named[f"{name}[{i}]"] = array
    return named


def parts(dx):
    """One array for each input."""
    return dx if isinstance(dx, tuple) else (dx,)


def same(results, expected, tolerance=0.0):
    assert results.keys() == expected.keys()
    for name, array in results.items():
        np.testing.assert_allclose(array, expected[name], rtol=tolerance, atol=tolerance, err_msg=name)


def frozen(*arrays):
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False


def test_the_table_has_every_layer(all_cases):
    tried = {type(case.make()).__name__ for case in all_cases.values()}
    assert tried == set(layers.__all__) - NO_ARITHMETIC
    tried = {case.make().function for case in all_cases.values() if isinstance(case.make(), layers.Activation)}
    assert tried >= set(activations._BY_NAME.values())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_types(case, dtype):
    layer, x = case.layer(dtype), case.inputs(dtype)
    results = walk(case, layer, x)
    assert results["y"].shape == (3, *layer.output_shape_for(*case.shapes))
    shapes = [(None, *shape) for shape in case.shapes]
    assert layer.compute_output_shape(shapes if len(shapes) > 1 else shapes[0]) == (None, *results["y"].shape[1:])
    for i, value in enumerate(x):
        assert results[f"dx[{i}]"].shape == results[f"hx[{i}]"].shape == value.shape
    for name, value in layer.learned.items():
        assert results[f"d{name}"].shape == results[f"h{name}"].shape == value.shape
    assert {name for name in results if name[0] in "dh" and "[" not in name} == {
        kind + name for name in layer.learned for kind in "dh"}
    assert {str(array.dtype) for array in results.values()} == {dtype}


def test_the_data_settle_the_type_not_the_layer(case):
    for of_layer, of_data in (("float32", "float64"), ("float64", "float32")):
        results = walk(case, case.layer(of_layer), case.inputs(of_data))
        assert {str(array.dtype) for array in results.values()} == {of_data}


def test_parameters_are_counted_and_declared_alike(case):
    layer = case.layer()
    assert layer.shapes() == {name: value.shape for name, value in layer.params.items()}
    assert layer.count_params() == sum(value.size for value in layer.get_weights())
    assert layer.count_params(learned=True) == sum(value.size for value in layer.learned.values())
    assert layer.has_parameters == bool(layer.params)


def test_float32_and_float64_give_the_same_numbers(case):
    x = case.inputs("float32")
    single, double = walk(case, case.layer("float32"), x), walk(case, case.layer(), [v.astype("float64") for v in x])
    # Weights were rounded to float32 in one and not in the other: a few units of the sixth digit.
    same(single, double, 3e-5)


def test_a_configuration_written_as_json_gives_the_same_layer(case):
    layer, x = case.layer(), case.inputs()
    config = json.loads(json.dumps(layer.get_config()))
    assert set(config) == set(inspect.signature(type(layer)).parameters)
    twin = type(layer).from_config(config)
    assert twin.get_config() == layer.get_config()
    twin.build(*case.shapes)
    twin.cast("float64")
    twin.set_weights(layer.get_weights())
    same(walk(case, twin, x), walk(case, layer, x))
    assert (twin.name, twin.trainable, twin.dtype) == (layer.name, layer.trainable, layer.dtype)
    assert twin.activation == layer.activation


def test_gradient_check(case):
    report = gradient_check(case.layer(), *case.inputs(), training=case.training)
    assert len(report.findings) == len(case.shapes) + len(case.layer().learned)


def test_nothing_handed_in_is_written_into(case):
    for implementation in kernels.IMPLEMENTATIONS:
        layer, x = case.layer(), case.inputs()
        params = list(layer.params.values())
        copies = [value.copy() for value in (*x, *params)]
        frozen(*x, *params)
        with kernels.use(implementation):
            y, cache = case.forward(layer, *x)
            dy = np.ones_like(y)
            cached = [value.copy() for value in cache if isinstance(value, np.ndarray)]
            frozen(y, dy, *cache)  # a write into any of these would raise
            layer.backward(dy, cache)
            layer.parameter_gradients(dy, cache)
            layer.curvature(dy, cache)
        for before, after in zip(copies, (*x, *layer.params.values()), strict=True):
            np.testing.assert_array_equal(before, after)
        for before, after in zip(cached, [v for v in cache if isinstance(v, np.ndarray)], strict=True):
            np.testing.assert_array_equal(before, after)


def test_a_layer_keeps_nothing_from_a_call(case):
    layer = case.layer()
    before = {name: id(value) for name, value in vars(layer).items()}, layer.get_config(), layer.get_weights()
    walk(case, layer, case.inputs())
    assert {name: id(value) for name, value in vars(layer).items()} == before[0]
    assert layer.get_config() == before[1]
    assert all(map(np.array_equal, layer.get_weights(), before[2]))


def test_the_cache_holds_arrays_and_shapes_only(case):
    _, cache = case.forward(case.layer(), *case.inputs())
    assert isinstance(cache, tuple)
    for value in cache:
        assert isinstance(value, (np.ndarray, int)) or (
            isinstance(value, tuple) and all(isinstance(side, int) for side in value))


def test_walking_back_twice_over_one_cache_gives_the_same(case):
    layer = case.layer()
    y, cache = case.forward(layer, *case.inputs())
    dy = np.random.default_rng(3).standard_normal(y.shape)
    first, again = layer.backward(dy, cache), layer.backward(dy, cache)
    layer.curvature(dy, cache)
    last = layer.backward(dy, cache)
    for other in (again, last):
        for a, b in zip(parts(first[0]), parts(other[0]), strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(first[1].values(), other[1].values(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_second_half_of_backward_alone(case):
    layer = case.layer()
    y, cache = case.forward(layer, *case.inputs())
    dy = np.random.default_rng(3).standard_normal(y.shape)
    whole, alone = layer.backward(dy, cache)[1], layer.parameter_gradients(dy, cache)
    assert whole.keys() == alone.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], alone[name])


def test_two_threads_may_run_one_layer(case):
    layer = case.layer()
    inputs = [case.inputs(batch=2 + seed, seed=seed) for seed in range(6)]
    alone = [walk(case, layer, x) for x in inputs]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda x: walk(case, layer, x), inputs * 3))
    for i, results in enumerate(together):
        same(results, alone[i % 6])


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda x: np.flip(np.flip(x).copy()),
                                    lambda x: np.repeat(x, 2, axis=-1)[..., ::2]])
def test_any_memory_layout_gives_the_same(case, layout):
    layer, x = case.layer(), case.inputs()
    y, _ = case.forward(layer, *x)
    dy = np.random.default_rng(3).standard_normal(y.shape)
    assert not layout(dy).flags.c_contiguous
    same(walk(case, layer, [layout(value) for value in x], layout(dy)), walk(case, layer, x, dy), 1e-12)


def test_an_image_alone_gives_what_it_gives_in_a_batch(case):
    if case.training:
        case = type(case)(case.make, case.shapes)  # random numbers depend on the batch
    layer, x = case.layer(), case.inputs()
    y, _ = case.forward(layer, *x)
    for n in range(3):
        alone = walk(case, layer, [value[n:n + 1] for value in x])
        np.testing.assert_allclose(alone["y"], y[n:n + 1], rtol=1e-12, atol=1e-12)


def test_the_kernels_decide_how_not_what(case):
    layer, x, results = case.layer(), case.inputs(), {}
    for implementation in kernels.IMPLEMENTATIONS:
        with kernels.use(implementation):
            results[implementation] = walk(case, layer, x)
    same(results["numpy"], results["reference"], 1e-12)
    same(results["numba"], results["reference"], 1e-12)


def test_a_call_is_forward_and_the_activation(case):
    layer, x = case.layer(), case.inputs()
    y, _ = layer.forward(*x, training=False, rng=None)
    np.testing.assert_array_equal(layer(*x), layer.activation(y))


def test_a_copy_in_another_type_shares_nothing(case):
    layer = case.layer("float32")
    twin = layer.astype("float64")
    assert {str(value.dtype) for value in twin.params.values()} <= {"float64"}
    assert {str(value.dtype) for value in layer.params.values()} <= {"float32"}
    for name, value in layer.params.items():
        np.testing.assert_array_equal(twin.params[name], value)
        twin.params[name][...] = 99
        assert not (value == 99).any()


def test_a_layer_without_its_input_shape_has_no_weights_yet(case):
    layer = case.make()
    with pytest.raises(_checks.MinicnnError, match=f"{layer.name}.*no weights yet.*Give input_shape"):
        layer.get_weights()


def test_input_layer_is_rebuilt_too():
    layer = layers.InputLayer((3, 4), name="here", dtype="float64")
    twin = layers.InputLayer.from_config(json.loads(json.dumps(layer.get_config())))
    assert twin.get_config() == layer.get_config()
    assert (twin.shape, twin.name, twin.dtype) == ((3, 4), "here", "float64")
