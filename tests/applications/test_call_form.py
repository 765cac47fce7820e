"""What every network takes: Keras's arguments."""

import copy
import inspect

import numpy as np
import pytest

from minicnn import MinicnnError, applications
from minicnn.applications import VGG16, AlexNet, GoogLeNet, ResNet18, ResNet50, ResNetCIFAR
from minicnn.layers import GlobalAveragePooling2D, GlobalMaxPooling2D

KERAS_LIKE = sorted(set(applications.__all__) - {"LeNet5", "LeNet5Modern", "lenet5_images"})
SMALL = {"AlexNet": (67, 67, 3), "LeNet1": (16, 16, 1), "MNISTConvNet": (12, 12, 1)}


def small(name, **options):
    return getattr(applications, name)(input_shape=SMALL.get(name, (32, 32, 3)), **options)


@pytest.mark.parametrize("name", KERAS_LIKE)
def test_arguments_and_defaults(name):
    arguments = inspect.signature(getattr(applications, name)).parameters
    defaults = {argument: arguments[argument].default for argument in (
        "include_top", "weights", "input_shape", "pooling", "classes", "classifier_activation")}
    classes = 10 if name in ("LeNet1", "MNISTConvNet", "ResNetCIFAR") else 1000
    activation = "scaled_tanh" if name == "LeNet1" else "softmax"
    assert defaults == {"include_top": True, "weights": None, "input_shape": None, "pooling": None,
                        "classes": classes, "classifier_activation": activation}
    assert getattr(applications, name)(name="mine").name == "mine"


@pytest.mark.parametrize("name", KERAS_LIKE)
def test_classes_pooling_and_no_top(name):
    logits = small(name, classes=7, classifier_activation=None)
    assert logits.output.shape == (None, 7)
    assert logits.graph.outputs[0].owner.activation.name == "linear"
    maps = small(name, include_top=False).output.shape
    assert len(maps) == 4
    for pooling, layer in (("avg", GlobalAveragePooling2D), ("max", GlobalMaxPooling2D)):
        pooled = small(name, include_top=False, pooling=pooling)
        assert type(pooled.layers[-1]) is layer
        assert pooled.output.shape == (None, maps[-1])


@pytest.mark.parametrize("name", KERAS_LIKE)
def test_one_configuration_gives_the_same_network(name):
    model = small(name, classes=3)
    twin = type(model).from_config(model.get_config())
    assert twin.shapes() == model.shapes()
    assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]


@pytest.mark.parametrize(("options", "message"), [
    ({"pooling": "sum"}, r"vgg16: unknown pooling\. Expected 'avg', 'max' or None, received 'sum'"),
    ({"classes": 0}, r"vgg16: classes must be an integer\. Expected at least 1, received 0"),
    ({"input_shape": (32, 32)}, r"vgg16: the input is an image\. Expected input_shape=\(height, width, channels\)"),
    ({"input_shape": 32}, r"vgg16: the input is an image\. .* received 32"),
    ({"input_shape": (16, 16, 3)}, r"'block5_pool'.*the kernel is larger than its \(padded\) input"),
])
def test_wrong_arguments(options, message):
    with pytest.raises(MinicnnError, match=message):
        VGG16(**options)


def test_a_depth_between_two_networks():
    with pytest.raises(MinicnnError, match=r"ResNetCIFAR: depth does not fit\. Expected 6n \+ 2, .* received 21"):
        ResNetCIFAR(21)


# -- weights from a file -------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "top", "address"), [
    (VGG16, True, "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5"),
    (ResNet50, False, "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"),
    (applications.DenseNet201, True, "densenet/densenet201_weights_tf_dim_ordering_tf_kernels.h5"),
])
def test_the_error_names_the_file_that_is_missing(make, top, address):
    file = address.split("/")[1]
    with pytest.raises(MinicnnError, match=rf"received 'imagenet'\. Nothing is downloaded\. .*https://.*/{address}: "
                                           rf"fetch it, and pass weights='{file}'"):
        make(include_top=top, weights="imagenet")


def test_a_network_that_nobody_has_a_file_of():
    with pytest.raises(MinicnnError, match=r"resnet18: there is no such file of weights\. .* received 'mine.h5'\. "
                                           r"Nobody offers such a file"):
        ResNet18(weights="mine.h5")


def test_weights_are_read(tmp_path, rng):
    first = ResNetCIFAR(8, input_shape=(8, 8, 3))
    first.save_weights(tmp_path / "weights.npz")
    second = ResNetCIFAR(8, input_shape=(8, 8, 3), weights=tmp_path / "weights.npz")
    x = rng.standard_normal((2, 8, 8, 3), np.float32)
    np.testing.assert_array_equal(first.predict(x, verbose=0), second.predict(x, verbose=0))


def test_weights_of_another_network_are_refused(tmp_path):
    ResNetCIFAR(8).save_weights(tmp_path / "weights.npz")
    with pytest.raises(MinicnnError, match="conv3_block2"):
        ResNetCIFAR(14, weights=tmp_path / "weights.npz")


# -- names ---------------------------------------------------------------------------------------


def test_modules_have_keras_names():
    from minicnn.applications import densenet, resnet, resnet50, vgg16, vgg19

    assert vgg16.VGG16 is applications.VGG16
    assert vgg19.VGG19 is applications.VGG19
    assert resnet50.ResNet50 is resnet.ResNet50 is applications.ResNet50
    pixels = np.full((1, 1, 1, 3), 255.0)
    for module, expected in ((vgg16, [151.061, 138.221, 131.32]), (vgg19, [151.061, 138.221, 131.32]),
                             (resnet, [151.061, 138.221, 131.32]), (resnet50, [151.061, 138.221, 131.32]),
                             (densenet, [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225])):
        np.testing.assert_allclose(module.preprocess_input(pixels)[0, 0, 0], expected, rtol=1e-12)


def test_outputs_of_googlenet():
    model = GoogLeNet(auxiliary=True, classes=5, input_shape=(65, 65, 3))
    assert model.output_names == ["predictions", "aux1", "aux2"]
    assert [node.shape for node in model.outputs] == [(None, 5)] * 3
    assert GoogLeNet().output_names == ["predictions"]


def test_1202_layers_are_walked_written_and_copied(rng):
    """Without a recursion: Python's ends at a thousand."""
    model = ResNetCIFAR(1202, input_shape=(4, 4, 3))
    x = rng.standard_normal((2, 4, 4, 3), np.float32)
    for twin in (type(model).from_config(model.get_config()), copy.deepcopy(model)):
        assert twin.shapes() == model.shapes()
        twin.set_weights(model.get_weights())
        np.testing.assert_array_equal(twin.predict(x, verbose=0), model.predict(x, verbose=0))


# -- arithmetic ----------------------------------------------------------------------------------


def test_a_shortcut_takes_every_second_pixel_and_has_zeros_for_the_new_maps(rng):
    model = ResNetCIFAR(8, input_shape=(8, 8, 3))
    values = model.activations(rng.standard_normal((2, 8, 8, 3), np.float32))
    before, shortcut = values["conv2_block1_out"], values["conv3_block1_0_concat"]
    assert shortcut.shape == (2, 4, 4, 32)
    np.testing.assert_array_equal(shortcut[..., :16], before[:, ::2, ::2])
    assert not shortcut[..., 16:].any()
    np.testing.assert_array_equal(values["conv3_block1_add"], shortcut + values["conv3_block1_2_bn"])


def test_the_towers_of_alexnet_see_their_own_half(rng):
    model = AlexNet(input_shape=(67, 67, 3), include_top=False)
    kernels = {name: model.get_layer(name).shapes()["kernel"] for name in ("conv1", "conv2", "conv3", "conv4", "conv5")}
    assert kernels == {"conv1": (11, 11, 3, 96), "conv2": (5, 5, 48, 256), "conv3": (3, 3, 256, 384),
                       "conv4": (3, 3, 192, 384), "conv5": (3, 3, 192, 256)}
    ones = {layer.name for layer in AlexNet().layers if getattr(layer, "use_bias", False)
            and type(layer.bias_initializer).__name__ == "Ones"}
    assert ones == {"conv2", "conv4", "conv5", "fc6", "fc7"}
    drawn = model.get_layer("conv3").get_weights()[0]
    assert drawn.std() == pytest.approx(0.01, rel=0.01)
    assert abs(drawn.mean()) < 1e-4
