"""Pools: the largest number, the mean, the sum under a window."""


from minicnn.layers import AveragePooling2D, GlobalAveragePooling2D, GlobalMaxPooling2D, MaxPooling2D, Subsampling2D
from minicnn.layers.global_pooling import whole
from minicnn.visualize.explaining.parts import Parts, Terms, number
from minicnn.visualize.explaining.rules.below import channel_values, under
from minicnn.visualize.explaining.rules.registry import Below, Unit, parts


@parts.register
def max_pool(layer: MaxPooling2D, below: Below, unit: Unit) -> Parts:
    """The largest number under the window."""
    return _largest(under(below, layer.window, unit, unit[2:]))


@parts.register
def average_pool(layer: AveragePooling2D, below: Below, unit: Unit) -> Parts:
    """The mean of the numbers under the window."""
    return _mean(under(below, layer.window, unit, unit[2:]))


@parts.register
def global_max_pool(layer: GlobalMaxPooling2D, below: Below, unit: Unit) -> Parts:
    """The largest number of a map."""
    return _largest(under(below, whole, (0, 0), unit[-1:]))


@parts.register
def global_average_pool(layer: GlobalAveragePooling2D, below: Below, unit: Unit) -> Parts:
    """The mean of a map."""
    return _mean(under(below, whole, (0, 0), unit[-1:]))


@parts.register
def subsampling(layer: Subsampling2D, below: Below, unit: Unit) -> Parts:
    """The sum under the window, times a coefficient, plus a bias."""
    terms = under(below, layer.window, unit, unit[2:])
    total, (coefficient, bias) = float(terms.products.sum()), channel_values(layer, ("coefficient", "bias"), unit[2])
    made = Parts([terms], "").then(f"sum of the {len(terms)} numbers", total)
    made = made.then(f"* coefficient[{unit[2]}] {number(coefficient)}", coefficient * total)
    return made.then(f"+ bias[{unit[2]}] {number(bias)}", coefficient * total + bias)


def _largest(terms: Terms) -> Parts:
    count = int(terms.inside.sum())
    return Parts([terms], "").then(f"the largest of the {count} numbers", terms.inputs[terms.inside].max())


def _mean(terms: Terms) -> Parts:
    total, count = float(terms.inputs.sum()), int(terms.inside.sum())
    return Parts([terms], "").then(f"sum of the {count} numbers", total).then(f"/ {count}", total / count)
