"""Tables of text with lines around every cell, drawn as Keras's summary draws them.

A cell that is too long goes on in the next line; a word that no line can hold is cut, and ends in ``…``.
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

LINES = {"top": ("┏", "━", "┳", "┓"), "head": ("┡", "━", "╇", "┩"), "between": ("├", "─", "┼", "┤"),
         "bottom": ("└", "─", "┴", "┘")}
"""Left end, stretch, crossing and right end of each horizontal line."""


class Column(NamedTuple):
    """A column: its title, "left", "right" or "center", and how many characters a line of a cell has."""

    title: str
    align: str
    width: int


def drawn(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of the table."""
    heads = [_lines(column.title, column) for column in columns]
    height = max(map(len, heads))
    heads = [[" " * column.width] * (height - len(head)) + head for column, head in zip(columns, heads, strict=True)]
    lines = [_line("top", columns), *_row(heads, columns, "┃"), _line("head", columns)]
    for i, row in enumerate(rows):
        cells = [_lines(cell, column) for cell, column in zip(row, columns, strict=True)]
        lines += [_line("between", columns)] * bool(i) + _row(cells, columns, "│")
    return [*lines, _line("bottom", columns)]


def _line(kind: str, columns: Sequence[Column]) -> str:
    left, stretch, crossing, right = LINES[kind]
    return left + crossing.join(stretch * (column.width + 2) for column in columns) + right


def _row(cells: Sequence[list[str]], columns: Sequence[Column], edge: str) -> list[str]:
    lines = []
    for number in range(max(map(len, cells))):
        shown = [cell[number] if number < len(cell) else " " * column.width
                 for cell, column in zip(cells, columns, strict=True)]
        lines.append(edge + edge.join(f" {text} " for text in shown) + edge)
    return lines


def _lines(text: str, column: Column) -> list[str]:
    """A cell as lines of exactly the column's width."""
    return [_aligned(line, column) for line in wrapped(text, column.width)]


def _aligned(line: str, column: Column) -> str:
    line = line if column.align == "left" else line.rstrip()
    if len(line) > column.width:
        line = line[:column.width - 1] + "…"
    if column.align == "center":
        before = (column.width - len(line)) // 2
        line = " " * before + line
    return line.rjust(column.width) if column.align == "right" else line.ljust(column.width)


def wrapped(text: str, width: int, fold: bool = False) -> list[str]:
    """The text in lines, broken before words. A word longer than a line has a line of its own; with ``fold`` it is
    broken as well."""
    breaks, used = [], 0
    for word in re.finditer(r"\s*\S+\s*", text):
        start, length = word.start(), len(word.group().rstrip())
        if used + length <= width:
            used += len(word.group())
            continue
        pieces = range(start, word.end(), width) if fold and length > width else [start]
        breaks += [place for place in pieces if place]
        used = word.end() - pieces[-1]
    ends = [*breaks, len(text)]
    return [_without_end(text[start:end], width) for start, end in zip([0, *breaks], ends, strict=True)]


def _without_end(line: str, width: int) -> str:
    """The line without those blanks at its end that reach over the width."""
    blanks = len(line) - len(line.rstrip())
    return line[:len(line) - min(blanks, max(len(line) - width, 0))]


def fitted(widths: Sequence[int], available: int) -> list[int]:
    """The widths, so that their sum is what is available: all narrower by as much, or wider in proportion."""
    rest, result = available - sum(widths), []
    for place, width in enumerate(widths):
        share = Fraction(width, sum(widths[place:])) if rest > 0 else Fraction(1, len(widths) - place)
        more = math.ceil(rest * share) if rest > 0 else max(round(rest * share), -width)
        result.append(width + more)
        rest -= more
    return result
