"""What a report is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.visualize import scoring

if TYPE_CHECKING:
    from minicnn.models import Model


@dataclass(frozen=True)
class Subject:
    """A model, the images it is asked about, and what else is known about it.

    images: (N, H, W, C), the numbers that go in. names: what to call each of them.
    classes: their names. history: what `fit` returned, as a dict of lists.
    data, truth: further images and their class numbers, not trained on, for questions about many images.
    """

    model: "Model"
    images: Array
    names: tuple[str, ...]
    classes: tuple[str, ...]
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    data: Array | None = None
    truth: Array | None = None

    @property
    def judged(self) -> tuple[Array, Array, Array]:
        """(images, truth, answers) of the data. Raises MinicnnError where there are none."""
        if self.data is None or self.truth is None:
            raise _checks.error("report", "this picture needs images with their classes", cure=
                                "Give data=(images, labels); on the command line --data.")
        return self.data, self.truth, self.model.predict_classes(self.data)

    @property
    def many(self) -> Array:
        """All the images there are."""
        return self.images if self.data is None else self.data


def make(model: "Model", x: Any, names: Sequence[str] | None, classes: Sequence[str] | None, history: Any,
         data: tuple[Any, Any] | None) -> Subject:
    """The arguments of a report, checked."""
    where = "visualize.report"
    if len(model.inputs) > 1:
        raise _checks.error(f"{where}: {model}", "the model has several inputs", "one input of images",
                            len(model.inputs), "The single pictures, visualize.saliency_maps say, take several.")
    (images,) = scoring.images(model, x, where)
    names = tuple(names) if names is not None else tuple(f"image {i}" for i in range(len(images)))
    if len(names) != len(images):
        raise _checks.error(where, "names and images are not of one length", f"{len(images)} names", len(names))
    count = scoring.class_scores(model, where).classes
    classes = tuple(classes) if classes is not None else tuple(map(str, range(count)))
    if len(classes) != count:
        raise _checks.error(where, "classes do not fit the model's outputs", f"{count} names", len(classes))
    history = getattr(history, "history", history) or {}
    if data is None:
        return Subject(model, images, names, classes, history)
    (more,) = scoring.images(model, data[0], f"{where}: data")
    truth = scoring.class_numbers(data[1], np.empty((len(more), count)), f"{where}: data")
    return Subject(model, images, names, classes, history, more, truth)
