"""The table of a network, against text files.

To write the files again after a change that is meant:  MINICNN_WRITE_GOLDEN=1 python -m pytest tests/counting
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.counting import count, summary_text
from minicnn.counting.summary import readable_size
from minicnn.graph import Graph
from minicnn.layers import RBF, Add, Conv2D, Dense, Dropout, Flatten, MaxPooling2D

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
    """A graph in which one layer stands at two places."""
    conv, start = Conv2D(2, 3, name="conv", activation="relu"), Input((6, 6, 1))
    add = Add(name="add")(conv(start), conv(MaxPooling2D(1, name="pool")(start)))
    return Graph([start], [add])


def text(model, columns=()):
    printed = []
    model.summary(columns=columns, print_fn=printed.append)
    assert len(printed) == 1
    return printed[0]


TEXTS = {
    "lenet5": lambda: text(LeNet5()),
    "lenet5_connections": lambda: text(LeNet5(), ("connections",)),
    "lenet5_modern": lambda: text(LeNet5Modern()),
    "lenet5_modern_connections": lambda: text(LeNet5Modern(), ["connections"]),
    "large_connections": lambda: text(large(), "connections"),
    "tiny": lambda: text(Sequential([Input((2,)), RBF(np.eye(2), name="rbf")], name="tiny")),
    "shared_connections": lambda: summary_text("shared", shared(), ("connections",)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_summaries(name):
    file, written = GOLDEN / f"{name}.txt", TEXTS[name]() + "\n"
    if os.environ.get("MINICNN_WRITE_GOLDEN"):
        file.write_text(written, "utf-8")
    assert written == file.read_text("utf-8")


def test_every_golden_file_is_tested():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {*TEXTS, BY_KERAS}


def test_keras_prints_the_same():
    model = LeNet5Modern()
    model.get_layer("output").trainable = False
    assert text(model) + "\n" == (GOLDEN / f"{BY_KERAS}.txt").read_text("utf-8")


def number(cell):
    return int(cell.replace(",", ""))


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_columns_add_up_to_the_totals(file):
    lines = file.read_text("utf-8").splitlines()
    heads = [cell.strip() for cell in lines[2].strip("┃").split("┃")]
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    totals = dict(re.findall(r"^ ([A-Z][a-z-]+ [a-z]+): ([\d,]+)", "\n".join(lines), re.MULTILINE))
    totals = {name: number(value) for name, value in totals.items()}
    assert heads[:3] == ["Layer (type)", "Output Shape", "Param #"]
    assert sum(number(row[2]) for row in rows) == totals["Total params"]
    assert totals["Trainable params"] + totals["Non-trainable params"] == totals["Total params"]
    assert ("Total connections" in totals) == (heads[3:] == ["Connections"])
    if heads[3:]:
        assert sum(number(row[3]) for row in rows) == totals["Total connections"]
    assert len({len(line) for line in lines[1:] if line[0] in "┏┃┡│├└"}) == 1  # a straight edge


def test_the_numbers_are_those_of_count():
    for model in (LeNet5(), LeNet5Modern(), large()):
        counted, printed = count(model), text(model, "connections")
        for row in counted.rows:
            numbers = rf"│ +{row.parameters:,} │ +{row.connections:,} │"
            assert re.search(rf"│ {row.name} \({row.kind}\) +│ .* {numbers}", printed)
        assert f" Total params: {counted.parameters:,} (" in printed
        assert f" Trainable params: {counted.trainable:,} (" in printed
        assert printed.endswith(f" Total connections: {counted.connections:,}")


def test_the_paper_totals_can_be_read():
    printed = text(LeNet5(), ("connections",))
    assert " Trainable params: 60,000 (234.38 KB)" in printed
    assert " Non-trainable params: 840 (3.28 KB)" in printed
    assert " Total connections: 340,908" in printed


def test_it_is_printed(capsys):
    LeNet5Modern().summary()
    assert capsys.readouterr().out == (GOLDEN / "lenet5_modern.txt").read_text("utf-8")


def test_making_the_table_draws_no_weights():
    model = large()
    text(model, "connections")
    assert all(layer._params is None for layer in model.layers)


@pytest.mark.parametrize("columns", ["conections", ["connections", "macs"], 5, None, [["connections"]]])
def test_unknown_columns(refuses, columns):
    refuses(lambda: LeNet5().summary(columns=columns), "summary column ... Expected one of connections")
    refuses(lambda: LeNet5().summary(columns="conections"), "column 'conections' ... Did you mean 'connections'?")


def test_an_unbuilt_model(refuses):
    refuses(lambda: Sequential([Dense(3)], name="net").summary(), "Sequential 'net': the model is not built")


@pytest.mark.parametrize(("size", "shown"), [
    (0, "0.00 B"), (1023, "1023.00 B"), (1024, "1.00 KB"), (240_000, "234.38 KB"), (1024**2, "1.00 MB"),
    (1.5 * 1024**3, "1.50 GB"), (1024**4, "1.00 TB"), (5000 * 1024**4, "5000.00 TB")])
def test_sizes(size, shown):
    assert readable_size(size) == shown
