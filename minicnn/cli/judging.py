"""Judging a model on images it was not trained on, one batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minicnn import metrics
from minicnn._types import Array
from minicnn.cli.preparation import Preparation
from minicnn.cli.sources import Part
from minicnn.models import Model

BATCH = 100
KEPT = 64 * 2**20
"""Bytes of images that are kept to be shown."""


@dataclass(frozen=True)
class Judgement:
    """True classes and answers (N,), and the first of the images, as bytes: all of them unless they are too many."""

    truth: Array
    answers: Array
    images: Array

    @property
    def wrong(self) -> int:
        """How many answers are wrong."""
        return int(np.count_nonzero(self.truth != self.answers))

    @property
    def accuracy(self) -> str:
        """The part that is right, in words."""
        return f"{1 - self.wrong / len(self.truth):.1%} ({self.wrong:,} wrong)"


def judge(model: Model, part: Part, preparation: Preparation) -> Judgement:
    """What the model answers."""
    answers, kept, room = [], [], KEPT
    for first in range(0, len(part), BATCH):
        images = preparation.images(part.items[first:first + BATCH])
        answers.append(model.predict_classes(preparation.scale(images), BATCH))
        if images.nbytes <= room:
            kept.append(images)
        room = room - images.nbytes if images.nbytes <= room else 0
    shown = np.concatenate(kept) if kept else np.empty((0, *preparation.input_shape), np.uint8)
    return Judgement(part.labels.astype(np.int64), np.concatenate(answers), shown)


def errors_by_class(judged: Judgement, classes: Sequence[str]) -> str:
    """A line for each class that occurs: how many there are, how many are wrong, and what they are taken for."""
    counts = metrics.confusion_matrix(judged.truth, judged.answers, len(classes))
    width = max(len("class"), *map(len, classes))
    lines = [f"{'class':<{width}}  images  wrong  taken for"]
    for number, (name, row) in enumerate(zip(classes, counts, strict=True)):
        if row.sum():
            others = [int(i) for i in np.argsort(-row, kind="stable") if row[i] and i != number]
            taken = ", ".join(f"{classes[i]} ({row[i]})" for i in others[:4])
            line = f"{name:<{width}}  {row.sum():>6,}  {row.sum() - row[number]:>5,}  {taken}"
            lines.append(line.rstrip())
    return "\n".join(lines)
