"""Several inputs and outputs: how data are given, what is reported, what is refused."""

import csv

import numpy as np
import pytest

from minicnn import Input, Model, set_random_seed
from minicnn.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, LambdaCallback, ModelCheckpoint
from minicnn.feeding import ArrayFeed
from minicnn.layers import Concatenate, Conv2D, Dense, Flatten
from minicnn.models import load_model
from minicnn.optimizers import SGD, Adam

LOSSES = {"digit": "sparse_categorical_crossentropy", "size": "mse"}


def two_by_two(dtype="float32"):
    """An image and two numbers in; a class of three and a number out."""
    image, more = Input((6, 6, 1), name="image", dtype=dtype), Input((2,), name="more", dtype=dtype)
    seen = Flatten(name="flat")(Conv2D(2, 3, activation="tanh", name="conv", dtype=dtype)(image))
    both = Dense(5, "tanh", name="both", dtype=dtype)(Concatenate(name="cat")([seen, more]))
    return Model([image, more], [Dense(3, "softmax", name="digit", dtype=dtype)(both),
                                 Dense(1, name="size", dtype=dtype)(both)], name="net")


def compiled(optimizer="sgd", loss=LOSSES, **arguments):
    model = two_by_two()
    model.compile(optimizer, loss, **arguments)
    model.rng = np.random.default_rng(7)
    return model


@pytest.fixture
def x(rng):
    return [rng.random((20, 6, 6, 1)).astype(np.float32), rng.random((20, 2)).astype(np.float32)]


@pytest.fixture
def y(rng):
    return [np.arange(20) % 3, rng.random((20, 1)).astype(np.float32)]


def same(model, other):
    return all(np.array_equal(p, q) for p, q in zip(model.get_weights(), other.get_weights(), strict=True))


# -- how data are given ------------------------------------------------------------------------------


def test_predict_gives_a_list_in_the_order_of_the_outputs(x):
    model = two_by_two()
    digit, size = model.predict(x, verbose=0)
    assert (digit.shape, size.shape) == ((20, 3), (20, 1))
    np.testing.assert_allclose(digit.sum(axis=1), 1, rtol=1e-6)
    for part in (model.predict(x, batch_size=7, verbose=0), model(x)):
        np.testing.assert_allclose(part[0], digit, rtol=1e-5)
        np.testing.assert_allclose(part[1], size, rtol=1e-5)


def test_lists_tuples_and_dicts_are_the_same_data(x, y):
    named_x, named_y = {"more": x[1], "image": x[0]}, {"size": y[1], "digit": y[0]}
    models = []
    for data in ((x, y), (tuple(x), tuple(y)), (named_x, named_y), (x, named_y), (named_x, y)):
        set_random_seed(1)
        models.append(compiled())
        models[-1].fit(*data, epochs=2, batch_size=6, verbose=0)
        assert models[-1].evaluate(*data, verbose=0) == models[0].evaluate(x, y, verbose=0)
        np.testing.assert_array_equal(models[-1].predict(data[0], verbose=0)[0], models[0].predict(x, verbose=0)[0])
    assert all(same(models[0], model) for model in models)


def test_generators_feeds_and_iterables_are_the_same_data(x, y):
    def batches():
        for first in range(0, 20, 5):
            rows = slice(first, first + 5)
            yield {"image": x[0][rows], "more": x[1][rows]}, [array[rows] for array in y]

    tuples = [(tuple(a[i:i + 5] for a in x), {"digit": y[0][i:i + 5], "size": y[1][i:i + 5]}) for i in range(0, 20, 5)]
    models = []
    for feed, options in ((x, {"y": y, "shuffle": False, "batch_size": 5}), (batches(), {}), (tuples_of(tuples), {}),
                          (ArrayFeed(tuple(x), tuple(y), batch_size=5, shuffle=False), {})):
        set_random_seed(1)
        models.append(compiled())
        models[-1].fit(feed, verbose=0, **options)
    assert all(same(models[0], model) for model in models)


def tuples_of(batches):
    class Again:
        def __iter__(self):
            return iter(batches)

    return Again()


def test_validation_data_come_in_all_forms(x, y):
    model = compiled(metrics={"digit": ["accuracy"]})
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    keep = model.get_weights()
    for valid in ((x, y), (tuple(x), tuple(y)), ({"image": x[0], "more": x[1]}, {"digit": y[0], "size": y[1]}),
                  tuples_of([(tuple(x), tuple(y))]), (x, y, np.ones(20))):
        model.set_weights(keep)
        history = model.fit(x, y, validation_data=valid, verbose=0, epochs=1).history
        model.set_weights(keep)
        assert sorted(history) == sorted([*expected, *(f"val_{name}" for name in expected)])
    model.compile(SGD(0.0), LOSSES, metrics={"digit": ["accuracy"]})
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert {name: history[f"val_{name}"][0] for name in expected} == pytest.approx(expected)


def test_validation_split_takes_the_last_rows_of_every_array(x, y):
    model = compiled(SGD(0.0))
    history = model.fit(x, y, validation_split=0.25, verbose=0, sample_weight=np.arange(20.0)).history
    expected = model.evaluate([a[15:] for a in x], [a[15:] for a in y], sample_weight=np.arange(15.0, 20), verbose=0,
                              return_dict=True)
    assert {name: history[f"val_{name}"][0] for name in expected} == pytest.approx(expected)


# -- what is reported --------------------------------------------------------------------------------


def test_the_loss_is_the_weighed_sum_of_the_outputs_losses(x, y):
    model = compiled(loss_weights=[0.5, 2.0])
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(logs) == ["digit_loss", "loss", "size_loss"]
    assert logs["loss"] == pytest.approx(0.5 * logs["digit_loss"] + 2 * logs["size_loss"])
    size = model.predict(x, verbose=0)[1]
    assert logs["size_loss"] == pytest.approx(np.square(size - y[1]).mean(), rel=1e-5)


def test_lists_of_figures_have_keras_order(x, y):
    model = compiled(metrics={"size": ["mse", "mae"], "digit": "accuracy"})
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(logs) == sorted(logs)
    order = ["loss", "digit_loss", "size_loss", "digit_accuracy", "size_mae", "size_mse"]
    assert model.evaluate(x, y, verbose=0) == [logs[name] for name in order]
    assert model.train_on_batch(x, y) == pytest.approx([logs[name] for name in order])


@pytest.mark.parametrize(("metrics", "names"), [
    (None, []), ([], []), (["accuracy", "mae"], ["digit_accuracy", "size_mae"]),
    ([["accuracy"], ["mae", "mse"]], ["digit_accuracy", "size_mae", "size_mse"]),
    ([None, "mae"], ["size_mae"]), ([[], ["mae"]], ["size_mae"]), ({"size": "mae"}, ["size_mae"]),
    ({"digit": ["accuracy"]}, ["digit_accuracy"]), ({}, [])])
def test_metrics_for_all_or_some_outputs(metrics, names, x, y):
    model = compiled(metrics=metrics)
    assert list(model.fit(x, y, verbose=0).history) == sorted(["loss", "digit_loss", "size_loss", *names])


def test_metrics_may_be_functions(x, y):
    def largest(targets, scores):
        return scores.max(axis=-1)

    model = compiled(metrics={"digit": largest})
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert logs["digit_largest"] == pytest.approx(model.predict(x, verbose=0)[0].max(axis=1).mean(), rel=1e-6)


def test_an_output_without_a_loss_is_not_trained_but_may_be_measured(x, y):
    model = compiled(loss=[None, "mse"], metrics=["accuracy", None])
    before = model.params["digit/kernel"].copy()
    history = model.fit(x, y, verbose=0).history
    assert list(history) == ["digit_accuracy", "loss"], "one loss has no second name"
    np.testing.assert_array_equal(model.params["digit/kernel"], before)


def test_one_loss_serves_all_outputs(x, y):
    model = compiled(loss="mse", loss_weights=[1, 0])
    y = [np.eye(3)[y[0]], y[1]]
    before = model.params["size/kernel"].copy()
    logs = model.fit(x, y, verbose=0).history
    assert logs["loss"] == pytest.approx(logs["digit_loss"])
    np.testing.assert_array_equal(model.params["size/kernel"], before)


def test_a_model_of_one_output_may_be_compiled_as_if_it_had_several(rng):
    image = Input((3,))
    model = Model(image, Dense(2, name="end")(image))
    x, y = rng.random((4, 3)), rng.random((4, 2))
    model.compile("sgd", "mse", metrics=["mae"])
    expected = model.evaluate(x, y, verbose=0)
    for loss, metrics in ((["mse"], ["mae"]), ({"end": "mse"}, {"end": ["mae"]}), ({"end": "mse"}, {"end": "mae"})):
        model.compile("sgd", loss, metrics=metrics)
        assert model.evaluate(x, y, verbose=0) == expected
        assert model.evaluate(x, {"end": y}, verbose=0) == expected
    for weights in ([0.5], {"end": 0.5}):
        model.compile("sgd", "mse", loss_weights=weights)
        assert model.evaluate(x, y, verbose=0) == pytest.approx(0.5 * expected[0])


def test_metrics_of_one_output_come_in_the_order_they_were_given_in(rng):
    image = Input((3,))
    model = Model(image, Dense(2)(image))
    model.compile("sgd", "mse", metrics=["mse", "mae"])
    x, y = rng.random((4, 3)), rng.random((4, 2))
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "mae", "mse"]
    assert model.evaluate(x, y, verbose=0) == [logs["loss"], logs["mse"], logs["mae"]]


def test_two_outputs_of_one_layer_are_told_apart(rng):
    p, q, shared = Input((3,)), Input((3,)), Dense(2, name="d")
    model = Model([p, q], [shared(p), shared(q)])
    assert model.output_names == ["d", "d"]
    model.compile("sgd", "mse", metrics=["mae", "mae"])
    a, b, y = (rng.random((4, n)) for n in (3, 3, 2))
    logs = model.evaluate([a, b], [y, y], verbose=0, return_dict=True)
    assert list(logs) == ["d_loss", "d_loss_1", "d_mae", "d_mae_1", "loss"]
    assert logs["loss"] == pytest.approx(logs["d_loss"] + logs["d_loss_1"])
    assert logs["d_loss"] != logs["d_loss_1"]


# -- weights -----------------------------------------------------------------------------------------


def test_sample_weights_for_all_or_for_each_output(x, y):
    model, ones, ramp = compiled(), np.ones(20), np.arange(20.0)

    def figures(weight):
        return model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)

    plain, all_outputs, each = figures(None), figures(ramp), figures([ones, ramp])
    assert figures(ones) == plain
    assert each["digit_loss"] == plain["digit_loss"]
    assert each["size_loss"] == all_outputs["size_loss"] != plain["size_loss"]
    for weight in ((ones, ramp), {"size": ramp, "digit": ones}):
        assert figures(weight) == each
    assert figures(list(ramp)) == all_outputs
    one_by_one = [(tuple(a[i:i + 5] for a in x), tuple(a[i:i + 5] for a in y), (ones[i:i + 5], ramp[i:i + 5]))
                  for i in range(0, 20, 5)]
    assert model.evaluate(tuples_of(one_by_one), verbose=0, return_dict=True) == pytest.approx(each)


def test_rows_that_weigh_nothing_are_not_learned(x, y):
    model = compiled()
    before = model.get_weights()
    model.fit(x, y, sample_weight=[np.zeros(20), np.zeros(20)], verbose=0)
    for p, q in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(p, q)
    model.fit(x, y, sample_weight=[np.ones(20), np.zeros(20)], verbose=0)
    assert np.array_equal(model.params["size/kernel"], before[-2])
    assert not np.array_equal(model.params["digit/kernel"], before[-4])


# -- files and callbacks -----------------------------------------------------------------------------


def test_a_file_has_losses_weights_metrics_and_the_optimizers_state(x, y, tmp_path):
    model = compiled(Adam(0.01), loss_weights={"digit": 0.5, "size": 2}, metrics={"digit": ["accuracy"]})
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.npz")
    twin = load_model(tmp_path / "m.npz")
    for _ in range(2):
        assert twin.train_on_batch(x, y, return_dict=True) == model.train_on_batch(x, y, return_dict=True)
    assert same(model, twin)


def test_a_file_knows_an_output_without_a_loss(x, y, tmp_path):
    model = compiled(loss=[None, "mse"], metrics=[["accuracy"], []])
    model.save(tmp_path / "m.npz")
    twin = load_model(tmp_path / "m.npz")
    assert twin.evaluate(x, y, verbose=0, return_dict=True) == model.evaluate(x, y, verbose=0, return_dict=True)


def test_a_copy_in_float64_trains_on(x, y):
    model = compiled("adam")
    model.train_on_batch(x, y)
    twin = model.astype("float64")
    assert twin.train_on_batch(x, y) == pytest.approx(model.train_on_batch(x, y), rel=1e-5)


class Stop(Callback):
    """Breaks off after some steps, as a power cut would."""

    def __init__(self, after):
        self.left = after

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_a_stopped_run_goes_on_with_the_same_bits(x, y, tmp_path):
    def fit(*callbacks):
        set_random_seed(2)
        model = compiled(Adam(0.01), metrics={"digit": "accuracy"})
        history = model.fit(x, y, epochs=3, batch_size=6, verbose=0, validation_data=(x, y), callbacks=list(callbacks))
        return model, history.history

    whole, history = fit()
    with pytest.raises(KeyboardInterrupt):
        fit(BackupAndRestore(tmp_path / "backup", save_freq=1), Stop(6))
    resumed, rest = fit(BackupAndRestore(tmp_path / "backup", save_freq=1))
    assert same(whole, resumed)
    assert rest == history


def test_callbacks_see_the_names_of_all_figures(x, y, tmp_path):
    seen = []
    model = compiled(metrics={"digit": "accuracy"})
    history = model.fit(x, y, epochs=2, batch_size=10, verbose=0, validation_data=(x, y), callbacks=[
        LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(sorted(logs))),
        CSVLogger(tmp_path / "log.csv"), EarlyStopping("val_size_loss", patience=5),
        ModelCheckpoint(tmp_path / "best.npz", "val_digit_accuracy", save_best_only=True)]).history
    names = ["digit_accuracy", "digit_loss", "loss", "size_loss"]
    assert seen == [names] * 4
    assert sorted(history) == sorted([*names, *(f"val_{name}" for name in names)])
    with open(tmp_path / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_size_loss"]) for row in rows] == pytest.approx(history["val_size_loss"])
    assert load_model(tmp_path / "best.npz").output_names == ["digit", "size"]


def test_the_progress_bar_shows_every_figure(x, y, capsys):
    compiled().fit(x, y, verbose=2)
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("digit_loss: ", "size_loss: ", " loss: "))


# -- refused -----------------------------------------------------------------------------------------


def test_compile_refuses_what_does_not_fit_the_outputs(refuses):
    model = two_by_two()
    both = "Model 'net'.compile: the model has 2 outputs. Expected a list of 2 or a dict by name: digit, size, " \
        "received "

    def compile(**arguments):
        return lambda: model.compile("sgd", **{"loss": "mse", **arguments})

    refuses(compile(loss=["mse"]), both + "1 of them")
    refuses(compile(loss=["mse"] * 3), both + "3 of them")
    refuses(compile(loss={"digit": "mse"}), "outputs are missing. Expected ['digit', 'size'], received none for ['s")
    refuses(compile(loss={"digit": "mse", "sise": "mse"}), "output 'sise': no such name ... Did you mean 'size'?")
    refuses(compile(loss=[None, None]), "a loss is needed")
    refuses(compile(loss=["mse", "sme"]), "loss 'sme': no such name is known")
    refuses(compile(loss_weights=[1]), both + "1 of them")
    refuses(compile(loss_weights=0.5), both + "float")
    refuses(compile(loss_weights={"size": 1}), "outputs are missing")
    refuses(compile(loss_weights=[1, "2"]), "a loss weight must be a number")
    refuses(compile(metrics=["accuracy"]), both + "1 of them")
    refuses(compile(metrics="accuracy"), "metrics must be a list ... received 'accuracy'")
    refuses(compile(metrics={"sise": "mae"}), "output 'sise': no such name ... Did you mean 'size'?")
    refuses(compile(metrics=[["accurcy"], None]), "metric 'accurcy': no such name is known")
    refuses(compile(metrics=[3, None]), "metric 3: no such name is known")
    assert model.compiled is None, "a refused compile settles nothing"


def test_data_that_do_not_fit_are_refused(x, y, refuses):
    model = compiled()

    def fit(x, y, **arguments):
        return lambda: model.fit(x, y, verbose=0, **arguments)

    both = "Model 'net'.fit: the model has 2 inputs. Expected a list of 2 or a dict by name: image, more, received "
    refuses(fit(x[0], y), both + "ndarray")
    refuses(fit([x[0]], y), both + "1 of them")
    refuses(fit([*x, x[0]], y), both + "3 of them")
    refuses(fit({"image": x[0]}, y), "inputs are missing. Expected ['image', 'more'], received none for ['more']")
    refuses(fit({"image": x[0], "mora": x[1]}, y), "input 'mora': no such name ... Did you mean 'more'?")
    refuses(fit(x[::-1], y), "Model 'net'.fit: image: the data do not fit the model's input. Expected shape (N, 6,")
    refuses(fit([x[0], x[1][:7]], y), "the inputs are not of one length. Received [20, 7]")
    refuses(fit(x, y[0]), "the model has 2 outputs. Expected a list of 2 or a dict by name: digit, size, received ndar")
    refuses(fit(x, y[:1]), "the model has 2 outputs")
    refuses(fit(x, {"digit": y[0]}), "outputs are missing")
    refuses(fit(x, {"digit": y[0], "sise": y[1]}), "output 'sise': no such name is known")
    refuses(fit(x, [y[0], y[1][:5]]), "x and y of size are not of one length. Expected 20 targets, received shape")
    refuses(fit(x, None), "targets are missing")
    refuses(fit(x, y[::-1]), "categorical_crossentropy")
    bad = [x[0], np.where(np.arange(2) == 1, np.nan, x[1])]
    refuses(fit(bad, y), "Model 'net'.fit: more: x: 20 of 40 values are not finite")
    refuses(fit(x, [y[0], y[1] * np.inf]), "y of size: 20 of 20 values are not finite")


def test_weights_that_do_not_fit_are_refused(x, y, refuses):
    model, ones = compiled(), np.ones(20)

    def fit(weight=None, **arguments):
        return lambda: model.fit(x, y, verbose=0, sample_weight=weight, **arguments)

    refuses(fit(np.ones(19)), "sample_weight must give one number per row. Expected (20,), received (19,)")
    refuses(fit([ones]), "the model has 2 outputs")
    refuses(fit([ones, ones, ones]), "sample_weight: the model has 2 outputs. ... received 3 of them")
    refuses(fit([ones, ones[:3]]), "sample_weight must give one number per row. Expected (20,), received (3,)")
    refuses(fit([ones, -ones]), "sample_weight must not be negative")
    refuses(fit({"digit": ones}), "outputs are missing")
    refuses(fit({"digit": ones, "sise": ones}), "output 'sise': no such name is known")
    refuses(fit([]), "sample_weight must give one number per row. Expected (20,), received (0,)")
    refuses(fit(class_weight={0: 2.0}), "class_weight goes with one output. Received 2. Give sample_weight, an ")


def test_two_outputs_of_one_name_are_given_as_a_list(rng, refuses):
    p, q, shared = Input((3,)), Input((3,)), Dense(2, name="d")
    model = Model([p, q], [shared(p), shared(q)], name="m")
    refuses(lambda: model.compile("sgd", {"d": "mse"}), "Model 'm'.compile: two outputs have one name. Received "
            "['d', 'd']. Give a list")
    model.compile("sgd", "mse")
    refuses(lambda: model.fit([rng.random((4, 3))] * 2, {"d": rng.random((4, 2))}), "two outputs have one name")


def test_batches_that_do_not_fit_are_refused_when_they_come(x, y, refuses):
    model = compiled()
    refuses(lambda: model.fit(iter([(x[0], y)]), verbose=0), "fit, epoch 1, step 1: the model has 2 inputs")
    refuses(lambda: model.fit(iter([(x, y[0])]), verbose=0), "fit, epoch 1, step 1: the model has 2 outputs")
    refuses(lambda: model.fit(iter([(x[0], x[1], y[0], y[1])]), verbose=0), "each batch must be a tuple ... tuple of 4")
    refuses(lambda: model.evaluate(iter([({"image": x[0]}, y)]), verbose=0), "evaluate: inputs are missing")


def test_what_wants_one_output_says_so(x, refuses):
    model = two_by_two()
    cut = "the model has several outputs. Cut a model with the one that is meant: Model(model.input, model.outputs[0])"
    refuses(lambda: model.predict_classes(x), f"Model 'net'.predict_classes: {cut}")
    refuses(lambda: model.input_gradient(x, 0), f"Model 'net'.input_gradient: {cut}")
    refuses(lambda: model.forward(*x), f"Model 'net'.forward: {cut}")
    gradients = model.input_gradient(x, 1, of="digit/pre")
    assert [g.shape for g in gradients] == [(20, 6, 6, 1), (20, 2)]
    one = Model(model.input, model.outputs[0])
    assert one.predict_classes(x).shape == (20,)


def test_called_on_arrays_that_do_not_fit_it_refuses(x, refuses):
    model = two_by_two()
    refuses(lambda: model(x[0]), "the model has 2 inputs. Expected a list of 2 or a dict by name: image, more")
    refuses(lambda: model([*x, x[0]]), "the model has 2 inputs")
    refuses(lambda: model(x[1], x[0]), "image: the data do not fit the model's input. Expected shape (N, 6, 6, 1)")
    refuses(lambda: model([x[0], Input((2,))]), "arrays and symbols do not mix")
    refuses(lambda: model(Input((6, 6, 1))), "Model 'net': the model was built for another input")
