"""The numbers in the papers, and that a network costs nothing before it is used."""

import numpy as np
import pytest

from minicnn import applications
from minicnn.applications import AlexNet, GoogLeNet, LeNet1, PlainNet18, PlainNet34, ResNet18, ResNet34, ResNetCIFAR
from minicnn.applications.lenet1 import TABLE_1
from minicnn.counting import count

# Trainable parameters, and all of them where running statistics come on top.
PUBLISHED = {
    "LeNet1": (2_578, 2_578),
    "LeNet5": (60_840, 60_840),  # the 840 fixed numbers of the codes are frozen, see below
    "LeNet5Modern": (44_426, 44_426),
    "MNISTConvNet": (1_199_882, 1_199_882),
    "AlexNet": (60_965_224, 60_965_224),
    "VGG11": (132_863_336, 132_863_336),
    "VGG11LRN": (132_863_336, 132_863_336),
    "VGG13": (133_047_848, 133_047_848),
    "VGG16C": (133_638_952, 133_638_952),
    "VGG16": (138_357_544, 138_357_544),
    "VGG19": (143_667_240, 143_667_240),
    "GoogLeNet": (6_998_552, 6_998_552),
    "ResNet18": (11_689_512, 11_699_112),
    "ResNet34": (21_797_672, 21_814_696),
    "PlainNet18": (11_515_688, 11_523_496),
    "PlainNet34": (21_623_848, 21_639_080),
    "ResNet50": (25_583_592, 25_636_712),
    "ResNet101": (44_601_832, 44_707_176),
    "ResNet152": (60_268_520, 60_419_944),
    "ResNetCIFAR": (269_722, 271_098),
    "ResNeXt50": (25_028_904, 25_097_128),
    "DenseNet121": (7_978_856, 8_062_504),
    "DenseNet169": (14_149_480, 14_307_880),
    "DenseNet201": (20_013_928, 20_242_984),
}


def test_every_network_has_its_number():
    assert {*PUBLISHED, "lenet5_images"} == set(applications.__all__)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters(name):
    model = getattr(applications, name)()
    assert (model.count_params(learned=True), model.count_params()) == PUBLISHED[name]
    counted = count(model)
    fixed = 840 if name == "LeNet5" else 0
    assert (counted.trainable, counted.parameters) == (PUBLISHED[name][0] - fixed, PUBLISHED[name][1])
    assert all(layer._params is None for layer in model.layers)


def test_one_tower():
    assert AlexNet(towers=1).count_params() == 62_378_344


def test_auxiliary_heads():
    assert GoogLeNet(auxiliary=True).count_params() == 13_378_280


def test_vgg16_without_its_top():
    assert applications.VGG16(include_top=False).count_params() == 14_714_688
    assert applications.VGG19(include_top=False).count_params() == 20_024_384


@pytest.mark.parametrize(("depth", "printed", "parameters", "blocks"), [
    (20, "0.27", 269_722, 9), (32, "0.46", 464_154, 15), (44, "0.66", 658_586, 21), (56, "0.85", 853_018, 27),
    (110, "1.7", 1_727_962, 54), (1202, "19.4", 19_421_274, 600),
])
def test_the_cifar_table(depth, printed, parameters, blocks):
    model = ResNetCIFAR(depth)
    assert model.count_params(learned=True) == parameters
    assert f"{parameters / 1e6:.{len(printed.split('.')[1])}f}" == printed
    kinds = [type(layer).__name__ for layer in model.layers]
    assert (kinds.count("Conv2D") + kinds.count("Dense"), kinds.count("Add")) == (depth, blocks)
    assert ResNetCIFAR(depth, shortcuts=False).count_params() == model.count_params()


@pytest.mark.parametrize(("residual", "plain", "depth"), [(ResNet18, PlainNet18, 18), (ResNet34, PlainNet34, 34)])
def test_the_plain_twins_lack_the_shortcuts_and_nothing_else(residual, plain, depth):
    with_them, without = ([(layer.name, layer.shapes()) for layer in make().layers[1:]] for make in (residual, plain))
    shortcuts = [name for name, _ in with_them if "_0_" in name or name.endswith("_add")]
    assert [pair for pair in with_them if pair[0] not in shortcuts] == without
    assert len([name for name in shortcuts if name.endswith("_add")]) == (depth - 2) / 2
    assert len([name for name, shapes in without if len(shapes.get("kernel", ())) in (2, 4)]) == depth


def test_lenet1():
    """As printed: 4,635 units, 98,442 connections, 2,578 parameters."""
    model, counted = LeNet1(), count(LeNet1())
    assert counted.connections == 98_442
    assert [(row.name, row.parameters, row.connections) for row in counted.rows if row.connections] == [
        ("H1", 104, 59_904), ("H2", 8, 2_880), ("H3", 512, 32_768), ("H4", 24, 960), ("output", 1_930, 1_930)]
    units = [np.prod(layer.output.shape[1:]) for layer in model.layers if layer.name != "flatten"]
    assert sum(units) + 1 == 4_635  # the input is among the layers; and one unit feeds the biases
    # The rows of Table 1 as printed.
    assert ["".join("01"[int(link)] for link in row) for row in TABLE_1] == [
        "111011000000", "011111000000", "000000111011", "000000011111"]
    assert TABLE_1.sum(axis=0).tolist() == [1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 2, 2]


# Section 3.5 of the paper; shapes and parameters of the published, two-tower form.
ALEXNET = {
    "conv1": ((55, 55, 96), 34_944), "pool1": ((27, 27, 96), 0), "conv2": ((27, 27, 256), 307_456),
    "pool2": ((13, 13, 256), 0), "conv3": ((13, 13, 384), 885_120), "conv4": ((13, 13, 384), 663_936),
    "conv5": ((13, 13, 256), 442_624), "pool5": ((6, 6, 256), 0), "fc6": ((4096,), 37_752_832),
    "fc7": ((4096,), 16_781_312), "fc8": ((1000,), 4_097_000),
}


def test_alexnet_layer_by_layer():
    model = AlexNet()
    assert {name: (model.get_layer(name).output.shape[1:], model.get_layer(name).count_params())
            for name in ALEXNET} == ALEXNET
    units = [np.prod(shape) for name, (shape, _) in ALEXNET.items() if name[0] in "cf"]
    assert sum(units) == 659_272  # "650,000 neurons"


# Table 1 of the paper: output, and the exact number where the table prints a rounded one.
GOOGLENET = {
    "conv1": ((112, 112, 64), 9_472), "pool1": ((56, 56, 64), 0), "conv2": ((56, 56, 192), 114_944),
    "pool2": ((28, 28, 192), 0), "inception_3a": ((28, 28, 256), 163_696), "inception_3b": ((28, 28, 480), 388_736),
    "pool3": ((14, 14, 480), 0), "inception_4a": ((14, 14, 512), 376_176), "inception_4b": ((14, 14, 512), 449_160),
    "inception_4c": ((14, 14, 512), 510_104), "inception_4d": ((14, 14, 528), 605_376),
    "inception_4e": ((14, 14, 832), 868_352), "pool4": ((7, 7, 832), 0), "inception_5a": ((7, 7, 832), 1_043_456),
    "inception_5b": ((7, 7, 1024), 1_444_080), "predictions": ((1000,), 1_025_000),
}


def test_googlenet_row_by_row():
    model = GoogLeNet()
    for name, (shape, parameters) in GOOGLENET.items():
        mine = [layer for layer in model.layers if layer.name == name or layer.name.startswith(f"{name}_")]
        assert sum(layer.count_params() for layer in mine) == parameters, name
        last = model.get_layer(f"{name}_concat" if name.startswith("inception") else name)
        assert last.output.shape[1:] == shape, name


def test_vgg_column_by_column():
    """Which layers have weights, by the sizes of their kernels and their units: Table 1."""
    columns = {"VGG11": 11, "VGG11LRN": 11, "VGG13": 13, "VGG16C": 16, "VGG16": 16, "VGG19": 19}
    for name, layers in columns.items():
        kernels = [layer.shapes()["kernel"] for layer in getattr(applications, name)().layers if layer.has_parameters]
        assert len(kernels) == layers
        assert [shape[-1] for shape in kernels[-3:]] == [4096, 4096, 1000]
        small = [shape for shape in kernels if shape[:2] == (1, 1)]
        assert small == ([(1, 1, 256, 256), (1, 1, 512, 512), (1, 1, 512, 512)] if name == "VGG16C" else [])
    normalized = [layer.name for layer in applications.VGG11LRN().layers if "LocalResponse" in type(layer).__name__]
    assert normalized == ["block1_lrn"]
    assert applications.VGG11LRN().layers[2].name == "block1_lrn"
