"""What a network answers while a part of the image is hidden: arrays.

The method is that of Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014, section 4.2.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._data import one_or_all
from minicnn._progress import watched
from minicnn._types import Array, Pair
from minicnn.graph import push_forward
from minicnn.visualize import scoring
from minicnn.visualize.occluding.hiding import Hiding, hide
from minicnn.visualize.scoring import Scores, Target

if TYPE_CHECKING:
    from minicnn.models import Model

NUMBERS = 2 ** 24
"""Numbers that the largest value may have in a batch where no batch size is given: 64 MB in float32."""


@dataclass(frozen=True)
class Occlusion:
    """What hiding parts of N images did. Maps are (N, H, W): in each pixel the value for the occluder that is painted
    on it, NaN (in ``classes`` -1) where none is.

    target: the class (N,) that the maps are about. score: its score (N,) in the whole image.
    scores: its score while a part is hidden. drop: score - scores, above zero where the class needs what is hidden.
    whole: its probability (N,) in the whole image. probability: its probability while a part is hidden. Both are None
        where the network ends in scores or penalties.
    answer: the class (N,) of the whole image. classes: the answer while a part is hidden; where windows overlap, that
        of most windows over the pixel.
    patch, stride: (height, width) in pixels.
    """

    target: Array
    score: Array
    scores: Array
    drop: Array
    whole: Array | None
    probability: Array | None
    answer: Array
    classes: Array
    patch: Pair
    stride: Pair


def occlusion(model: "Model", x: Any, target: Target = None, *, patch: Any = None, stride: Any = None,
              value: Any = 0.0, average: bool = False, border: str = "cut", together: bool = False,
              batch_size: int | None = None, verbose: int = 1) -> Any:
    """Move an occluder over images and record what the network says: an `Occlusion`.

    x: one image (H, W, C) or a batch. target: a class, one for each image, or None: what the model answers.
    patch: the occluder, an integer or (height, width); a quarter of the shorter side where not given.
    stride: from one place to the next, at most the patch; a quarter of it where not given.
    value: what hides: a number, a color (C,), "mean" (of each image's channels), or an image or batch like x, such
        as a blurred one. It is on the scale of x.
    average: False paints each value on its own cell, stride x stride pixels in the middle of the patch: so a large
        occluder scores a small cell, and with stride = patch it is tf-explain's. True starts windows at the corner
        and gives each pixel the mean of the windows over it, as captum does. `occluding.windows` draws both.
    border: "cut" cuts off what would stand out over the border, "skip" leaves such places out.
    batch_size: occluded images in one run; as many as 64 MB hold in the largest layer where not given.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.

    The score is read before the softmax and is minus the penalty for networks that end in penalties. A patch as
    large as the image with average=True gives f(x) - f(value) everywhere.

    A model with several inputs: the result is a list with an `Occlusion` for each, None for those that are no images.
    patch, stride and value may be lists or dicts, too. Each input is hidden in turn, the others being whole, as
    captum does; together=True hides the same place in all of them at once.

    Raises MinicnnError for a patch larger than the image, a stride of zero or above the patch, a value of the wrong
    shape, a class out of range, images that do not fit, and models whose outputs are not one number per class.
    """
    where = "visualize.occlusion"
    average, together = _checks.flag(average, "average", where), _checks.flag(together, "together", where)
    verbose = _checks.flag(verbose, "verbose", where)
    size = _batch_size(model) if batch_size is None else _checks.integer(batch_size, "batch_size", where)
    found, inputs = scoring.class_scores(model, where), scoring.images(model, x, where)
    hiding = hide(model, inputs, patch, stride, value, average=average, border=border, together=together, where=where)
    asked = scoring.class_numbers(target, scoring.scores_of(model, inputs, found, size), where)
    said = _ask(model, found, hiding, asked, size, verbose)
    results = [_result(said, hiding, number, asked) for number in range(len(inputs))]
    return one_or_all(results)


def _batch_size(model: "Model") -> int:
    largest = max(int(np.prod(node.sample_shape)) for node in model.graph.nodes)
    return min(128, max(1, NUMBERS // largest))


@dataclass(frozen=True)
class _Said:
    """What the network says to each image (N) with each place (P) hidden."""

    scores: Array
    probabilities: Array | None
    answers: Array


def _ask(model: "Model", found: Scores, hiding: Hiding, asked: Array, batch_size: int, verbose: int) -> _Said:
    """Run the network on every image with every place hidden."""
    count = len(asked), len(hiding.places)
    runs = count[0] * count[1]
    scores, probabilities, answers = np.empty(runs), np.empty(runs), np.empty(runs, np.int64)
    for start in watched(range(0, runs, batch_size), "occlusion", verbose):
        some = np.arange(start, min(start + batch_size, runs))
        images, places = np.divmod(some, count[1])
        values, _ = push_forward(model.graph, hiding.batch(images, places), keep=[found.node], remember=False)
        all_scores, rows = found.of(values[found.node]), np.arange(len(some))
        scores[some] = all_scores[rows, asked[images]]
        probabilities[some] = values[model.graph.outputs[0]][rows, asked[images]]
        answers[some] = all_scores.argmax(axis=1)
    has_probabilities = scoring.gives_probabilities(model)
    return _Said(scores.reshape(count), probabilities.reshape(count) if has_probabilities else None,
                 answers.reshape(count))


def _result(said: _Said, hiding: Hiding, number: int, asked: Array) -> Occlusion | None:
    """The maps of one input."""
    occluder, places = hiding.occluders[number], hiding.places_of(number)
    if occluder is None:
        return None
    paint, dtype = occluder.windows.paint, hiding.inputs[number].dtype
    score, sure = said.scores[:, 0], said.probabilities
    return Occlusion(
        asked, score.astype(dtype), paint(said.scores[:, places]).astype(dtype),
        paint(score[:, None] - said.scores[:, places]).astype(dtype),
        None if sure is None else sure[:, 0].astype(dtype),
        None if sure is None else paint(sure[:, places]).astype(dtype),
        said.answers[:, 0], occluder.windows.vote(said.answers[:, places]),
        occluder.windows.patch, occluder.windows.stride)
