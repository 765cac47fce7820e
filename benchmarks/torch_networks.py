"""PyTorch's versions of our networks, as one writes them there, with our weights."""

from typing import Any

import numpy as np
import torch
from torch import nn

from minicnn import Model
from minicnn.models.torch_layout import state_dict


def twin(model: Model, name: str) -> nn.Module:
    """The network up to its logits (LeNet-5: its penalties)."""
    return {"LeNet5Modern": lenet5_modern, "LeNet5": lenet5, "MNISTConvNet": mnist_convnet, "VGG16": vgg16,
            "ResNet50": ResNet50}[name](model)


def loss_of(name: str) -> Any:
    """The loss as a function of outputs and labels."""
    return penalty_map if name == "LeNet5" else nn.functional.cross_entropy


def penalty_map(penalties: torch.Tensor, labels: torch.Tensor, j: float = 10.0) -> torch.Tensor:
    """LeCun et al. 1998, eq. 9."""
    rubbish = torch.full((len(penalties), 1), -j)
    return nn.functional.cross_entropy(torch.cat([-penalties, rubbish], 1), labels)


def tensor(array: np.ndarray) -> torch.Tensor:
    """A copy of the array."""
    return torch.from_numpy(np.array(array, order="C"))


def load(module: nn.Module, model: Model) -> None:
    """Give the modules the weights of the layers of the same names."""
    weights = {name: tensor(array) for name, array in state_dict(model, None, "benchmark").items()}
    missing = module.load_state_dict(weights, strict=False)
    if missing.unexpected_keys or any(not key.endswith("num_batches_tracked") for key in missing.missing_keys):
        raise ValueError(f"not all weights have a place: {missing}")


def chain(model: Model, **modules: nn.Module) -> nn.Sequential:
    """Named modules one behind the other, with the weights."""
    whole = nn.Sequential()
    for name, module in modules.items():
        whole.add_module(name, module)
    load(whole, model)
    return whole


def lenet5_modern(model: Model) -> nn.Module:
    return chain(model, conv1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2), conv2=nn.Conv2d(6, 16, 5),
                 relu2=nn.ReLU(), pool2=nn.MaxPool2d(2), flatten=nn.Flatten(), dense1=nn.Linear(256, 120),
                 relu3=nn.ReLU(), dense2=nn.Linear(120, 84), relu4=nn.ReLU(), output=nn.Linear(84, 10))


def mnist_convnet(model: Model) -> nn.Module:
    """The dropout has the rates that ours has."""
    rates = [model.get_layer(name).rate for name in ("dropout1", "dropout2")]
    return chain(model, conv1=nn.Conv2d(1, 32, 3), relu1=nn.ReLU(), conv2=nn.Conv2d(32, 64, 3), relu2=nn.ReLU(),
                 pool=nn.MaxPool2d(2), dropout1=nn.Dropout(rates[0]), flatten=nn.Flatten(),
                 dense=nn.Linear(9216, 128), relu3=nn.ReLU(), dropout2=nn.Dropout(rates[1]), output=nn.Linear(128, 10))


def vgg16(model: Model) -> nn.Module:
    modules: dict[str, nn.Module] = {}
    channels = 3
    for block, (count, filters) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), start=1):
        for place in range(1, count + 1):
            modules[f"block{block}_conv{place}"] = nn.Conv2d(channels, filters, 3, padding=1)
            modules[f"block{block}_relu{place}"] = nn.ReLU(inplace=True)
            channels = filters
        modules[f"block{block}_pool"] = nn.MaxPool2d(2)
    return chain(model, **modules, flatten=nn.Flatten(), fc1=nn.Linear(25088, 4096), relu1=nn.ReLU(inplace=True),
                 fc2=nn.Linear(4096, 4096), relu2=nn.ReLU(inplace=True), predictions=nn.Linear(4096, 1000))


class ResNet50(nn.Module):
    """Keras's order of things: biases, the stride in the first 1x1."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.stages = [(stage, block, stride if block == 1 else 1)
                       for stage, count, stride in ((2, 3, 1), (3, 4, 2), (4, 6, 2), (5, 3, 2))
                       for block in range(1, count + 1)]
        self.normalized("conv1", 3, 64, 7, 2)
        channels = 64
        for stage, block, stride in self.stages:
            name, filters = f"conv{stage}_block{block}", 2 ** (stage + 4)
            if block == 1:
                self.normalized(f"{name}_0", channels, 4 * filters, 1, stride)
            self.normalized(f"{name}_1", channels, filters, 1, stride)
            self.normalized(f"{name}_2", filters, filters, 3, 1)
            self.normalized(f"{name}_3", filters, 4 * filters, 1, 1)
            channels = 4 * filters
        self.predictions = nn.Linear(2048, 1000)
        load(self, model)

    def normalized(self, name: str, channels: int, filters: int, size: int, stride: int) -> None:
        self.add_module(f"{name}_conv", nn.Conv2d(channels, filters, size, stride, size // 2))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(filters, eps=1.001e-5))

    def run(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return getattr(self, f"{name}_bn")(getattr(self, f"{name}_conv")(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu(self.run("conv1", x), inplace=True)
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        for stage, block, _ in self.stages:
            name = f"conv{stage}_block{block}"
            shortcut = self.run(f"{name}_0", x) if block == 1 else x
            x = nn.functional.relu(self.run(f"{name}_1", x), inplace=True)
            x = nn.functional.relu(self.run(f"{name}_2", x), inplace=True)
            x = nn.functional.relu(self.run(f"{name}_3", x) + shortcut, inplace=True)
        return self.predictions(x.mean((2, 3)))


# -- LeNet-5 of 1998: PyTorch has no modules for its parts -----------------------------------------


def conv(layer: Any, kernel: np.ndarray | None = None) -> nn.Conv2d:
    """A Conv2D: (kh, kw, C, F) becomes (F, C, kh, kw)."""
    kernel = layer.params["kernel"] if kernel is None else kernel
    module = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[:2])
    with torch.no_grad():
        module.weight.copy_(tensor(kernel.transpose(3, 2, 0, 1)))
        module.bias.copy_(tensor(layer.params["bias"]))
    return module


def dense(layer: Any) -> nn.Linear:
    """A Dense."""
    module = nn.Linear(*layer.params["kernel"].shape)
    with torch.no_grad():
        module.weight.copy_(tensor(layer.params["kernel"].T))
        module.bias.copy_(tensor(layer.params["bias"]))
    return module


class ScaledTanh(nn.Module):
    """1.7159 tanh(2x/3)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class Subsampling(nn.Module):
    """coefficient * (sum of each 2x2 window) + bias."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(tensor(layer.params["coefficient"])[:, None, None])
        self.bias = nn.Parameter(tensor(layer.params["bias"])[:, None, None])

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
        self.register_buffer("prototypes", tensor(layer.params["prototypes"]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - self.prototypes).square().sum(2)


def lenet5(model: Model) -> nn.Module:
    layer = {one.name: one for one in model.layers}
    return nn.Sequential(conv(layer["C1"]), ScaledTanh(), Subsampling(layer["S2"]), ScaledTanh(),
                         TableConv(layer["C3"]), ScaledTanh(), Subsampling(layer["S4"]), ScaledTanh(),
                         conv(layer["C5"]), ScaledTanh(), nn.Flatten(), dense(layer["F6"]), ScaledTanh(),
                         RBF(layer["RBF"]))
