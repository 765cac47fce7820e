"""Integrated gradients: the gradient summed up on the way from a baseline to the image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, rules
from minicnn._data import is_several, one_or_all
from minicnn._progress import watched
from minicnn._types import Array
from minicnn.visualize.attribution.walk import batches, classes_of, walk_back
from minicnn.visualize.scoring import Scores, Target, class_scores, images, scores_of

if TYPE_CHECKING:
    from minicnn.models import Model


@dataclass(frozen=True, eq=False)
class Completeness:
    """Whether attributions add up, for each of N images.

    sums: (N,) the sum of an image's attributions. differences: (N,) its score minus that of the baseline.
    """

    sums: Array
    differences: Array

    @property
    def errors(self) -> Array:
        """(N,) by how much the sums miss the differences; more steps make them smaller."""
        return self.sums - self.differences

    def __str__(self) -> str:
        lines = [f"{'image':>5}  {'sum of attributions':>19}  {'score - baseline':>16}  {'error':>9}"]
        lines += [f"{i:5}  {total:19.4f}  {difference:16.4f}  {error:9.1e}" for i, (total, difference, error)
                  in enumerate(zip(self.sums, self.differences, self.errors, strict=True))]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class IntegratedGradients:
    """attributions: an array like the batch x, or a list of them for several inputs. classes: (N,) the class of each
    image. completeness: how well they add up to the score."""

    attributions: Any
    classes: Array
    completeness: Completeness


def integrated_gradients(model: "Model", x: Any, target: Target = None, baseline: Any = None, steps: int = 50, *,
                         batch_size: int = 32, verbose: int = 1) -> IntegratedGradients:
    """What each pixel adds to a class score on the straight way from a baseline to the image::

        attribution[i] = (x[i] - baseline[i]) * integral from 0 to 1 of d score / d x[i] at baseline + a (x - baseline)

    They add up to score(x) - score(baseline): the result says how nearly. Sundararajan et al. 2017, "Axiomatic
    attribution for deep networks". The integral is taken by Gauss and Legendre's rule, as in Captum.

    baseline: what "nothing there" looks like: an image (H, W, C), a batch like x, or one number for all pixels; a list
        of such for several inputs. None is 0. A pixel that is as in the baseline gets nothing: with digits as
        `lenet5_images` makes them, -0.1 is paper.
    steps: points of the way at which the gradient is taken; all of them and all images are walked in batches.
    Other arguments and errors are those of `saliency`; raises MinicnnError for a baseline that does not fit, too.
    """
    where = "visualize.integrated_gradients"
    inputs, scores = images(model, x, where), class_scores(model, where)
    starts = _baselines(model, baseline, inputs, where)
    steps = _checks.integer(steps, "steps", where)
    classes = classes_of(model, inputs, target, where, batch_size)
    work = watched(batches(len(classes) * steps, batch_size, where), "integrated_gradients", verbose)
    means = _mean_gradients(model, inputs, starts, scores, classes, steps, work)
    parts = [mean * (image - start) for mean, image, start in zip(means, inputs, starts, strict=True)]
    sums = np.sum([part.reshape(len(part), -1).sum(axis=1) for part in parts], axis=0)
    ends = [scores_of(model, arrays, scores, batch_size)[np.arange(len(classes)), classes]
            for arrays in (starts, inputs)]
    attributions = [part.astype(image.dtype) for part, image in zip(parts, inputs, strict=True)]
    return IntegratedGradients(one_or_all(attributions), classes,
                               Completeness(sums, ends[1].astype(np.float64) - ends[0]))


def _mean_gradients(model: "Model", inputs: Sequence[Array], starts: Sequence[Array], scores: Scores, classes: Array,
                    steps: int, work: Iterable[slice]) -> list[Array]:
    """The integral: for each input the weighted mean (N, ...) of the gradients on the way, in float64.

    Every image at every step is a row of the work.
    """
    places, weights = np.polynomial.legendre.leggauss(steps)  # of the interval from -1 to 1
    places, weights = (places + 1) / 2, weights / 2
    nodes = model.graph.inputs
    means = [np.zeros(image.shape, np.float64) for image in inputs]
    for rows in work:
        image, step = np.divmod(np.arange(len(classes) * steps)[rows], steps)
        batch = [_between(a[image], b[image], places[step]) for a, b in zip(starts, inputs, strict=True)]
        walk = walk_back(model, batch, scores, classes[image], rules.gradient, nodes)
        for mean, node in zip(means, nodes, strict=True):
            np.add.at(mean, image, _columns(weights[step], mean.ndim) * walk.signals[node])
    return means


def _between(start: Array, end: Array, places: Array) -> Array:
    """The images at these places, from 0 (start) to 1 (end), of the way."""
    way: Array = start + _columns(places, start.ndim).astype(start.dtype) * (end - start)
    return way


def _columns(values: Array, axes: int) -> Array:
    """(N,) as (N, 1, 1, ...)."""
    return values.reshape(-1, *(axes - 1) * (1,))


def _baselines(model: "Model", baseline: Any, inputs: Sequence[Array], where: str) -> list[Array]:
    """A baseline for every image, as an array like each input."""
    several = is_several(baseline) or (isinstance(baseline, (list, tuple)) and len(baseline) == len(inputs) > 1)
    given = list(baseline) if several else [0.0 if baseline is None else baseline] * len(inputs)
    if len(given) != len(inputs):
        raise _checks.error(where, "the baselines do not fit the inputs", f"{len(inputs)} of them", len(given))
    made = []
    for start, image in zip(given, inputs, strict=True):
        array = _checks.numeric(start, f"{where}: baseline")
        if array.shape not in ((), image.shape[1:], (1, *image.shape[1:]), image.shape):
            raise _checks.error(where, "the baseline does not fit the images",
                                f"a number, shape {image.shape[1:]} or shape {image.shape}", f"shape {array.shape}")
        _checks.finite(array, f"{where}: baseline")
        made.append(np.broadcast_to(array.astype(image.dtype), image.shape))
    return made
