"""Where randomness comes from: one generator a process, from which every model and layer draws its own.

`set_random_seed` (in `minicnn.utils`, as in Keras) makes everything that follows repeatable: the same
seed gives the same bits on the same machine. Without it each process is different.
"""

import numpy as np

from minicnn import _checks

_generator = np.random.default_rng()


def set_random_seed(seed: int) -> None:
    """Start the process's generator again from ``seed``."""
    global _generator
    _generator = np.random.default_rng(_checks.integer(seed, "seed", "set_random_seed", minimum=0))


def new_seed() -> int:
    """The next seed, for a layer's parameters or a model's shuffling."""
    return int(_generator.integers(2**63))


def stream(seed: int, *place: int) -> np.random.Generator:
    """Random numbers that depend on a seed and a place (such as epoch and step) and on nothing else: a run that was
    stopped draws the same ones when it gets there again."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))
