"""The table of a network, against text files.

To write the files again after a change that is meant:  MINICNN_WRITE_GOLDEN=1 python -m pytest tests/counting
"""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from minicnn import Input, Model, Sequential
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.counting import count
from minicnn.counting.summary import readable_size
from minicnn.layers import RBF, Add, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D

GOLDEN = Path(__file__).with_name("golden")
BY_KERAS = "printed_by_keras_3.15.1"


def large():
    """Wide numbers, long names, frozen layers, 64-bit layers."""
    return Sequential([
        Input((224, 224, 3)),
        Conv2D(64, 11, 4, name="a_convolution_with_a_very_long_name_indeed"),
        MaxPooling2D(3, 2, name="pool"),
        Flatten(name="flat"),
        Dense(4096, name="wide", trainable=False),
        Dropout(0.5, name="drop"),
        Dense(10, name="double", dtype="float64"),
    ], name="large")


def shared():
    """A model in which one layer stands at two places, and another model."""
    conv, start = Conv2D(2, 3, name="conv", activation="relu"), Input((6, 6, 1), name="start")
    add = Add(name="add")(conv(start), conv(MaxPooling2D(1, name="pool")(start)))
    inner = Sequential([Input((4, 4, 2)), BatchNormalization(name="normal"), Flatten(name="flat")], name="inner")
    return Model(start, Dense(3, name="dense", trainable=False)(inner(add)), name="shared")


@pytest.fixture(autouse=True)
def _window(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def text(model, **options):
    printed = []
    model.summary(print_fn=printed.append, **options)
    assert len(printed) == 1
    return printed[0]


ALL = ("connections", "macs", "receptive_field")
TEXTS = {
    "lenet5": lambda: text(LeNet5()),
    "lenet5_connections": lambda: text(LeNet5(), columns=("connections",)),
    "lenet5_all": lambda: text(LeNet5(), columns=ALL),
    "lenet5_modern": lambda: text(LeNet5Modern()),
    "lenet5_modern_connections": lambda: text(LeNet5Modern(), columns=["connections"]),
    "large_connections": lambda: text(large(), columns="connections"),
    "tiny": lambda: text(Sequential([Input((2,)), RBF(np.eye(2), name="rbf")], name="tiny")),
    "shared_all": lambda: text(shared(), columns=ALL, show_trainable=True),
    "shared_connections": lambda: text(shared(), columns="connections"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_summaries(name):
    file, written = GOLDEN / f"{name}.txt", TEXTS[name]()
    if os.environ.get("MINICNN_WRITE_GOLDEN"):
        file.write_text(written, "utf-8")
    assert written == file.read_text("utf-8")


def test_every_golden_file_is_tested():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {*TEXTS, BY_KERAS}


def test_keras_prints_the_same():
    model = LeNet5Modern()
    model.get_layer("output").trainable = False
    assert text(model) == (GOLDEN / f"{BY_KERAS}.txt").read_text("utf-8")


def number(cell):
    return int(cell.replace(",", ""))


def table(printed):
    """The titles and rows of a printed table; what is wrapped is joined again."""
    rows = [[]]
    for line in printed.splitlines():
        if line[0] in "┃│":
            rows[-1].append([cell.strip() for cell in line[1:-1].replace("┃", "│").split("│")])
        elif line[0] in "┡├":
            rows.append([])
    return [[" ".join(filter(None, cells)) for cells in zip(*row, strict=True)] for row in rows]


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_columns_add_up_to_the_totals(file):
    printed = file.read_text("utf-8")
    heads, *rows = table(printed)
    totals = {name: number(value) for name, value in re.findall(r"^ (\S+ [a-z-]+): ([\d,]+)", printed, re.MULTILINE)}
    assert heads[:3] == ["Layer (type)", "Output Shape", "Param #"]
    assert totals["Trainable params"] + totals["Non-trainable params"] == totals["Total params"]
    summed = {"Param #": "Total params", "Connections": "Total connections", "MACs": "Total multiply-accumulates"}
    for title, total in summed.items():
        assert (title in heads) == (total in totals)
        if title in heads:
            assert sum(number(row[heads.index(title)]) for row in rows) == totals[total]
    lines = printed.splitlines()
    assert len({len(line) for line in lines[1:] if line[0] in "┏┃┡│├└"}) == 1  # a straight edge


def test_the_numbers_are_those_of_count():
    for model in (LeNet5(), LeNet5Modern(), large()):
        counted, printed = count(model), text(model, columns=ALL)
        _, *rows = table(printed)
        assert [row[2:] for row in rows] == [[f"{row.parameters:,}", f"{row.connections:,}", f"{row.macs:,}",
                                              row.receptive_field] for row in counted.rows]
        assert f" Total params: {counted.parameters:,} (" in printed
        assert f" Trainable params: {counted.trainable:,} (" in printed
        assert printed.endswith(f" Total connections: {counted.connections:,}\n"
                                f" Total multiply-accumulates: {counted.macs:,}\n")


def test_a_model_inside_has_the_figures_of_its_layers():
    """Its row is their sum, with or without theirs below it."""
    closed = {row[0]: row[2:] for row in table(text(shared(), columns=ALL))}
    expanded = text(shared(), columns=ALL, expand_nested=True, line_length=200)
    opened = {row[0]: row[2:] for row in table(expanded)}
    assert opened["inner (Sequential)"] == closed["inner (Sequential)"] == ["8", "add[0][0]", "0", "32", "3x3"]
    assert opened["└ normal (BatchNormalization)"] == ["8", "-", "0", "32", "3x3"]


def test_the_paper_totals_can_be_read():
    printed = text(LeNet5(), columns=("connections",))
    assert " Trainable params: 60,000 (234.38 KB)" in printed
    assert " Non-trainable params: 840 (3.28 KB)" in printed
    assert " Total connections: 340,908" in printed


def test_it_is_printed(capsys):
    LeNet5Modern().summary()
    assert capsys.readouterr().out == (GOLDEN / "lenet5_modern.txt").read_text("utf-8")


def test_making_the_table_draws_no_weights():
    model = large()
    text(model, columns="connections")
    assert all(layer._params is None for layer in model.layers)


@pytest.mark.parametrize("columns", ["conections", ["connections", "mac"], 5, None, [["connections"]]])
def test_unknown_columns(refuses, columns):
    refuses(lambda: LeNet5().summary(columns=columns), "summary column ... Expected one of connections")
    refuses(lambda: LeNet5().summary(columns="conections"), "column 'conections' ... Did you mean 'connections'?")


@pytest.mark.parametrize(("options", "told"), [
    ({"line_length": 12}, "summary: the line is too short for its columns. Expected 3 columns of 4 characters"),
    ({"positions": [0.5, 1.0]}, "summary: positions are missing. Expected 3 columns"),
    ({"layer_range": ["C1"]}, "summary: layer_range must be two names"),
    ({"layer_range": "C1"}, "summary: layer_range must be two names"),
    ({"layer_range": ("C1", "C4")}, "summary: layer_range 'C4': no such name is known ... Did you mean"),
])
def test_what_cannot_be_printed(refuses, options, told):
    refuses(lambda: LeNet5().summary(**options), told)


def test_an_unbuilt_model():
    printed = text(Sequential([Dense(3, name="dense")], name="net"), columns=ALL)
    assert table(printed)[1] == ["dense (Dense)", "?", "0 (unbuilt)", "?", "?", "?"]
    assert printed.splitlines()[-1] == " Non-trainable params: 0 (0.00 B)"


# -- in a notebook -------------------------------------------------------------------------------------


class Cells(HTMLParser):
    """The texts of the cells, the tags that are open, and every tag that was met."""

    def __init__(self):
        super().__init__()
        self.rows, self.open, self.met = [], [], set()

    def handle_starttag(self, tag, attributes):
        self.met.add(tag)
        self.open += [tag] * (tag != "br")
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] in (["td"], ["th"]):
            self.rows[-1].append(data)


@pytest.mark.parametrize("model", [LeNet5(), large(), shared(), Sequential([Dense(3)])], ids=lambda m: m.name)
def test_a_notebook_shows_the_same_table(model):
    cells = Cells()
    cells.feed(model._repr_html_())
    assert cells.open == []
    assert [["".join(cell.split()) for cell in row] for row in cells.rows] == [
        ["".join(cell.split()) for cell in row] for row in table(text(model, line_length=200))]


def test_names_are_not_taken_for_markup():
    model = Sequential([Input((2,)), Dense(1, name="<script>alert('&')<b>")], name='"<i>')
    cells = Cells()
    cells.feed(model._repr_html_())
    assert cells.rows[1][0] == "<script>alert('&')<b> (Dense)"
    assert cells.met == {"p", "b", "table", "thead", "tbody", "tr", "th", "td", "br"}


@pytest.mark.parametrize(("size", "shown"), [
    (0, "0.00 B"), (1023, "1023.00 B"), (1024, "1.00 KB"), (240_000, "234.38 KB"), (1024**2, "1.00 MB"),
    (1.5 * 1024**3, "1.50 GB"), (1024**4, "1.00 TB"), (1024**5, "1.00 PB"), (5000 * 1024**5, "5000.00 PB")])
def test_sizes(size, shown):
    assert readable_size(size) == shown
