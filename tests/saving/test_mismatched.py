"""A sound archive whose parts do not fit each other: all mismatches in one message, and nothing half loaded."""

import numpy as np
import pytest

from minicnn import load_model

KERNEL, SLOT = "weights/dense/kernel", "optimizer/momentum/dense/kernel"


def pop(name):
    return lambda arrays: arrays.pop(name)


def put(name, value):
    return lambda arrays: arrays.__setitem__(name, value)


def cast(name, dtype):
    return lambda arrays: arrays.__setitem__(name, arrays[name].astype(dtype))


@pytest.mark.parametrize(("change", "told"), [
    (pop(KERNEL), "weights/dense/kernel is missing."), (pop(SLOT), "optimizer/momentum/dense/kernel is missing."),
    (put("weights/dense/scale", np.zeros(3, np.float32)), "weights/dense/scale belongs to no layer."),
    (put("optimizer/speed/dense/bias", np.zeros(3, np.float32)), "optimizer/speed/dense/bias belongs to no layer."),
    (put("extra", np.zeros(3)), "extra belongs to no layer."),
    (put("optimizer/x", np.zeros(3)), "optimizer/x belongs to no layer."),
    (put(KERNEL, np.zeros((3, 32), np.float32)), "weights/dense/kernel is float32 (3, 32) instead of float32 (32, 3)."),
    (put(KERNEL, np.float32(1)), "weights/dense/kernel is float32 () instead of float32 (32, 3)."),
    (put(SLOT, np.zeros(3, np.float32)), "optimizer/momentum/dense/kernel is float32 (3,) instead of float32 (32, 3)."),
    *[(cast(KERNEL, dtype), f"weights/dense/kernel is {dtype} (32, 3) instead of float32 (32, 3).")
      for dtype in ("float64", "float16", "int64", "uint8", "bool", "complex64", "<U32")],
    (cast(SLOT, "float64"), "optimizer/momentum/dense/kernel is float64 (32, 3) instead of float32 (32, 3)."),
])
def test_one_mismatch(rewrite, refuses, change, told):
    file = rewrite(arrays=change)
    refuses(lambda: load_model(file), f"load_model '{file}': the arrays do not fit the configuration: {told}")


def test_all_mismatches_are_told_at_once(rewrite, refuses):
    def change(arrays):
        del arrays["weights/conv/bias"], arrays["optimizer/momentum/conv/bias"]
        arrays["weights/conv/b"] = np.zeros(2, np.float32)
        arrays[KERNEL] = arrays[KERNEL].T
        arrays[SLOT] = arrays[SLOT].astype(int)

    file = rewrite(arrays=change)
    refuses(lambda: load_model(file), "weights/conv/bias is missing; optimizer/momentum/conv/bias is missing; "
            "weights/conv/b belongs to no layer; weights/dense/kernel is float32 (3, 32) instead of float32 (32, 3); "
            "optimizer/momentum/dense/kernel is int64 (32, 3) instead of float32 (32, 3).")


def test_slots_without_an_optimizer(rewrite, refuses):
    file = rewrite(document=lambda document: document.pop("compile") and None)
    refuses(lambda: load_model(file), "optimizer/momentum/conv/kernel belongs to no layer; optimizer/momentum/")


def test_unchanged_it_loads(rewrite, model):
    loaded = load_model(rewrite())
    assert all(map(np.array_equal, loaded.get_weights(), model.get_weights()))


def at(*path, value):
    """A change of the document at a path of keys."""
    def change(document):
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value
    return change


def without(*path):
    def change(document):
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]
    return change


CONV = ("model", "config", "layers", 0)


@pytest.mark.parametrize(("change", "told"), [
    (at("version", value=3), "the file has another version. Expected 2, received 3. Use the minicnn that wrote it"),
    (at("version", value="1"), "the file has another version"), (without("version"), "the file has another version"),
    (at("format", value="keras"), "this is not a minicnn model"), (without("format"), "this is not a minicnn model"),
    (lambda document: "a text", "this is not a minicnn model"),
    (lambda document: b"\xff\xfe", "the configuration is damaged"),
    (lambda document: b"", "the configuration is damaged"),
    (lambda document: b"{\"format\": \"mini", "the configuration is damaged"),
    (without("model"), "the configuration of the model is damaged. Received KeyError: 'model'"),
    (at("model", value=None), "the configuration of the model is not one. Expected Model, received NoneType"),
    (at("model", value=[1]), "the configuration of the model is not one. Expected Model, received list"),
    (at("model", value={"class_name": "layers.Flatten", "config": {}}), "is not one. Expected Model, received Flatten"),
    (at("model", "class_name", value="models.Sequentiall"), "class 'models.Sequentiall': it is not known here"),
    (at("model", "class_name", value=["Sequential"]), "the configuration of the model is damaged"),
    (at("model", "config", value=[]), "the configuration of the model is damaged"),
    (without("model", "config", "layers"), "the configuration of the model is damaged. Received KeyError: 'layers'"),
    (at("model", "config", "layers", value=5), "the configuration of the model is damaged"),
    (at("model", "config", "layers", value=[5]), "only layers can be added"),
    (at("model", "config", "input_shape", value=[6, 6]), "Conv2D 'conv': the input is not an image"),
    (at("model", "config", "input_shape", value=[2, 2, 1]), "Conv2D 'conv' (input shape (2, 2, 1)): the kernel is"),
    (at("model", "config", "input_shape", value="abc"), "the input shape is a tuple"),
    (at("model", "config", "input_dtype", value="float8"), "unknown dtype"),
    (at(*CONV, "class_name", value="somebody>Scale"), "class 'somebody>Scale': it is not known here. Import the"),
    (at(*CONV, "class_name", value="os.system"), "class 'os.system': it is not known here"),
    (at(*CONV, "config", "filters", value=0), "model does not fit. Conv2D 'conv': filters must be an integer"),
    (at(*CONV, "config", "filters", value="two"), "Conv2D 'conv': filters must be an integer ... received 'two'"),
    (at(*CONV, "config", "kernel_size", value=[3]), "Conv2D 'conv': kernel_size must be one integer or two"),
    (at(*CONV, "config", "colour", value="red"), "Conv2D: the configuration does not fit the constructor ... 'colour'"),
    (without(*CONV, "config", "filters"), "Conv2D: the configuration does not fit the constructor ... 'filters'"),
    (at(*CONV, "config", "name", value="dense"), "there is a layer 'dense' already"),
    (at(*CONV, "config", "activation", value="rellu"), "activation 'rellu' ... Did you mean 'relu'"),
    (at(*CONV, "config", "activation", value={"array": [[1], [1, 2]], "dtype": "int64"}), "model is damaged"),
    (at(*CONV, "config", "activation", value={"array": [1], "dtype": "nonsense"}), "model is damaged"),
    (at(*CONV, "config", value="text"), "the configuration of the model is damaged"),
    (at("compile", value=None), "the configuration of the optimizer is damaged"),
    (at("compile", value=[]), "the configuration of the optimizer is damaged"),
    (without("compile", "loss"), "the compile settings are damaged. Received KeyError: 'loss'"),
    (at("compile", "loss", value=[{"class_name": "optimizers.SGD", "config": {}}]), "is not one. Expected Loss"),
    (at("compile", "loss", 0, "class_name", value="losses.Hing"), "class 'losses.Hing': it is not known here"),
    (at("compile", "optimizer", "config", "momentum", value=2), "optimizer does not fit. SGD: momentum must be"),
    (at("compile", "metrics", value=[["acuracy"]]), "the compile settings do not fit. metric 'acuracy'"),
    (at("compile", "metrics", value="accuracy"), "the compile settings do not fit. ... metrics must be a list"),
    (without("compile", "metrics"), "the compile settings are damaged. Received KeyError: 'metrics'"),
    (at("compile", "iterations", value=-1), "iterations must be an integer"),
    (at("compile", "iterations", value="many"), "iterations must be an integer"),
    (without("compile", "slots"), "the compile settings are damaged. Received KeyError: 'slots'"),
    (at("compile", "slots", value=["momentum"]), "the compile settings are damaged"),
    (at("compile", "slots", value={"momentum": 5}), "the compile settings are damaged"),
    (at("compile", "slots", value={"velocity": []}), "compile settings are damaged ... 'velocity'"),
    (at("compile", "slots", value={"momentum": ["dense/scale"]}), "compile settings are damaged ... 'dense/scale'"),
])
def test_a_document_that_does_not_fit(rewrite, refuses, change, told):
    file = rewrite(document=change)
    refuses(lambda: load_model(file), f"'{file}': ... {told}")


def test_deep_nesting(rewrite, refuses):
    nested = "deep"
    for _ in range(400):
        nested = [nested]
    file = rewrite(document=at("model", "config", "name", value=nested))
    refuses(lambda: load_model(file), "a layer's name is a string")


def test_sizes_that_no_machine_has_are_refused_before_they_are_made(rewrite, refuses):
    """Shapes are compared before parameters are drawn."""
    file = rewrite(document=at("model", "config", "layers", 2, "config", "units", value=10**15))
    refuses(lambda: load_model(file),
            "weights/dense/kernel is float32 (32, 3) instead of float32 (32, 1000000000000000)")
