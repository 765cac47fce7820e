"""``minicnn count``."""

import json

import pytest

from minicnn import Input, Sequential
from minicnn.applications import NETWORKS, LeNet5
from minicnn.counting import as_text, compared, count
from minicnn.counting.tables import LAYER_COLUMNS
from minicnn.layers import Dense


def test_a_network(call):
    code, out, _ = call("count", "lenet5")
    assert (code, out) == (0, as_text(count(LeNet5())))
    assert "340,908" in out


@pytest.mark.parametrize("style", ["table", "markdown", "csv"])
def test_formats(call, style):
    columns = [*LAYER_COLUMNS] if style == "table" else None
    assert call("count", "lenet5", "--format", style, "--wide")[1] == as_text(count(LeNet5()), style, columns or [
        *LAYER_COLUMNS])


def test_all_of_them(call):
    code, out, _ = call("count", "lenet5", "--all")
    counts = [count(build()) for build in NETWORKS.values()]
    counts.sort(key=lambda counted: counted.name != "lenet5")  # named first; and counted once
    assert (code, out) == (0, compared(counts))


def test_published_numbers_are_in_the_table_of_all(call):
    """LeNet-1's connections; AlexNet's neurons of section 3.5 (with 55*55*96), GoogLeNet's and VGG's parameters."""
    rows = {line.split()[0]: line.split() for line in call("count", "--all")[1].splitlines() if line}
    assert rows["lenet1"][2:5] == ["2,578", "2,578", "98,442"]
    assert rows["lenet5"][3:6] == ["60,000", "340,908", "328,096"]
    assert (rows["alexnet"][2], rows["alexnet"][7]) == ("60,965,224", "659,272")
    assert rows["alexnet_one_tower"][2] == "62,378,344"
    assert [rows[name][2] for name in ("googlenet", "googlenet_auxiliary", "vgg16")] == [
        "6,998,552", "13,378,280", "138,357,544"]
    assert [rows[name][3] for name in ("resnet50", "densenet121")] == ["25,583,592", "7,978,856"]
    assert len(rows) > len(NETWORKS)


def test_the_arithmetic(call):
    out = call("count", "lenet5", "lenet5-modern", "--explain")[1]
    assert out.startswith("lenet5\n======\nC1 (Conv2D)\n  parameters:\n    6*(5*5*1+1) = 156\n")
    assert "6*(3*5*5+1) + 6*(4*5*5+1) + 3*(4*5*5+1) + 1*(6*5*5+1) = 1,516" in out
    assert "\nlenet5_modern\n=============\n" in out


def test_a_file(call, here):
    model = Sequential([Input((4,)), Dense(3, name="dense")], name="mine")
    model.save("mine.npz")
    code, out, _ = call("count", "mine.npz", "--format", "csv")
    assert code == 0
    assert "dense,Dense,3,15,15,15,12,27,3,12,12,undefined,-,-" in out


def test_pictures(call, here):
    assert call("count", "lenet5", "--plot", "one.svg")[0] == 0
    assert call("count", "lenet1", "lenet5", "--plot", "all.png")[0] == 0
    assert (here / "one.svg").read_text().startswith("<?xml")
    assert (here / "all.png").read_bytes().startswith(b"\x89PNG")


def test_wrong_use(call, here):
    code, out, err = call("count", "lenet6")
    assert (code, out) == (2, "")
    assert "network 'lenet6': no such name is known" in err
    assert "Did you mean 'lenet5'?" in err
    code, _, err = call("count")
    assert (code, err) == (2, "minicnn: count: no network is named. Name one, or several, or give --all.\n")
    (here / "broken.npz").write_text(json.dumps({}))
    assert call("count", "broken.npz")[0] == 1
    code, _, err = call("count", "lenet5", "--plot", "picture.bmp")
    assert code == 1
    assert "the ending tells the kind of picture" in err
