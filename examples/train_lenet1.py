"""How good is LeNet-1, the network of 1990, when it is trained like LeNet-5? (a look: about 6 seconds)

    python examples/train_lenet1.py               a look: 2 passes of the package's 4,000 digits
    python examples/train_lenet1.py FOLDER        the real thing: MNIST, 20 passes for each of seeds 0, 1 and 2, some
                                                  minutes; leaves FOLDER/table.txt (ours is in examples/lenet1)

LeCun et al. 1998 have 1.7 % of the test digits wrong by it (Figure 9), on images of 16x16 in the middle of its input of
28x28. So the digits, which MNIST has in 20x20 pixels, are made smaller here by 4/5. LeNet-1 has 2,578 parameters, the
connection table of 1990, and no codes of 84 numbers: each of ten units shall say +1 for its own digit and -1 for the
others. The squared distance to that is eq. 8 with codes of ten numbers, so an RBF layer computes it.

Everything else is LeNet-5's: stochastic diagonal Levenberg-Marquardt, pattern by pattern, the paper's 20 passes and its
rates times a factor. The factor is tuned as the others were: doubled and halved for as long as the last 10,000 training
digits say that it helps, after five passes of the others with seed 7.
"""

import sys
import time
from pathlib import Path

import numpy as np

import minicnn
from minicnn import layers, losses, optimizers, schedules
from minicnn.applications import LeNet1
from minicnn.applications.lenet5 import BACKGROUND, FOREGROUND
from minicnn.callbacks import Callback, Logs
from minicnn.datasets import digits, mnist
from minicnn.initializers import FanInUniform
from minicnn.optimizers.sdlm import PAPER_RATES

SEEDS, TUNING_SEED, TUNING_PASSES, HELD_OUT = (0, 1, 2), 7, 5, 10_000
PAPER = 1.7
CODES = np.where(np.eye(10) > 0, 1.0, -1.0)


def smaller(images: np.ndarray, factor: float = 0.8) -> np.ndarray:
    """Bytes (N, 28, 28) with what they show smaller, in the middle, as LeNet-5 has them: float32 in -0.1 .. 1.175.

    A pixel of the result is the mean over the square of 1/factor pixels that it covers.
    """
    edges = (np.arange(29) - 14) / factor + 14
    pixels = np.arange(28)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    part = np.maximum(covered, 0) * factor  # (28, 28): of each pixel of ours, what lies on each of theirs
    small = (part @ (images / 255) @ part.T)[..., None]
    return (BACKGROUND + (FOREGROUND - BACKGROUND) * small).astype(np.float32)


def network(patterns: int, factor: float) -> minicnn.Model:
    """LeNet-1 with the squared distances to the codes behind it, ready for passes of so many patterns."""
    lenet1 = LeNet1(initializer=FanInUniform(1.0, 0.5))
    model = minicnn.Model(lenet1.input, layers.RBF(CODES, name="distance")(lenet1.output))
    rates = schedules.by_pass([(passes, rate * factor) for passes, rate in PAPER_RATES], patterns)
    model.compile(optimizers.SDLM(rates), losses.PenaltyMLE(), metrics=["accuracy"], steps_per_execution=500)
    return model


class Passes(Callback):
    """Writes down each pass: the rate, % wrong in training and on the digits to judge by, seconds."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = x, y
        self.rows: list[tuple[float, float, float, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.eta, self.began = self.model.optimizer.rate(), time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        assert logs is not None
        seconds = time.perf_counter() - self.began
        wrong = 100 * float((self.model.predict_classes(self.x, batch_size=500) != self.y).mean())
        self.rows.append((self.eta, 100 - 100 * logs["accuracy"], wrong, seconds))


def trained(x: np.ndarray, y: np.ndarray, judges: tuple[np.ndarray, np.ndarray], passes: int, seed: int,
            factor: float) -> list[tuple[float, float, float, float]]:
    """Train on images that are prepared; returns what `Passes` wrote down. One random order of the patterns is kept."""
    minicnn.set_random_seed(seed)
    order = np.random.default_rng(seed).permutation(len(x))
    seen = Passes(*judges)
    network(len(x), factor).fit(x[order], y[order], batch_size=1, epochs=passes, shuffle=False, verbose=0,
                                callbacks=[seen])
    return seen.rows


def tuned(x: np.ndarray, y: np.ndarray, factor: float = 0.2) -> float:
    """The factor for the paper's rates of which neither half nor double is better on held-out training digits."""
    found: dict[float, float] = {}
    while True:
        for candidate in (factor, factor / 2, factor * 2):
            if candidate not in found:
                judges = (x[-HELD_OUT:], y[-HELD_OUT:])
                rows = trained(x[:-HELD_OUT], y[:-HELD_OUT], judges, TUNING_PASSES, TUNING_SEED, candidate)
                found[candidate] = rows[-1][2]
                print(f"rates x {candidate:g}: {rows[-1][2]:.2f} % of the held-out training digits wrong", flush=True)
        best = min((factor, factor / 2, factor * 2), key=found.__getitem__)
        if found[best] == found[factor]:
            return factor
        factor = best


def table(runs: dict[int, list[tuple[float, float, float, float]]]) -> str:
    """The passes of each seed, one below the other."""
    lines = ["pass  rate     " + "  ".join(f"seed {seed}: training  test   time" for seed in runs)]
    for number, rows in enumerate(zip(*runs.values(), strict=True), 1):
        each = "  ".join(f"{training:14.2f} % {test:5.2f} % {seconds:4.1f} s" for _, training, test, seconds in rows)
        lines.append(f"{number:4}  {rows[0][0]:.1e} {each}")
    return "\n".join(lines)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    (x, y), (x_test, y_test) = mnist.load_data() if folder else digits.load_data()
    x, x_test = smaller(x), smaller(x_test)
    if folder is None:
        print(table({0: trained(x, y, (x_test, y_test), 2, 0, 0.8)}))
        print("\nName a folder to train on all of MNIST: python examples/train_lenet1.py FOLDER")
        return
    factor = tuned(x, y)
    runs = {}
    for seed in SEEDS:
        runs[seed] = trained(x, y, (x_test, y_test), 20, seed, factor)
        print(f"seed {seed}: {runs[seed][-1][2]:.2f} % of the test digits wrong", flush=True)
    last = np.array([rows[-1] for rows in runs.values()])
    (_, training, test, _), spread = last.mean(axis=0), last[:, 2].std(ddof=1)
    text = (f"LeNet-1 on the 60,000 training digits of MNIST, 16x16 pixels in 28x28; % wrong\n\n{table(runs)}\n\n"
            f"After 20 passes: {test:.2f} % of the 10,000 test digits wrong, mean of {len(runs)} seeds; standard "
            f"deviation {spread:.2f}, standard error {spread / np.sqrt(len(runs)):.2f}\n"
            f"of the training digits, as they are trained on: {training:.2f} %\n"
            f"LeCun et al. 1998: {PAPER} % of the test digits\n"
            f"rates: the paper's times {factor:g}, tuned on held-out training digits\n"
            f"made by: python examples/train_lenet1.py FOLDER; minicnn {minicnn.__version__}, NumPy {np.__version__}\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.txt").write_text(text, encoding="utf-8")
    print(f"\n{text}\n{folder}: table.txt")


if __name__ == "__main__":
    main()
