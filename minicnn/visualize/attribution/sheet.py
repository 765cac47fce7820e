"""Images and what in them speaks for a class, as a picture."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._data import one_or_all
from minicnn._types import Array
from minicnn.visualize import drawing
from minicnn.visualize.attribution.channels import over_channels
from minicnn.visualize.attribution.methods import METHODS
from minicnn.visualize.attribution.walk import classes_of, has_relu
from minicnn.visualize.scoring import Target, class_names, images
from minicnn.visualize.shown_images import shown_images
from minicnn.visualize.tile_table import Tile, image_tile, signed_tile, table_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model

HEADINGS = {"gradient_x_input": "gradient\n\N{MULTIPLICATION SIGN} input",
            "integrated_gradients": "integrated\ngradients"}


def saliency_maps(model: "Model", x: Any, target: Target = None, *, methods: Sequence[str] | None = None,
                  names: Sequence[str] | None = None, pictures: Any = None,
                  save: str | os.PathLike[str] | None = None) -> "Figure":
    """For each image a row: the image, and what speaks for (red) and against (blue) a class, by several methods.

    x, target: as in `saliency`: one image or a batch, and the class; None is the class the model answers.
    methods: of "vanilla", "guided", "deconvnet" (see `saliency`), "gradient_x_input", "integrated_gradients"
        (from a baseline of 0); all where not given, without those that need a ReLU where there is none.
    names: of the classes; their numbers where not given.
    pictures: what to draw in place of x, such as the photographs before they were prepared: one, or as many as x; of
        several inputs a list or a dict of them.
    The maps are signed, summed over the channels, each on a scale of its own, as long below zero as above, that is
    written under it: the methods' numbers have different units. The axes of each column carry the method as their
    label, those of the images "image".
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for an unknown method, for inputs that cannot be drawn, pictures that do not fit, an unknown
    file ending, and where `saliency` does.
    """
    where = "visualize.saliency_maps"
    inputs = images(model, x, where)
    shown = shown_images(model, inputs, pictures, where, "saliency")
    left_out = [] if methods is not None or has_relu(model, where) else ["guided", "deconvnet"]
    called = class_names(model, names, where)
    chosen = {name: _checks.named(f"{where}: method", name, METHODS)
              for name in (METHODS if methods is None else methods) if name not in left_out}
    classes = classes_of(model, inputs, target, where, 32)
    columns = {name: method(model, one_or_all(inputs), classes, 1) for name, method in chosen.items()}
    rows, labels = [], []
    for i in range(len(classes)):
        for k, node in enumerate(model.graph.inputs):
            maps = [column[k] if len(inputs) > 1 else column for column in columns.values()]
            rows.append([image_tile(shown[k][i]), *(_tile(one[i]) for one in maps)])
            labels.append([drawing.shortened(called[classes[i]]), *([node.owner.name] if len(inputs) > 1 else [])])
    remark = "red: for the class, blue: against it" + ("; no ReLU, so no guided, no deconvnet" if left_out else "")
    headings = {"image": "image", **{name: HEADINGS.get(name, name) for name in chosen}}
    sheet = table_sheet(f"{drawing.shortened(model.name)}: what speaks for a class", remark, headings, labels, rows)
    return drawing.finish(sheet, save)


def _tile(values: Array) -> Tile:
    signed = values if values.ndim == 2 else over_channels(values[None], "sum")[0]
    return signed_tile(signed, "" if np.any(signed) else "no gradient arrives at the image")
