"""The diagonal of the second derivatives: exact where it is exact, and elsewhere against the recursion as loops over
single connections (LeCun et al. 1998, eq. 23, 25 and 27)."""

import numpy as np
import pytest

import minicnn
from minicnn import MinicnnError, curvature, layers, losses, optimizers
from minicnn.feeding import Batch
from minicnn.models import Input, Model, Sequential


@pytest.fixture
def rng():
    minicnn.set_random_seed(5)
    return np.random.default_rng(5)


def diagonal(model, *batches, **options):
    return curvature.diagonal(model.graph, model.compiled.targets, [Batch(*batch) for batch in batches], **options)


def second_differences(model, x, y, step=1e-3):
    """d2E/dw_k^2 of the mean loss, for every parameter."""
    found = {}
    for key, w in model.params.items():
        found[key] = np.empty_like(w)
        for at in np.ndindex(w.shape):
            kept, energies = w[at], []
            for value in (kept - step, kept, kept + step):
                w[at] = value
                energies.append(model.evaluate(x, y, verbose=0))
            w[at] = kept
            found[key][at] = (energies[0] - 2 * energies[1] + energies[2]) / step**2
    return found


def assert_equal(found, expected, **tolerance):
    assert found.keys() == expected.keys()
    for key in found:
        np.testing.assert_allclose(found[key], expected[key], err_msg=key, **tolerance)


# -- exact where it is exact -----------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["mse", losses.Huber(9.0), losses.MeanSquaredError()])
def test_of_one_linear_layer_it_is_the_second_derivative(rng, loss):
    model = Sequential([layers.Dense(3, dtype="float64", input_shape=(4,))]).astype("float64")
    model.compile("sgd", loss)
    x, y = rng.standard_normal((6, 4)), rng.standard_normal((6, 3))
    assert_equal(diagonal(model, (x, y)), second_differences(model, x, y), rtol=1e-6)


@pytest.mark.parametrize("from_logits", [True, False])
def test_so_it_is_of_a_linear_layer_under_cross_entropy(rng, from_logits):
    # Before the softmax the loss's own second derivative is p (1 - p); a kernel's number moves one logit alone.
    model = Sequential([layers.Dense(3, None if from_logits else "softmax", input_shape=(4,))]).astype("float64")
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits))
    x, y = rng.standard_normal((6, 4)), rng.integers(0, 3, 6)
    assert_equal(diagonal(model, (x, y)), second_differences(model, x, y), rtol=1e-5)


def test_of_one_hidden_layer_where_the_outputs_are_right(rng):
    # What Gauss-Newton leaves out is f'' times the gradient, and that is zero at the targets.
    model = Sequential([layers.Dense(5, "tanh", input_shape=(4,)), layers.Dense(3)]).astype("float64")
    model.compile("sgd", "mse")
    x = rng.standard_normal((6, 4))
    assert_equal(diagonal(model, (x, model(x))), second_differences(model, x, model(x)), rtol=1e-4, atol=1e-8)


def test_of_the_last_layer_it_is_exact_anyway_and_of_the_first_it_is_not(rng):
    model = Sequential([layers.Dense(5, "tanh", input_shape=(4,), name="hidden"), layers.Dense(3, name="out")])
    model = model.astype("float64")
    model.compile("sgd", "mse")
    x, y = rng.standard_normal((6, 4)), 3 * rng.standard_normal((6, 3))
    found, exact = diagonal(model, (x, y)), second_differences(model, x, y)
    for name in ("out/kernel", "out/bias"):
        np.testing.assert_allclose(found[name], exact[name], rtol=1e-5)
    assert not np.allclose(found["hidden/kernel"], exact["hidden/kernel"], rtol=0.05)
    assert found["hidden/kernel"].min() >= 0 > exact["hidden/kernel"].min()


@pytest.mark.parametrize("loss", [losses.PenaltyMLE(), losses.PenaltyMAP(3.0, exact_seed=True)])
def test_before_an_rbf_layer(rng, loss):
    model = Sequential([layers.Dense(4, input_shape=(3,)), layers.RBF(rng.choice([-1, 1], (3, 4)), name="rbf")])
    model = model.astype("float64")
    model.compile("sgd", loss)
    x, y = rng.standard_normal((5, 3)), rng.integers(0, 3, 5)
    exact = second_differences(model, x, y)
    del exact["rbf/prototypes"]  # fixed
    assert_equal(diagonal(model, (x, y)), exact, rtol=1e-5)


def test_of_centers_that_move_it_is_two_for_each_pattern_of_the_class(rng):
    centers = layers.RBF(rng.choice([-1, 1], (3, 4)), trainable=True, input_shape=(4,), name="rbf")
    model = Sequential([centers]).astype("float64")
    model.compile("sgd", losses.PenaltyMLE())
    x, y = rng.standard_normal((5, 4)), np.array([0, 2, 0, 0, 2])
    found = diagonal(model, (x, y))
    np.testing.assert_array_equal(found["rbf/prototypes"], np.array([6, 0, 4])[:, None] / 5 * np.ones(4))
    assert_equal(found, second_differences(model, x, y), rtol=1e-6, atol=1e-6)


def test_a_regularizer_adds_its_own(rng):
    layer = layers.Dense(3, kernel_regularizer=minicnn.regularizers.L1L2(0.2, 0.7), input_shape=(4,), name="d")
    model = Sequential([layer]).astype("float64")
    model.compile("sgd", "mse")
    x, y = rng.standard_normal((6, 4)), rng.standard_normal((6, 3))
    layer.kernel[...] = np.sign(layer.kernel) * (0.1 + np.abs(layer.kernel))  # off the kink
    assert_equal(diagonal(model, (x, y)), second_differences(model, x, y), rtol=1e-6)


# -- elsewhere: loops over single connections ------------------------------------------------------


class Units:
    """A layer as a list of connections (output unit, input unit or None for a bias, parameter, its number)."""

    def __init__(self, connections, outputs, squashed):
        self.connections, self.outputs, self.squashed = connections, outputs, squashed


def convolution(name, layer, height, width, table):
    """Every position, map and cell of the window; the kernel's numbers as (p, q, c, f), or (p, q, link)."""
    kh, kw = layer.kernel_size
    oh, ow = height - kh + 1, width - kw + 1
    channels, filters = table.shape
    links = {(c, f): k for k, (f, c) in enumerate(zip(*np.nonzero(table.T), strict=True))}
    found = []
    for i, j, f in np.ndindex(oh, ow, filters):
        unit = (i * ow + j) * filters + f
        found.append((unit, None, f"{name}/bias", (f,)))
        for p, q, c in np.ndindex(kh, kw, channels):
            if table[c, f]:
                number = (p, q, c, f) if isinstance(layer, layers.Conv2D) else (p, q, links[c, f])
                found.append((unit, ((i + p) * width + j + q) * channels + c, f"{name}/kernel", number))
    return Units(found, oh * ow * filters, True)


def subsampling(name, height, width, maps):
    oh, ow = height // 2, width // 2
    found = []
    for i, j, c in np.ndindex(oh, ow, maps):
        unit = (i * ow + j) * maps + c
        found.append((unit, None, f"{name}/bias", (c,)))
        for p, q in np.ndindex(2, 2):
            found.append((unit, ((2 * i + p) * width + 2 * j + q) * maps + c, f"{name}/coefficient", (c,)))
    return Units(found, oh * ow * maps, True)


def dense(name, inputs, outputs):
    found = [(u, None, f"{name}/bias", (u,)) for u in range(outputs)]
    return Units(found + [(u, d, f"{name}/kernel", (d, u)) for u in range(outputs) for d in range(inputs)],
                 outputs, True)


def recursion(network, params, x, seed):
    """h of one pattern: eq. 25 and 27 connection by connection, from the seed at the last layer's outputs."""
    states, slopes = [x], []
    for layer in network:
        a = np.zeros(layer.outputs)
        for unit, source, key, number in layer.connections:
            a[unit] += params[key][number] * (1 if source is None else states[-1][source])
        states.append(1.7159 * np.tanh(2 / 3 * a))
        slopes.append(1.7159 * 2 / 3 / np.cosh(2 / 3 * a) ** 2)
    h = {key: np.zeros_like(w) for key, w in params.items()}
    signal = seed(states[-1])
    for layer, before, slope in zip(network[::-1], states[-2::-1], slopes[::-1], strict=True):
        of_sum, signal = slope**2 * signal, np.zeros_like(before)
        for unit, source, key, number in layer.connections:
            h[key][number] += of_sum[unit] * (1 if source is None else before[source] ** 2)
            if source is not None:
                signal[source] += params[key][number] ** 2 * of_sum[unit]
    return h


TABLE = np.array([[1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1]], bool)


def lenet_in_small(loss):
    squashed = {"activation": "scaled_tanh", "bias_initializer": "glorot_uniform"}
    pool = {"coefficient_initializer": "glorot_uniform", "bias_initializer": "glorot_uniform"}
    model = Sequential([
        layers.Conv2D(3, 3, input_shape=(10, 8, 1), name="c1", **squashed), layers.Subsampling2D(2, name="s2", **pool),
        layers.TableConv2D(TABLE, (3, 2), name="c3", **squashed), layers.Subsampling2D((2, 2), name="s4", **pool),
        layers.Flatten(), layers.Dense(6, name="f6", **squashed),
        layers.RBF(np.random.default_rng(2).choice([-1.0, 1.0], (4, 6)), name="rbf")]).astype("float64")
    model.compile(optimizers.SDLM(), loss)
    one = np.ones((1, 3), bool)
    network = [convolution("c1", model.get_layer("c1"), 10, 8, one), subsampling("s2", 8, 6, 3),
               convolution("c3", model.get_layer("c3"), 4, 3, TABLE), subsampling("s4", 2, 2, 4), dense("f6", 4, 6)]
    return model, network


@pytest.mark.parametrize("loss", [losses.PenaltyMLE(), losses.PenaltyMAP(), losses.PenaltyMAP(2.0, exact_seed=True)])
def test_of_a_small_lenet_connection_by_connection(rng, loss):
    model, network = lenet_in_small(loss)
    x, y = rng.standard_normal((3, 10, 8, 1)), np.array([0, 2, 3])
    params = {key: w for key, w in model.params.items() if not key.startswith("rbf")}
    centers = model.get_layer("rbf").prototypes

    def seed(state):
        penalties = np.square(state - centers).sum(axis=1)
        return loss.curvature_before_rbf(penalties[None], state[None], centers)[0]

    of_each = [recursion(network, params, one.ravel(), seed) for one in x]
    mean = {key: sum(h[key] for h in of_each) / 3 for key in params}
    found = diagonal(model, (x[:2], y[:2]), (x[2:], y[2:]))
    assert_equal(found, mean, rtol=1e-10)
    assert all(h.max() > 0 for h in found.values())


# -- what it counts --------------------------------------------------------------------------------


def two_outputs(rng):
    inputs = Input((4,))
    hidden = layers.Dense(3, "tanh", name="hidden")(inputs)
    model = Model(inputs, [layers.Dense(2, name="one")(hidden), layers.Dense(2, name="two")(hidden)]).astype("float64")
    x = rng.standard_normal((6, 4))
    return model, x, (rng.standard_normal((6, 2)), rng.standard_normal((6, 2)))


def test_losses_of_several_outputs_are_summed_by_their_weights(rng):
    model, x, y = two_outputs(rng)
    found = []
    for which in (["mse", None], [None, "mse"], ["mse", "mse"]):
        model.compile("sgd", which, loss_weights=[2.0, 0.5])
        found.append(diagonal(model, (x, y)))
    assert_equal(found[2], {key: found[0][key] + found[1][key] for key in found[0]}, rtol=1e-12)
    assert found[0]["two/kernel"].max() == 0  # no loss reaches it
    model.compile("sgd", ["mse", None])
    np.testing.assert_allclose(2 * diagonal(model, (x, y))["one/kernel"], found[0]["one/kernel"], rtol=1e-12)


def test_rows_are_weighed_and_the_mean_is_over_all_rows(rng):
    model = Sequential([layers.Dense(3, "tanh", input_shape=(4,)), layers.Dense(2)]).astype("float64")
    model.compile("sgd", "mse")
    x, y = rng.standard_normal((6, 4)), rng.standard_normal((6, 2))
    once, twice = diagonal(model, (x, y)), diagonal(model, (x[:2], y[:2]))
    weighed = diagonal(model, (x, y, np.array([1, 1, 0, 0, 0, 0])))
    assert_equal(weighed, {key: h / 3 for key, h in twice.items()}, rtol=1e-12)
    assert_equal(diagonal(model, (x[:1], y[:1]), (x[1:], y[1:])), once, rtol=1e-12)


def test_only_of_what_learns_and_typed_like_it(rng):
    model = Sequential([layers.Dense(3, "tanh", input_shape=(4,), name="a", trainable=False), layers.Dropout(0.5),
                        layers.BatchNormalization(name="b"), layers.Dense(2, name="c")])
    model.compile("sgd", "mse")
    x, y = rng.standard_normal((6, 4)).astype("float32"), rng.standard_normal((6, 2)).astype("float32")
    found = diagonal(model, (x, y))
    assert found.keys() == {"b/gamma", "b/beta", "c/kernel", "c/bias"}
    assert {h.dtype for h in found.values()} == {np.dtype("float32")}
    assert {key: h.shape for key, h in found.items()} == {key: model.params[key].shape for key in found}
    assert_equal(diagonal(model, (x, y)), found, rtol=0)  # nothing drops out
    assert diagonal(model, (x, y), trainable=False) == {}


def test_a_layer_without_a_rule_is_refused_by_name(rng):
    class Twice(layers.Layer):
        def forward(self, x, training=False, rng=None):
            return 2 * x, ()

        def backward(self, dy, cache):
            return 2 * dy, {}

    model = Sequential([layers.Dense(3, input_shape=(4,)), Twice(name="mine"), layers.Dense(2)])
    model.compile(optimizers.SDLM(), "mse")
    with pytest.raises(MinicnnError, match=r"Twice 'mine' has no curvature rule\. Write .*; or train with SGD or Adam"):
        model.fit(rng.standard_normal((6, 4)), rng.standard_normal((6, 2)), verbose=0)


def test_and_so_is_a_loss(rng):
    model = Sequential([layers.Dense(3, "relu", input_shape=(4,))])
    model.compile(optimizers.SDLM(), "categorical_crossentropy")
    with pytest.raises(MinicnnError, match="loss 'categorical_crossentropy': this loss has no curvature rule"):
        model.fit(rng.standard_normal((6, 4)), np.eye(3)[[0, 1, 2, 0, 1, 2]], verbose=0)


def test_no_data_is_no_mean():
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    model.compile("sgd", "mse")
    with pytest.raises(MinicnnError, match="curvature: there is no data"):
        diagonal(model)


# -- whether a step is stable ----------------------------------------------------------------------


def linear_and_rbf(rng, rate):
    model = Sequential([layers.Dense(4, input_shape=(3,), name="f6"), layers.RBF(rng.choice([-1, 1], (3, 4)))])
    model = model.astype("float64")
    model.compile(optimizers.SGD(rate), losses.PenaltyMLE())
    return model, {key: np.full_like(w, rate) for key, w in model.params.items()}


@pytest.mark.parametrize("rate", [0.01, 0.2])
def test_the_eigenvalue_of_a_linear_layer_by_hand(rng, rate):
    # The outputs move by -rate (|x|^2 + 1) times the gradient 2 e: so e becomes (1 - 2 rate (|x|^2 + 1)) e.
    model, rates = linear_and_rbf(rng, rate)
    x, y = rng.standard_normal((1, 3)), np.array([1])
    found = curvature.step_eigenvalue(model.graph, model.compiled.targets[0], Batch(x, y), rates)
    assert found == pytest.approx(2 * rate * (np.square(x).sum() + 1), rel=1e-12)
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, verbose=0)
    assert model.evaluate(x, y, verbose=0) == pytest.approx((1 - found) ** 2 * before, rel=1e-9)


def test_above_two_it_grows_and_below_it_shrinks(rng):
    x, y = rng.standard_normal((1, 3)), np.array([1])
    for factor, grows in ((1.9, False), (2.1, True)):
        model, rates = linear_and_rbf(rng, factor / (2 * (np.square(x).sum() + 1)))
        assert curvature.step_eigenvalue(model.graph, model.compiled.targets[0], Batch(x, y), rates) == \
            pytest.approx(factor)
        first = model.evaluate(x, y, verbose=0)
        model.fit(x, y, epochs=5, verbose=0)
        assert (model.evaluate(x, y, verbose=0) > first) == grows


def test_the_eigenvalue_of_a_small_lenet_from_derivatives_by_differences(rng):
    model, _ = lenet_in_small(losses.PenaltyMLE())
    x, y = rng.standard_normal((1, 10, 8, 1)), np.array([2])
    rates = {key: rng.uniform(1e-6, 2e-6, w.shape) for key, w in model.params.items()}
    found = curvature.step_eigenvalue(model.graph, model.compiled.targets[0], Batch(x, y), rates)
    twice = {key: 2 * rate for key, rate in rates.items()}
    double = curvature.step_eigenvalue(model.graph, model.compiled.targets[0], Batch(x, y), twice)
    assert double == pytest.approx(2 * found, rel=1e-12)
    before = model.activations(x)["f6"]
    jacobian = []
    for key, w in model.params.items():
        for at in np.ndindex(w.shape) if not key.startswith("rbf") else ():
            w[at] += 1e-6
            jacobian.append((model.activations(x)["f6"] - before)[0] / 1e-6 * np.sqrt(2 * rates[key][at]))
            w[at] -= 1e-6
    matrix = np.array(jacobian)
    assert found == pytest.approx(np.linalg.eigvalsh(matrix.T @ matrix)[-1], rel=1e-4)


def test_the_eigenvalue_is_of_one_pattern(rng):
    model, rates = linear_and_rbf(rng, 0.1)
    two = Batch(np.ones((2, 3)), np.zeros(2, int))
    with pytest.raises(MinicnnError, match=r"step_eigenvalue: it is one of a single pattern .* Received 2 rows"):
        curvature.step_eigenvalue(model.graph, model.compiled.targets[0], two, rates)
