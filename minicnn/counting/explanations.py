"""Why a figure is what it is: its arithmetic, and the rule in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from minicnn import _checks
from minicnn.counting.expressions import Expression, shown
from minicnn.counting.fields import Axis, Field

if TYPE_CHECKING:
    from minicnn.counting.count import Count, Row

RULES = {
    "parameters": "the numbers that the layer stores",
    "trainable": "the parameters that training moves: all that are learned, none where the layer is frozen",
    "connections": "links into units; where each number is made of one other, none are counted",
    "macs": "products of a weight and an input",
    "flops": "connections + multiply-accumulates: an addition or comparison for each link, and the multiplications",
    "neurons": "units that have weights",
    "memory": "numbers * bytes each of all values that are there at the largest moment of this layer",
    "training_memory": "numbers * bytes each of all values the layer makes, before and behind its activation",
}
"""In words, for layers whose own rule says nothing else."""
TOTALS = {
    "memory": "the largest of all layers: those before have left their place by then",
} | dict.fromkeys(("parameters", "trainable", "connections", "macs", "flops", "neurons", "training_memory"),
                  "the sum of all layers")
FIELD = ("size = size before + (kernel - 1) * dilation * jump before; jump = jump before * stride; first pixel = first "
         "pixel before - padding * jump before; where branches meet, from the first to the last pixel of any; a unit "
         "that sees all units before sees all they see, and its jump is 0")
FIGURES = (*RULES, "receptive_field")


def explained(count: Count, layer: str | None, figure: str | None) -> str:
    """The text of `Count.explain`."""
    if figure is not None and figure not in FIGURES:
        raise _checks.unknown("figure", figure, FIGURES)
    if layer is not None:
        return of_row(count[layer], figure)
    rows = [f"{row.name} ({row.kind})\n{_indented(of_row(row, figure, False))}" for row in count.rows]
    wanted = [name for name in TOTALS if figure in (None, name)]
    if wanted:
        rows.append(f"total\n{_indented(_of_total(count, wanted, figure))}")
    return "\n\n".join([*rows, *[f"receptive field: {FIELD}"] * (figure in (None, "receptive_field"))])


def of_row(row: Row, figure: str | None, with_rule: bool = True) -> str:
    """One figure of a layer, or all of them; the rule of receptive fields is long, and said where it is asked for."""
    if figure is None:
        return "\n".join(f"{_title(name)}:\n{_indented(of_row(row, name, with_rule))}" for name in FIGURES)
    if figure == "receptive_field":
        return "\n".join([_of_fields(row.fields), *[FIELD] * with_rule])
    return f"{shown(_value(row, figure))}\n{row.words.get(figure, RULES[figure])}"


def _of_total(count: Count, wanted: list[str], figure: str | None) -> str:
    texts = [f"{shown(_value(count, name))}\n{TOTALS[name]}" for name in wanted]
    if figure is not None:
        return texts[0]
    return "\n".join(f"{_title(name)}:\n{_indented(text)}" for name, text in zip(wanted, texts, strict=True))


def _value(thing: Row | Count, figure: str) -> Expression:
    value: Expression = getattr(thing, figure)
    return value


def _of_fields(fields: Mapping[str, Field]) -> str:
    several = len(fields) > 1
    return "\n".join(f"from {name}:\n{_indented(_of_field(field))}" if several else _of_field(field)
                     for name, field in fields.items())


def _of_field(field: Field) -> str:
    if field.undefined:
        return f"undefined: {field.undefined}"
    rows, columns = _of_axis(field.rows), _of_axis(field.columns)
    return f"rows and columns: {rows}" if rows == columns else f"rows: {rows}\ncolumns: {columns}"


def _of_axis(axis: Axis) -> str:
    return (f"size {shown(axis.size)}; jump {shown(axis.jump)}; first pixel {shown(axis.first)}, "
            f"center {axis.center:g}")


def _title(figure: str) -> str:
    return {"macs": "multiply-accumulates", "flops": "FLOPs"}.get(figure, figure.replace("_", " "))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
