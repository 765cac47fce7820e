"""The networks that keras.applications has: the same layers, the same weights, the same answers.

ImageNet's weights are not at hand, so the weights are random; the files are written by Keras.
"""

import inspect

import numpy as np
import pytest

from minicnn import applications
from minicnn.applications import densenet, imagenet_utils, resnet, resnet50, vgg16, vgg19
from minicnn.layers.naming import forget_names

# Keras on torch asks for arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn.t accept a copy:DeprecationWarning")

long = pytest.mark.long
NETWORKS = ["ResNet50", "DenseNet121", *(pytest.param(name, marks=long) for name in (
    "VGG16", "VGG19", "ResNet101", "ResNet152", "DenseNet169", "DenseNet201"))]
TOLERANCE = 1e-4  # of the largest output


@pytest.fixture
def fresh(keras):
    """Keras, and both count their automatic names from the beginning."""
    pytest.importorskip("h5py")
    keras.utils.clear_session()
    forget_names()
    yield keras
    keras.utils.clear_session()


def built_by_keras(keras, name, **options):
    """Keras's network, with random numbers also where it starts from zeros or ones."""
    model = getattr(keras.applications, name)(weights=None, **options)
    rng = np.random.default_rng(3)
    for weight in model.weights:
        kind = weight.path.split("/")[-1]
        if kind in ("gamma", "moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape).astype("float32"))
        elif kind in ("beta", "bias", "moving_mean"):
            weight.assign(rng.normal(0, 0.1, weight.shape).astype("float32"))
    return model


def compare(keras, theirs, ours):
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [w.shape for w in ours.get_weights()] == [tuple(w.shape) for w in theirs.weights]
    assert ours.count_params() == theirs.count_params()
    trainable = sum(int(np.prod(w.shape)) for w in theirs.trainable_weights)
    assert ours.count_params(learned=True) == trainable
    x = np.random.default_rng(4).normal(0, 50, (1, *theirs.input_shape[1:])).astype("float32")
    expected, found = theirs.predict(x, verbose=0), ours.predict(x, verbose=0)
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 0.01
    assert np.abs(found - expected).max() < TOLERANCE * np.abs(expected).max()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_whole_network(fresh, name, tmp_path):
    theirs = built_by_keras(fresh, name, classifier_activation=None)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    forget_names()
    ours = getattr(applications, name)(weights=tmp_path / "theirs.weights.h5", classifier_activation=None)
    (tmp_path / "theirs.weights.h5").unlink()  # hundreds of megabytes
    compare(fresh, theirs, ours)


@pytest.mark.parametrize("name", ["VGG16", *NETWORKS[:2], pytest.param("VGG19", marks=long)])
@pytest.mark.parametrize("pooling", [None, "avg", "max"])
def test_without_the_top_from_a_legacy_file(fresh, name, pooling, tmp_path):
    options = {"include_top": False, "input_shape": (64, 96, 3), "pooling": pooling}
    theirs = built_by_keras(fresh, name, **options)
    theirs.save(tmp_path / "theirs.h5")  # a legacy file, as those of keras.applications are
    forget_names()
    ours = getattr(applications, name)(weights=tmp_path / "theirs.h5", **options)
    (tmp_path / "theirs.h5").unlink()
    compare(fresh, theirs, ours)


@pytest.mark.parametrize("name", ["VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152", "DenseNet121", "DenseNet169",
                                  "DenseNet201"])
def test_arguments_but_for_weights(keras, name):
    """input_tensor aside; and None, not "imagenet", since nothing is downloaded."""
    theirs = inspect.signature(getattr(keras.applications, name)).parameters
    ours = inspect.signature(getattr(applications, name)).parameters
    assert set(ours) == set(theirs) - {"input_tensor"}
    different = [argument for argument in ours if ours[argument].default != theirs[argument].default]
    assert different == ["weights"]


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_preprocess_input(keras, mode):
    pixels = np.random.default_rng(5).integers(0, 256, (2, 4, 5, 3)).astype("float32")
    theirs = keras.applications.imagenet_utils.preprocess_input(pixels.copy(), mode=mode)
    np.testing.assert_allclose(imagenet_utils.preprocess_input(pixels, mode), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("module", [vgg16, vgg19, resnet, resnet50, densenet])
def test_each_module_has_its_mode(keras, module):
    pixels = np.random.default_rng(6).integers(0, 256, (2, 4, 5, 3)).astype("float32")
    theirs = getattr(keras.applications, module.__name__.split(".")[-1]).preprocess_input(pixels.copy())
    np.testing.assert_allclose(module.preprocess_input(pixels), theirs, rtol=1e-5, atol=1e-6)
