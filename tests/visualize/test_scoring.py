"""Where class scores stand, which class and which layer is meant, and what images are taken."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.graph import push_forward
from minicnn.layers import (
    Activation,
    Add,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Softmax,
)
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import scoring

RNG = np.random.default_rng(4)


def scores(model, x):
    found = scoring.class_scores(model, "here")
    return scoring.scores_of(model, scoring.images(model, x, "here"), found, batch_size=2)


@pytest.mark.parametrize("last", [
    [Dense(3, activation="softmax", name="out")],
    [Dense(3, name="out"), Softmax()],
    [Dense(3, name="out"), Dropout(0.5), Activation("sigmoid")],
], ids=["activation", "layer", "dropout"])
def test_scores_are_read_before_probabilities(last):
    model = Sequential([Input((4, 4, 2)), GlobalAveragePooling2D(), *last])
    x = RNG.normal(size=(3, 4, 4, 2)).astype("float32")
    dense = model.get_layer("out")
    expected = x.mean(axis=(1, 2)) @ dense.params["kernel"] + dense.params["bias"]
    np.testing.assert_allclose(scores(model, x), expected, rtol=1e-5, atol=1e-6)


def test_whether_a_model_gives_probabilities():
    def gives(*last):
        return scoring.gives_probabilities(Sequential([Input((4,)), *last]))

    assert gives(Dense(3, activation="softmax"))
    assert gives(Dense(3), Activation("sigmoid"), Dropout(0.5))
    assert not gives(Dense(3), Dropout(0.5))
    assert not gives(Dense(3, activation="relu"))
    assert not scoring.gives_probabilities(LeNet5())


def test_a_network_without_softmax_is_read_at_its_output():
    model = Sequential([Input((4, 4, 2)), GlobalAveragePooling2D(), Dense(3, activation="relu")])
    x = RNG.normal(size=(3, 4, 4, 2))
    np.testing.assert_allclose(scores(model, x), model.predict(x, verbose=0), rtol=1e-6)


def test_penalties_are_turned():
    model = LeNet5()
    x = RNG.normal(size=(3, 32, 32, 1))
    np.testing.assert_allclose(scores(model, x), -model.predict(x, verbose=0), rtol=1e-6)
    signal = scoring.class_scores(model, "here").signal(np.array([2, 0]), "float64")
    assert signal.tolist() == [[0, 0, -1] + 7 * [0], [-1] + 9 * [0]]


def test_a_part_cut_out_of_a_network_ends_where_it_begins():
    whole = Sequential([Input((4, 4, 2)), GlobalAveragePooling2D(), Dense(3, name="out"), Softmax(name="soft")])
    part = Model(whole.get_layer("out").output, whole.output)
    found = scoring.class_scores(part, "here")
    assert found.node is part.inputs[0]
    x = RNG.normal(size=(2, 3)).astype("float32")
    values, _ = push_forward(part.graph, [x], keep=[found.node])
    np.testing.assert_array_equal(values[found.node], x)


def test_outputs_without_class_scores_are_refused():
    x = Input((4, 4, 2))
    maps = Conv2D(3, 3)(x)
    with pytest.raises(MinicnnError, match=r"several outputs.*Cut a model"):
        scoring.class_scores(Model(x, [maps, GlobalAveragePooling2D()(maps)]), "here")
    with pytest.raises(MinicnnError, match=r"not one number per class.*GlobalAveragePooling2D"):
        scoring.class_scores(Model(x, maps), "here")


def test_targets():
    values = np.array([[1, 3, 2], [5, 0, 4]])
    assert scoring.class_numbers(None, values, "here").tolist() == [1, 0]
    assert scoring.class_numbers(2, values, "here").tolist() == [2, 2]
    assert scoring.class_numbers([0, 2], values, "here").tolist() == [0, 2]
    for wrong in (3, -1, [0, 3]):
        with pytest.raises(MinicnnError, match=r"out of range\. Expected a class from 0 to 2, received"):
            scoring.class_numbers(wrong, values, "here")
    for wrong in (1.0, [0, 1, 2], True, [[0], [1]]):
        with pytest.raises(MinicnnError, match="target must be a class number, or one for each image"):
            scoring.class_numbers(wrong, values, "here")


def test_the_last_maps_stand_before_the_last_pooling():
    def last(model):
        return scoring.name_of(model, scoring.map_node(model, None, "here"))

    assert last(LeNet5Modern()) == "conv2"
    assert last(LeNet5()) == "C3"
    x = Input((8, 8, 2))
    y = Conv2D(2, 3, padding="same", name="conv")(x)
    block = ReLU(name="end")(Add(name="sum")([x, y]))
    assert last(Model(x, Dense(2)(GlobalAveragePooling2D()(block)))) == "end"
    with pytest.raises(MinicnnError, match=r"no layer has maps of several positions.*saliency"):
        last(Sequential([Input((4,)), Dense(2)]))
    assert last(Sequential([Input((4, 4, 1)), MaxPooling2D(2, name="pool"), GlobalAveragePooling2D()])) == "pool"


def test_layers_by_name():
    model = LeNet5Modern()
    node = scoring.map_node(model, "conv1/pre", "here")
    assert node.step is model.get_layer("conv1")
    assert scoring.map_node(model, model.get_layer("conv1"), "here") is model.get_layer("conv1").output
    with pytest.raises(MinicnnError, match=r"here: layer 'dense1': the layer has no extent.*'conv2'"):
        scoring.map_node(model, "dense1", "here")
    with pytest.raises(MinicnnError, match=r"here: layer 'conv9'.*Did you mean 'conv"):
        scoring.map_node(model, "conv9", "here")


def test_one_image_or_a_batch():
    model = LeNet5Modern()
    (one,) = scoring.images(model, RNG.random((28, 28, 1)), "here")
    assert one.shape == (1, 28, 28, 1)
    assert one.dtype == np.float32
    (two,) = scoring.images(model, RNG.random((2, 28, 28, 1)), "here")
    assert two.shape == (2, 28, 28, 1)
    with pytest.raises(MinicnnError, match=r"here: the data do not fit.*x\[None, ..., None\]"):
        scoring.images(model, RNG.random((28, 28)), "here")


def test_several_inputs():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], Add()([a, b]))
    x, y = RNG.random((2, 2, 3)).astype("float32")
    assert [array.tolist() for array in scoring.images(model, [x, y], "here")] == [x.tolist(), y.tolist()]
    assert [array.tolist() for array in scoring.images(model, {"b": y, "a": x}, "here")] == [x.tolist(), y.tolist()]


def test_bytes_are_taken_only_where_the_model_rescales_them():
    x = np.full((1, 4, 4, 1), 200, np.uint8)
    scaling = Sequential([Input((4, 4, 1)), Rescaling(1 / 255), GlobalAveragePooling2D()])
    np.testing.assert_array_equal(scoring.images(scaling, x, "here")[0], x)
    with pytest.raises(MinicnnError, match=r"the image holds bytes.*x / 255"):
        scoring.images(Sequential([Input((4, 4, 1)), GlobalAveragePooling2D()]), x, "here")
