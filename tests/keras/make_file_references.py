"""Let Keras write models to files, and store what it computes with them in ``references/files/``::

    KERAS_BACKEND=torch python tests/keras/make_file_references.py

Each model was trained for three steps; beside it are inputs, its outputs, and its outputs after a fourth step.
The files of Keras 2 are no longer to be had from Keras: `old_file` lays one out as Keras 2.10 does.
"""

import json
from pathlib import Path

import keras_side
import numpy as np

FOLDER = Path(__file__).parent / "references" / "files"


def models(keras):
    """By name: a graph with all that its configuration can have, and layers one behind the other."""
    L = keras.layers
    image, numbers = keras.Input((6, 5, 2), name="image"), keras.Input((3,), name="numbers")
    conv = L.Conv2D(2, 3, padding="same", activation="relu", kernel_regularizer="l2", name="conv")
    y = L.Add(name="sum")([conv(image), conv(conv(image))])
    start = keras.Input((6, 5, 2), name="start")
    inner = keras.Model(start, L.GlobalAveragePooling2D(name="mean")(L.BatchNormalization(name="norm")(start)),
                        name="inner")
    both = L.Concatenate(name="both")([inner(y), numbers, inner(image)])
    graph = keras.Model([image, numbers], [L.Dense(2, "softmax", name="classes")(both), L.Dense(1, name="size")(both)],
                        name="graph")
    graph.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.9)),
                  {"classes": "categorical_crossentropy", "size": keras.losses.Huber()}, loss_weights=[1.0, 0.5],
                  metrics={"classes": ["accuracy"]})
    row = keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(3, 3, strides=2, name="conv"), L.LeakyReLU(name="leaky"),
                            L.Flatten(name="flat"), L.Dense(2, name="dense")], name="row")
    row.compile(keras.optimizers.SGD(0.05, momentum=0.9), keras.losses.MeanSquaredError())
    return {"graph": graph, "row": row}


def batch(model, seed):
    """Numbers for the inputs and for the outputs."""
    rng = np.random.default_rng(seed)
    return tuple([rng.random((4, *symbol.shape[1:]), np.float32) for symbol in symbols]
                 for symbols in (model.inputs, model.outputs))


def write(keras, name, model):
    """The files, and what the model answers before and after the step that follows."""
    for seed in range(3):
        model.train_on_batch(*batch(model, seed))
    model.save(FOLDER / f"{name}.keras")
    x, _ = batch(model, 9)
    before = keras.tree.flatten(model.predict(x, verbose=0))
    weights, state = model.get_weights(), [v.numpy() for v in model.optimizer.variables]
    model.train_on_batch(*batch(model, 3))
    after = keras.tree.flatten(model.predict(x, verbose=0))
    np.savez_compressed(FOLDER / f"{name}.npz", **{f"x{i}": a for i, a in enumerate(x)},
                        **{f"before{i}": a for i, a in enumerate(before)},
                        **{f"after{i}": a for i, a in enumerate(after)})
    model.set_weights(weights)
    for variable, value in zip(model.optimizer.variables, state, strict=True):
        variable.assign(value)
    model.save(FOLDER / f"{name}.h5")
    if name == "row":
        old_file(weights, state)


def old_file(weights, state):
    """The model ``row`` in the layout of Keras 2.10."""
    import h5py

    def layer(kind, name, **config):
        return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}

    def start(kind, **config):
        return {"class_name": kind, "config": config}

    learned = {"kernel_initializer": start("GlorotUniform", seed=None), "bias_initializer": start("Zeros"),
               "kernel_regularizer": None, "bias_regularizer": None, "activity_regularizer": None,
               "kernel_constraint": None, "bias_constraint": None, "activation": "linear", "use_bias": True}
    config = {"class_name": "Functional", "config": {"name": "row", "trainable": True, "layers": [
        {**start("InputLayer", batch_input_shape=[None, 6, 6, 1], dtype="float32", sparse=False, ragged=False,
                 name="input_1"), "name": "input_1", "inbound_nodes": []},
        *({**one, "name": one["config"]["name"], "inbound_nodes": [[[before, 0, 0, {}]]]} for before, one in (
            ("input_1", layer("Conv2D", "conv", filters=3, kernel_size=[3, 3], strides=[2, 2], padding="valid",
                              data_format="channels_last", dilation_rate=[1, 1], groups=1, **learned)),
            ("conv", layer("LeakyReLU", "leaky", alpha=0.30000001192092896)),
            ("leaky", layer("Flatten", "flat", data_format="channels_last")),
            ("flat", layer("Dense", "dense", units=2, **learned))))],
        "input_layers": [["input_1", 0, 0]], "output_layers": [["dense", 0, 0]]}}
    training = {"loss": "mean_squared_error", "metrics": None, "weighted_metrics": None, "loss_weights": None,
                "optimizer_config": {"class_name": "SGD", "config": {
                    "name": "SGD", "learning_rate": 0.05000000074505806, "decay": 0.0, "momentum": 0.9,
                    "nesterov": False}}}
    names = ["conv/kernel:0", "conv/bias:0", "dense/kernel:0", "dense/bias:0"]
    with h5py.File(FOLDER / "row_keras2.h5", "w") as file:
        file.attrs.update(keras_version="2.10.0", backend="tensorflow", model_config=json.dumps(config),
                          training_config=json.dumps(training))
        group = file.create_group("model_weights")
        group.attrs.update(backend="tensorflow", keras_version="2.10.0",
                           layer_names=[b"input_1", b"conv", b"leaky", b"flat", b"dense"])
        for name in ("conv", "dense", "flat", "input_1", "leaky"):
            own = [(key, value) for key, value in zip(names, weights, strict=True) if key.startswith(name)]
            made = group.create_group(name)
            made.attrs["weight_names"] = [key.encode() for key, _ in own]
            for key, value in own:
                made.create_dataset(key, data=value, track_times=False)
        slots = [("SGD/iter:0", np.int64(3)), *((f"SGD/{key[:-2]}/momentum:0", value)
                                                for key, value in zip(names, state[2:], strict=True))]
        kept = file.create_group("optimizer_weights")
        kept.attrs["weight_names"] = [key.encode() for key, _ in slots]
        for key, value in slots:
            kept.create_dataset(key, data=value, track_times=False)


def main() -> None:
    keras_side.choose_backend()
    import keras

    keras.utils.set_random_seed(7)
    FOLDER.mkdir(exist_ok=True)
    for name, model in models(keras).items():
        write(keras, name, model)


if __name__ == "__main__":
    main()
