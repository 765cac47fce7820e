"""Where batches come from: arrays, generators, anything that can be iterated.

A feed gives the batches of an epoch as (x, y, weight), weight None where all rows count alike. The order of
an array's rows depends on nothing but (seed, epoch), so a run that was stopped goes on with exactly the
batches it would have seen.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from itertools import islice
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from minicnn import _checks, _random
from minicnn._data import Data, as_data, joined, length, parts, rows
from minicnn._types import Array
from minicnn.losses import class_numbers

ORDER, TRANSFORM, DROPOUT, SAMPLE = 0, 1, 2, 3
"""What random numbers are for: each use has a stream of its own."""
BLOCK = 50
"""Rows of a sample that are looked at together."""


class Batch(NamedTuple):
    """Rows x, their targets y, and what each row weighs (None: all the same).

    Tuples of arrays where there are several inputs or outputs; one array of weights then holds for all outputs.
    """

    x: Data
    y: Data
    weight: Data | None = None


class Feed(ABC):
    """Base class. ``steps`` is the number of batches in an epoch, None where nobody knows it beforehand.

    repeatable: whether the batches of an epoch can be given again, as a run that was stopped needs them.
    """

    steps: int | None = None
    repeatable = True

    @abstractmethod
    def batches(self, seed: int, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from number ``start`` on."""

    def sample(self, count: int, seed: int, epoch: int, seen: int) -> Iterator[Batch]:
        """Some ``count`` rows in batches, or all where there are fewer: to look at, not to train on.

        The same ones for the same seed, epoch and number of rows seen in it: here the first ones of the epoch.
        """
        if not self.repeatable:
            raise _checks.error("fit", "a generator cannot give its batches again", cure=
                                "Pass arrays, or an object that can be iterated again and again.")
        for batch in self.batches(seed, epoch):
            few = slice(min(count, length(batch.x)))
            yield Batch(rows(batch.x, few), rows(batch.y, few),
                        None if batch.weight is None else rows(batch.weight, few))
            count -= few.stop
            if not count:
                return


class ArrayFeed(Feed):
    """Batches of rows of arrays, which stay as they are (bytes stay bytes) until a batch is cut.

    shuffle: a new order for each epoch. transform: what to do to the rows of a batch, ``transform(x, rng)``,
    with random numbers that depend on (seed, epoch, batch) alone: augmentation, scaling.
    """

    def __init__(self, x: Data, y: Data, weight: Data | None = None, *, batch_size: int = 32, shuffle: bool = True,
                 transform: Callable[[Any, np.random.Generator], Any] | None = None,
                 steps_per_epoch: int | None = None) -> None:
        if length(x) != length(y) or not length(x):
            raise _checks.error("ArrayFeed", "x and y must be of one length, and not empty", length(x), length(y))
        self.x, self.y = x, y
        self.weight = None if weight is None else check_weight(weight, length(x), "ArrayFeed")
        self.batch_size = _checks.integer(batch_size, "batch_size", "ArrayFeed")
        self.shuffle, self.transform = shuffle, transform
        self.batches_in_all = -(-length(x) // self.batch_size)
        self.steps: int = self.batches_in_all if steps_per_epoch is None else _checks.integer(
            steps_per_epoch, "steps_per_epoch", "ArrayFeed")
        self._order: tuple[tuple[int, int], Array] | None = None

    def batches(self, seed: int, epoch: int, start: int = 0) -> Iterator[Batch]:
        for step in range(start, self.steps):
            # With fewer steps than batches an epoch ends early, and the next goes on behind it.
            turn, batch = divmod(epoch * self.steps + step, self.batches_in_all)
            rng = None if self.transform is None else _random.stream(seed, TRANSFORM, epoch, step)
            yield self._batch(self._rows(seed, turn, batch), rng)

    def _batch(self, which: Any, rng: np.random.Generator | None) -> Batch:
        """These rows, transformed."""
        x = rows(self.x, which)
        if self.transform is not None and rng is not None:
            x = self.transform(x, rng)
        return Batch(x, rows(self.y, which), None if self.weight is None else rows(self.weight, which))

    def runs(self, seed: int, epoch: int, start: int, most: int) -> Iterator[Batch]:
        """The same rows in the same order, but the batches joined, so many to one; transformed all at once."""
        for first in range(start, self.steps, most):
            turns = (divmod(epoch * self.steps + step, self.batches_in_all)
                     for step in range(first, min(first + most, self.steps)))
            every = np.arange(length(self.x))
            which = np.concatenate([every[few] if isinstance(few, slice) else few
                                    for few in (self._rows(seed, *turn) for turn in turns)])
            yield self._batch(which, _random.stream(seed, TRANSFORM, epoch, first))

    def sample(self, count: int, seed: int, epoch: int, seen: int) -> Iterator[Batch]:
        """Rows drawn anew each time, none of them twice, and transformed as those to train on are."""
        rng = _random.stream(seed, SAMPLE, epoch, seen)
        which = rng.choice(length(self.x), min(count, length(self.x)), replace=False)
        for first in range(0, len(which), BLOCK):
            yield self._batch(which[first:first + BLOCK], rng)

    def _rows(self, seed: int, turn: int, batch: int) -> Any:
        """Which rows a batch has on the ``turn``-th way through the data."""
        which = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        if not self.shuffle:
            return which
        if self._order is None or self._order[0] != (seed, turn):
            self._order = (seed, turn), _random.stream(seed, ORDER, turn).permutation(length(self.x))
        return self._order[1][which]


@runtime_checkable
class Resumable(Protocol):
    """Data that can start anywhere, such as `datasets.image_folder.ImageFolder`."""

    def batches(self, epoch: int, start: int = 0) -> Iterator[Any]:
        """The batches of an epoch from number ``start`` on; the same each time."""


class IterableFeed(Feed):
    """Batches from an object that can be iterated again and again. It gives (x, y) or (x, y, sample_weight).

    From one that cannot start in the middle (`Resumable`), the batches before ``start`` are drawn and thrown away.
    """

    def __init__(self, source: Iterable[Any] | Resumable) -> None:
        self.source = source
        self.steps = len(source) if isinstance(source, Sized) else None

    def batches(self, seed: int, epoch: int, start: int = 0) -> Iterator[Batch]:
        if isinstance(self.source, Resumable):
            return (as_batch(item) for item in self.source.batches(epoch, start))
        return (as_batch(item) for item in islice(self.source, start, None))


class GeneratorFeed(Feed):
    """Batches from a generator: ``steps_per_epoch`` of them are one epoch; without, all it has are the only one."""

    repeatable = False

    def __init__(self, source: Iterator[Any], steps_per_epoch: int | None) -> None:
        self.source, self.steps = source, steps_per_epoch

    def batches(self, seed: int, epoch: int, start: int = 0) -> Iterator[Batch]:
        remaining = None if self.steps is None else self.steps - start
        return (as_batch(item) for item in islice(self.source, remaining))


def as_batch(item: Any) -> Batch:
    """What an iterator gave, as a batch."""
    if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
        raise _checks.error("fit", "each batch must be a tuple", "(x, y) or (x, y, sample_weight)", _kind(item))
    x, y = as_data(item[0], "batch x"), as_data(item[1], "batch y")
    weight = check_weight(item[2], length(x), "batch") if len(item) == 3 and item[2] is not None else None
    return Batch(x, y, weight)


def _kind(item: Any) -> str:
    return f"{type(item).__name__} of {len(item)}" if isinstance(item, (tuple, list)) else type(item).__name__


def check_weight(weight: Any, rows: int, where: str) -> Data:
    """One weight, not negative, for each row; or a tuple of such arrays, one for each output."""
    arrays = parts(as_data(weight, f"{where} sample_weight"))
    for array in arrays:
        if array.shape != (rows,):
            raise _checks.error(where, "sample_weight must give one number per row", (rows,), array.shape)
        _checks.finite(array, f"{where} sample_weight")
        if array.size and array.min() < 0:
            raise _checks.error(where, "sample_weight must not be negative", received=array.min())
    return joined(arrays)


def weigh_classes(y: Array, class_weight: Mapping[int, float], output_shape: tuple[int, ...]) -> Array:
    """The weight of each row by its class; classes that are not named weigh 1, as in Keras."""
    classes = class_numbers(y, output_shape)
    weight = np.ones(len(classes))
    for number, value in class_weight.items():
        if not isinstance(number, (int, np.integer)) or not 0 <= number < max(output_shape[-1], 2):
            raise _checks.error("class_weight", "no such class", f"0 to {max(output_shape[-1], 2) - 1}", repr(number))
        weight[classes == number] = _checks.number(value, f"the weight of class {number}", "class_weight", 0)
    return weight


def split(data: Sequence[Data], fraction: float) -> tuple[tuple[Data, ...], tuple[Data, ...]]:
    """The data to train on, and the last ``fraction`` of their rows to validate on, as Keras cuts them."""
    _checks.number(fraction, "validation_split", "fit", minimum=0, below=1)
    count = length(data[0])
    at = int(count * (1 - fraction))
    if not 0 < at < count:
        raise _checks.error("fit", "validation_split leaves no data on one side", received=f"{fraction} of {count}")
    return tuple(rows(one, slice(at)) for one in data), tuple(rows(one, slice(at, None)) for one in data)
