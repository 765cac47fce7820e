"""Whether maps of evidence change when the network forgets what it learned."""

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._data import one_or_all
from minicnn._progress import watched
from minicnn._types import Array
from minicnn.visualize.attribution import methods as attribution
from minicnn.visualize.attribution.methods import Method
from minicnn.visualize.attribution.walk import classes_of, has_relu
from minicnn.visualize.cams.guided import guided_grad_cam
from minicnn.visualize.cams.maps import grad_cam
from minicnn.visualize.sanity.randomizing import layers_from_the_top, start_anew
from minicnn.visualize.sanity.ranks import spearman
from minicnn.visualize.sanity.sheet import decline
from minicnn.visualize.scoring import Target, images

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model

METHODS: dict[str, Method] = attribution.METHODS | {
    "grad_cam": lambda model, x, classes, verbose: grad_cam(model, x, classes, verbose=verbose).maps,
    "guided_grad_cam": lambda model, x, classes, verbose: guided_grad_cam(model, x, classes, verbose=verbose).maps,
}
"""Those of saliency, and the maps of the default layer."""
RECTIFIED = ("guided", "deconvnet", "guided_grad_cam")
"""Those that need a ReLU."""


@dataclass(frozen=True, eq=False)
class SanityCheck:
    """How much maps still look as before, after all layers from the top down to one started anew. Prints as a table.

    layers: their names (L), the one nearest to the scores first. methods: names (M).
    correlations: (L, M, N), of each of N images; NaN where a map is blank. model: its name.
    """

    model: str
    layers: tuple[str, ...]
    methods: tuple[str, ...]
    correlations: Array

    @property
    def means(self) -> Array:
        """(L, M), over the images whose maps are not blank; NaN where all are."""
        known = ~np.isnan(self.correlations)
        sums = np.where(known, self.correlations, 0.0).sum(axis=2)
        return np.where(known.any(axis=2), sums / np.maximum(known.sum(axis=2), 1), np.nan)

    def __str__(self) -> str:
        first = max(map(len, ("started anew", *self.layers)))
        widths = [max(len(name), 6) for name in self.methods]
        names = "  ".join(f"{name:>{width}}" for name, width in zip(self.methods, widths, strict=True))
        lines = [f"Rank correlation with the maps of the trained {self.model}, mean of {self.correlations.shape[2]}:",
                 f"{'started anew':<{first}}  {names}",
                 f"{'nothing':<{first}}  " + "  ".join(f"{1:{width}.2f}" for width in widths)]
        for layer, row in zip(self.layers, self.means, strict=True):
            numbers = (f"{'blank' if np.isnan(mean) else format(mean + 0.0, '.2f'):>{width}}"
                       for mean, width in zip(row, widths, strict=True))
            lines.append(f"{layer:<{first}}  " + "  ".join(numbers))
        return "\n".join(lines)

    def figure(self, *, save: str | os.PathLike[str] | None = None) -> "Figure":
        """The correlations as lines, a line for each method. save: a ``.png``, ``.svg`` or ``.pdf`` file to write."""
        return decline(self.model, self.layers, self.methods, self.means, save)


def sanity_check(model: "Model", x: Any, target: Target = None, *, methods: Sequence[str] | None = None,
                 absolute: bool = False, seed: int = 0, verbose: int = 1) -> SanityCheck:
    """Whether maps depend on what the network learned: Adebayo et al. 2018, "Sanity checks for saliency maps".

    From the scores down, one layer after the other starts anew with random numbers; after each, every map is compared
    with that of the trained network by Spearman's rank correlation. A map that explains the network falls to about 0.
    One that stays high shows the picture, whatever the network learned.

    Guided backpropagation is expected to fail part of it, as it did there. `LeNet5Modern` after three passes over the
    package's digits, 100 held-out ones::

        started anew  vanilla  guided  deconvnet  grad_cam  guided_grad_cam
        output           0.14    0.87       0.76      0.23             0.62
        dense2           0.19    0.85       0.72      0.29             0.68
        dense1           0.04    0.73       0.65      0.02             0.51
        conv2            0.01    0.55       0.51      0.13             0.36
        conv1            0.00    0.27       0.09      0.14             0.21

    The model is not touched: a copy forgets. Layers that start as they are (LeNet-5's codes) are left out.

    x, target: images and classes as in `saliency`; None is the class that the trained model answers, and stays it.
    methods: of "vanilla", "guided", "deconvnet", "gradient_x_input", "integrated_gradients", "grad_cam" and
        "guided_grad_cam"; the first three and Grad-CAM where not given, without those that need a ReLU where there is
        none. Grad-CAM is that of the default layer.
    absolute: whether signs are left out, as in many pictures. The ink then weighs heavily: what is multiplied by the
        input is 0 wherever the paper is, in any network, and keeps 0.99 in the example above.
    seed: of the random numbers.
    verbose: 0 for no progress bar; with 1 it appears after two seconds.

    Raises MinicnnError for an unknown method, and where `saliency` and `grad_cam` do.
    """
    where = "visualize.sanity_check"
    inputs = one_or_all(images(model, x, where))
    chosen = _methods(model, methods, where)
    absolute = _checks.flag(absolute, "absolute", where)
    rng = np.random.default_rng(_checks.integer(seed, "seed", where, minimum=0))
    classes = classes_of(model, images(model, inputs, where), target, where, 32)
    before = [_flat(METHODS[name](model, inputs, classes, 0), absolute) for name in chosen]
    twin = copy.deepcopy(model)
    names, found = [], []
    for name, layer in watched(list(layers_from_the_top(twin, where).items()), "sanity_check", verbose):
        if start_anew(layer, rng):
            after = [_flat(METHODS[method](twin, inputs, classes, 0), absolute) for method in chosen]
            names.append(name)
            found.append([[spearman(a, b) for a, b in zip(*pair, strict=True)]
                          for pair in zip(before, after, strict=True)])
    if not found:
        raise _checks.error(f"{where}: {model}", "no layer before the scores has parameters to forget")
    return SanityCheck(model.name, tuple(names), tuple(chosen), np.array(found))


def _methods(model: "Model", methods: Sequence[str] | None, where: str) -> list[str]:
    if methods is None:
        rectified = has_relu(model, where)
        return [name for name in ("vanilla", "guided", "deconvnet", "grad_cam") if rectified or name not in RECTIFIED]
    if not methods:
        raise _checks.error(where, "methods is empty", f"one or more of {', '.join(METHODS)}")
    for name in methods:
        _checks.named(f"{where}: method", name, METHODS)
    return list(methods)


def _flat(maps: Any, absolute: bool) -> Array:
    """(N, ...), or a list of such for several inputs, as one row of numbers for each image."""
    parts = maps if isinstance(maps, list) else [maps]
    rows = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)
    return np.abs(rows) if absolute else rows
