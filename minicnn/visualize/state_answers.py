"""The answers at the right of each panel that `states` draws: the best two classes, the surer the darker."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array
from minicnn.visualize import drawing, scoring
from minicnn.visualize.drawing import SMALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from minicnn.models import Model

LEAST = 0.5  # inches
FIRST, SECOND, WORDS = 20.0, 9.0, 11.0  # points: the answer, the next best one; an answer of several letters
PALEST = 0.8  # the gray of the worst number written, 1 being white


@dataclass(frozen=True)
class Answers:
    """What to write for each image: names of classes; outputs (N, U); which classes, and their grays (N, 2)."""

    names: Sequence[str]
    outputs: Array
    best: Array
    grays: Array

    @property
    def sizes(self) -> tuple[float, float]:
        """Points of the answer and of the next best one."""
        return FIRST if max(map(len, self.names)) <= 2 else WORDS, SECOND

    @property
    def width(self) -> float:
        """Inches that they take."""
        return max(LEAST, *(drawing.text_width(name, self.sizes[0], bold=True) for name in self.names))

    def draw(self, axes: "Axes", number: int, left: float, height: float) -> None:
        """The answer to one image in the middle of a panel, with the outputs; of a single output, its number."""
        middle, top = left + self.width / 2, height / 2 - 0.35
        axes.text(middle, -0.05, "answer", ha="center", va="bottom", fontsize=SMALL, color=drawing.QUIET)
        if self.outputs.shape[1] == 1:
            axes.text(middle, height / 2, drawing.short(float(self.outputs[number, 0])), ha="center", va="center",
                      gid="answer")
            return
        for which, gray, size in zip(self.best[number].tolist(), self.grays[number].tolist(), self.sizes, strict=True):
            axes.text(middle, top, self.names[which], ha="center", va="top", fontsize=size, weight="bold",
                      gid="answer", color=str(round(gray, 3)), parse_math=False)
            top += size / 72 + 0.04
            axes.text(middle, top, drawing.short(float(self.outputs[number, which])), ha="center", va="top",
                      fontsize=SMALL, color=drawing.QUIET)
            top += 0.24


def answers(model: "Model", outputs: Array, names: Sequence[str] | None, where: str) -> Answers:
    """The answers behind some outputs (N, U). names: of the classes, to be written instead of their numbers.

    Raises MinicnnError where the names are not one for each class.
    """
    called = scoring.class_names(model, names, where)
    if names is None:
        called = [str(number) for number in range(len(called))]
    scores = model.graph.outputs[0].owner.scores(outputs)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    return Answers([drawing.shortened(name, 20) for name in called], outputs, best,
                   _grays(model, np.take_along_axis(scores, best, axis=1)))


def _grays(model: "Model", scores: Array) -> Array:
    """From black, 0, for the best score there can be: a penalty of 0, a probability of 1, else the largest of these."""
    if scoring.gives_probabilities(model):
        return PALEST * (1 - scores)
    best = 0.0 if model.graph.outputs[0].owner.penalties else float(scores.max())
    lowest = float(scores.min())
    grays: Array = PALEST * (best - scores) / (best - lowest if best > lowest else 1.0)
    return grays
