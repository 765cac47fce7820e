"""The lines of layers that are products with a kernel, and of RBF layers: see `minicnn.plans.steps`."""

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, Shape
from minicnn.kernels.plan import copies, ends, products
from minicnn.kernels.vector import back_to_image, tables
from minicnn.kernels.vector.panels import edges
from minicnn.kernels.vector.tables import Tables, grid
from minicnn.kernels.with_numpy import gather
from minicnn.layers import RBF, Conv2D, Dense, TableConv2D
from minicnn.plans.writing import Back, NotPlannedError, Writer


def product(w: Writer, lists: Tables) -> dict[str, int]:
    """The columns of a line that say which offset lists a product goes along."""
    return {"reads": lists.reads, "writes": lists.writes, "starts": w.listed(lists.starts), "pixels": len(lists.starts),
            "steps": w.listed(lists.steps), "depth": len(lists.steps), "places": w.listed(lists.places),
            "per_list": lists.images}


# -- convolution ---------------------------------------------------------------------------------


def convolution(w: Writer, layer: Conv2D | TableConv2D, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """A convolution of all kinds: padded, in groups, along a table. One whose window is the whole image is a dense
    layer in disguise (LeNet-5's C5)."""
    if type(layer) is Conv2D and layer.groups == 1 and out[:2] == (1, 1) and layer.window(shape) == whole(shape):
        return dense(w, layer, (int(np.prod(shape)),), out[2:], x)
    window, groups, (height, width, channels) = layer.window(shape), getattr(layer, "groups", 1), shape
    filters, share, (kh, kw) = out[2], channels // groups, window.size
    columns, cells = filters // groups, kh * kw * share
    top, bottom, left, right = window.pads
    frame = (height + top + bottom, width + left + right, channels)
    x = framed(w, x, shape, window.pads)
    kernel, size, source, links = w.parameter(layer, "kernel"), layer.params["kernel"].size, 0, None
    if isinstance(layer, TableConv2D):
        links = linked(layer, kh, kw)
        source, size = w.room(cells * filters), cells * filters
        w.first(copies.spread, parameter=kernel, size=len(links), places=w.listed(links), target=source)
        kernel = -1
    lists = tables.forward(frame, window, share, filters)
    b = w.packed(kernel, size, grid(0, (cells, filters)), 1, columns, groups, columns, source)
    y = w.values(int(np.prod(out)))
    w.line(products.product, source=x, target=y, weights=b.at, start=w.start(layer, columns, groups), edges=b.edges,
           panels=b.panels, columns=columns, groups=groups, share=share, **product(w, lists))
    w.multiplications += out[0] * out[1] * filters * cells

    return y, convolution_back(w, layer, shape, out, x, kernel, source, links)


def convolution_back(w: Writer, layer: Conv2D | TableConv2D, shape: Shape, out: Shape, x: int, kernel: int,
                     source: int = 0, links: Array | None = None) -> Back:
    """The way back of a convolution. x: the images in their frames. kernel: its parameter; where there are links, those
    of a table, -1, and the full kernel lies at ``source``."""
    window, groups, (height, width, channels) = layer.window(shape), getattr(layer, "groups", 1), shape
    filters, share, (kh, kw) = out[2], channels // groups, window.size
    columns, cells = filters // groups, kh * kw * share
    top, bottom, left, right = window.pads
    cuts = edges(columns, 4)

    def back(dy: int, asked: bool) -> int:
        if layer in w.learning:
            lists = tables.forward((height + top + bottom, width + left + right, channels), window, share, filters)
            across = int(cuts[-1])
            places = None if links is None else links // filters * across + links % filters
            w.kernel_sums(layer, groups, cells, columns, across, places, source=dy, other=x, edges=w.listed(cuts),
                          panels=len(cuts), share=share, **product(w, lists))
            if layer.use_bias:
                w.column_sums(layer, "bias", dy, int(np.prod(out)), filters)
        if not asked:
            return -1
        if groups == 1 and back_to_image.fewer(np.empty((kh, kw, share, filters), np.float32), (height, width), window):
            return multiplied_first(w, kernel, source, window, shape, out, dy)
        return turned_around(w, kernel, source, window, shape, out, dy, groups)

    return back


def whole(shape: Shape) -> Window:
    """A window as large as the image."""
    return Window((shape[0], shape[1]), (1, 1), (0, 0, 0, 0), (1, 1), (1, 1))


def framed(w: Writer, x: int, shape: Shape, pads: tuple[int, int, int, int]) -> int:
    """x inside a frame of zeros, where there is one."""
    if not any(pads):
        return x
    frame = frame_lists(w, shape, pads)
    target = w.values(frame["other"])
    w.line(copies.frame, source=x, target=target, **frame)
    return target


def frame_lists(w: Writer, shape: Shape, pads: tuple[int, int, int, int]) -> dict[str, int]:
    """The columns of FRAME and CROP."""
    (height, width, channels), (top, bottom, left, right) = shape, pads
    across = (width + left + right) * channels
    return {"size": height * width * channels, "other": (height + top + bottom) * across,
            "window": w.listed([height, width * channels, across, top * across + left * channels])}


def linked(layer: TableConv2D, kh: int, kw: int) -> Array:
    """Where each number of a table's kernel (kh, kw, K) stands in the full kernel (kh, kw, C, F)."""
    table = layer.connection_table
    places: Array = gather(np.arange(kh * kw * table.size).reshape(kh, kw, *table.shape), table).reshape(-1)
    return places


def multiplied_first(w: Writer, kernel: int, source: int, window: Window, shape: Shape, out: Shape, dy: int) -> int:
    """Every pixel of dy makes the gradients of its window: `minicnn.kernels.vector.back_to_image`."""
    (height, width, channels), (oh, ow, filters), (kh, kw) = shape, out, window.size
    cells, (top, bottom, left, right) = kh * kw * channels, window.pads
    lists = tables.forward((oh * ow, 1, filters), back_to_image.ONE._replace(output=(oh * ow, 1)), filters, cells)
    b = w.packed(kernel, cells * filters, grid(0, (filters, 1)), filters, cells, source=source)
    dx, few = w.signal(), max(1, min(w.block, back_to_image.ROOM // 2 // (oh * ow * cells)))
    target = w.values((height + top + bottom) * (width + left + right) * channels) if any(window.pads) else dx
    frame = [height + top + bottom, width + left + right, channels, oh, ow, *window.strides, kh, kw, top, left,
             *window.dilation]
    w.line(products.windows_back, source=dy, target=target, other=w.room(few * oh * ow * cells), size=few,
           weights=b.at, start=w.room(b.width), edges=b.edges, panels=b.panels, columns=cells, groups=1,
           window=w.listed(frame), **product(w, lists))
    if any(window.pads):
        w.line(copies.crop, source=target, target=dx, **frame_lists(w, shape, window.pads))
    return dx


def turned_around(w: Writer, kernel: int, source: int, window: Window, shape: Shape, out: Shape, dy: int,
                  groups: int) -> int:
    """The kernel turned around slides over dy: `minicnn.kernels.vector.back_to_image`."""
    channels, filters = shape[2], out[2]
    share, columns, size = channels // groups, filters // groups, window.size[0] * window.size[1] * channels * filters
    way = tables.backward(shape, window, share, filters, groups)
    frame = framed(w, dy, out, way.pads) if way.phases else dy
    dx, start = w.signal(), w.room(groups * int(edges(share, 4)[-1]))
    if not way.complete:
        w.line(copies.zero, target=dx, size=int(np.prod(shape)))
    for lists, rows in way.phases:
        b = w.packed(kernel, size // groups, rows, filters, share, groups, columns, source)
        w.line(products.product, source=frame, target=dx, weights=b.at, start=start, edges=b.edges, panels=b.panels,
               columns=share, groups=groups, share=columns, **product(w, lists))
    return dx


# -- dense ---------------------------------------------------------------------------------------


def dense(w: Writer, layer: Dense | Conv2D, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """A dense layer: a product in which every image has one pixel."""
    (inputs,), (units,) = shape, out
    lists = tables.forward((1, 1, inputs), back_to_image.ONE, inputs, units)
    number, y, cuts = w.parameter(layer, "kernel"), w.values(units), edges(units, 4)
    same = {"source": x, "target": y, "start": w.start(layer, units, 1), "edges": w.listed(cuts), "panels": len(cuts),
            "columns": units, "groups": 1, **product(w, lists)}
    if units >= np.diff(cuts).max():
        w.line(products.dense, parameter=number, row=units, **same)
    else:  # not even one panel wide
        b = w.packed(number, inputs * units, grid(0, (inputs, units)), 1, units)
        w.line(products.product, weights=b.at, **same)
    w.multiplications += inputs * units

    def back(dy: int, asked: bool) -> int:
        if layer in w.learning:
            w.kernel_sums(layer, 1, inputs, units, int(cuts[-1]), None, source=dy, other=x, edges=same["edges"],
                          panels=len(cuts), **product(w, lists))
            if layer.use_bias:
                w.column_sums(layer, "bias", dy, units, units)
        if not asked:
            return -1
        dx, panel = w.signal(), edges(w.block, 4)
        lanes = int(panel[-1])
        room = w.room((units + inputs) * lanes)
        w.line(products.dense_back, source=dy, target=dx, other=room, size=lanes,
               parameter=number, start=w.room(lanes), weights=room, edges=w.listed(panel),
               panels=len(panel), columns=w.block, groups=1, per_list=1, pixels=inputs, depth=units,
               starts=w.listed(grid(0, (inputs, units))), steps=w.listed(grid(0, (units, 1))),
               places=w.listed(grid(0, (inputs, lanes))))
        return dx

    return y, back


def rbf(w: Writer, layer: RBF, shape: Shape, out: Shape, x: int) -> tuple[int, Back]:
    """Squared distances to prototypes that stay where they are."""
    (inputs,), (units,) = shape, out
    if layer in w.learning:
        raise NotPlannedError
    number, y = w.parameter(layer, "prototypes"), w.values(units)
    b = w.packed(number, inputs * units, grid(0, (inputs, 1)), inputs, units)
    if b.panels > 2:
        raise NotPlannedError
    w.line(ends.rbf, source=x, target=y, size=inputs, columns=units, weights=b.at, depth=b.width,
           other=w.room(b.width))

    def back(dy: int, asked: bool) -> int:
        dx = w.signal()
        w.line(ends.rbf_back, source=dy, other=x, target=dx, size=inputs, columns=units, parameter=number)
        return dx

    return y, back
