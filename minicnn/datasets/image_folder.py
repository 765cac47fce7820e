"""Pictures in batches: decoded when their batch is due, so that there may be more than fit in memory.

`minicnn.utils.image_dataset_from_directory` finds the pictures; here is what it returns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Pair, Shape
from minicnn.datasets._pictures import CHANNELS, load_picture

Batch: TypeAlias = Array | tuple[Array, Array]


@dataclass(eq=False)
class ImageFolder:
    """Pictures in batches, to be iterated again and again.

    Every batch is ``(x, y)``: x float32 (N, H, W, C), gray levels or colors from 0 to 255, not scaled; y by
    ``label_mode``, as in Keras. Without labels it is x alone.

    =================  =============  =================================================
    ``"int"``          int32 (N,)     the class number
    ``"categorical"``  float32 (N, K)  one-hot over the K classes
    ``"binary"``       float32 (N, 1)  0 or 1, of two classes
    =================  =============  =================================================

    The protocol, for a training loop that wants to say where it is:

    - ``len(data)`` is the number of batches in an epoch; the last may be smaller.
    - ``data.batches(epoch, start)`` gives batch ``start`` and the following ones of an epoch. The order depends on
      (seed, epoch) alone, so a run can be taken up at any batch of any epoch.
    - ``for x, y in data`` is ``data.batches(data.epoch)``, and adds one to ``data.epoch``: every pass has another
      order. Without ``shuffle`` all have that of ``file_paths``.

    Only the batch at hand is in memory. Nothing is kept between passes but the names and the labels.
    """

    file_paths: Sequence[str]
    """The pictures, by class and then by name."""
    labels: Array | None
    """The class number of each."""
    class_names: Sequence[str] | None
    """The classes in the order of their numbers."""
    label_mode: str | None = "int"
    color_mode: str = "rgb"
    image_size: Pair = (256, 256)
    """Height and width of all images that come out."""
    batch_size: int = 32
    shuffle: bool = True
    seed: int = 0
    epoch: int = 0
    """The number of the next pass."""

    @property
    def image_shape(self) -> Shape:
        """(H, W, C) of an image: what a model's ``Input`` needs."""
        return (*self.image_size, CHANNELS[self.color_mode])

    def __len__(self) -> int:
        return -(-len(self.file_paths) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        epoch = self.epoch
        self.epoch += 1
        return self.batches(epoch)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from number ``start`` on."""
        order = self.order(_checks.integer(epoch, "epoch", "ImageFolder.batches", minimum=0))
        first = _checks.integer(start, "start", "ImageFolder.batches", minimum=0) * self.batch_size
        return (self._batch(order[at:at + self.batch_size]) for at in range(first, len(order), self.batch_size))

    def order(self, epoch: int) -> Array:
        """In which order an epoch takes the pictures: positions in ``file_paths``."""
        count = len(self.file_paths)
        return np.random.default_rng((self.seed, epoch)).permutation(count) if self.shuffle else np.arange(count)

    def _batch(self, rows: Array) -> Batch:
        x = np.empty((len(rows), *self.image_shape), np.float32)
        for image, row in zip(x, rows, strict=True):
            image[...] = load_picture(self.file_paths[row], self.color_mode, self.image_size)
        return x if self.labels is None else (x, self._targets(self.labels[rows]))

    def _targets(self, labels: Array) -> Array:
        """Class numbers in the form that ``label_mode`` names."""
        assert self.class_names is not None
        if self.label_mode == "categorical":
            return np.eye(len(self.class_names), dtype=np.float32)[labels]
        return labels.astype(np.int32) if self.label_mode == "int" else labels.astype(np.float32)[:, None]

    def __repr__(self) -> str:
        classes = "" if self.class_names is None else f" of {len(self.class_names)} classes"
        return (f"<ImageFolder: {len(self.file_paths):,} pictures{classes}, "
                f"{len(self):,} batches of {self.batch_size}, each image {self.image_shape}>")
