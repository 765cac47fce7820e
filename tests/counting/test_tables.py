"""Tables: against text files (see test_summary for how to write them again), and read back."""

import csv
import io
import os
import re
from pathlib import Path

import pytest

from minicnn import Input, Model, Sequential
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.counting import CONVENTION, as_text, compared, count
from minicnn.counting.tables import LAYER_COLUMNS, TOTALS
from minicnn.layers import Add, Conv2D, Dense, Flatten

GOLDEN = Path(__file__).with_name("golden_tables")


def side_by_side(style="table"):
    return compared([count(LeNet5()), count(LeNet5Modern())], style)


TEXTS = {
    "lenet5.txt": lambda: as_text(count(LeNet5())),
    "lenet5_wide.txt": lambda: as_text(count(LeNet5()), columns=[*LAYER_COLUMNS]),
    "lenet5.md": lambda: as_text(count(LeNet5()), "markdown"),
    "lenet5.csv": lambda: as_text(count(LeNet5()), "csv"),
    "lenet5_explained.txt": lambda: count(LeNet5()).explain() + "\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_files(name):
    file, written = GOLDEN / name, TEXTS[name]()
    if os.environ.get("MINICNN_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(written, "utf-8")
    assert written == file.read_text("utf-8")


def test_every_text_file_is_tested():
    assert {path.name for path in GOLDEN.iterdir()} == {*TEXTS}


def cells_of(text):
    """The rows of an aligned or a Markdown table, the titles first."""
    lines = text.split("\n\n")[0].splitlines()
    if text.startswith("|"):
        lines = [line.strip("|") for line in lines if not line.startswith("| --")]
        return [[cell.strip() for cell in line.split(" | ")] for line in lines]
    starts = [found.start() for found in re.finditer("-+", lines[1])]
    rows = [line for line in lines if not line.startswith("--")]
    return [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)] for line in rows]


def number(cell):
    return int(cell.replace(",", ""))


@pytest.mark.parametrize("style", ["table", "markdown"])
def test_columns_add_up_to_the_last_row(style):
    titles, *rows, last = cells_of(as_text(count(LeNet5()), style, [*LAYER_COLUMNS]))
    for figure in TOTALS:
        column = titles.index(LAYER_COLUMNS[figure][0])
        values = [number(row[column]) for row in rows]
        assert (max if figure == "memory" else sum)(values) == number(last[column])
    assert last[0] == "total"


def test_csv_is_read_back_as_numbers():
    counted = count(LeNet5())
    rows = list(csv.DictReader(io.StringIO(as_text(counted, "csv"))))
    assert [row["layer"] for row in rows] == [row.name for row in counted.rows]
    for row, figures in zip(rows, counted.rows, strict=True):
        assert {name: int(row[LAYER_COLUMNS[name][0]]) for name in TOTALS} == {
            name: getattr(figures, name) for name in TOTALS}


def test_several_networks_side_by_side():
    titles, *rows = cells_of(side_by_side())
    assert titles[:5] == ["network", "layers", "parameters", "trainable", "connections"]
    assert rows[0][:6] == ["lenet5", "7", "60,840", "60,000", "340,908", "328,096"]
    assert [row[0] for row in cells_of(side_by_side("markdown"))[1:]] == ["lenet5", "lenet5_modern"]


def test_what_the_figures_mean_stands_below():
    assert as_text(count(LeNet5())).endswith(f"\n\n{CONVENTION}\n")
    assert side_by_side("markdown").endswith(f"\n\n{CONVENTION}\n")
    assert max(map(len, CONVENTION.splitlines())) <= 120
    assert CONVENTION not in side_by_side("csv")


def test_names_do_not_break_the_table():
    model = Sequential([Input((4,)), Dense(2, name="a | b,\"c\""), Dense(1, name="d")])
    assert "| a \\| b,\"c\" | Dense |" in as_text(count(model), "markdown")
    assert next(csv.DictReader(io.StringIO(as_text(count(model), "csv"))))["layer"] == "a | b,\"c\""


def test_several_inputs_in_a_row():
    a, b = Input((6, 6, 1), name="a"), Input((6, 6, 1), name="b")
    model = Model([a, b], Flatten()(Add(name="add")([Conv2D(1, 3)(a), Conv2D(1, 3)(b)])))
    row = cells_of(as_text(count(model), columns=["layer", "receptive_field", "jump", "center"]))[3]
    assert row == ["add", "a 3x3, b 3x3", "a 1x1, b 1x1", "a 1 1, b 1 1"]


def test_unknown_styles_and_columns(refuses):
    counted = count(LeNet5())
    refuses(lambda: as_text(counted, "text"), "table style 'text': no such name is known ... csv, markdown, table")
    refuses(lambda: as_text(counted, columns=["mac"]), "table column 'mac': no such name is known")

