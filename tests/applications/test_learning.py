"""Every network learns eight pictures: each parameter has a gradient, and the loss falls below a tenth."""

import numpy as np
import pytest

from minicnn import applications, set_random_seed
from minicnn.layers import BatchNormalization, Conv2D
from minicnn.optimizers import SGD, Adam

CLASSES = 4
STEPS = 150
long = pytest.mark.long
# The older networks want pixels around zero, tens of them: without normalization, what is small dies on a long way.
CASES = [
    pytest.param("LeNet1", (28, 28, 1), {}, lambda: SGD(0.1, momentum=0.9), 1.0, id="LeNet1"),
    pytest.param("MNISTConvNet", (28, 28, 1), {}, lambda: Adam(1e-3), 1.0, id="MNISTConvNet"),
    pytest.param("GoogLeNet", (32, 32, 3), {}, lambda: Adam(3e-4), 10.0, id="GoogLeNet"),
    pytest.param("GoogLeNet", (65, 65, 3), {"auxiliary": True}, lambda: Adam(1e-3), 50.0, id="GoogLeNet auxiliary",
                 marks=long),
    *(pytest.param("AlexNet", (67, 67, 3), {"towers": towers}, lambda: Adam(1e-4), 50.0, id=f"AlexNet {towers}",
                   marks=long) for towers in (1, 2)),
    *(pytest.param(name, (32, 32, 3), {}, lambda: Adam(1e-4), 50.0, id=name, marks=long)
      for name in ("VGG11", "VGG11LRN", "VGG13", "VGG16C", "VGG16", "VGG19")),
    *(pytest.param(name, (32, 32, 3), {}, lambda: Adam(1e-3), 1.0, id=name)
      for name in ("ResNet18", "PlainNet18", "ResNet50", "ResNeXt50", "DenseNet121")),
    *(pytest.param(name, (32, 32, 3), {}, lambda: Adam(1e-3), 1.0, id=name, marks=long)
      for name in ("ResNet34", "PlainNet34", "ResNet101", "ResNet152", "DenseNet169", "DenseNet201")),
    *(pytest.param("ResNetCIFAR", (8, 8, 3), options, lambda: Adam(1e-3), 1.0, id=f"ResNetCIFAR {options}")
      for options in ({}, {"shortcuts": False}, {"depth": 110})),
    pytest.param("ResNetCIFAR", (8, 8, 3), {"depth": 1202}, lambda: Adam(1e-3), 1.0, id="ResNetCIFAR 1202", marks=long),
]


class Onlooker(SGD):
    """Moves nothing, and keeps the gradients."""

    def apply(self, updates):
        self.gradients = {key: gradient for key, _, gradient in updates}


def pictures(shape, scale):
    """Eight of four colored squares each."""
    squares = np.random.default_rng(1).standard_normal((8, 2, 2, shape[2]))
    half = -(-shape[0] // 2)
    return (scale * np.kron(squares, np.ones((1, half, half, 1)))[:, :shape[0], :shape[1]]).astype(np.float32)


def test_every_network_is_among_them():
    assert {case.values[0] for case in CASES} == set(applications.__all__) - {"LeNet5", "LeNet5Modern", "lenet5_images"}


@pytest.mark.parametrize(("name", "shape", "options", "optimizer", "scale"), CASES)
def test_it_learns_eight_pictures(name, shape, options, optimizer, scale):
    set_random_seed(0)
    model = getattr(applications, name)(input_shape=shape, classes=CLASSES, **options)
    x, y = pictures(shape, scale), np.arange(8) % CLASSES
    loss, weights = "sparse_categorical_crossentropy", None
    if name == "LeNet1":
        loss, y = "mse", 2 * np.eye(CLASSES, dtype=np.float32)[y] - 1
    if options.get("auxiliary"):
        y, weights = [y, y, y], [1, 0.3, 0.3]

    onlooker = Onlooker()
    model.compile(onlooker, loss, loss_weights=weights)
    model.train_on_batch(x, y)
    check_gradients(model, onlooker.gradients)

    model.compile(optimizer(), loss, loss_weights=weights)
    # The loss without dropout; but with the batch's own statistics, since the moving ones take hundreds of steps.
    normalized = any(isinstance(layer, BatchNormalization) for layer in model.layers)
    first = np.ravel(model.evaluate(x, y, verbose=0))[0]
    for step in range(STEPS):
        last = np.ravel(model.train_on_batch(x, y))[0]
        if normalized:
            first = last if step == 0 else first
        elif step % 5 == 4:
            last = np.ravel(model.evaluate(x, y, verbose=0))[0]
        else:
            continue
        if last < 0.1 * first:
            return
    pytest.fail(f"the loss went from {first} to {last} only")


def check_gradients(model, gradients):
    assert gradients.keys() == model.learned.keys()
    taken_out = biases_taken_out(model)
    assert bool(taken_out) == (model.name in ("resnet50", "resnet101", "resnet152"))
    for key, gradient in gradients.items():
        if key in taken_out:  # zero but for rounding
            assert np.abs(gradient).max() < 1e-4 * np.abs(gradients[key.replace("/bias", "/kernel")]).max(), key
        else:
            assert np.abs(gradient).max() > 1e-7, key


def biases_taken_out(model):
    """The biases right before a batch normalization, whose mean takes them out again: they have no gradient."""
    before = [call.inputs[0].owner for call in model.graph.calls if isinstance(call.layer, BatchNormalization)]
    return {f"{layer.name}/bias" for layer in before if isinstance(layer, Conv2D) and layer.use_bias}
