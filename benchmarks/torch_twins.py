"""PyTorch's versions of our networks, with the same weights: what the races run against."""

from typing import Any

import numpy as np
import torch
from torch import nn


def tensor(array: np.ndarray) -> torch.Tensor:
    """A copy of the array."""
    return torch.from_numpy(np.ascontiguousarray(array))


def conv(layer: Any, kernel: np.ndarray | None = None) -> nn.Conv2d:
    """A Conv2D: (kh, kw, C, F) becomes (F, C, kh, kw)."""
    kernel = layer.params["kernel"] if kernel is None else kernel
    twin = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[:2])
    with torch.no_grad():
        twin.weight.copy_(tensor(kernel.transpose(3, 2, 0, 1)))
        twin.bias.copy_(tensor(layer.params["bias"]))
    return twin


def dense(layer: Any, image: tuple[int, ...] | None = None) -> nn.Linear:
    """A Dense; behind a Flatten of an image (H, W, C) its inputs come in the order (C, H, W)."""
    kernel = layer.params["kernel"]
    if image is not None:
        kernel = kernel.reshape(*image, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
    twin = nn.Linear(*kernel.shape)
    with torch.no_grad():
        twin.weight.copy_(tensor(kernel.T))
        twin.bias.copy_(tensor(layer.params["bias"]))
    return twin


class ScaledTanh(nn.Module):
    """1.7159 tanh(2x/3)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsampling(nn.Module):
    """coefficient * (sum of each 2x2 window) + bias."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(tensor(layer.params["coefficient"].copy())[:, None, None])
        self.bias = nn.Parameter(tensor(layer.params["bias"].copy())[:, None, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(x, 2) * (4 * self.coefficient) + self.bias


class TableConv(nn.Module):
    """A convolution with the kernels of absent links held at zero, which is how one does it in PyTorch."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        table = layer.connection_table
        full = np.zeros((*layer.kernel_size, table.shape[1], table.shape[0]), np.float32)
        full[:, :, table.T] = layer.params["kernel"]
        self.conv = conv(layer, full.swapaxes(2, 3))
        self.register_buffer("table", tensor(table.T.astype(np.float32))[:, :, None, None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.conv2d(x, self.conv.weight * self.table, self.conv.bias)


class RBF(nn.Module):
    """Squared distances to fixed prototypes."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.register_buffer("prototypes", tensor(layer.params["prototypes"].copy()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - self.prototypes).square().sum(2)


def lenet5_modern(model: Any) -> nn.Module:
    """LeNet5Modern up to its logits."""
    layer = {one.name: one for one in model.layers}
    return nn.Sequential(conv(layer["conv1"]), nn.ReLU(), nn.MaxPool2d(2), conv(layer["conv2"]), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), dense(layer["dense1"], (4, 4, 16)), nn.ReLU(),
                         dense(layer["dense2"]), nn.ReLU(), dense(layer["output"]))


def mnist_convnet(model: Any) -> nn.Module:
    """MNISTConvNet up to its logits."""
    layer = {one.name: one for one in model.layers}
    return nn.Sequential(conv(layer["conv1"]), nn.ReLU(), conv(layer["conv2"]), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Dropout(0.25), nn.Flatten(), dense(layer["dense"], (12, 12, 64)), nn.ReLU(),
                         nn.Dropout(0.5), dense(layer["output"]))


def lenet5(model: Any) -> nn.Module:
    """LeNet-5 of 1998."""
    layer = {one.name: one for one in model.layers}
    return nn.Sequential(conv(layer["C1"]), ScaledTanh(), Subsampling(layer["S2"]), ScaledTanh(),
                         TableConv(layer["C3"]), ScaledTanh(), Subsampling(layer["S4"]), ScaledTanh(),
                         conv(layer["C5"]), ScaledTanh(), nn.Flatten(), dense(layer["F6"]), ScaledTanh(),
                         RBF(layer["RBF"]))


def penalty_map(penalties: torch.Tensor, labels: torch.Tensor, j: float = 10.0) -> torch.Tensor:
    """LeCun et al. 1998, eq. 9."""
    rubbish = torch.full((len(penalties), 1), -j)
    return nn.functional.cross_entropy(torch.cat([-penalties, rubbish], 1), labels)
