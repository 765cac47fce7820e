"""What augmentation costs: a training step of LeNet5Modern at batch 32, with it and without.

    python -m benchmarks.augmentation_cost

Both take turns, so that a drift of the machine's speed meets both; medians count.
"""

import statistics
import time

import numpy as np

import minicnn
from benchmarks import machine
from minicnn import optimizers
from minicnn.applications import LeNet5Modern
from minicnn.augmentation import Augmentation, lenet5_distortions
from minicnn.datasets import digits

BATCH = 32
ROUNDS = 200
AFFINE = {"translate": 2, "scale": 0.1, "squeeze": 0.1, "shear": 0.2, "rotate": 10}
CASES = {
    "the paper's distortions": lenet5_distortions(),
    "all affine steps": Augmentation(**AFFINE, mirror=True),
    "elastic": Augmentation(elastic=(34, 4)),
    "affine and elastic": Augmentation(**AFFINE, elastic=(34, 4)),
    "inverted pixels": Augmentation(noise=0.1),
    "Gaussian noise": Augmentation(gaussian_noise=0.1),
    "everything": Augmentation(**AFFINE, mirror=True, elastic=(34, 4), noise=0.1, gaussian_noise=0.1),
}


def seconds(function, *arguments):
    """The seconds a call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main() -> None:
    (images, labels), _ = digits.load_data()
    x, y = images[:BATCH, ..., None].astype(np.float32) / 255, labels[:BATCH]
    minicnn.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = LeNet5Modern()
    model.compile(optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    print(machine.setting())
    print(f"a training step of LeNet5Modern, batch {BATCH}, float32; medians of {ROUNDS}\n")
    print("| augmentation | step, ms | augmented step, ms | ratio | augmentation alone, ms |")
    print("|---|---:|---:|---:|---:|")
    for name, augment in CASES.items():
        plain, augmented, alone = [], [], []
        for _ in range(ROUNDS + 1):
            plain.append(seconds(model.train_on_batch, x, y))
            augmented.append(seconds(lambda augment=augment: model.train_on_batch(augment(x, rng), y)))
            alone.append(seconds(augment, x, rng))
        # The first round may have compiled.
        step, both, only = (1e3 * statistics.median(times[1:]) for times in (plain, augmented, alone))
        print(f"| {name} | {step:.2f} | {both:.2f} | {both / step:.2f} | {only:.2f} |", flush=True)


if __name__ == "__main__":
    main()
