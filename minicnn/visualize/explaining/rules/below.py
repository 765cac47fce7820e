"""The numbers of the layer below that take part."""

from collections.abc import Callable

import numpy as np

from minicnn._shapes import Window
from minicnn._types import Array, BoolArray, Shape
from minicnn.layers import Layer
from minicnn.visualize import windows
from minicnn.visualize.explaining.parts import Terms
from minicnn.visualize.explaining.rules.registry import Below, Unit


def under(below: Below, window_on: Callable[[Shape], Window], unit: Unit, channels: Array | Unit) -> Terms:
    """What the window sees of some channels of the only input."""
    ((name, x),) = below
    window, channels = window_on(x.shape), np.asarray(channels)
    place, image = (unit[0], unit[1]), (x.shape[0], x.shape[1])
    rows, columns = windows.cells(window, place)
    inputs = windows.seen(x, window, place)[..., channels]
    places = np.stack(np.meshgrid(rows, columns, channels, indexing="ij"), axis=-1)
    inside: BoolArray = np.broadcast_to(windows.inside(window, place, image)[..., None], inputs.shape)
    return Terms(name, places, inputs, inside, inputs)


def all_of(below: tuple[str, Array]) -> Terms:
    """A whole vector."""
    name, x = below
    return Terms(name, np.arange(len(x))[:, None], x, np.ones(x.shape, bool), x)


def one_of(below: tuple[str, Array], unit: Unit) -> Terms:
    """One number; along an axis of size 1 the only one."""
    name, x = below
    place = tuple(i if size > 1 else 0 for i, size in zip(unit, x.shape, strict=True))
    value = x[place].reshape(1)
    return Terms(name, np.array([place]), value, np.ones(1, bool), value)


def channel_values(layer: Layer, names: tuple[str, ...], channel: int) -> tuple[float, ...]:
    """Parameters of a channel."""
    return tuple(float(layer.params[name][channel]) for name in names)
