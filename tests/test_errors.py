"""Wrong use gets a clear error: where, what is wrong, what was expected, what came, and the cure.

Construction and shapes stand here; errors about data under ``models``, about files under ``saving``.
"""

import re

import numpy as np
import pytest

from minicnn import (
    Input,
    MinicnnError,
    Sequential,
    initializers,
    kernels,
    losses,
    optimizers,
    schedules,
    set_random_seed,
)
from minicnn.applications import LeNet5, lenet5_images
from minicnn.layers import (
    RBF,
    Activation,
    Add,
    AveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    Subsampling2D,
    TableConv2D,
)

IMAGES = np.ones((2, 8, 8, 3), np.float32)
NO_SIZES = [0, -1, True, 1.5, "3", None]


def refuses(make, told):
    """``told`` is what must be read in the message, to the letter; `` ... `` stands for words in between."""
    with pytest.raises(MinicnnError, match=".*".join(map(re.escape, told.split(" ... ")))):
        make()


# -- arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", NO_SIZES)
@pytest.mark.parametrize(("name", "make"), [
    ("filters", lambda n: Conv2D(n, 3, name="c")), ("kernel_size", lambda n: Conv2D(2, n, name="c")),
    ("strides", lambda n: Conv2D(2, 3, strides=n, name="c")), ("strides", lambda n: Conv2D(2, 3, (1, n), name="c")),
    ("dilation_rate", lambda n: Conv2D(2, 3, dilation_rate=n, name="c")),
    ("groups", lambda n: Conv2D(2, 3, groups=n, name="c")),
    ("kernel_size", lambda n: TableConv2D([[1]], n, name="c")),
    ("strides", lambda n: TableConv2D([[1]], 3, n, name="c")),
    ("units", lambda n: Dense(n, name="c")), ("pool_size", lambda n: MaxPooling2D(n, name="c")),
    ("pool_size", lambda n: AveragePooling2D((2, n), name="c")),
    ("strides", lambda n: MaxPooling2D(2, (n, 2), name="c")),
    ("pool_size", lambda n: Subsampling2D(n, name="c")),
])
def test_sizes_are_positive_integers(name, make, wrong):
    refuses(lambda: make(wrong), rf"'c': {name} must be an integer. Expected at least 1, received {wrong!r}")


@pytest.mark.parametrize("make", [
    lambda: Conv2D(2, (3, 3, 3), name="c"), lambda: Conv2D(2, 3, strides=(1, 2, 3), name="c"),
    lambda: MaxPooling2D((2,), name="c"), lambda: Conv2D(2, 3, padding=(1, (1, 2, 3)), name="c")])
def test_pairs_are_two(make):
    refuses(make, "'c': ... must be one integer or two (height, width). Received (")


@pytest.mark.parametrize(("padding", "told"), [
    ("full", "unknown padding. Expected 'valid', 'same', an integer ... received 'full'"),
    ("", "unknown padding"), (-1, "padding must be an integer. Expected at least 0, received -1"),
    (1.5, "padding must be an integer ... 1.5"), (None, "padding must be an integer ... None"),
    ((1, 2, 3), "padding must be one integer or two ... (1, 2, 3)"), ((1, -2), "at least 0, received -2"),
    (((1, 2), (3, "4")), "received '4'"), (True, "received True")])
def test_paddings(padding, told):
    refuses(lambda: Conv2D(2, 3, padding=padding, name="c"), f"Conv2D 'c': ... {told}")
    refuses(lambda: TableConv2D([[1]], 3, padding=padding, name="c"), f"TableConv2D 'c': ... {told}")


@pytest.mark.parametrize("padding", [1, (1, 1), "smae"])
def test_pools_pad_valid_or_same(padding):
    refuses(lambda: MaxPooling2D(2, padding=padding, name="p"), "MaxPooling2D 'p': ... pad ... 'valid' ... 'same'")


@pytest.mark.parametrize("groups", [4, 5])
def test_filters_divide_by_groups(groups):
    refuses(lambda: Conv2D(6, 3, groups=groups, name="c"),
            f"Conv2D 'c': filters must divide by groups. Expected a multiple of {groups}, received 6")


@pytest.mark.parametrize("rate", [1, 1.0, -0.1, np.nan, np.inf, True, "0.5", None])
def test_dropout_rates(rate):
    refuses(lambda: Dropout(rate, name="d"), "Dropout 'd': rate must be a number. Expected at least 0 and below 1")


@pytest.mark.parametrize("rate", [-0.1, np.nan, np.inf, True, "0.1", None, [0.1]])
def test_learning_rates(rate):
    refuses(lambda: optimizers.SGD(rate), "SGD: learning_rate must be a number. Expected at least 0 and finite, ")


@pytest.mark.parametrize("momentum", [1, -0.1, np.nan, True, "0.9", None])
def test_momentum(momentum):
    refuses(lambda: optimizers.SGD(0.1, momentum=momentum), "SGD: momentum must be a number ... at least 0 and below 1")


@pytest.mark.parametrize(("boundaries", "values", "told"), [
    ([1], [0.1], "one value more than boundaries is needed. Expected 2, received 1"),
    ([5, 1], [1, 2, 3], "boundaries must grow. Received [5, 1]"), ([1.5], [1, 2], "a boundary must be an integer"),
    ([1], ["a", 2], "a value must be a number"), ([1], [1, -1], "a value must be a number ... at least 0"),
    (1, 0.1, "must be lists")])
def test_schedules(boundaries, values, told):
    refuses(lambda: schedules.PiecewiseConstantDecay(boundaries, values), f"PiecewiseConstantDecay: ... {told}")


@pytest.mark.parametrize(("make", "told"), [
    (lambda: initializers.Constant("a"), "Constant: value must be a number"),
    (lambda: initializers.RandomNormal("a"), "RandomNormal: mean must be a number"),
    (lambda: initializers.RandomNormal(stddev=-1), "RandomNormal: stddev must be a number. Expected at least 0"),
    (lambda: initializers.TruncatedNormal(stddev=np.nan), "TruncatedNormal: stddev must be a number"),
    (lambda: initializers.RandomUniform(1, 0), "RandomUniform: maxval must be a number. Expected at least 1"),
    (lambda: initializers.VarianceScaling(-1), "VarianceScaling: scale must be a number. Expected at least 0"),
    (lambda: initializers.VarianceScaling(mode="fanin"), "VarianceScaling mode 'fanin' ... Did you mean 'fan_in'"),
    (lambda: initializers.VarianceScaling(distribution="unifrom"), "distribution 'unifrom' ... Did you mean 'uniform'"),
    (lambda: initializers.FanInUniform(power="x"), "FanInUniform: power must be a number"),
    (lambda: initializers.GlorotUniform(seed="a"), "GlorotUniform: seed must be an integer"),
    (lambda: initializers.HeNormal(seed=-1), "HeNormal: seed must be an integer. Expected at least 0, received -1"),
    (lambda: losses.PenaltyMAP(-1), "PenaltyMAP: j must be a number. Expected at least 0"),
    (lambda: set_random_seed(0.5), "set_random_seed: seed must be an integer"),
])
def test_initializers_losses_and_seeds(make, told):
    refuses(make, told)


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "told"), [
    (lambda: Conv2D(2, 3, activation="rellu"), "activation 'rellu' ... one of ... relu, ... Did you mean 'relu'"),
    (lambda: Dense(2, "sofmax"), "activation 'sofmax' ... Did you mean 'softmax'"),
    (lambda: Activation("scaled-tanh"), "Did you mean 'scaled_tanh'"),
    (lambda: Subsampling2D(2, activation="sigmod"), "Did you mean 'sigmoid'"),
    (lambda: Dense(2, activation=np.tanh), "activation <ufunc 'tanh'>: no such name is known"),
    (lambda: Dense(2, activation=["relu"]), "activation ['relu']: no such name is known"),
    (lambda: Dense(2, kernel_initializer="glorot-uniform"), "initializer 'glorot-uniform' ... 'glorot_uniform'"),
    (lambda: Dense(2, bias_initializer="zero"), "initializer 'zero' ... Did you mean 'zeros'"),
    (lambda: Dense(2, kernel_initializer=initializers.HeNormal), "class; make an object of it: HeNormal("),
    (lambda: Dense(2, kernel_initializer=None), "initializer None: no such name is known"),
    (lambda: Subsampling2D(2, coefficient_initializer="one"), "initializer 'one' ... Did you mean 'ones'"),
    (lambda: LeNet5("glorot_unifrom"), "initializer 'glorot_unifrom' ... Did you mean 'glorot_uniform'"),
    (lambda: optimizers.get("sdg"), "optimizer 'sdg' ... Did you mean 'sgd'"),
    (lambda: optimizers.get(optimizers.SGD), "make an object of it: SGD("),
    (lambda: optimizers.get(0.1), "optimizer 0.1: no such name is known"),
    (lambda: losses.get("categorical_cross_entropy"), "loss ... Did you mean 'categorical_crossentropy'"),
    (lambda: losses.get(losses.MeanSquaredError), "make an object of it: MeanSquaredError("),
    (lambda: losses.get(["mse"]), "loss ['mse']: no such name is known"),
    (lambda: kernels.use("nump").__enter__(), "kernels 'nump' ... one of numba, numpy, reference ... 'numpy'?"),
])
def test_unknown_names(make, told):
    refuses(make, told)


@pytest.mark.parametrize("name", [3, "", "a/b", b"c", ["c"]])
def test_layer_names(name):
    refuses(lambda: Dense(2, name=name), "Dense: a layer's name is a string without '/'. Received ")


@pytest.mark.parametrize("dtype", ["float16", "int8", np.float32, "double"])
def test_layer_types(dtype):
    refuses(lambda: Dense(2, dtype=dtype, name="d"), "Dense 'd': unknown dtype. Expected 'float32' or 'float64'")
    refuses(lambda: Dense(2, name="d").astype(dtype), "Dense 'd': unknown dtype. Expected 'float32' or 'float64'")


# -- connection tables and prototypes ------------------------------------------------------------


@pytest.mark.parametrize(("table", "told"), [
    ([[1, 0], [1, 0]], "empty column: output map 1 sees no input. Give every output map at least one True"),
    ([[1, 2], [0, 1]], "must be boolean, (input maps, output maps). Received shape (2, 2), dtype int64"),
    ([[0.5, 1]], "must be boolean ... dtype float64"), ([1, 0], "must be boolean ... shape (2,)"),
    ([], "must be boolean"),
    ([["X", "."]], "this is not an array of numbers"), ([[1, 0], [1]], "rows of equal length"),
    (np.ones((2, 2, 2)), "must be boolean ... shape (2, 2, 2)")])
def test_connection_tables(table, told):
    refuses(lambda: TableConv2D(table, 3, name="t"), f"TableConv2D 't' ... {told}")


def test_a_connection_table_of_the_wrong_size():
    refuses(lambda: TableConv2D(np.ones((2, 5)), 3, name="t")(IMAGES),
            "'t': the connection table has the wrong size. Expected 3 rows, one per input map "
            "(input shape (8, 8, 3)), received 2")


@pytest.mark.parametrize(("prototypes", "told"), [
    ([1, 2], "must be a matrix (units, inputs). Received shape (2,)"), ([[]], "must be a matrix"),
    ([[1, np.nan]], "not finite ... nan at index (0, 1)"), ([[1, 2], [3]], "rows of equal length"), ("ab", "numbers")])
def test_prototypes(prototypes, told):
    refuses(lambda: RBF(prototypes, name="r"), f"RBF 'r' ... {told}")


def test_prototypes_of_the_wrong_length():
    refuses(lambda: RBF(np.ones((3, 5)), name="r")(np.ones((2, 4))),
            "RBF 'r': the prototypes are not as long as the input. Expected 4 numbers each, received 5")


# -- shapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [
    lambda: Conv2D(2, 9, name="k"), lambda: TableConv2D(np.ones((3, 2)), (9, 3), name="k"),
    lambda: MaxPooling2D(9, name="k"), lambda: Subsampling2D(9, name="k"),
    lambda: Conv2D(2, 5, dilation_rate=2, name="k")])
def test_a_kernel_larger_than_its_input(make):
    refuses(lambda: make()(IMAGES), "'k' (input shape (8, 8, 3)): the kernel is larger than its (padded) input. "
            "Expected at least 9x ... , received 8x8. Take a smaller kernel, padding='same' or a larger image")


@pytest.mark.parametrize("make", [lambda: Conv2D(2, 3), lambda: TableConv2D([[1]], 3), lambda: MaxPooling2D(),
                                  lambda: AveragePooling2D(2), lambda: Subsampling2D()])
@pytest.mark.parametrize("lost", [IMAGES[0], IMAGES[..., 0]])
def test_a_lost_axis(make, lost):
    refuses(lambda: make()(lost), "the input is not an image. Expected shape (H, W, C) ... x[..., None] ... x[None]")


@pytest.mark.parametrize("make", [lambda: Dense(2, name="d"), lambda: RBF(np.ones((2, 192)), name="d")])
def test_a_vector_is_needed(make):
    refuses(lambda: make()(IMAGES), "'d': the input is not a vector. Expected shape (D,), received shape "
            "(8, 8, 3). Put a Flatten() before this layer")
    refuses(lambda: make()(np.ones(192)), "'d': the input is not a vector ... batch axis is missing: pass x[None]")


def test_channels_divide_by_groups():
    refuses(lambda: Conv2D(4, 3, groups=2, name="c")(IMAGES),
            "'c': input channels must divide by groups. Expected a multiple of 2, received 3 "
            "(input shape (8, 8, 3))")


@pytest.mark.parametrize(("inputs", "told"), [
    ((IMAGES,), "the layer merges several inputs. Expected two or more, received 1"),
    ((IMAGES, IMAGES[:, :4]), "inputs do not fit. Expected one shape, or 1 in place of a size, received shapes"),
])
def test_inputs_to_add_have_one_shape(inputs, told):
    refuses(lambda: Add(name="a")(*inputs), f"Add 'a': {told}")


@pytest.mark.parametrize(("inputs", "told"), [
    ((), "needs arrays with a batch axis"), ((5,), "needs arrays with a batch axis"),
    ((IMAGES, IMAGES), "wrong number of inputs. Received 2"), (("abc",), "not an array of numbers"),
    (([[1], [2, 3]],), "rows of equal length")])
def test_calling_a_layer(inputs, told):
    refuses(lambda: Flatten(name="f")(*inputs), f"Flatten 'f': ... {told}")


@pytest.mark.parametrize("use", [Layer.get_weights, Layer.count_params, Layer.shapes, lambda layer: layer.params,
                                 lambda layer: layer.set_weights([])])
def test_a_layer_that_is_not_built(use):
    refuses(lambda: use(Conv2D(2, 3, name="c")), "Conv2D 'c': the layer has no weights yet. Give input_shape, or call")


def test_a_layer_built_for_another_input():
    layer = Dense(2, name="d")
    layer(np.ones((1, 3)))
    refuses(lambda: layer(np.ones((1, 4))), "Dense 'd': the layer was built for another input. Expected shape (3,), "
            "received (4,)")


def test_dropout_needs_random_numbers_to_train():
    refuses(lambda: Dropout(0.5, name="d").forward(IMAGES, training=True),
            "Dropout 'd': training needs random numbers. Hand in rng=")


@pytest.mark.parametrize("shape", [28, "28", (None, 28, 28, 1), np.array([28, 28])])
def test_inputs(shape):
    refuses(lambda: Input(shape, name="i"), "InputLayer 'i': the input shape is a tuple without the batch axis. "
            "Received ... For example (28, 28, 1)")
    refuses(lambda: Dense(2, input_shape=shape, name="d"),
            "Dense 'd': the input shape is a tuple without the batch axis")


@pytest.mark.parametrize("size", [0, -1, 1.5, "28", True])
def test_sizes_of_inputs(size):
    refuses(lambda: Input((size, 28, 1), name="i"), "InputLayer 'i': each size of the input shape must be an integer")


def test_the_lenet5_wants_bytes():
    refuses(lambda: lenet5_images(np.zeros((2, 28, 28))), "lenet5_images: these are not MNIST's images. Expected "
            "uint8 (N, 28, 28), received float64 (2, 28, 28)")
    refuses(lambda: lenet5_images(np.zeros((28, 28), np.uint8)), "received uint8 (28, 28)")


# -- layers of a user's own ----------------------------------------------------------------------


class Own(Layer):
    def __init__(self, result=None, **options):
        super().__init__(**options)
        self.result = result

    def forward(self, x, training=False, rng=None):
        return self.result(x)


@pytest.mark.parametrize(("use", "told"), [
    (lambda layer: layer(IMAGES), "has no forward. Write forward(self, x, training=False, rng=None)"),
    (lambda layer: layer.backward(IMAGES, ()), "has no backward. Write backward(self, dy, cache)"),
    (lambda layer: layer.curvature(IMAGES, ()), "has no curvature rule. Write curvature(hy, cache) beside"),
])
def test_what_a_layer_does_not_write(use, told):
    refuses(lambda: use(Layer(name="own")), f"Layer 'own': this layer {told}")


@pytest.mark.parametrize(("result", "told"), [
    (lambda x: x, "forward must return (y, cache) ... received ndarray"),
    (lambda x: (x, (), ()), "forward must return (y, cache) ... received tuple"),
    (lambda x: None, "forward must return (y, cache) ... received NoneType"),
    (lambda x: (x.tolist(), ()), "forward must return (y, cache)"),
    (lambda x: (x[..., :1], ()), "forward and output_shape_for disagree. Expected (2, 8, 8, 3), received (2, 8, 8, 1)"),
    (lambda x: (x[:1], ()), "forward and output_shape_for disagree. Expected (2, 8, 8, 3), received (1, 8, 8, 3)"),
])
def test_what_a_forward_must_give(result, told):
    refuses(lambda: Own(result, name="own")(IMAGES), f"Own 'own': {told}")
    model = Sequential([Own(result, name="own"), Flatten()])
    refuses(lambda: model.predict(IMAGES, verbose=0), f"Own 'own': {told}")


def test_a_loss_without_curvature():
    refuses(lambda: losses.CategoricalCrossentropy().curvature(np.ones((1, 2)), np.ones((1, 2))),
            "loss 'categorical_crossentropy': this loss has no curvature rule")
