"""Whole training steps and predictions of small networks: ours with each set of kernels, and PyTorch's.

    python benchmarks/steps.py                     # every row, PyTorch included where it is installed
    python benchmarks/steps.py modern --rounds 20  # rows whose names contain a word

PyTorch runs eagerly, in both of its memory layouts (NCHW and channels_last); the better one counts in each row. Before
the race every competitor does three steps from the same weights, and the losses must agree within 1e-4 (networks with
dropout are compared by their predictions).
"""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from racing import Racers, setting, table


class Row(NamedTuple):
    """A network, the size of a batch, and whether it is trained."""

    network: str
    batch: int
    training: bool = True


ROWS = {
    **{f"LeNet5Modern train b{batch}": Row("LeNet5Modern", batch) for batch in (1, 32, 128, 1024)},
    "LeNet5Modern predict b128": Row("LeNet5Modern", 128, False),
    **{f"LeNet-5 train b{batch}": Row("LeNet5", batch) for batch in (1, 32, 128)},
    "MNISTConvNet train b128": Row("MNISTConvNet", 128),
}
RATE = 0.001


def network(row: Row) -> tuple[Any, np.ndarray, np.ndarray]:
    """Our model, compiled, and one batch."""
    import minicnn
    from minicnn import applications, optimizers
    from minicnn.datasets import digits

    (images, labels), _ = digits.load_data()
    images, labels = np.resize(images, (row.batch, 28, 28)), np.resize(labels, row.batch)
    minicnn.set_random_seed(0)
    model = getattr(applications, row.network)()
    loss = "penalty_map" if row.network == "LeNet5" else "sparse_categorical_crossentropy"
    model.compile(optimizers.SGD(RATE), loss)
    x = applications.lenet5_images(images) if row.network == "LeNet5" else images[..., None].astype(np.float32) / 255
    return model, x, labels.astype(np.int64)


def ours(kernels_of: str, row: Row) -> Callable[[], Any]:
    """A step, or a prediction, of our model."""
    from minicnn import kernels

    model, x, y = network(row)

    def run() -> Any:
        with kernels.use(kernels_of):
            if row.training:
                return model.train_on_batch(x, y)
            return model.predict(x, batch_size=len(x), verbose=0)

    return run


def torchs(layout: str, row: Row) -> Callable[[], Any]:
    """A step, or a prediction, of PyTorch's version with the same weights."""
    import torch
    import torch_twins
    from torch import nn

    make = {"LeNet5Modern": torch_twins.lenet5_modern, "LeNet5": torch_twins.lenet5,
            "MNISTConvNet": torch_twins.mnist_convnet}[row.network]
    form = torch.channels_last if layout == "torch channels_last" else torch.contiguous_format
    model, images, labels = network(row)
    twin = make(model).to(memory_format=form).train(row.training)
    x = torch.from_numpy(images.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=form)
    y = torch.from_numpy(labels)
    loss = torch_twins.penalty_map if row.network == "LeNet5" else nn.functional.cross_entropy
    optimizer = torch.optim.SGD(twin.parameters(), RATE)

    def step() -> float:
        optimizer.zero_grad()
        value = loss(twin(x), y)
        value.backward()
        optimizer.step()
        return float(value.detach())

    @torch.no_grad()
    def predict() -> np.ndarray:
        return twin(x).softmax(1).numpy()

    return step if row.training else predict


def make(competitor: str, work: str) -> Callable[[], object]:
    """What `racing` times: called in the competitor's process."""
    row = ROWS[work.removeprefix("check ")]
    if work.startswith("check ") and row.network == "MNISTConvNet":
        row = row._replace(training=False)
    run = torchs(competitor, row) if competitor.startswith("torch") else ours(competitor, row)
    if not work.startswith("check "):
        return run
    return lambda: np.array([run() for _ in range(3)]) if row.training else run()


def checked(racers: Racers, work: str) -> None:
    """Three steps, or one prediction, of each competitor: they must agree."""
    answers = racers.answers(f"check {work}")
    first = next(iter(answers.values()))
    for name, answer in answers.items():
        difference = np.abs(answer - first).max() / max(1.0, np.abs(first).max())
        if difference > 1e-4:
            raise SystemExit(f"{work}: {name} gives other numbers, by {difference:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only rows whose names contain one of these")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(setting(["numpy", "numba", "torch"]) + f"; milliseconds, medians of {options.rounds} turns\n")
    others = ["torch", "torch channels_last"] if find_spec("torch") else []
    racers = Racers(make, ["vector", "numba", *others])
    rows = []
    for work in ROWS:
        if options.words and not any(word in work for word in options.words):
            continue
        checked(racers, work)
        times = racers.race(work, options.rounds)
        best = min([times[other] for other in others], default=float("nan"))
        rows.append([work, *(f"{1e3 * t:.3f}" for t in times.values()), f"{times['vector'] / times['numba']:.2f}",
                     f"{times['vector'] / best:.2f}"])
    racers.close()
    print(table(["work", "vector", "numba", *others, "vector/numba", "vector/torch"], rows))


if __name__ == "__main__":
    main()
