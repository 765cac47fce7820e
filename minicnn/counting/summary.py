"""The table of a network, as Keras prints it, with a column of connections where it is wanted."""

from collections.abc import Sequence

import numpy as np

from minicnn import _checks
from minicnn.counting.count import Count, count
from minicnn.graph import Graph
from minicnn.layers import InputLayer, Layer

COLUMNS = {"connections": "Connections"}
WIDTHS = {"Layer (type)": 31, "Output Shape": 22, "Param #": 13, "Connections": 13}  # at least


def summary_text(name: str, graph: Graph, columns: str | Sequence[str] = ()) -> str:
    """``Model: "name"``, a row per layer with output shape and parameters, and the totals.

    columns: further ones; "connections" is known.
    """
    columns = columns if isinstance(columns, (list, tuple)) else (columns,)
    for column in columns:
        _checks.named("summary column", column, COLUMNS)
    heads = ["Layer (type)", "Output Shape", "Param #", *(COLUMNS[c] for c in columns)]
    rows, counted = [], count(graph) if columns else None
    for layer in graph.layers:
        if isinstance(layer, InputLayer):
            continue
        shape = (None, *graph.calls_of(layer)[-1].outputs[0].sample_shape)
        cells = [f"{layer.name} ({type(layer).__name__})", str(shape), f"{layer.count_params():,}"]
        rows.append(cells + ([f"{counted[layer.name].connections:,}"] if counted else []))
    return "\n".join([f'Model: "{name}"', box(heads, rows), *_totals(graph, counted)])


def _totals(graph: Graph, counted: Count | None) -> list[str]:
    params = {layer: layer.count_params() for layer in graph.layers}
    trainable = {layer: n for layer, n in params.items() if layer.trainable}
    frozen = {layer: n for layer, n in params.items() if not layer.trainable}
    lines = [f" Total params: {_with_size(params)}", f" Trainable params: {_with_size(trainable)}",
             f" Non-trainable params: {_with_size(frozen)}"]
    return [*lines, f" Total connections: {counted.connections:,}"] if counted else lines


def _with_size(params: dict[Layer, int]) -> str:
    size = float(sum(n * np.dtype(layer.dtype).itemsize for layer, n in params.items()))
    return f"{sum(params.values()):,} ({readable_size(size)})"


def readable_size(size: float) -> str:
    """Bytes in the largest fitting unit: ``234.38 KB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TB"


def box(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with Keras's lines; text stands left, numbers right."""
    widths = [max(WIDTHS.get(head, 0), len(head), *(len(row[i]) for row in rows), 0) for i, head in enumerate(heads)]

    def line(cells: Sequence[str], edge: str) -> str:
        aligned = [cell.ljust(w) if i < 2 else cell.rjust(w)
                   for i, (cell, w) in enumerate(zip(cells, widths, strict=True))]
        return edge + edge.join(f" {cell} " for cell in aligned) + edge

    def rule(left: str, bar: str, cross: str, right: str) -> str:
        return left + cross.join(bar * (w + 2) for w in widths) + right

    lines = [rule("┏", "━", "┳", "┓"), line(heads, "┃"), rule("┡", "━", "╇", "┩")]
    for i, row in enumerate(rows):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.append(line(row, "│"))
    return "\n".join([*lines, rule("└", "─", "┴", "┘")])
