"""Other people's tools on networks with the same weights. All of it is skipped where they are not installed.

To run it: ``pip install "minicnn[peers]"``, then ``python -m pytest tests/peers``.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path[:0] = [str(Path(__file__).parent)]  # lets the modules of this folder import one another
collect_ignore = [] if importlib.util.find_spec("torch") else ["peer_networks.py"]


@pytest.fixture(params=["vgg_like", "resnet_like"])
def pair(request):
    """Two networks with the same weights: a `peer_networks.Pair`."""
    torch = pytest.importorskip("torch")
    import peer_networks

    torch.set_num_threads(1)  # on arrays this small, threads only wait for one another
    return getattr(peer_networks, request.param)()


@pytest.fixture
def agree(record_property):
    """Fails where arrays differ by more than 1e-5 of the largest number in them; records by how much they do."""
    worst = []

    def check(found, expected):
        assert found.shape == expected.shape
        scale = np.abs(expected).max()
        assert scale > 0
        worst.append(float(np.abs(found - expected).max() / scale))
        assert worst[-1] <= 1e-5
    yield check
    if worst:  # nothing was compared where the peer is missing
        record_property("largest deviation", max(worst))
