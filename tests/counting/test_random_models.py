"""60 random networks: the text of every figure, evaluated, gives the number; and rows add up to the totals."""

import re

import numpy as np
import pytest
from random_networks import network

from minicnn.counting import count
from minicnn.counting.explanations import FIGURES, RULES

SUMS = ("parameters", "trainable", "connections", "macs", "flops", "neurons", "training_memory")


def value_of(text):
    """The number that ``6*(5*5*1+1) = 156`` states, which must also be what its arithmetic gives."""
    assert re.fullmatch(r"([0-9+*(), -]|max|min)+( = -?[0-9,]+)?", text), text
    expression, _, stated = text.partition(" = ")
    value = eval(expression, {"__builtins__": {}}, {"max": max, "min": min})
    assert stated in ("", f"{value:,}")
    return value


@pytest.mark.parametrize("seed", range(60))
def test_every_text_gives_its_number(seed):
    model = network(seed)
    counted = count(model)
    for row in counted.rows:
        for figure in RULES:
            text, words = counted.explain(row.name, figure).split("\n")
            assert value_of(text) == getattr(row, figure), (row.name, figure)
            assert re.search("[a-z]{3}", words)
        check_fields(row, counted.explain(row.name, "receptive_field"))
    for figure in SUMS:
        assert getattr(counted, figure) == sum(getattr(row, figure) for row in counted.rows)
        text = counted.explain(None, figure).split("total\n  ")[1].split("\n")[0]
        assert value_of(text) == getattr(counted, figure)
    assert counted.memory == max(row.memory for row in counted.rows)
    assert counted.parameters == sum(weights.size for weights in model.get_weights())
    assert counted.trainable == sum(values.size for values in model.learned.values())


def check_fields(row, text):
    (field,) = row.fields.values()
    if field.undefined:
        assert text.startswith(f"undefined: {field.undefined}")
        return
    lines = text.split("\n")
    ways = [lines[0], lines[0]] if lines[0].startswith("rows and columns: ") else lines[:2]
    for axis, line in zip((field.rows, field.columns), ways, strict=True):
        size, jump, first, center = re.fullmatch(
            r"[a-z ]+: size (.*); jump (.*); first pixel (.*), center (\S+)", line).groups()
        assert (value_of(size), value_of(jump), value_of(first)) == (axis.size, axis.jump, axis.first)
        assert float(center) == axis.first + (axis.size - 1) / 2


def test_all_kinds_of_layers_are_among_them():
    kinds = {row.kind for seed in range(60) for row in count(network(seed)).rows}
    assert len(kinds) >= 20, kinds


@pytest.mark.parametrize("seed", range(20))
def test_memory_is_what_the_walk_forward_holds(seed):
    """Each value of the graph, and when it is given back, followed one by one."""
    graph = network(seed).graph
    later = {node: [other for other in graph.nodes if node in other.inputs] for node in graph.nodes}
    peak, order = 0, {node: i for i, node in enumerate(graph.nodes)}
    made = [node for node in graph.nodes if node not in graph.inputs]
    for node in made:
        held = [other for other in made if order[other] <= order[node] and (
            other is node or other in graph.outputs or any(order[user] >= order[node] for user in later[other]))]
        peak = max(peak, sum(4 * int(np.prod(other.sample_shape)) for other in held))
    counted = count(graph)
    assert counted.memory == peak
    assert counted.training_memory == sum(4 * int(np.prod(node.sample_shape)) for node in made)


def test_figures_are_told_by_their_names(refuses):
    counted = count(network(1))
    assert all(counted.explain(None, figure) for figure in FIGURES)
    refuses(lambda: counted.explain(None, "mac"), "figure 'mac': no such name is known ... Did you mean 'macs'?")
    refuses(lambda: counted.explain("no"), "layer 'no': no such name is known")
