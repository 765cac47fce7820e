"""Files that Keras wrote, files for Keras, and what is wrong with some; Keras need not be there."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import minicnn
from minicnn import Input, MinicnnError, Model, Sequential, activations, layers, losses, optimizers
from minicnn.applications import LeNet5
from minicnn.models import load_model
from minicnn.models.keras import archive, rebuilding
from minicnn.models.keras.read_config import read_model
from minicnn.models.keras.write_config import model_config

KERAS = Path(__file__).parents[1] / "keras" / "references" / "files"
FILES = ["graph.keras", "graph.h5", "row.keras", "row.h5", "row_keras2.h5"]


def numbers(name):
    with np.load(KERAS / f"{name.split('.')[0].removesuffix('_keras2')}.npz") as file:
        known = {kind: [file[key] for key in sorted(file) if key.startswith(kind)] for kind in ("x", "before", "after")}
    return {**known, "x": known["x"] if len(known["x"]) > 1 else known["x"][0]}


def batch(model, seed):
    """As in make_file_references."""
    rng = np.random.default_rng(seed)
    both = [[rng.random((4, *node.sample_shape), np.float32) for node in nodes]
            for nodes in (model.inputs, model.outputs)]
    return tuple(arrays if len(arrays) > 1 else arrays[0] for arrays in both)


def same(found, expected):
    found = found if isinstance(found, list) else [found]
    assert len(found) == len(expected)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_keras_predicts_the_same_and_trains_on(name):
    model, known = load_model(KERAS / name), numbers(name)
    same(model.predict(known["x"], verbose=0), known["before"])
    assert model.optimizer.iterations == 3
    model.train_on_batch(*batch(model, 3))
    same(model.predict(known["x"], verbose=0), known["after"])


def test_what_the_files_say_of_the_settings():
    graph, row = load_model(KERAS / "graph.keras"), load_model(KERAS / "row_keras2.h5")
    assert [target.weight for target in graph.compiled.targets] == [1.0, 0.5]
    assert [type(target.loss) for target in graph.compiled.targets] == [losses.CategoricalCrossentropy, losses.Huber]
    assert [list(target.metrics) for target in graph.compiled.targets] == [["accuracy"], []]
    assert graph.optimizer.learning_rate(4) == pytest.approx(0.01 * 0.9**2)
    assert graph.get_layer("conv").kernel_regularizer.l2 == pytest.approx(0.01)
    assert isinstance(row.optimizer, optimizers.SGD)
    assert row.optimizer.momentum == 0.9
    assert row.get_layer("leaky").negative_slope == pytest.approx(0.3)


@pytest.mark.parametrize("name", FILES)
def test_settings_can_be_left_out(name):
    model = load_model(KERAS / name, compile=False)
    assert model.compiled is None
    same(model.predict(numbers(name)["x"], verbose=0), numbers(name)["before"])


def test_what_is_inside_decides_not_the_ending(tmp_path):
    for name in FILES:
        path = tmp_path / f"{name}.npz"
        path.write_bytes((KERAS / name).read_bytes())
        same(load_model(path).predict(numbers(name)["x"], verbose=0), numbers(name)["before"])


# -- written here --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".keras", ".h5", ".hdf5", ".npz"])
def test_the_same_model_gives_the_same_bytes_and_trains_on_in_the_same_way(compiled, data, tmp_path, ending):
    model = compiled(optimizers.Adam(0.01))
    x, y = data
    model.train_on_batch(x, y)
    paths = [tmp_path / f"{number}{ending}" for number in (1, 2)]
    for path in paths:
        model.save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    again = load_model(paths[0])
    model.train_on_batch(x, y)
    again.train_on_batch(x, y)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_settings_of_own_files_can_be_left_out_too(compiled, data, tmp_path):
    model = compiled("adam")
    model.train_on_batch(*data)
    model.save(tmp_path / "model.npz")
    again = load_model(tmp_path / "model.npz", compile=False)
    assert again.compiled is None
    np.testing.assert_array_equal(again.predict(data[0], verbose=0), model.predict(data[0], verbose=0))


def test_lenet5_as_built_ins_computes_and_learns_the_same(rng):
    model = LeNet5()
    model.compile(optimizers.SGD(0.0001, momentum=0.9), "mse")
    x, y = rng.random((3, 32, 32, 1)).astype(np.float32), rng.random((3, 10)).astype(np.float32)
    model.train_on_batch(x, y)
    plain = rebuilding.as_builtins(model)
    trainable = sum(layer.params[name].size for layer in plain.graph.learning().values() for name in layer.learned)
    assert trainable == 60_000
    for _ in range(2):
        model.train_on_batch(x, y)
        plain.train_on_batch(x, y)
    np.testing.assert_allclose(plain.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
    again = rebuilding.recognized(plain)
    assert again.get_config()["layers"][1]["class_name"] == "layers.Subsampling2D"
    assert again.params.keys() == model.params.keys()
    assert all(again.optimizer.slots["momentum"][key].shape == slot.shape
               for key, slot in model.optimizer.slots["momentum"].items())
    for _ in range(2):
        plain.train_on_batch(x, y)
        again.train_on_batch(x, y)
    np.testing.assert_allclose(again.predict(x, verbose=0), plain.predict(x, verbose=0), rtol=1e-5)
    assert (again.predict_classes(x) == again.predict(x, verbose=0).argmin(axis=1)).all()


def test_the_model_itself_is_not_touched():
    model = LeNet5()
    calls, before = [len(layer.calls) for layer in model.layers], model.get_weights()
    plain = rebuilding.as_builtins(model)
    for array in plain.params.values():
        array += 1
    assert [len(layer.calls) for layer in model.layers] == calls
    assert all((a == b).all() for a, b in zip(model.get_weights(), before, strict=True))


def test_models_that_look_alike_are_not_taken_for_a_layer():
    def alike(slope=2 / 3, name="C_tanh"):
        inner = Sequential([Input((4,), name="C_input"), layers.Dense(3, name="C_product"),
                            layers.Rescaling(slope, name="C_slope"), layers.Activation("tanh", name=name),
                            layers.Rescaling(1.7159, name="C_amplitude")], name="C")
        return Sequential([Input((4,)), inner])

    assert isinstance(rebuilding.recognized(alike()).layers[0], layers.Dense)
    for other in (alike(slope=0.5), alike(name="tanh")):
        assert rebuilding.recognized(other) is other


@pytest.mark.parametrize(("make", "told"), [
    (lambda: layers.LocalResponseNormalization(name="n"), "Keras has no LocalResponseNormalization"),
    (lambda: layers.Activation(activations.Gelu(approximate=True), name="n"), "Keras has no activation 'gelu' with"),
    (lambda: layers.Conv2DTranspose(1, 2, activation=activations.Gelu(approximate=True), name="n"),
     "Keras has no activation 'gelu' with"),
])
def test_what_cannot_be_exported(make, told, tmp_path):
    with pytest.raises(MinicnnError, match=told):
        Sequential([Input((4, 4, 2)), make()]).save(tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())


def test_prototypes_that_move_cannot_be_exported(tmp_path):
    model = Sequential([Input((2,)), layers.RBF([[0.0, 1.0]], trainable=True, name="rbf")])
    with pytest.raises(MinicnnError, match=r"nothing for prototypes that move.* layer\.trainable = False"):
        model.save(tmp_path / "model.keras")


def test_settings_that_keras_lacks_are_left_out_with_a_warning(tmp_path):
    model = LeNet5()
    model.compile("sgd", "penalty_mle")
    with pytest.warns(UserWarning, match="Keras has no PenaltyMLE.* The compile settings are left out"):
        model.save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").compiled is None


def test_a_metric_of_ones_own_is_left_out_with_a_warning(make, tmp_path):
    def mine(y_true, scores):
        return np.zeros(len(y_true))

    model = make()
    model.compile("sgd", "mse", metrics=["mae", mine])
    with pytest.warns(UserWarning, match="Keras has no metric 'mine'"):
        model.save(tmp_path / "model.keras")
    assert list(load_model(tmp_path / "model.keras").compiled.targets[0].metrics) == ["mae"]


def test_names_of_files(make, tmp_path, refuses):
    model = make()
    model.save(tmp_path / "m.keras")
    refuses(lambda: model.save(tmp_path / "m.keras", overwrite=False), "the file exists. Pass overwrite=True.")
    refuses(lambda: model.save(tmp_path / "m.weights.h5"), "this is the ending of weights alone")
    refuses(lambda: model.save(tmp_path / "m.pt"), "unknown kind of file. Expected a name that ends in .npz, .keras")
    refuses(lambda: load_model(tmp_path / "none.keras"), "there is no such file")
    model.save_weights(tmp_path / "w.h5")
    refuses(lambda: load_model(tmp_path / "w.h5"), "the file has weights, but no model ... Build the model")


def test_a_configuration_too_long_for_the_older_format(tmp_path, refuses):
    model = Sequential([Input((4,)), *(layers.Dense(4, name=f"dense_{'x' * 300}_{i}") for i in range(100))])
    refuses(lambda: model.save(tmp_path / "model.h5"), "the model_config is too long ... Save it as .keras.")


def test_without_h5py(make, monkeypatch, tmp_path, refuses):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    refuses(lambda: make().save(tmp_path / "m.keras"), 'h5py is needed ... pip install "minicnn[keras]"')
    refuses(lambda: load_model(KERAS / "row.h5"), 'h5py is needed ... pip install "minicnn[keras]"')


def test_without_keras(make, monkeypatch, refuses):
    monkeypatch.setitem(__import__("sys").modules, "keras", None)
    refuses(make().to_keras, "Keras is not installed here ... pip install keras")


# -- configurations ------------------------------------------------------------------------------------


def config(**changes):
    """A Dense layer in a Sequential, in Keras's words, with something changed in the layer's configuration."""
    model = Sequential([Input((4,), name="x"), layers.Dense(3, name="d")], name="m")
    whole = json.loads(json.dumps(model_config(model)))
    whole["config"]["layers"][1]["config"].update(changes)
    return whole


def with_layer(kind, **other):
    whole = config()
    whole["config"]["layers"][1] = {"class_name": kind, "config": {"name": "d", **other}}
    return whole


@pytest.mark.parametrize(("value", "told"), [
    (config(kernel_constraint={"class_name": "MaxNorm"}), "w: Sequential 'm': Dense 'd': minicnn's Dense has no "
                                                          "kernel_constraint. Expected None"),
    (config(color="red"), "Dense 'd': minicnn's Dense has no argument 'color'. Received 'red'"),
    (config(activation="mish"), "Dense 'd': activation: activation 'mish': no such name is known"),
    (config(activation={"module": "mine", "class_name": "Mine", "config": {}}),
     "minicnn has no activation 'mine>Mine'"),
    (config(kernel_initializer={"module": "keras.initializers", "class_name": "Orthogonal", "config": {}}),
     "kernel_initializer: minicnn has no initializer 'Orthogonal'"),
    (config(dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}),
     "minicnn computes in one type. Expected 'float32' or 'float64', received 'mixed_float16'"),
    (config(units=-3), "units must be an integer"),
    (config(name=3), "a layer's name is a string"),
    (config(units={"class_name": "__lambda__", "config": {"value": "x"}}), "units: this is not understood"),
    (with_layer("Lambda", function={"class_name": "__lambda__"}), "Lambda 'd': a Lambda layer brings code of its own"),
    (with_layer("LSTM"), "LSTM 'd': minicnn has no such layer. Expected one of Activation, Add"),
    (with_layer("MaxPooling2D", data_format="channels_first"), "MaxPooling2D has no data_format. Expected "
                                                               "'channels_last' or None, received 'channels_first'"),
    (with_layer("Dense", units=3, activation=[1]), "no such name is known"),
    (with_layer("InputLayer", batch_shape=[None, None, 3]), "the size of the input is not known"),
    (with_layer("Conv2D", filters=3, kernel_size=[3, 3]), "the input is not an image"),
    ({"class_name": "Thing", "config": {}}, "the model is of a class 'Thing'"),
    ({"class_name": "Functional", "config": {"name": "m"}}, "the model is of a class 'Functional'"),
    ([], "this is no model"), (None, "this is no model"),
    ({"class_name": "Sequential", "config": 3}, "this is no model"),
    ({"class_name": "Sequential", "config": {"layers": []}}, "the model has no name"),
    ({"class_name": "Sequential", "config": {"name": "m", "layers": 4}}, "the configuration has no list 'layers'"),
])
def test_configurations_refused_in_words(value, told, refuses):
    refuses(lambda: read_model(value, "w"), told)


def test_a_class_of_somebodys_own_is_not_taken_for_ours(refuses):
    whole = config()
    whole["config"]["layers"][1]["module"] = "os"
    refuses(lambda: read_model(whole, "w"), "os>Dense 'd': minicnn has no such layer")


def functional(change):
    """A small graph in Keras's words, with something changed."""
    x = Input((4,), name="x")
    dense = layers.Dense(4, name="d")
    whole = json.loads(json.dumps(model_config(Model(x, layers.Add(name="s")([dense(x), x]), name="m"))))
    change(whole["config"], {layer["name"]: layer for layer in whole["config"]["layers"]})
    return whole


def history(layer):
    return layer["inbound_nodes"][0]["args"][0]["config"]["keras_history"]


@pytest.mark.parametrize(("change", "told"), [
    (lambda c, by: history(by["d"]).__setitem__(0, "nobody"), "the configuration is damaged. Received KeyError"),
    (lambda c, by: history(by["d"]).__setitem__(0, "s"), "the layer 'd' waits for values that no layer gives"),
    (lambda c, by: history(by["d"]).__setitem__(2, 1), "there is no such value. Received ('x', 0, 1)"),
    (lambda c, by: c.update(output_layers=["s", 7, 0]), "there is no such value. Received ('s', 7, 0)"),
    (lambda c, by: c.update(output_layers=None), "the configuration is damaged"),
    (lambda c, by: by["d"]["inbound_nodes"][0]["args"].append(3), "called with more than values of other layers"),
    (lambda c, by: by["d"]["inbound_nodes"][0]["kwargs"].update(mask=3), "the layer is called with 'mask'"),
    (lambda c, by: by["d"].update(name="e"), "a layer has two names. Expected 'e', received 'd'"),
    (lambda c, by: by["s"].update(module="keras.src.ops.numpy", class_name="Maximum"), "no such operation on values"),
])
def test_graphs_refused_in_words(change, told, refuses):
    refuses(lambda: read_model(functional(change), "w"), told)


def test_a_layer_that_is_always_called_as_in_training_is_refused(refuses):
    def change(config, by_name):
        by_name["d"].update(class_name="Dropout", config={"name": "d", "rate": 0.5})
        by_name["d"]["inbound_nodes"][0]["kwargs"]["training"] = True

    refuses(lambda: read_model(functional(change), "w"), "Dropout 'd': it is called with training=True")


def test_models_in_models_without_end_are_refused(refuses):
    value = config()
    for _ in range(40):
        value = {"class_name": "Sequential", "config": {"name": "m", "layers": [value]}}
    refuses(lambda: read_model(value, "w"), "models lie in models too deeply")


# -- damaged files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_cut_files(name, tmp_path):
    data, path = (KERAS / name).read_bytes(), tmp_path / name
    for length in range(0, len(data) - 1, 701):
        path.write_bytes(data[:length])
        with pytest.raises(MinicnnError, match=r"load_model|loading"):
            load_model(path)


@pytest.mark.parametrize("name", FILES)
def test_files_with_a_byte_changed(name, tmp_path):
    """An error in words, or a model: .h5 has no checksums, so a changed number may go unseen."""
    data, path, rng = (KERAS / name).read_bytes(), tmp_path / name, np.random.default_rng(0)
    refused = 0
    for place in rng.integers(len(data), size=150):
        changed = bytearray(data)
        changed[place] ^= 1 << rng.integers(8)
        path.write_bytes(changed)
        try:
            assert isinstance(load_model(path), Model)
        except MinicnnError:
            refused += 1
    # An archive has a checksum of each member.
    assert refused > (100 if name.endswith(".keras") else 10)


def rewritten(change, name="row.keras"):
    """The bytes of an archive whose members, a dict, were changed."""
    with zipfile.ZipFile(KERAS / name) as file:
        members = {member: file.read(member) for member in file.namelist()}
    change(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for member, content in members.items():
            file.writestr(member, content)
    return buffer.getvalue()


@pytest.mark.parametrize(("change", "told"), [
    (lambda m: m.pop("config.json"), "the archive has no config.json"),
    (lambda m: m.pop("model.weights.h5"), "the archive has no model.weights.h5"),
    (lambda m: m.update({"config.json": b"{"}), "the configuration is damaged"),
    (lambda m: m.update({"config.json": b"[" * 100_000}), "the configuration is damaged"),
    (lambda m: m.update({"config.json": b"[]"}), "this is no model"),
    (lambda m: m.update({"config.json": b" " * 60_000_000}), "config.json would be too large"),
    (lambda m: m.update({"model.weights.h5": bytes(30_000_000)}), "model.weights.h5 would be too large"),
    (lambda m: m.update({"model.weights.h5": b"pickle"}), "the file is damaged or no HDF5 file"),
])
def test_archives_refused_in_words(change, told, refuses):
    refuses(lambda: archive.read_archive(rewritten(change), "w"), told)


def test_other_members_are_not_looked_at(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(rewritten(lambda m: m.update({"/etc/evil": b"x", "../evil": b"x", "assets/a": b"x"})))
    same(load_model(path).predict(numbers("row")["x"], verbose=0), numbers("row")["before"])
    assert [found.name for found in tmp_path.parent.rglob("evil")] == []


def test_the_weights_of_another_model(refuses):
    with zipfile.ZipFile(KERAS / "graph.keras") as file:
        other = file.read("model.weights.h5")
    refuses(lambda: archive.read_archive(rewritten(lambda m: m.update({"model.weights.h5": other})), "w"), "w: ")


def test_a_model_too_large_for_the_file(tmp_path, refuses):
    def change(members):
        members["config.json"] = members["config.json"].replace(b'"units": 2', b'"units": 20000000000')

    refuses(lambda: archive.read_archive(rewritten(change), "w"), "weights of 260000000030 numbers, received")
    path = tmp_path / "row.h5"
    path.write_bytes((KERAS / "row.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"units": 2', '"units": 20000000000')
    refuses(lambda: load_model(path), "weights of 240000000030 numbers")


def test_weights_of_a_wrong_shape_all_in_one_message(tmp_path, refuses):
    path = tmp_path / "row.h5"
    path.write_bytes((KERAS / "row.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        for name in ("conv/row/conv/kernel", "dense/row/dense/bias"):
            group = file["model_weights"]
            del group[name]
            group[name] = np.zeros(7, np.float32)
    refuses(lambda: load_model(path), "conv ... dense")


@pytest.mark.parametrize(("settings", "told"), [
    ({"optimizer": {"class_name": "Ftrl", "config": {}}, "loss": "mse"}, "minicnn has no optimizer 'Ftrl'"),
    ({"optimizer": "sgd", "loss": {"class_name": "Dice", "config": {}}}, "minicnn has no loss 'Dice'"),
    ({"optimizer": "sgd", "loss": "mse", "metrics": [{"class_name": "AUC", "config": {}}]}, "metric 'AUC'"),
    ({"optimizer": "sgd", "loss": "mse", "weighted_metrics": ["mae"]}, "minicnn has no weighted metrics"),
    ({"optimizer": "sgd", "loss": {"other": "mse"}}, "there is a loss for 'other'"),
    ({"optimizer": "sgd", "loss": ["mse", "mse"]}, "there must be one loss for each output"),
    ({"optimizer": {"class_name": "SGD", "config": {"use_ema": True}}, "loss": "mse"}, "SGD has no use_ema"),
    ({"loss": "mse"}, "the file does not say which optimizer the model had"),
    ({"optimizer": 3, "loss": "mse"}, "this is no optimizer"),
    ([1], "the compile settings are damaged"),
])
def test_settings_refused_in_words(settings, told, refuses):
    def change(members):
        config = json.loads(members["config.json"])
        members["config.json"] = json.dumps({**config, "compile_config": settings}).encode()

    data = rewritten(change)
    refuses(lambda: archive.read_archive(data, "w"), f"{told}")
    assert archive.read_archive(data, "w", compiled=False).compiled is None


def test_metrics_of_keras_by_class(refuses):
    def change(members):
        config = json.loads(members["config.json"])
        config["compile_config"]["metrics"] = [
            {"class_name": "TopKCategoricalAccuracy", "config": {"name": "top", "k": 2}},
            {"class_name": "MeanSquaredError", "config": {"name": "squares", "dtype": "float32"}}]
        members["config.json"] = json.dumps(config).encode()

    metrics = archive.read_archive(rewritten(change), "w").compiled.targets[0].metrics
    assert list(metrics) == ["top", "squares"]
    assert metrics["top"].k == 2
    assert metrics["squares"] is minicnn.metrics.mean_squared_error
