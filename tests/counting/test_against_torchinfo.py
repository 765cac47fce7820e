"""torchinfo's mult-adds of convolutions and dense layers are our connections, where torch and torchinfo are installed.

torchinfo counts (weights + biases) * places, which is LeCun's count of links.
"""

import numpy as np
import pytest

from minicnn import Input, Sequential
from minicnn.counting import count
from minicnn.layers import Conv2D, Dense, Flatten


def random_stack(seed):
    """(H, W, C) of the picture, and the arguments of three convolutions and of two dense layers."""
    rng = np.random.default_rng(seed)
    convs, maps = [], int(rng.integers(1, 4))
    shape, groups = (*(int(n) for n in rng.integers(14, 20, 2)), maps), 1
    for _ in range(3):
        filters = int(rng.integers(1, 4)) * 2
        convs.append({"filters": filters, "kernel_size": tuple(int(n) for n in rng.integers(1, 4, 2)),
                      "strides": int(rng.integers(1, 3)), "padding": int(rng.integers(0, 2)), "groups": groups,
                      "use_bias": bool(rng.integers(2))})
        groups = 2 if rng.integers(2) else 1
    return shape, convs, [int(n) for n in rng.integers(2, 20, 2)]


@pytest.mark.parametrize("seed", range(10))
def test_mult_adds_are_connections(seed):
    torch = pytest.importorskip("torch")
    torchinfo = pytest.importorskip("torchinfo")
    (height, width, maps), convs, units = random_stack(seed)
    model = Sequential([Input((height, width, maps)), *(Conv2D(**options) for options in convs), Flatten(),
                        *(Dense(n) for n in units)])
    counted = count(model)
    modules, before = [], maps
    for options in convs:
        modules.append(torch.nn.Conv2d(before, options["filters"], options["kernel_size"], options["strides"],
                                       options["padding"], groups=options["groups"], bias=options["use_bias"]))
        before = options["filters"]
    inputs = [int(np.prod(model.get_layer(index=2).output.sample_shape)), units[0]]
    modules += [torch.nn.Flatten(), *(torch.nn.Linear(*sizes) for sizes in zip(inputs, units, strict=True))]
    info = torchinfo.summary(torch.nn.Sequential(*modules), (1, maps, height, width), verbose=0)
    assert info.total_mult_adds == counted.connections
    assert info.total_params == counted.parameters
    theirs = [layer.macs for layer in info.summary_list[1:] if layer.class_name != "Flatten"]
    assert theirs == [row.connections for row in counted.rows if row.kind != "Flatten"]
