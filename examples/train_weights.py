"""How were the weights trained that `LeNet5Modern(weights="mnist")` brings along? (about 4 seconds)

    python examples/train_weights.py              a look: two epochs of the package's 4,000 digits, nothing is written
    python examples/train_weights.py FOLDER       the real thing: MNIST, 20 epochs, some minutes; leaves
                                                  FOLDER/lenet5_modern.npz and .txt, which tells how it was made

Adam with a rate that falls along half a cosine wave, and every digit a little different each time: moved by up to a
pixel, up to 5 % larger or smaller, turned by up to 5 degrees. The recipe was written down, run once, and kept: the
weights are those of the last epoch of seed 0, not the best of several. `LeNet5(weights="mnist")` comes from
``minicnn reproduce lenet5``.
"""

import platform
import sys
import time
from pathlib import Path

import numba
import numpy as np

import minicnn
from minicnn import kernels, losses, optimizers, schedules
from minicnn.applications import LeNet5Modern
from minicnn.augmentation import Augmentation
from minicnn.datasets import digits, mnist
from minicnn.feeding import ArrayFeed

SEED, EPOCHS, LOOK, BATCH, RATE = 0, 20, 2, 64, 1e-3
AUGMENT = Augmentation(translate=1, scale=0.05, rotate=5)


def seen(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bytes (N, 28, 28, 1) as the network sees them in training: changed a little, 0 to 1."""
    return AUGMENT(images, rng).astype(np.float32) / 255


def trained(images: np.ndarray, labels: np.ndarray, epochs: int) -> minicnn.Model:
    """LeNet5Modern after so many epochs of the digits (N, 28, 28)."""
    minicnn.set_random_seed(SEED)
    model = LeNet5Modern()
    falling = schedules.CosineDecay(RATE, epochs * -(-len(images) // BATCH))
    model.compile(optimizers.Adam(falling), losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    model.fit(ArrayFeed(images[..., None], labels, batch_size=BATCH, transform=seen), epochs=epochs)
    return model


def wrong(model: minicnn.Model, images: np.ndarray, labels: np.ndarray) -> str:
    """How many of the digits, as they are, the model gets wrong, in words."""
    answers = model.predict_classes(images[..., None] / np.float32(255), batch_size=200)
    count = int((answers != labels).sum())
    return f"{count:,} of {len(labels):,} wrong, {100 * count / len(labels):.2f} %"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    (x, y), (x_test, y_test) = mnist.load_data() if folder else digits.load_data()
    start = time.perf_counter()
    with kernels.use("vector"):
        model = trained(x, y, EPOCHS if folder else LOOK)
        (few, of_few), (more, of_more) = digits.load_data()
        inside = wrong(model, np.concatenate([few, more]), np.concatenate([of_few, of_more]))
        told = (f"training digits: {wrong(model, x, y)}\n"
                f"in the package:  {inside}: its digits belong to the training digits of MNIST\n"
                f"test digits:     {wrong(model, x_test, y_test)}\n")
    print(f"\n{told}")
    if folder is None:
        print("Name a folder to train on all of MNIST: python examples/train_weights.py FOLDER")
        return
    folder.mkdir(parents=True, exist_ok=True)
    model.save_weights(folder / "lenet5_modern.npz")
    (folder / "lenet5_modern.txt").write_text(
        f"Weights of LeNet5Modern, trained on the 60,000 training digits of MNIST.\n\n"
        f"command:         python examples/train_weights.py FOLDER\n"
        f"seed:            {SEED}, the only one that was run\n"
        f"recipe:          {EPOCHS} epochs, batches of {BATCH}, Adam, rate {RATE:g} falling to 0 "
        f"along half a cosine wave\n"
        f"augmentation:    {AUGMENT!r}\n"
        f"{told}"
        f"versions:        minicnn {minicnn.__version__}, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"Numba {numba.__version__}; kernels \"vector\"\n"
        f"time:            {time.perf_counter() - start:.0f} s\n", encoding="utf-8")
    print(f"{folder}: lenet5_modern.npz, lenet5_modern.txt")


if __name__ == "__main__":
    main()
