"""LeNet-5 as it is taught today."""

import numpy as np
import pytest

from minicnn import MinicnnError, gradient_check, set_random_seed
from minicnn.applications import LeNet5Modern
from minicnn.optimizers import SGD


def test_layers_and_parameters():
    model = LeNet5Modern()
    assert [(layer.name, layer.activation.name, layer.count_params()) for layer in model.layers] == [
        ("conv1", "relu", 156), ("pool1", "linear", 0), ("conv2", "relu", 2_416), ("pool2", "linear", 0),
        ("flatten", "linear", 0), ("dense1", "relu", 30_840), ("dense2", "relu", 10_164), ("output", "softmax", 850)]
    assert model.count_params() == 44_426
    assert model.graph.inputs[0].sample_shape == (28, 28, 1)


def test_it_gives_probabilities(rng):
    y = LeNet5Modern().predict(rng.random((5, 28, 28, 1)), verbose=0)
    assert y.shape == (5, 10)
    np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-6)
    assert (y >= 0).all()


def test_other_classes_and_images(rng):
    model = LeNet5Modern(classes=3, input_shape=(32, 40, 3))
    # 32 -> 28 -> 14 -> 10 -> 5 rows, 40 -> 36 -> 18 -> 14 -> 7 columns, of 16 maps
    assert [layer.count_params() for layer in model.layers] == [
        6 * (5 * 5 * 3 + 1), 0, 2_416, 0, 0, 120 * (5 * 7 * 16 + 1), 10_164, 3 * (84 + 1)]
    assert model.predict(rng.random((2, 32, 40, 3)), verbose=0).shape == (2, 3)


def test_no_class_at_all():
    with pytest.raises(MinicnnError, match=r"classes must be an integer\. Expected at least 1, received 0"):
        LeNet5Modern(classes=0)


def test_its_gradient(rng):
    assert gradient_check(LeNet5Modern(), rng.random((1, 28, 28, 1)), directions=2)


def test_it_learns_a_few_images_by_heart(rng):
    set_random_seed(3)
    model = LeNet5Modern()
    model.compile(SGD(0.02, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = rng.standard_normal((20, 28, 28, 1), np.float32), np.arange(20) % 10
    history = model.fit(x, y, epochs=40, batch_size=10, verbose=0).history
    assert history["accuracy"][-1] == 1.0
    assert history["loss"][-1] < 0.1
