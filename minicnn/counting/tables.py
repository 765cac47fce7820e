"""The figures as tables: aligned text, Markdown, CSV; of one network, or of several side by side."""

import csv
import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

from minicnn import _checks
from minicnn.counting.count import Count, Row

CONVENTION = """\
Of one sample. Parameters: each tensor once. Connections: links into units, those of biases and from the padding
included. MACs: products of a weight and an input, the padding's included, biases not; one per output of a
subsampling. FLOPs: connections + MACs. Neurons: units with weights. Memory: bytes of activations, at the most at one
time in a prediction, and all that training keeps. Field: pixels that a unit sees, how many it moves from one unit to
the next, and where the middle of the first is (that of the first pixel is at 0)."""

LAYER_COLUMNS: dict[str, tuple[str, Callable[[Row], object]]] = {
    "layer": ("layer", lambda row: row.name),
    "type": ("type", lambda row: row.kind),
    "output": ("output", lambda row: "x".join(map(str, row.output_shape))),
    "parameters": ("parameters", lambda row: int(row.parameters)),
    "trainable": ("trainable", lambda row: int(row.trainable)),
    "connections": ("connections", lambda row: int(row.connections)),
    "macs": ("MACs", lambda row: int(row.macs)),
    "flops": ("FLOPs", lambda row: int(row.flops)),
    "neurons": ("neurons", lambda row: int(row.neurons)),
    "memory": ("memory", lambda row: int(row.memory)),
    "training_memory": ("training memory", lambda row: int(row.training_memory)),
    "receptive_field": ("field", lambda row: row.receptive_field),
    "jump": ("jump", lambda row: _of_fields(row, lambda field: "x".join(map(str, field.jump)))),
    "center": ("center", lambda row: _of_fields(row, lambda field: " ".join(f"{c:g}" for c in field.first_center))),
}
"""Title, and what stands in the column for a layer."""
TOTALS = ("parameters", "trainable", "connections", "macs", "flops", "neurons", "memory", "training_memory")
USUAL = ("layer", "type", "output", "parameters", "connections", "macs", "receptive_field")
"""The columns of a table that a window holds."""


class Table(NamedTuple):
    """Titles, rows of numbers and texts, and the last row."""

    titles: list[str]
    rows: list[list[object]]
    last: list[object]


def _of_fields(row: Row, say: Callable[..., str]) -> str:
    several = len(row.fields) > 1
    return ", ".join(f"{name} " * several + ("-" if field.undefined else say(field))
                     for name, field in row.fields.items())


def layer_table(counted: Count, columns: Sequence[str] | None = None) -> Table:
    """A row for each layer, and the totals. columns: of `LAYER_COLUMNS`, all where not given."""
    wanted = [*LAYER_COLUMNS] if columns is None else [*columns]
    chosen = [_checks.named("table column", column, LAYER_COLUMNS) for column in wanted]
    totals: list[object] = [int(getattr(counted, column)) if column in TOTALS else "" for column in wanted]
    if wanted:
        totals[0] = totals[0] or "total"
    return Table([title for title, _ in chosen], [[cell(row) for _, cell in chosen] for row in counted.rows], totals)


def network_table(counts: Sequence[Count]) -> Table:
    """Several networks side by side: a row of totals for each."""
    titles = ["network", "layers", *(LAYER_COLUMNS[figure][0] for figure in TOTALS)]
    return Table(titles, [[counted.name, sum(bool(row.neurons) for row in counted.rows),
                           *(int(getattr(counted, figure)) for figure in TOTALS)] for counted in counts], [])


def aligned(table: Table) -> str:
    """In columns, numbers to the right, with rules above and below the rows; no trailing blanks."""
    rows = [[_readable(cell) for cell in row] for row in table.rows]
    last = [_readable(cell) for cell in table.last]
    every = [table.titles, *rows, *([last] if last else [])]
    widths = [max(len(row[i]) for row in every) for i in range(len(table.titles))]
    right = _numeric(table)

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(
            cells, widths, right, strict=True)).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(table.titles), rule, *map(line, rows), *([rule, line(last)] if last else [])]) + "\n"


def markdown(table: Table) -> str:
    """As GitHub reads it."""
    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(_readable(cell).replace("|", "\\|") for cell in cells) + " |"

    rule = "|" + "|".join(" ---: " if number else " --- " for number in _numeric(table)) + "|"
    rows = [*table.rows, *([table.last] if table.last else [])]
    return "\n".join([line(table.titles), rule, *map(line, rows)]) + "\n"


def comma_separated(table: Table) -> str:
    """CSV: plain numbers, without the totals, which a program adds up itself."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([table.titles, *table.rows])
    return text.getvalue()


FORMATS: dict[str, Callable[[Table], str]] = {"table": aligned, "markdown": markdown, "csv": comma_separated}


def _numeric(table: Table) -> list[bool]:
    return [all(isinstance(row[i], int) for row in table.rows) for i in range(len(table.titles))]


def _readable(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def as_text(counted: Count, style: str = "table", columns: Sequence[str] | None = None) -> str:
    """A network's figures, a row for each layer, and below it what they mean.

    style: "table", "markdown", or "csv" (without totals and words). columns: names of `LAYER_COLUMNS`; where not given,
    the usual ones of a table, or all.
    """
    if columns is None and style == "table":
        columns = USUAL
    return _written(layer_table(counted, columns), style)


def compared(counts: Sequence[Count], style: str = "table") -> str:
    """Several networks side by side: the totals of each, and what they mean."""
    return _written(network_table(counts), style)


def _written(table: Table, style: str) -> str:
    text = _checks.named("table style", style, FORMATS)(table)
    return text if style == "csv" else f"{text}\n{CONVENTION}\n"
