"""Occlusion beside captum's, on a network like VGG with the same weights."""

import numpy as np
import pytest

from minicnn.layers import Conv2D, Dense, Flatten, MaxPooling2D
from minicnn.models import Input, Sequential
from minicnn.visualize import occlusion

torch = pytest.importorskip("torch")
attr = pytest.importorskip("captum.attr")

SIDE, CLASSES = 24, 5


def vgg_like():
    """Two blocks of two 3x3 convolutions and a pooling, two dense layers."""
    model = Sequential([Input((SIDE, SIDE, 3))])
    for filters in (8, 16):
        for _ in range(2):
            model.add(Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_uniform"))
        model.add(MaxPooling2D(2))
    for layer in (Flatten(), Dense(20, activation="relu"), Dense(CLASSES, activation="softmax")):
        model.add(layer)
    return model


def twin(model):
    """The same network in torch, up to the scores."""
    modules, rows = [], (SIDE // 4, SIDE // 4, 16)
    for layer in model.layers:
        if isinstance(layer, Conv2D):
            modules += [torch.nn.Conv2d(*layer.params["kernel"].shape[2:], 3, padding=1), torch.nn.ReLU()]
            load(modules[-2], layer.params["kernel"].transpose(3, 2, 0, 1), layer.params["bias"])
        elif isinstance(layer, MaxPooling2D):
            modules.append(torch.nn.MaxPool2d(2))
        elif isinstance(layer, Flatten):
            modules.append(torch.nn.Flatten())
        elif isinstance(layer, Dense):
            kernel = layer.params["kernel"]
            if len(kernel) == np.prod(rows):  # torch flattens channels first
                kernel = kernel.reshape(*rows, -1).transpose(2, 0, 1, 3).reshape(len(kernel), -1)
            modules += [torch.nn.Linear(*kernel.shape), torch.nn.ReLU()]
            load(modules[-2], kernel.T, layer.params["bias"])
    return torch.nn.Sequential(*modules[:-1])


def load(module, kernel, bias):
    with torch.no_grad():
        module.weight.copy_(torch.tensor(np.ascontiguousarray(kernel)))
        module.bias.copy_(torch.tensor(bias))


@pytest.mark.parametrize(("patch", "stride", "value"), [
    ((8, 8), (4, 4), 0.0), ((7, 5), (3, 4), 0.5), ((SIDE, SIDE), (1, 1), "image"), ((6, 9), (6, 9), "image"),
])
def test_the_mean_over_windows_is_captums(patch, stride, value, rng):
    model = vgg_like()
    x, target = rng.random((2, SIDE, SIDE, 3)).astype("float32"), np.array([1, 3])
    looks = rng.random(x.shape).astype("float32") if value == "image" else value
    baseline = torch.tensor(looks).permute(0, 3, 1, 2) if value == "image" else value
    theirs = attr.Occlusion(twin(model)).attribute(
        torch.tensor(x).permute(0, 3, 1, 2), target=torch.tensor(target), sliding_window_shapes=(3, *patch),
        strides=(3, *stride), baselines=baseline)
    ours = occlusion(model, x, target, patch=patch, stride=stride, value=looks, average=True)
    for channel in range(3):
        np.testing.assert_allclose(ours.drop, theirs[:, channel].numpy(), rtol=0, atol=1e-5)
