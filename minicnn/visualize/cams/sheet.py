"""Where in an image a class is seen, as a picture: heat maps, and heat over the image."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers import Layer
from minicnn.visualize import drawing
from minicnn.visualize.arrays import grays
from minicnn.visualize.attribution.channels import over_channels
from minicnn.visualize.attribution.walk import RULES, classes_of, has_relu
from minicnn.visualize.cams.guided import guided_grad_cam
from minicnn.visualize.cams.maps import ClassMaps, grad_cam
from minicnn.visualize.cams.upsampling import upsample
from minicnn.visualize.drawing import Colors
from minicnn.visualize.scoring import Target, class_names, images
from minicnn.visualize.shown_images import shown_images
from minicnn.visualize.tile_table import Tile, amount_tile, image_tile, signed_tile, table_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from minicnn.models import Model

HEAT = "viridis"
"""From dark blue over green to yellow: its lightness grows all the way, so it is read without colors, too."""
STRENGTH = 0.6
"""How much of an overlay is heat; the rest is the image in gray."""


def class_activation_maps(model: "Model", x: Any, target: Target = None, *, classes: Sequence[int] | None = None,
                          layer: str | Layer | None = None, rules: Sequence[str] | None = None, relu: bool = True,
                          names: Sequence[str] | None = None, pictures: Any = None,
                          save: str | os.PathLike[str] | None = None) -> "Figure":
    """For each image a row: the image; by each rule its Grad-CAM, as it is and over the image; and guided Grad-CAM.

    x, target: as in `grad_cam`: one image or a batch, and the class; None is the class the model answers.
    classes: several classes instead, each with a row for every image.
    layer, relu: as in `grad_cam`. rules: of "vanilla", "guided", "deconvnet"; all where not given, vanilla alone where
        there is no ReLU.
    names: of the classes; their numbers where not given.
    pictures: what to draw in place of x, such as the photographs before they were prepared: one, or as many as x.
    Maps are drawn in their own cells, from zero (dark) to the largest number, written under them (light), and over the
    image made as large as it by `upsample`, the image in gray. A map that is blank has the reason at the foot. The axes
    of each column are labeled "image", "vanilla", "vanilla over the image", ..., "guided Grad-CAM".
    save: a ``.png``, ``.svg`` or ``.pdf`` file to write.

    Raises MinicnnError for a model of several inputs, an input that cannot be drawn, pictures that do not fit, an
    unknown file ending, and where `grad_cam` does.
    """
    where = "visualize.class_activation_maps"
    inputs = images(model, x, where)
    if rules is not None and not rules:
        raise _checks.error(where, "rules is empty", f"one or more of {', '.join(RULES)}")
    if classes is not None and not len(classes):
        raise _checks.error(where, "classes is empty", "one class or more")
    if len(inputs) > 1:
        raise _checks.error(where, "the model has several inputs", "one", len(inputs),
                            "visualize.grad_cam and visualize.upsample give the numbers.")
    called = class_names(model, names, where)
    (shown,) = shown_images(model, inputs, pictures, where, "grad_cam")
    batch, asked = _rows(model, inputs[0], target, classes, where)
    shown = np.repeat(shown, len(batch) // len(shown), axis=0)
    rectified = has_relu(model, where)
    rules = (list(RULES) if rectified else ["vanilla"]) if rules is None else rules
    maps = {rule: grad_cam(model, batch, asked, layer, rule, relu=relu) for rule in rules}
    guided = guided_grad_cam(model, batch, asked, layer) if rectified else None
    headings = {"image": "image"}
    for rule in maps:
        headings |= {rule: rule, f"{rule} over the image": "over\nthe image"}
    headings |= {"guided Grad-CAM": "guided\nGrad-CAM"} if guided else {}
    rows = [_row(shown[i], list(maps.values()), guided, i, relu) for i in range(len(batch))]
    title = f"{drawing.shortened(model.name)}: Grad-CAM of {drawing.shortened(maps[rules[0]].layer)}"
    sheet = table_sheet(title, _remark(list(maps.values()), relu, rectified), headings,
                        [[drawing.shortened(called[number])] for number in asked], rows)
    return drawing.finish(sheet, save)


def _rows(model: "Model", batch: Array, target: Target, classes: Sequence[int] | None,
          where: str) -> tuple[Array, Array]:
    """The image and the class of each row."""
    if classes is None:
        return batch, classes_of(model, [batch], target, where, 32)
    if target is not None:
        raise _checks.error(where, "give either target or classes", received="both")
    numbers = np.tile(_checks.numeric(classes, f"{where}: classes"), len(batch))
    repeated = np.repeat(batch, len(classes), axis=0)
    return repeated, classes_of(model, [repeated], numbers, where, 32)


def _row(image: Array, maps: Sequence[ClassMaps], guided: ClassMaps | None, i: int, relu: bool) -> list[Tile]:
    """The tiles of row i."""
    tiles = [image_tile(image)]
    for one in maps:
        tile = (amount_tile(one.maps[i], HEAT, one.reasons[i]) if relu else signed_tile(one.maps[i], one.reasons[i]))
        tiles += [tile, Tile(overlay(image, one.maps[i], tile.colors), tile.colors)]
    if guided is not None:
        tiles.append(signed_tile(over_channels(guided.maps[i:i + 1], "sum")[0], guided.reasons[i]))
    return tiles


def _remark(maps: Sequence[ClassMaps], relu: bool, rectified: bool) -> str:
    words = ["light: here the class is seen" if relu else "red: for the class, blue: against it"]
    if not rectified:
        words.append("no ReLU, so no guided, no deconvnet")
    elif len(maps) > 1 and all(np.array_equal(one.maps, maps[0].maps) for one in maps):
        words.append("no ReLU lies behind the layer, so the rules agree")
    return "; ".join(words)


def overlay(image: Array, heat: Array, colors: Colors) -> Array:
    """A map (h, w) in its colors over an image (H, W, C) in gray: (H, W, 3) from 0 to 1."""
    gray = grays(image)
    warm = np.asarray(colors.map(colors.norm(upsample(heat, gray.shape))))[..., :3]
    mixed: Array = STRENGTH * warm + (1 - STRENGTH) * gray[..., None]
    return mixed
