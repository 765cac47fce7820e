"""`gradient_check` passes right backwards, finds wrong ones, says which entries are wrong, and changes nothing."""

import re

import numpy as np
import pytest

from minicnn import GradientCheckError, Input, MinicnnError, Sequential, gradient_check
from minicnn.layers import (
    RBF,
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    Parameter,
    Subsampling2D,
    TableConv2D,
)

IMAGES, ROWS = (2, 5, 6, 3), (4, 3)


# -- right ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "shape"), [
    (lambda: Conv2D(4, (3, 2), 2, "same", activation="scaled_tanh"), IMAGES),
    (lambda: Conv2D(3, 3, groups=3, dilation_rate=2, use_bias=False), (2, 7, 6, 3)),
    (lambda: TableConv2D([[1, 0], [1, 1], [0, 1]], 3, activation="relu"), IMAGES),
    (lambda: Subsampling2D(2), IMAGES), (lambda: MaxPooling2D(2), IMAGES),
    (lambda: AveragePooling2D(3, 2, "same"), IMAGES), (lambda: Flatten(), IMAGES),
    (lambda: Dense(4, "softmax"), ROWS), (lambda: RBF(np.eye(3)), ROWS), (lambda: Activation("sigmoid"), ROWS),
    (lambda: Dropout(0.5), ROWS)])
@pytest.mark.parametrize("training", [False, True])
def test_right_layers_pass(layer, shape, training, rng):
    layer = layer()
    report = gradient_check(layer, rng.standard_normal(shape), training=training)
    assert report
    assert [finding.name for finding in report.findings] == ["input", *layer.params]
    assert all(finding.error < 1e-6 for finding in report.findings)


@pytest.mark.parametrize("last", [[Dense(3, "softmax")], [Dense(4, "scaled_tanh"), RBF(np.ones((3, 4)))]])
def test_right_models_pass(last, rng):
    model = Sequential([Input((8, 8, 1)), Conv2D(2, 3, activation="tanh", name="conv"), Subsampling2D(2, name="sub"),
                        Flatten(), Dropout(0.3), *last])
    report = gradient_check(model, rng.standard_normal((2, 8, 8, 1)), training=True)
    assert [finding.name for finding in report.findings][:3] == ["input", "conv/kernel", "conv/bias"]


def test_several_inputs(rng):
    report = gradient_check(Add(), *rng.standard_normal((3, 2, 4)))
    assert [finding.name for finding in report.findings] == ["input 0", "input 1", "input 2"]


def test_integers_and_lists_are_inputs(rng):
    assert gradient_check(Dense(2), [[1, 2, 3], [4, 5, 6]])
    assert gradient_check(Dense(2), rng.integers(0, 255, (2, 3), dtype=np.uint8))


def test_the_report_of_a_right_layer(rng):
    report = gradient_check(Dense(2, name="d"), rng.standard_normal((4, 3)), tolerance=1e-5)
    lines = str(report).splitlines()
    assert lines[0] == "Gradient check of Dense 'd': passed (tolerance 1e-05)"
    assert [line.split()[:2] for line in lines[1:]] == [["ok", "input"], ["ok", "kernel"], ["ok", "bias"]]
    assert "(3, 2)" in lines[2]


# -- wrong ones ----------------------------------------------------------------------------------


class Square(Layer):
    """y = x @ kernel + bias with as many outputs as inputs, and whatever `spoil` makes of its backward."""

    def __init__(self, spoil=None, name="square"):
        super().__init__(name=name)
        self.spoil = spoil

    def parameters(self, input_shape):
        (d,) = input_shape
        return {"kernel": Parameter((d, d), "glorot_uniform", d, d), "bias": Parameter((d,), "zeros")}

    def forward(self, x, training=False, rng=None):
        return x @ self.params["kernel"] + self.params["bias"], (x,)

    def backward(self, dy, cache):
        (x,) = cache
        parts = {"dx": dy @ self.params["kernel"].T, "kernel": x.T @ dy, "bias": dy.sum(axis=0)}
        if self.spoil is not None:
            self.spoil(parts, dy, x)
        return parts.pop("dx"), parts


def test_the_spoilt_layer_is_right_unspoilt(rng):
    assert gradient_check(Square(), rng.standard_normal((4, 3)))


def scale(name, factor):
    return lambda parts, dy, x: parts.update({name: parts[name] * factor})


def put(name, make):
    return lambda parts, dy, x: parts.update({name: make(parts, dy, x)})


def touch(place, value):
    def spoil(parts, dy, x):
        parts["kernel"][place] = value
    return spoil


@pytest.mark.parametrize(("spoil", "told"), [
    (scale("kernel", 2), r"WRONG kernel .*\n.* 9 of 9 entries tried are wrong; the worst:\n *kernel\[\d, \d\]: "
     r"backward .*, differences .*, ratio 2\n"),
    (scale("bias", -1), r"WRONG bias .*\n.*3 of 3 entries.*\n *bias\[\d\]: .*ratio -1\n"),
    (scale("dx", 0.25), r"WRONG input .*\n.*12 of 12 entries.*\n *input\[\d, \d\]: .*ratio 0.25\n"),
    (scale("kernel", 1.001), r"WRONG kernel .* error 1\.0e-03"),
    (scale("kernel", 0), r"WRONG kernel .*\n.*\n.*ratio 0\n"),
    (scale("dx", np.nan), r"WRONG input .* error nan\n.*12 of 12 entries tried are wrong"),
    (put("kernel", lambda parts, dy, x: dy.T @ x), r"WRONG kernel .*\n.*6 of 9 entries"),  # the diagonal is right
    (put("dx", lambda parts, dy, x: dy), "WRONG input"), (put("bias", lambda parts, dy, x: dy[0]), "WRONG bias"),
    (put("bias", lambda parts, dy, x: dy.mean(axis=0)), r"WRONG bias .*\n.*\n.*ratio 0.25\n"),  # of 4 rows
    (touch((1, 2), 99), r"1 of 9 entries tried are wrong; the worst:\n *kernel\[1, 2\]: backward 99, differences"),
    (put("kernel", lambda parts, dy, x: (x.T @ dy)[:2]), r"expected shape \(3, 3\), float64; backward gave \(2, 3\),"),
    (put("bias", lambda parts, dy, x: dy), r"expected shape \(3,\), float64; backward gave \(4, 3\), float64"),
    (put("dx", lambda parts, dy, x: dy[0]), r"WRONG input .*\n.*expected shape \(4, 3\), float64; backward gave \(3,"),
    (put("kernel", lambda parts, dy, x: (x.T @ dy).astype(np.float32)), r"backward gave \(3, 3\), float32"),
    (put("kernel", lambda parts, dy, x: None), r"backward gave \(\), object"),
    (lambda parts, dy, x: parts.pop("bias"), r"WRONG gradients have the keys \['kernel', 'bias'\].*\n.*\['kernel'\]"),
    (put("scale", lambda parts, dy, x: dy), r"WRONG gradients have the keys .*\n *received .* 'scale'\]"),
    (lambda parts, dy, x: dy.fill(1), "WRONG backward leaves dy alone"),
    (lambda parts, dy, x: x.fill(1), "WRONG forward and backward leave x and the parameters alone"),
])
def test_wrong_gradients_are_found(spoil, told, rng):
    x = rng.standard_normal((4, 3))
    with pytest.raises(GradientCheckError, match=r"check of Square 'square': FAILED \(tolerance 1e-06\)") as caught:
        gradient_check(Square(spoil), x)
    assert re.search(told, str(caught.value) + "\n"), str(caught.value)


def test_only_what_is_wrong_is_called_wrong(rng):
    with pytest.raises(GradientCheckError, match=r"ok +input .*\n +WRONG kernel(.*\n)* +ok +bias"):
        gradient_check(Square(scale("kernel", 2)), rng.standard_normal((4, 3)))


def test_the_worst_five_are_shown_the_worst_first(rng):
    with pytest.raises(GradientCheckError, match="the worst:") as caught:
        gradient_check(Square(scale("kernel", 3)), rng.standard_normal((4, 3)))
    entries = [line.split("backward ")[1] for line in str(caught.value).splitlines() if "kernel[" in line]
    sizes = [abs(float(text.split(",")[0])) for text in entries]
    assert len(entries) == 5
    assert sizes == sorted(sizes, reverse=True)


def test_the_order_of_the_keys_does_not_matter(rng):
    class Reversed(Square):
        def backward(self, dy, cache):
            dx, gradients = super().backward(dy, cache)
            return dx, dict(reversed(gradients.items()))

    assert gradient_check(Reversed(), rng.standard_normal((4, 3)))


class Mine(Square):
    """A backward that gives back something else altogether."""

    def __init__(self, result):
        super().__init__(name="mine")
        self.result = result

    def backward(self, dy, cache):
        return self.result(*super().backward(dy, cache))


@pytest.mark.parametrize(("result", "told"), [
    (lambda dx, gradients: dx, r"WRONG backward returns \(dx, {parameter: gradient}\).*\n +received ndarray"),
    (lambda dx, gradients: (gradients, dx), r"WRONG backward returns \(dx, {parameter: gradient}\).*\n +received tup"),
    (lambda dx, gradients: None, "received NoneType"), (lambda dx, gradients: (dx, gradients, 1), "received tuple"),
    (lambda dx, gradients: ((dx, dx), gradients), r"WRONG backward returns one dx per input.*\n +received 2"),
    (lambda dx, gradients: ((), gradients), r"WRONG backward returns one dx per input.*\n +received 0")])
def test_what_backward_must_give(result, told, rng):
    with pytest.raises(GradientCheckError, match=told):
        gradient_check(Mine(result), rng.standard_normal((4, 3)))


class WritesInput(Square):
    def forward(self, x, training=False, rng=None):
        result = super().forward(x)
        x += 1
        return result


class WritesParameter(Square):
    def forward(self, x, training=False, rng=None):
        self.params["bias"][:] += 1
        return super().forward(x)


@pytest.mark.parametrize("layer", [WritesInput, WritesParameter])
def test_a_forward_that_writes_where_it_must_not(layer, rng):
    with pytest.raises(GradientCheckError, match="WRONG forward and backward leave x and the parameters alone"):
        gradient_check(layer(), rng.standard_normal((4, 3)))


class WritesCache(Layer):
    """y = tanh(x), right the first time it is walked back."""

    def forward(self, x, training=False, rng=None):
        y = np.tanh(x)
        return y, (1 - y * y,)

    def backward(self, dy, cache):
        (slope,) = cache
        slope *= dy
        return slope, {}


def test_a_backward_that_writes_into_the_cache(rng):
    with pytest.raises(GradientCheckError, match="WRONG a second backward over the same cache gives the same"):
        gradient_check(WritesCache(), rng.standard_normal((4, 3)))


class Both(Layer):
    """y = a * b; the second gradient may be wrong."""

    def __init__(self, factor=1.0):
        super().__init__(name="both")
        self.factor = factor

    def forward(self, a, b, training=False, rng=None):
        return a * b, (a, b)

    def backward(self, dy, cache):
        a, b = cache
        return (dy * b, dy * a * self.factor), {}


def test_the_wrong_one_of_several_inputs(rng):
    a, b = rng.standard_normal((2, 4, 3))
    assert gradient_check(Both(), a, b)
    with pytest.raises(GradientCheckError, match=r"ok +input 0 .*\n +WRONG input 1 (.*\n)+.*ratio 3"):
        gradient_check(Both(3.0), a, b)


class Listed(Both):
    def output_shape_for(self, a, b):
        return a

    def backward(self, dy, cache):
        (da, db), _ = super().backward(dy, cache)
        return [da, db.sum(axis=1, keepdims=True)], {}


def test_several_gradients_are_a_tuple(rng):
    with pytest.raises(GradientCheckError, match=r"returns one dx per input, as a tuple (.*\n)+ +received 1"):
        gradient_check(Listed(), rng.standard_normal((4, 3)), rng.standard_normal((4, 1)))


class WrongDropout(Dropout):
    """Forgets in backward that what is kept was scaled."""

    def backward(self, dy, cache):
        dx, _ = super().backward(dy, cache)
        return np.where(dx != 0, dy, 0), {}


def test_dropout_while_training(rng):
    x = rng.standard_normal((4, 30))
    assert gradient_check(WrongDropout(0.5), x)
    with pytest.raises(GradientCheckError, match=r"WRONG input (.*\n)+.*ratio 0\.5"):
        gradient_check(WrongDropout(0.5), x, training=True)


def test_a_wrong_layer_inside_a_model(rng):
    model = Sequential([Input((3,)), Dense(3, "tanh", name="first"), Square(scale("kernel", -2)), Dense(2)])
    with pytest.raises(GradientCheckError, match=r"Sequential .*(\n.*)+ok +first/kernel .*(\n.*)+WRONG square/kernel .*"
                                                 r"(\n.*)+square/kernel\[\d, \d\].*ratio -2"):
        gradient_check(model, rng.standard_normal((4, 3)))


class Slopeless(Activation):
    """Forgets the slope."""

    def backward(self, dy, cache):
        return dy, {}


def test_a_forgotten_slope(rng):
    with pytest.raises(GradientCheckError, match="WRONG input"):
        gradient_check(Slopeless("tanh"), rng.standard_normal((4, 3)))


def test_the_tolerance_is_kept(rng):
    x = rng.standard_normal((4, 3))
    assert gradient_check(Square(scale("kernel", 1.001)), x, tolerance=0.01)
    with pytest.raises(GradientCheckError, match=r"FAILED \(tolerance 0\.0005\)"):
        gradient_check(Square(scale("kernel", 1.001)), x, tolerance=0.0005)


# -- what it leaves behind -----------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [None, scale("kernel", 2)])
def test_the_layer_and_the_inputs_stay_as_they_were(spoil, rng):
    layer, x = Square(spoil), rng.standard_normal((4, 3))
    layer.build((3,))
    before, given = layer.get_weights(), x.copy()
    try:
        gradient_check(layer, x)
    except GradientCheckError:
        assert spoil is not None
    assert all(map(np.array_equal, before, layer.get_weights()))
    assert (layer.dtype, {w.dtype for w in layer.get_weights()}) == ("float32", {np.dtype("float32")})
    np.testing.assert_array_equal(x, given)


def test_inputs_that_must_not_be_written_to(rng):
    x = rng.standard_normal((4, 3))
    x.flags.writeable = False
    assert gradient_check(Dense(2), x)


def test_an_unbuilt_layer_is_built(rng):
    layer = Dense(2)
    gradient_check(layer, rng.standard_normal((4, 3)))
    assert [w.shape for w in layer.get_weights()] == [(3, 2), (2,)]


def test_a_compiled_model_goes_on_as_if_nothing_had_been(rng):
    def trained(checked):
        from minicnn import set_random_seed

        set_random_seed(4)
        model = Sequential([Input((3,)), Dense(5, "tanh"), Dropout(0.2), Dense(2)])
        model.compile("sgd", "mse")
        for _ in range(2):
            if checked:
                gradient_check(model, np.ones((2, 3)), training=True)
            model.fit(np.ones((8, 3)), np.ones((8, 2)), verbose=0)
        return model.get_weights()

    assert all(map(np.array_equal, trained(True), trained(False)))


def test_the_same_seed_gives_the_same_report(rng):
    x = rng.standard_normal((4, 3))
    layer = Dense(2, "tanh")
    reports = [str(gradient_check(layer, x, seed=seed)) for seed in (1, 1, 2)]
    assert reports[0] == reports[1] != reports[2]


# -- wrong use -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("use", "told"), [
    (lambda: gradient_check(Dense(2)), r"gradient_check: there is no input. Expected arrays with the batch axis"),
    (lambda: gradient_check(Dense(2), 5), "there is no input"),
    (lambda: gradient_check(Dense(2), np.zeros((0, 3))), "there is no input"),
    (lambda: gradient_check(Dense, np.ones((2, 3))), r"this is no layer. Expected a Layer or Model, .*received <class"),
    (lambda: gradient_check("dense", np.ones((2, 3))), "this is no layer.* received 'dense'"),
    (lambda: gradient_check(Dense(2), "abc"), "gradient_check: this is not an array of numbers"),
    (lambda: gradient_check(Dense(2), [[1, np.inf]]), r"gradient_check: 1 of 2 values are not finite.*inf at index"),
    (lambda: gradient_check(Dense(2), np.ones((2, 3)), directions=0), "directions must be an integer.* at least 1"),
    (lambda: gradient_check(Dense(2), np.ones((2, 3)), tolerance=-1), "tolerance must be a number"),
    (lambda: gradient_check(Dense(2), np.ones((2, 3)), seed="a"), "seed must be an integer"),
    (lambda: gradient_check(Dense(2), np.ones(3)), r"the input is not a vector.*batch axis is missing"),
    (lambda: gradient_check(Dense(2), np.ones((2, 3)), np.ones((2, 3))), "wrong number of inputs. Received 2"),
    (lambda: gradient_check(Add(), np.ones((2, 3))), "the layer merges several inputs. Expected two or more"),
])
def test_wrong_use(use, told):
    with pytest.raises(MinicnnError, match=told):
        use()


# -- seeds ---------------------------------------------------------------------------------------


class Cube(Layer):
    """y = x^3, with a backward that takes dy for x."""

    def forward(self, x, training=False, rng=None):
        return x**3, (x,)

    def backward(self, dy, cache):
        return 3 * dy**3, {}  # right is 3 * x**2 * dy: the same, if dy equals x


class Noise(Layer):
    """y = noise * x, with a backward that takes x for the noise."""

    def forward(self, x, training=False, rng=None):
        return rng.standard_normal(x.shape) * x, (x,)

    def backward(self, dy, cache):
        (x,) = cache
        return dy * x, {}


@pytest.mark.parametrize("layer", [Cube, Noise])
@pytest.mark.parametrize("seed", [0, 7])
def test_inputs_drawn_from_the_same_seed_hide_nothing(layer, seed):
    x = np.random.default_rng(seed).standard_normal((2, 3, 4))
    with pytest.raises(GradientCheckError, match=r"WRONG input +\(2, 3, 4\)"):
        gradient_check(layer(), x, seed=seed)


def test_a_gradient_that_is_zero_passes_and_one_that_should_be_does_not(rng):
    # What a bias adds, the normalization behind it takes away: there is nothing but rounding to compare.
    x = rng.standard_normal((3, 6, 6, 2))
    model = Sequential([Input((6, 6, 2)), Conv2D(3, 2, name="conv"), BatchNormalization(), Activation("tanh")])
    assert gradient_check(model, x, training=True)

    class Leaking(BatchNormalization):
        def backward(self, dy, cache):
            dx, gradients = super().backward(dy, cache)
            return dx + 1e-9, gradients

    model = Sequential([Input((6, 6, 2)), Conv2D(3, 2, name="conv"), Leaking(), Activation("tanh")])
    with pytest.raises(GradientCheckError, match="WRONG conv/bias"):
        gradient_check(model, x, training=True)
