"""Who takes part, and what has to be installed for it."""

from dataclasses import dataclass, field
from importlib.util import find_spec

from benchmarks.works import Conv, Dense, Epoch, Forward, Pool, Step, Work


@dataclass(frozen=True)
class Competitor:
    """module: the one of this folder that does its work; option: told to it. packages: what it needs.

    environment: set before its process begins. kinds: of work that it does; empty for all.
    """

    label: str
    module: str
    packages: tuple[str, ...] = ()
    option: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    kinds: tuple[type, ...] = ()

    @property
    def installed(self) -> bool:
        return all(find_spec(package) is not None for package in self.packages)

    def can(self, work: Work) -> bool:
        """Whether it does such work."""
        return not self.kinds or isinstance(work, self.kinds)


OURS = Competitor("minicnn", "with_minicnn")
TORCH = Competitor("PyTorch", "with_torch", ("torch",))
CHANNELS_LAST = Competitor("PyTorch, channels_last", "with_torch", ("torch",), option="channels_last")

KERAS = (Step, Forward, Epoch)  # its single layers are those of what it runs on
JAX = (*KERAS, Conv, Dense, Pool)

COMPETITORS = {
    "minicnn": OURS,
    "torch": TORCH,
    "channels-last": CHANNELS_LAST,
    "keras-torch": Competitor("Keras on PyTorch", "with_keras", ("keras", "torch"),
                              environment={"KERAS_BACKEND": "torch"}, kinds=KERAS),
    "keras-jax": Competitor("Keras on JAX", "with_keras", ("keras", "jax"),
                            environment={"KERAS_BACKEND": "jax"}, kinds=KERAS),
    "jax": Competitor("JAX, jitted", "with_jax", ("jax",), kinds=JAX),
    "numba": Competitor("minicnn, im2col of Numba", "with_minicnn", environment={"MINICNN_KERNELS": "numba"}),
    "numpy": Competitor("minicnn, im2col of NumPy", "with_minicnn", environment={"MINICNN_KERNELS": "numpy"}),
}
USUAL = ("torch", "channels-last", "keras-torch", "keras-jax", "jax")
"""Who runs beside minicnn when nobody else is asked for; the others are minicnn's own simpler kernels."""
QUICK = ("torch", "channels-last")
