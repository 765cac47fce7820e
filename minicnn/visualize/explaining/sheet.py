"""An explanation as a picture."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn._types import Array, BoolArray
from minicnn.visualize import drawing, panels
from minicnn.visualize.arrays import as_strip, is_drawable, picture, value_range
from minicnn.visualize.drawing import text_width
from minicnn.visualize.explaining.parts import Parts, Terms, number
from minicnn.visualize.map_rows import BITMAP
from minicnn.visualize.panels import Column, Frame, Panel, cell_size, signed
from minicnn.visualize.unit_fields import Rectangle

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_MAPS, LISTED = 4, 12  # of the layer below are drawn; numbers up to which a vector is a list
IMAGE_SIDE, MAP_SIDE, PARTS_SIDE, ALL_HIGH = 2.2, 1.1, 1.6, 5.0  # inches


def drawn(title: str, remark: str, parts: Parts, image: Array, rectangle: Rectangle | None,
          below: dict[str, Array], save: str | os.PathLike[str] | None) -> "Figure":
    """The input, the values below, what takes part of them, the weights, the products, and the stages."""
    columns = [_image_column(image, rectangle)] if is_drawable(image.shape) else []
    shown = [_strongest(terms) for terms in parts.terms]
    maps = _map_column(parts.terms, shown, below)
    if maps is not None:
        columns.append(maps)
    return _sheet(title, remark, [*columns, *_term_columns(parts, shown)], _chain(parts), save)


def gradient_drawn(title: str, remark: str, parts: Parts, save: str | os.PathLike[str] | None) -> "Figure":
    """What the weight met at each place, delta, their products, and their sum."""
    names = {"*": ("what the weight met", "delta", "products"), "": ("delta", "", "")}[parts.sign]
    return _sheet(title, remark, _term_columns(parts, [[0] for _ in parts.terms], names, 2.4), _chain(parts), save)


def _sheet(title: str, remark: str, columns: list[Column], lines: list[str],
           save: str | os.PathLike[str] | None) -> "Figure":
    frame = Frame(columns, lines)
    width = max(frame.width, *map(text_width, lines)) + 2 * drawing.MARGIN
    sheet, top = drawing.headed_sheet(title, remark, width, frame.height + drawing.MARGIN)
    panels.draw(sheet, drawing.MARGIN, top, frame)
    return drawing.finish(sheet, save)


def _chain(parts: Parts) -> list[str]:
    """The stages, one below the other."""
    return [f"{stage.words}  =  {number(stage.value)}" for stage in parts.stages]


# -- where it lies ---------------------------------------------------------------------------------


def _image_column(image: Array, rectangle: Rectangle | None) -> Column:
    """The input, and what the number sees of it; the part of the rectangle that lies in the padding is cut off."""
    drawn = picture(image)
    rows, columns = drawn.shape[:2]
    marks: dict[str, list[tuple[float, float, float, float]]] = {}
    if rectangle is not None:
        part = rectangle.inside(image.shape)
        if min(part.height, part.width) > 0:
            marks["field"] = [part]
    colors = drawing.color_scale(*value_range(image), drawing.AMOUNT)
    cell = cell_size(rows, columns, IMAGE_SIDE, IMAGE_SIDE)
    return Column("input", f"input {rows}×{columns}", [Panel(drawn, colors, cell, marks=marks)])  # noqa: RUF001


def _strongest(terms: Terms) -> list[int]:
    """Which of the maps are drawn: those whose terms are largest, in order."""
    if terms.products.ndim != 3 or terms.products.shape[2] <= MOST_MAPS:
        return list(range(terms.products.shape[2] if terms.products.ndim == 3 else 1))
    strength = np.abs(terms.products).sum(axis=(0, 1))
    return sorted(np.argsort(-strength, kind="stable")[:MOST_MAPS].tolist())


def _map_column(every: list[Terms], shown: list[list[int]], below: dict[str, Array]) -> Column | None:
    """The maps below, and the window on each; nothing where they are the input itself, or no maps."""
    found: list[Panel] = []
    names = []
    for terms, channels in zip(every, shown, strict=True):
        value = below[terms.source]
        if terms.source == "input" or value.ndim != 3 or value.shape[0] * value.shape[1] == 1:
            continue
        colors, side = signed(value), min(MAP_SIDE, ALL_HIGH / len(channels))
        flat = terms.places.reshape(-1, terms.products.shape[-1] if terms.products.ndim == 3 else 1, 3)
        for k in channels:
            places = flat[:, k][terms.inside.reshape(flat.shape[:2])[:, k]]
            top, left = places[:, :2].min(axis=0).tolist()
            bottom, right = places[:, :2].max(axis=0).tolist()
            cell = cell_size(value.shape[0], value.shape[1], side, side)
            found.append(Panel(value[..., int(places[0, 2])], colors, cell,
                               marks={"field": [(top, left, bottom - top + 1, right - left + 1)]}))
        of = f" ({len(channels)} of {flat.shape[1]} maps)" if len(channels) < flat.shape[1] else ""
        names.append(f"{drawing.shortened(terms.source, 18)}{of}")
    return Column("below", ", ".join(names), found, "→") if found else None


# -- what takes part -------------------------------------------------------------------------------


def _term_columns(parts: Parts, shown: list[list[int]], names: Sequence[str] = (),
                  side: float = PARTS_SIDE) -> list[Column]:
    """The numbers, and where there are weights these and the products."""
    if not parts.terms:
        return []
    first = parts.terms[0]
    source = "numbers" if len(parts.terms) > 1 else f"window on {drawing.shortened(first.source, 18)}" if (
        first.inputs.ndim == 3) else drawing.shortened(first.source, 18)
    heading = names[0] if names else source
    columns = [_numbers("window", heading, [terms.inputs for terms in parts.terms], parts, shown, side,
                        "" if names else "→")]
    if first.weights is not None and parts.sign in ("*", "-"):
        weights = [terms.weights for terms in parts.terms if terms.weights is not None]
        sign = {"*": "×", "-": "−"}[parts.sign]  # noqa: RUF001
        columns.append(_numbers("weights", names[1] if names else first.weight_name, weights, parts, shown, side, sign))
    if parts.sign:
        words = {"*": "products", "-": "squared differences", "exp": "exp(x - largest)"}[parts.sign]
        columns.append(_numbers("products", words, [terms.products for terms in parts.terms], parts, shown, side, "="))
    return columns


def _numbers(name: str, heading: str, arrays: list[Array], parts: Parts, shown: list[list[int]], side: float,
             sign: str) -> Column:
    """Arrays that lie as the terms do, on one scale."""
    colors, like, found = signed(*arrays), np.concatenate([array.reshape(-1) for array in arrays]), []
    count = sum(map(len, shown))
    high = ALL_HIGH / count if arrays[0].size <= LISTED and arrays[0].ndim == 1 else min(side, ALL_HIGH / count)
    for array, terms, channels in zip(arrays, parts.terms, shown, strict=True):
        for values, padding in _flat(array, ~terms.inside, channels, parts.sign):
            cell = cell_size(values.shape[0], values.shape[1], high, side)
            found.append(Panel(values, colors, cell, padding, like=like))
    return Column(name, heading, found, sign)


def _flat(array: Array, padding: BoolArray, channels: list[int], sign: str) -> list[tuple[Array, BoolArray]]:
    """What is drawn of the terms: maps one by one, short vectors as a list, long ones in reading order; and which cells
    are no number of theirs."""
    if array.ndim == 3:
        return [(array[..., k], padding[..., k]) for k in channels]
    if array.ndim == 2:
        return [(array, padding)]
    if array.size <= LISTED:
        return [(array.reshape(-1, 1), padding.reshape(-1, 1))]
    is_code = sign == "-" and array.size == np.prod(BITMAP)  # of an RBF layer: LeCun's bitmap
    strip = as_strip(array, BITMAP[1] if is_code else int(np.ceil(np.sqrt(array.size))))
    return [(strip, np.isnan(strip))]
