"""Occlusion beside captum's, on the same weights."""

import numpy as np
import pytest

from minicnn.visualize import occlusion

torch = pytest.importorskip("torch")
captum = pytest.importorskip("captum.attr")


@pytest.mark.parametrize(("patch", "stride", "value"), [
    ((8, 8), (4, 4), 0.0), ((7, 5), (3, 4), 0.5), ((16, 20), (1, 1), "image"), ((5, 9), (5, 9), "image"),
])
def test_the_mean_over_windows_is_captums(patch, stride, value, pair, agree, rng):
    looks = rng.random(pair.x.shape).astype("float32") if value == "image" else value
    theirs = captum.Occlusion(pair.theirs).attribute(
        pair.their_x, target=pair.their_classes, sliding_window_shapes=(3, *patch), strides=(3, *stride),
        baselines=torch.from_numpy(looks.transpose(0, 3, 1, 2).copy()) if value == "image" else value)
    ours = occlusion(pair.ours, pair.x, pair.classes, patch=patch, stride=stride, value=looks, average=True)
    for channel in range(3):
        agree(ours.drop, np.asarray(theirs[:, channel].detach()))
