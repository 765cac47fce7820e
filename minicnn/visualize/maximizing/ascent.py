"""Activation maximization: pictures made by going up the slope of one number in a network."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._progress import ProgressBar
from minicnn._types import Array, BoolArray
from minicnn.layers import Layer
from minicnn.visualize.maximizing.goals import Goal, Goals, Target, goals_of
from minicnn.visualize.maximizing.recipes import RECIPES, Classic, Recipe, Way
from minicnn.visualize.maximizing.scene import Scene, scene_of
from minicnn.visualize.unit_fields import Rectangle, cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model

ROOM = 2**29
"""Bytes that the values of one batch may take."""
MOST = 64
"""Pictures in a batch at the most."""
PATIENCE = 2.0
"""Seconds before a progress bar is drawn."""


@dataclass(frozen=True)
class Maximized:
    """Pictures that excite something in a network, one for each of T targets.

    layer: the layer's name, or "" where the scores of classes were maximized.
    names: (T) such as "class 3", "channel 5" or "unit (3, 4, 5)".
    images: (T, H, W, C) in the numbers the network takes. pictures: (T, H, W, C) the same for the eyes, 0 to 1.
    scores: (T,) what the images reach: the class's score before the softmax or minus its penalty, the channel's mean,
        or the unit's value.
    rectangles: (T) the part of the picture that is the answer; whatever stands outside of it means nothing.
    lost: (T,) true where no start led anywhere; images, pictures and score are NaN there.
    remark: in words, what the scores are.
    """

    layer: str
    names: list[str]
    images: Array
    pictures: Array
    scores: Array
    rectangles: list[Rectangle]
    lost: BoolArray
    remark: str

    @property
    def crops(self) -> list[Array]:
        """The pictures, each cut to its rectangle."""
        return [cut(picture, rectangle) for picture, rectangle in zip(self.pictures, self.rectangles, strict=True)]

    def figure(self, *, save: str | os.PathLike[str] | None = None) -> "Figure":
        """The crops as a figure; see `maximized_activations`."""
        from minicnn.visualize.maximizing.sheet import sheet_of

        return sheet_of(self, save)


def maximize_activation(model: "Model", target: Target = None, *, layer: str | Layer | None = None,
                        recipe: str | Recipe = "default", seed: int = 0, range: Any = None, like: Any = None,
                        crop: bool | None = None, batch_size: int | None = None, verbose: int = 1) -> Maximized:
    """Pictures that drive a class, a channel or a unit as high as gradient ascent from noise can.

    =========================================  ==============================================================
    ``maximize_activation(model, 3)``          the score of class 3: before the softmax, or minus the penalty
    ``(model)``, ``(model, [3, 8])``           of all classes, of two of them; many targets run as one batch
    ``(model, 5, layer="conv2")``              channel 5 of a layer: the mean over its positions
    ``(model, (3, 4, 5), layer="conv2")``      one unit: row 3, column 4, channel 5
    ``(model, 7, layer="dense1")``             unit 7 of a layer without extent
    =========================================  ==============================================================

    layer: a name of ``model.activations`` ("conv2", or "conv2/pre" before its activation) or the layer itself.
    recipe: "default", which stays near natural pictures, or "classic", that of the tutorials; or one of them with
        options of yours, `Regularized` or `Classic` of `minicnn.visualize.maximizing`.
    seed: of the noise. The same seed gives the same pictures.
    range: (low, high), the numbers that pictures are made of; those of ``like`` where not given, else (0, 1). The
        classic recipe does not keep to it.
    like: images as in training, (N, H, W, C): they tell the range, and their median is the empty picture.
    crop: whether the answer is cut to the receptive field, a channel's to that of its middle unit. None cuts that of
        one unit alone: to the rest of its picture nothing ever answered.
    batch_size: pictures at a time; where not given, up to 64 whose values fit into half a gigabyte.
    verbose: 1 draws a progress bar on what takes over two seconds, 0 does not.

    Returns a `Maximized`. Warns of targets whose starts all lead nowhere (a ReLU that answers 0 has no slope), and
    raises MinicnnError where that is so for all of them; for targets, layers and recipes that are not there; for a
    range that does not grow; for a model that does not take one picture.

    Source: Erhan, Bengio, Courville, Vincent, "Visualizing higher-layer features of a deep network" (2009); on class
    scores, Simonyan, Vedaldi, Zisserman, "Deep inside convolutional networks" (2013).
    """
    where = "visualize.maximize_activation"
    goals, scene = goals_of(model, target, layer, where), scene_of(model, range, like, where)
    steps = recipe if isinstance(recipe, Recipe) else _checks.named(f"{where}: recipe", recipe, RECIPES)
    size = _batch_size(goals) if batch_size is None else _checks.integer(batch_size, "batch_size", where)
    seed = _checks.integer(seed, "seed", where, minimum=0)
    cropped = None if crop is None else _checks.flag(crop, "crop", where)
    batches = _batches(goals.goals, max(1, size // steps.starts))
    bar = ProgressBar(len(batches) * steps.steps, _checks.integer(verbose, "verbose", where, minimum=0), PATIENCE)
    images = np.full((len(goals.goals), *scene.shape), np.nan, scene.dtype)
    scores = np.full(len(goals.goals), np.nan)
    for batch in batches:
        _climb(goals, batch, steps, scene, seed, bar, images, scores)
    bar.finish({})
    lost = np.isnan(scores)
    _tell_lost(goals, lost, isinstance(steps, Classic), where)
    pictures = np.full_like(images, np.nan)
    pictures[~lost] = steps.pictures(images[~lost], scene)
    return Maximized(goals.layer, [goal.name for goal in goals.goals], images, pictures, scores,
                     _rectangles(goals, cropped), lost, _remark(goals))


def _batch_size(goals: Goals) -> int:
    """As many as fit in the room, walking back included, where all values are kept."""
    numbers = sum(int(np.prod(node.sample_shape)) for node in goals.graph.nodes)
    return max(1, min(MOST, ROOM // (numbers * np.dtype(goals.dtype).itemsize)))


def _batches(goals: Sequence[Goal], size: int) -> list[list[int]]:
    """The numbers of goals that climb together: those of one kind, at most ``size``."""
    kinds = [[i for i, goal in enumerate(goals) if (goal.unit is None) == whole] for whole in (True, False)]
    return [kind[start:start + size] for kind in kinds for start in range(0, len(kind), size)]


def _climb(goals: Goals, batch: Sequence[int], recipe: Recipe, scene: Scene, seed: int, bar: ProgressBar,
           images: Array, scores: Array) -> None:
    """Climb with one batch and enter the best of each goal's starts; goals without any are left as they are."""
    each = [goals.goals[i] for i in batch for _ in range(recipe.starts)]

    def tick() -> None:
        bar.update(bar.done + 1, {})

    height, width = goals.field.size if goals.field else scene.shape[:2]
    way = Way(lambda x: goals.slope(x, each), len(batch), not goals.layer, goals.goals[batch[0]].unit is not None,
              (min(height, scene.shape[0]), min(width, scene.shape[1])), scene, tick)
    x, lost = recipe.climb(way, np.random.default_rng(seed))
    reached = goals.scores(x, each)
    reached = np.where(lost, -np.inf, reached).reshape(len(batch), recipe.starts)
    for place, (i, row) in enumerate(zip(batch, reached, strict=True)):
        best = int(row.argmax())
        if row[best] > -np.inf:
            images[i], scores[i] = x[place * recipe.starts + best], row[best]


def _tell_lost(goals: Goals, lost: BoolArray, classic: bool, where: str) -> None:
    if not lost.any():
        return
    names = [goal.name for goal, is_lost in zip(goals.goals, lost, strict=True) if is_lost]
    named = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    why = ("from no start is there a slope that leads uphill" if not classic else
           "the classic recipe gave up every start, for the score was not above zero or had no slope")
    cure = "Other starts may do: seed=1, or a recipe with more of them."
    if classic:
        cure = "recipe='default' does not give up; nor does Classic(give_up=False)."
    elif goals.before and goals.layer:
        cure = f"A ReLU that answers 0 has none; maximize what comes before it: layer={goals.before!r}. {cure}"
    problem = _checks.error(f"{where}: {goals.layer}{': ' if goals.layer else ''}{named}", why, cure=cure)
    if lost.all():
        raise problem
    warnings.warn(str(problem), stacklevel=3)


def _rectangles(goals: Goals, crop: bool | None) -> list[Rectangle]:
    whole = Rectangle(0, 0, *goals.shape[:2])
    return [goals.rectangle(goal) if (goal.unit is not None if crop is None else crop) else whole
            for goal in goals.goals]


def _remark(goals: Goals) -> str:
    if goals.sign < 0:
        return "score: minus the penalty"
    if not goals.layer:
        return "score: before the softmax"
    return "score: the mean of the channel" if goals.goals[0].unit is None and len(goals.node.sample_shape) > 1 \
        else "score: the value of the unit"
