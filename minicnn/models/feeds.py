"""Where the batches come from that `fit` and `evaluate` are given."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._data import parts
from minicnn.feeding import ArrayFeed, Batch, Feed, GeneratorFeed, IterableFeed, weigh_classes

if TYPE_CHECKING:
    from minicnn.models.model import Model

DEFAULT_BATCH = 32


def batch_length(batch_size: int | None, where: str) -> int:
    """How many rows a batch has."""
    return _checks.integer(DEFAULT_BATCH if batch_size is None else batch_size, "batch_size", where)


def feed(model: "Model", x: Any, y: Any, weight: Any, batch_size: int | None, shuffle: bool, steps: int | None,
         where: str) -> Feed:
    """Batches of arrays, which are checked here, all at once; or those of x, which are checked when they come."""
    if y is None and isinstance(x, (Feed, Iterator, Iterable)) and not isinstance(x, (np.ndarray, list, tuple)):
        if weight is not None:
            raise _checks.error(where, "sample_weight goes with arrays", cure="Give batches (x, y, sample_weight).")
        if isinstance(x, Feed):
            return x
        return GeneratorFeed(x, steps) if isinstance(x, Iterator) else IterableFeed(x)
    if y is None:
        raise _checks.error(where, "targets are missing", cure="Pass y, or batches (x, y).")
    x, y, weight = model.check_data(x, y, weight, where)
    return ArrayFeed(x, y, weight, batch_size=batch_length(batch_size, where), shuffle=shuffle, steps_per_epoch=steps)


def validation(model: "Model", data: Any, batch_size: int | None, where: str) -> Feed:
    """The same of ``validation_data``."""
    if isinstance(data, (tuple, list)):
        if len(data) not in (2, 3):
            raise _checks.error(where, "validation_data must be a pair", "(x, y) or (x, y, sample_weight)",
                                f"{len(data)} parts")
        x, y, weight = (*data, None)[:3]
    elif not isinstance(data, (Feed, Iterable)) or isinstance(data, (Iterator, np.ndarray, str, Mapping)):
        raise _checks.error(where, "validation_data must be a pair",
                            "(x, y), or batches that can be iterated again and again", type(data).__name__)
    else:
        x, y, weight = data, None, None
    return feed(model, x, y, weight, batch_size, False, None, f"{where} validation_data")


class ByClass(Feed):
    """The batches of another feed, weighed by class as well."""

    def __init__(self, feed: Feed, weights: Mapping[int, float], model: "Model") -> None:
        self.feed, self.weights, self.model = feed, weights, model
        self.steps, self.repeatable = feed.steps, feed.repeatable

    def batches(self, seed: int, epoch: int, start: int = 0) -> Iterator[Batch]:
        for batch in self.feed.batches(seed, epoch, start):
            batch = self.model.prepare(batch, "fit")
            if isinstance(batch.y, tuple):
                raise _checks.error("fit", "class_weight goes with one output", received=len(batch.y), cure=
                                    "Give sample_weight, an array for each output.")
            by_class = weigh_classes(parts(batch.y)[0], self.weights, self.model.graph.outputs[0].sample_shape)
            yield batch._replace(weight=by_class if batch.weight is None else by_class * parts(batch.weight)[0])
