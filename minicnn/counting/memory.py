"""How much memory the values of one sample take on their way through a network."""

import numpy as np

from minicnn.counting.expressions import Expression, product, total
from minicnn.graph import Graph
from minicnn.layers.nodes import Node


def size(node: Node) -> Expression:
    """Bytes of a value: ``28*28*6*4``."""
    return product([*node.sample_shape, np.dtype(node.owner.dtype).itemsize])


def alive(graph: Graph) -> dict[Node, Expression]:
    """Bytes of the values that are there when a step has been computed: its own, and those before it that this step or
    a later one needs, or that are outputs. The inputs, which are not the network's, are left out."""
    last_use = {before: node for node in graph.nodes for before in node.inputs}
    there: dict[Node, Expression] = {}
    result = {}
    for node in graph.nodes:
        if node in graph.inputs:
            continue
        there[node] = size(node)
        result[node] = total(there.values())
        for before in node.inputs:
            if last_use[before] is node and before not in graph.outputs:
                there.pop(before, None)
    return result
