"""How exact the kernels are: the largest error of float32 against float64, ours beside PyTorch's.

    python -m benchmarks.exactness                 # everything: less than a minute
    python -m benchmarks.exactness LeNet 512-512   # rows whose names contain one of these words

An error is a part of the largest number in the array it stands in. Truth is the same work, from the same numbers, in
float64: by the NumPy kernels of minicnn, and for a network of PyTorch's by PyTorch itself. At most 1e-5 is allowed.
"""

import sys
from collections.abc import Callable

import numpy as np

from benchmarks import networks, with_minicnn
from benchmarks.competitors import TORCH
from benchmarks.machine import setting
from benchmarks.report import ABSENT, table
from benchmarks.works import FORWARD, TO_INPUT, TO_KERNEL, Conv, Dense, Forward, Layer, Pool, Step
from minicnn import kernels
from minicnn.optimizers import SGD

ALLOWED = 1e-5

LAYERS: dict[str, Layer] = {
    "5x5, 1-6, 28x28, batch 128": Conv(128, 28, 1, 5, 6),
    "5x5, 6-16, 12x12, batch 128": Conv(128, 12, 6, 5, 16),
    "5x5, 16-120, 5x5, batch 128": Conv(128, 5, 16, 5, 120),
    "3x3, 32-64, 26x26, batch 128": Conv(128, 26, 32, 3, 64),
    "3x3, 128-256, 56x56, batch 8": Conv(8, 56, 128, 3, 256, 1),
    "3x3, 512-512, 14x14, one image": Conv(1, 14, 512, 3, 512, 1),
    "1x1 by twos, 128-256, 28x28, batch 8": Conv(8, 28, 128, 1, 256, 0, 2),
    "dense 256-120, batch 128": Dense(128, 256, 120),
    "dense 9216-128, batch 128": Dense(128, 9216, 128),
    "mean pool 2x2, 28x28x6, batch 128": Pool(128, 28, 6, maximum=False),
}
NETWORKS: dict[str, Step | Forward] = {
    "LeNet5Modern step, batch 128": Step("LeNet5Modern", 128),
    "LeNet-5 (1998) step, batch 32": Step("LeNet5", 32),
    "MNISTConvNet step, batch 128": Step("MNISTConvNet", 128),
    "VGG16 forward, one image": Forward("VGG16", 1),
    "ResNet50 forward, one image": Forward("ResNet50", 1),
}
WAYS = FORWARD, TO_INPUT, TO_KERNEL


def error(found: list[np.ndarray], truth: list[np.ndarray]) -> float:
    """The largest error of some arrays, each as a part of its largest number."""
    return max(float(np.abs(one - other).max() / np.abs(other).max()) for one, other in zip(found, truth, strict=True))


def shown(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.1e}" + ("" if value <= ALLOWED else " **too much**")


# -- layers --------------------------------------------------------------------------------------


def layer_errors(work: Layer) -> list[tuple[float, float | None]]:
    """Ours and PyTorch's, forward and of each gradient."""
    pairs = []
    for way in WAYS[:2] if isinstance(work, Pool) else WAYS:
        one = type(work)(**{**vars(work), "way": way})
        with kernels.use("numpy"):
            truth = with_minicnn.layer(one, np.float64)()
        pairs.append((error(with_minicnn.layer(one)(), truth), with_torch_error(one, truth)))
    return pairs


def with_torch_error(work: Layer, truth: list[np.ndarray]) -> float | None:
    if not TORCH.installed:
        return None
    from benchmarks import with_torch

    return error(with_torch.answer(work), truth)


# -- networks ------------------------------------------------------------------------------------


class Watching(SGD):
    """Gradient descent that moves nothing, and keeps the gradients it was given."""

    def apply(self, changes: list[tuple[str, np.ndarray, np.ndarray]]) -> None:
        self.seen = [gradient.copy() for _, _, gradient in changes]

    def plain_rate(self) -> None:
        """Not plain: it wants to be asked."""


def ours(work: Step | Forward, dtype: str) -> list[np.ndarray]:
    """Loss and gradients of a step, as `fit` takes it; or outputs."""
    model = networks.network(work.network, dropout=False)
    if dtype != "float32":
        model = model.astype(dtype)
    x, y = networks.batch(work.network, work.batch)
    if isinstance(work, Forward):
        return [model.predict(x, verbose=0)]
    optimizer = Watching()
    model.compile(optimizer, networks.loss_of(work.network))
    return [np.array(model.train_on_batch(x, y)), *optimizer.seen]


def torchs(work: Step | Forward, dtype: str) -> list[np.ndarray]:
    """The same by PyTorch."""
    import torch

    from benchmarks import torch_networks, with_torch

    kind, form = getattr(torch, dtype), torch.contiguous_format
    module = with_torch.twin(work.network, form, isinstance(work, Step), dropout=False).to(kind)
    x, y = networks.batch(work.network, work.batch)
    outputs = module(with_torch.images(x, form).to(kind))
    if isinstance(work, Forward):
        return [outputs.detach().numpy()]
    loss = torch_networks.loss_of(work.network)(outputs, torch.from_numpy(y))
    loss.backward()
    return [np.array(loss.item()), *(each.grad.numpy() for each in module.parameters() if each.grad is not None)]


def network_errors(work: Step | Forward) -> list[tuple[float, float | None]]:
    """Ours and PyTorch's, of the outputs; or of the loss, and of the worst array of gradients."""
    with kernels.use("numpy"):
        truth = ours(work, "float64")
    found, cuts = ours(work, "float32"), [slice(0, 1), slice(1, None)] if isinstance(work, Step) else [slice(0, 1)]
    if not TORCH.installed:
        return [(error(found[cut], truth[cut]), None) for cut in cuts]
    theirs, their_truth = torchs(work, "float32"), torchs(work, "float64")
    if error(their_truth[:1], truth[:1]) > 1e-9:
        raise SystemExit(f"{work}: in float64 PyTorch computes something else")
    return [(error(found[cut], truth[cut]), error(theirs[cut], their_truth[cut])) for cut in cuts]


# -- the tables ----------------------------------------------------------------------------------


def rows(works: dict, errors: Callable, words: list[str], columns: int) -> list[list[str]]:
    """A line for each work whose name contains one of the words."""
    lines = []
    for name, work in works.items():
        if not words or any(word.lower() in name.lower() for word in words):
            pairs = errors(work)
            cells = [shown(value) for pair in pairs for value in pair]
            lines.append([name, *cells, *["-"] * (2 * columns - len(cells))])
    return lines


def main(words: list[str]) -> None:
    layers, nets = rows(LAYERS, layer_errors, words, 3), rows(NETWORKS, network_errors, words, 2)
    if not layers and not nets:
        raise SystemExit(f"No row has such a name; there are {', '.join([*LAYERS, *NETWORKS])}.")
    print("\n".join(f"    {line}" for line in setting().splitlines()))
    if layers:
        print("\n" + table(["layer", *(head for way in WAYS for head in (way, "PyTorch"))], layers))
    if nets:
        print("\n" + table(["network", "loss or outputs", "PyTorch", "gradients", "PyTorch"], nets))


if __name__ == "__main__":
    main(sys.argv[1:])
