"""A small VGG and a small ResNet: as minicnn's, and as torch's with the same weights. Needs torch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

import minicnn
from minicnn.layers import (
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
)
from minicnn.models import Input, Model, Sequential


@dataclass(frozen=True)
class Pair:
    """ours, theirs: the networks. layers: names of ours, and the modules that make the same maps."""

    ours: Any
    theirs: Any
    layers: dict[str, Any]
    x = np.random.default_rng(17).normal(size=(3, 16, 20, 3)).astype(np.float32)
    classes = (3, 0, 4)

    @property
    def their_x(self):
        """The images as torch has them: (N, C, H, W)."""
        return torch.from_numpy(self.x.transpose(0, 3, 1, 2).copy())

    @property
    def their_classes(self):
        """The class of each image."""
        return torch.tensor(self.classes)

    @staticmethod
    def as_ours(maps):
        """(N, C, H, W) of torch as (N, H, W, C)."""
        return maps.detach().numpy().transpose(0, 2, 3, 1)


class AsOurs(nn.Module):
    """Flatten in our order, in which the channels change fastest."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def fill(module, layer):
    """The weights of our layer for torch's."""
    arrays = [torch.from_numpy(value.copy()) for value in layer.get_weights()]
    with torch.no_grad():
        if isinstance(module, nn.BatchNorm2d):
            targets = [module.weight, module.bias, module.running_mean, module.running_var]
        else:
            targets = [module.weight, module.bias]
            arrays[0] = arrays[0].permute(3, 2, 0, 1) if arrays[0].ndim == 4 else arrays[0].T
        for target, array in zip(targets, arrays, strict=True):
            target.copy_(array)


def lively(model):
    """Biases and running statistics that are not their start, so that a mistake in them is seen."""
    rng = np.random.default_rng(29)
    for name, value in model.params.items():
        if not name.endswith("kernel"):
            value[...] = rng.uniform(0.5, 1.5, value.shape) if "variance" in name or "gamma" in name else (
                rng.normal(0, 0.2, value.shape))
    return model


def vgg_like():
    minicnn.set_random_seed(5)
    ours = lively(Sequential([
        Input((16, 20, 3)), Conv2D(8, 3, padding="same", activation="relu", name="conv1"),
        Conv2D(8, 3, padding="same", activation="relu", name="conv2"), MaxPooling2D(2),
        Conv2D(16, 3, padding="same", activation="relu", name="conv3"),
        Conv2D(16, 3, padding="same", activation="relu", name="conv4"), MaxPooling2D(2), Flatten(),
        Dense(32, activation="relu", name="dense1"), Dense(5, activation="softmax", name="scores")]))
    theirs = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        AsOurs(), nn.Linear(4 * 5 * 16, 32), nn.ReLU(), nn.Linear(32, 5)).eval()
    for name, place in {"conv1": 0, "conv2": 2, "conv3": 5, "conv4": 7, "dense1": 11, "scores": 13}.items():
        fill(theirs[place], ours.get_layer(name))
    layers = {"conv2": theirs[3], "conv4": theirs[8], "conv4/pre": theirs[7], "conv3": theirs[6]}
    return Pair(ours, theirs, layers)


class Block(nn.Module):
    """relu(x + norm(conv(relu(norm(conv(x))))))."""

    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        self.norm1, self.norm2 = (nn.BatchNorm2d(channels, eps=1e-3) for _ in range(2))
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x):
        y = self.relu1(self.norm1(self.conv1(x)))
        return self.relu2(self.norm2(self.conv2(y)) + x)


def our_block(x, number):
    y = BatchNormalization(name=f"norm1_{number}")(Conv2D(8, 3, padding="same", name=f"conv1_{number}")(x))
    y = Conv2D(8, 3, padding="same", name=f"conv2_{number}")(ReLU(name=f"relu1_{number}")(y))
    y = BatchNormalization(name=f"norm2_{number}")(y)
    return ReLU(name=f"end{number}")(Add(name=f"sum{number}")([y, x]))


def resnet_like():
    minicnn.set_random_seed(6)
    x = Input((16, 20, 3))
    y = MaxPooling2D(2)(Conv2D(8, 3, padding="same", activation="relu", name="stem")(x))
    y = our_block(our_block(y, 1), 2)
    ours = lively(Model(x, Dense(5, activation="softmax", name="scores")(GlobalAveragePooling2D()(y))))
    stem, blocks, scores = nn.Conv2d(3, 8, 3, padding=1), [Block(8), Block(8)], nn.Linear(8, 5)
    theirs = nn.Sequential(stem, nn.ReLU(), nn.MaxPool2d(2), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                           scores).eval()
    fill(stem, ours.get_layer("stem"))
    fill(scores, ours.get_layer("scores"))
    for number, block in enumerate(blocks, 1):
        for part in ("conv1", "conv2", "norm1", "norm2"):
            fill(getattr(block, part), ours.get_layer(f"{part}_{number}"))
    layers = {"end1": blocks[0].relu2, "end2": blocks[1].relu2, "norm2_2": blocks[1].norm2, "stem/pre": stem,
              "relu1_1": blocks[0].relu1}
    return Pair(ours, theirs, layers)
