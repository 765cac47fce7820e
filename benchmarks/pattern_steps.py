"""LeNet-5 trained pattern by pattern: microseconds per pattern of our compiled loop, and of PyTorch.

    python benchmarks/pattern_steps.py

Ours takes the steps of SDLM, with a rate for each parameter, 500 of them in a call, on one thread; without and with the
paper's distortions of every pattern. PyTorch takes plain steps, eagerly, with as many threads as it likes and with one;
the better one counts. Before the race both do 20 plain steps from the same weights, and the losses must agree.
"""

import argparse
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from racing import Racers, setting, table
from steps import Row, network

PATTERNS = 500


def ours(distorted: bool, check: bool) -> Callable[[], object]:
    """500 steps of the compiled loop; to be checked, the losses of 20 plain ones."""
    from minicnn import losses, optimizers, patterns
    from minicnn.augmentation import lenet5_distortions
    from minicnn.feeding import ArrayFeed

    model, x, y = network(Row("LeNet5", 20 if check else PATTERNS))
    optimizer = optimizers.SGD(0.001) if check else optimizers.SDLM(1e-4)
    model.compile(optimizer, losses.PenaltyMAP(), steps_per_execution=PATTERNS)
    feed = ArrayFeed(x, y, batch_size=1, shuffle=False, transform=lenet5_distortions() if distorted else None)
    if check:
        steps = patterns.steps_at_once(model.graph, model.compiled, feed)
        assert steps is not None
        return lambda: steps(next(feed.runs(0, 0, 0, PATTERNS)))["loss"]
    model.fit(feed, verbose=0)  # looks at the curvature
    again = patterns.steps_at_once(model.graph, model.compiled, feed)
    assert again is not None
    return lambda: again(next(feed.runs(0, 0, 0, PATTERNS)))


def torchs(threads: int | None, check: bool) -> Callable[[], object]:
    """A plain step on one pattern; to be checked, the losses of 20."""
    import torch
    import torch_twins

    if threads:
        torch.set_num_threads(threads)
    model, images, labels = network(Row("LeNet5", 20 if check else 1))
    twin = torch_twins.lenet5(model)
    x, y = torch.from_numpy(images.transpose(0, 3, 1, 2).copy()), torch.from_numpy(labels)
    optimizer = torch.optim.SGD(twin.parameters(), 0.001)

    def step(n: int = 0) -> float:
        optimizer.zero_grad()
        value = torch_twins.penalty_map(twin(x[n:n + 1]), y[n:n + 1])
        value.backward()
        optimizer.step()
        return float(value.detach())

    return (lambda: np.array([step(n) for n in range(20)])) if check else step


def make(competitor: str, work: str) -> Callable[[], object]:
    """What `racing` times: called in the competitor's process."""
    if competitor.startswith("torch"):
        return torchs(1 if "one thread" in competitor else None, work == "check")
    return ours("distorted" in competitor and work != "check", work == "check")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    names = ["minicnn", "minicnn distorted", *(["torch", "torch one thread"] if find_spec("torch") else [])]
    print(setting(["numpy", "numba", "torch"]) + f"; medians of {options.rounds} turns\n")
    racers = Racers(make, names)
    answers = racers.answers("check")
    for name, losses in answers.items():
        if np.abs(losses - answers["minicnn"]).max() > 1e-4 * np.abs(losses).max():
            raise SystemExit(f"{name} gives other losses")
    seconds = racers.race("pattern", options.rounds)
    racers.close()
    each = {name: t / PATTERNS if name.startswith("minicnn") else t for name, t in seconds.items()}
    best = min((t for name, t in each.items() if name.startswith("torch")), default=float("nan"))
    print(table(["LeNet-5, one pattern", "microseconds", "60,000 patterns", "of PyTorch's"],
                [[name, f"{1e6 * t:.1f}", f"{6e4 * t:.1f} s", f"{t / best:.3f}"] for name, t in each.items()]))


if __name__ == "__main__":
    main()
