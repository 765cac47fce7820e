"""The table of a network exactly as Keras 3 prints it, with further columns where they are wanted."""

import html
import re
import shutil
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from minicnn import _checks
from minicnn.counting.count import Count, count
from minicnn.counting.summary_rows import Described, described
from minicnn.counting.text_table import Column, drawn, fitted, wrapped
from minicnn.graph import Graph
from minicnn.layers import Layer

COLUMNS = {"connections": "Connections", "macs": "MACs", "receptive_field": "Receptive field"}
"""Those that Keras has not."""
TOTALS = {"connections": "connections", "macs": "multiply-accumulates"}
TITLES = ("Layer (type)", "Output Shape", "Param #", "Connected to", "Trainable")
ALIGNED = {"Param #": "right", "Trainable": "center", "Connections": "right", "MACs": "right"}
WIDTH = {3: 88, 4: 108}
"""Characters in a line, for so many columns, where the window is wide enough."""
POSITIONS = {3: (0.45, 0.80, 1.0), 4: (0.3, 0.56, 0.74, 1.0)}
"""Where columns end, as parts of a line."""


class Size(NamedTuple):
    """How many numbers there are, and their bytes."""

    numbers: int
    bytes: int


class Summarized(Protocol):
    """A model, as a summary sees it; ``graph`` is asked only if it is built."""

    @property
    def name(self) -> str: ...
    @property
    def layers(self) -> list[Layer]: ...
    @property
    def built(self) -> bool: ...
    @property
    def graph(self) -> Graph: ...
    @property
    def optimizer_size(self) -> tuple[int, int] | None: ...


class Parts(NamedTuple):
    """What a summary consists of."""

    titles: list[str]
    rows: list[list[str]]
    totals: list[str]


def summary_text(model: Summarized, line_length: int | None = None, positions: Sequence[float] | None = None,
                 expand_nested: bool = False, show_trainable: bool = False,
                 layer_range: Sequence[str] | None = None, columns: str | Sequence[str] = ()) -> str:
    """The table: a row per layer, and the totals. See `minicnn.models.Model.summary` for the arguments."""
    parts = _parts(model, expand_nested, show_trainable, layer_range, columns)
    extra = [title for title in parts.titles if title not in TITLES]
    own = len(parts.titles) - len(extra)
    widths = _widths(own - show_trainable, show_trainable, line_length, positions)
    widths += [max(len(row[i]) for row in [parts.titles, *parts.rows]) for i in range(own, len(parts.titles))]
    table = drawn([Column(title, ALIGNED.get(title, "left"), width)
                   for title, width in zip(parts.titles, widths, strict=True)], parts.rows)
    window = shutil.get_terminal_size().columns
    around = [line for text in (f'Model: "{model.name}"', *parts.totals) for line in wrapped(text, window, fold=True)]
    head = len(around) - len(parts.totals)
    return "\n".join([*around[:head], *table, *around[head:], ""])


def summary_html(model: Summarized) -> str:
    """The same as a table for notebooks."""
    parts = _parts(model, False, False, None, ())

    def row(cells: Sequence[str], tag: str) -> str:
        aligned = [ALIGNED.get(title, "left") for title in parts.titles]
        return "<tr>" + "".join(f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
                                for cell, side in zip(cells, aligned, strict=True)) + "</tr>"

    body = "\n".join(row(cells, "td") for cells in parts.rows)
    totals = "<br>\n".join(html.escape(line.strip()) for line in parts.totals)
    return (f"<p><b>Model: &quot;{html.escape(model.name)}&quot;</b></p>\n<table>\n<thead>{row(parts.titles, 'th')}"
            f"</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n<p>{totals}</p>")


def _parts(model: Summarized, expand_nested: bool, show_trainable: bool, layer_range: Sequence[str] | None,
           columns: str | Sequence[str]) -> Parts:
    columns = columns if isinstance(columns, (list, tuple)) else (columns,)
    for column in columns:
        _checks.named("summary column", column, COLUMNS)
    counted = count(model) if columns and model.built else None
    graph = model.graph if model.built else None
    branched = graph is not None and not is_chain(graph)
    titles = [*TITLES[:4 if branched else 3], *["Trainable"] * show_trainable, *(COLUMNS[c] for c in columns)]
    rows = []
    for one in described(_range(model.layers, layer_range), graph, expand_nested):
        cells = [one.name, one.shape, one.parameters, *[one.connected_to] * branched, *[one.trainable] * show_trainable]
        rows.append(cells + [_figure(one, column, counted) for column in columns])
    return Parts(titles, rows, [*_totals(model), *_totals_of(columns, counted)])


def _figure(one: Described, column: str, counted: Count | None) -> str:
    """What stands in a column of ours: a model's figures are those of all its layers."""
    if counted is None:
        return "?"
    rows = [row for row in counted.rows if row.layer in one.leaves]
    if column == "receptive_field":
        return rows[-1].receptive_field if rows else "-"
    return f"{sum(getattr(row, column) for row in rows):,}"


def is_chain(graph: Graph) -> bool:
    """Whether the layers stand one behind the other, each once: then Keras does not tell what is connected to what."""
    users: dict[object, int] = {}
    for call in graph.calls:
        for node in call.inputs if call.outputs and call.outputs[0] not in graph.inputs else ():
            users[node.call] = users.get(node.call, 0) + 1
    ends = [call for call in graph.calls if call not in users]
    alone = all(len(call.inputs) <= 1 and users.get(call, 0) <= 1 for call in graph.calls)
    return alone and len(ends) == 1 and len({call.layer for call in graph.calls}) == len(graph.calls)


def _widths(columns: int, show_trainable: bool, line_length: int | None,
            positions: Sequence[float] | None) -> list[int]:
    """How wide the text of each of Keras's columns is. Lines between them and blanks around are not in its positions,
    so the columns are fitted once more."""
    length = WIDTH[columns] + 12 * show_trainable
    length = line_length or min(length, shutil.get_terminal_size().columns - 4)
    ends = list(POSITIONS[columns] if positions is None else positions)
    ends = [*(0.9 * end for end in ends), 1.0] if show_trainable else ends
    count = columns + show_trainable
    cells = [int(end * length) for end in ends[:count]]
    widths = [end - start for start, end in zip([0, *cells], cells, strict=False)]
    if len(widths) < count or min(widths) < 4:
        raise _checks.error("summary", "the line is too short for its columns" if len(widths) == count else
                            "positions are missing", f"{count} columns of 4 characters or more", f"widths {widths}",
                            "Give a larger line_length, or other positions.")
    return [width - 2 for width in fitted([width + 2 for width in widths], length - count - 1)]


def _range(layers: Sequence[Layer], layer_range: Sequence[str] | None) -> Sequence[Layer]:
    """The layers from the first that one pattern fits to the last that the other fits."""
    if layer_range is None:
        return layers
    if not isinstance(layer_range, (list, tuple)) or len(layer_range) != 2 or not all(
            isinstance(name, str) for name in layer_range):
        raise _checks.error("summary", "layer_range must be two names, of the first and of the last layer",
                            received=repr(layer_range))
    found = [[i for i, layer in enumerate(layers) if re.match(pattern, layer.name)] for pattern in layer_range]
    for pattern, places in zip(layer_range, found, strict=True):
        if not places:
            raise _checks.unknown("summary: layer_range", pattern, [layer.name for layer in layers])
    first, last = found
    if min(first) > max(last):
        return layers[min(last):max(first) + 1]
    return layers[min(first):max(last) + 1]


# -- totals --------------------------------------------------------------------------------------------


def _totals(model: Summarized) -> list[str]:
    """Keras counts what the optimizer keeps among all parameters."""
    learned, fixed = _sizes(model)
    kept = None if model.optimizer_size is None else Size(*model.optimizer_size)
    total = [sum(part) for part in zip(learned, fixed, kept or (0, 0), strict=True)]
    lines = [("Total", Size(*total)), ("Trainable", learned), ("Non-trainable", fixed)]
    lines += [] if kept is None else [("Optimizer", kept)]
    return [f" {name} params: {size.numbers:,} ({readable_size(size.bytes)})" for name, size in lines]


def _sizes(model: Summarized) -> tuple[Size, Size]:
    """Of the parameters that training moves, and of the others."""
    if model.built:
        chains = list(model.graph.leaves.values())
    else:
        chains = [chain for layer in model.layers if layer.built for chain in layer.leaves().values()]
    learned = {chain[-1]: all(layer.trainable for layer in chain) for chain in chains}
    numbers = {layer: layer.count_params(learned=True) if moves else 0 for layer, moves in learned.items()}
    sizes = {layer: np.dtype(layer.dtype).itemsize for layer in learned}
    rest = {layer: layer.count_params() - n for layer, n in numbers.items()}
    first, second = (Size(sum(part.values()), sum(n * sizes[layer] for layer, n in part.items()))
                     for part in (numbers, rest))
    return first, second


def _totals_of(columns: Sequence[str], counted: Count | None) -> list[str]:
    wanted = [column for column in columns if column in TOTALS] if counted else []
    return [f" Total {TOTALS[column]}: {getattr(counted, column):,}" for column in wanted]


def readable_size(size: float) -> str:
    """Bytes in the largest fitting unit: ``234.38 KB``."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"
