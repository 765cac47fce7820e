"""The same weights, the same maps: minicnn and pytorch-grad-cam (1.5.7 when this was written).

Skipped where it is not installed. To run it: ``pip install "minicnn[peers]"``, ``python -m pytest tests/peers``.
"""

import numpy as np
import pytest

from minicnn.visualize import grad_cam, saliency, upsample

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def peer():
    return pytest.importorskip("pytorch_grad_cam")


@pytest.fixture
def targets(pair, peer):
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    return [ClassifierOutputTarget(number) for number in pair.classes]


def test_grad_cam_before_resizing(pair, agree, peer, targets):
    for name, module in pair.layers.items():
        with peer.GradCAM(pair.theirs, [module]) as cam:
            cam(pair.their_x, targets)
            hooks = cam.activations_and_grads
            theirs = cam.get_cam_image(pair.their_x, module, targets, hooks.activations[0].numpy(),
                                       hooks.gradients[0].numpy())
        agree(grad_cam(pair.ours, pair.x, pair.classes, name, relu=False).maps, theirs)


def test_grad_cam_as_it_is_handed_out(pair, peer, targets):
    """Cut below zero, stretched to 0 .. 1, resized, and stretched again: by our `upsample` it is the same picture."""
    for name, module in pair.layers.items():
        with peer.GradCAM(pair.theirs, [module]) as cam:
            theirs = cam(pair.their_x, targets)
        ours = np.stack([stretched(upsample(stretched(one), (16, 20)))
                         for one in grad_cam(pair.ours, pair.x, pair.classes, name).maps])
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def stretched(one):
    low, high = one.min(), one.max()
    return (one - low) / (high - low + 1e-7)


def test_guided_backpropagation(pair, agree, peer):
    guided = peer.GuidedBackpropReLUModel(pair.theirs, "cpu")
    ours = saliency(pair.ours, pair.x, pair.classes, "guided")
    for i, number in enumerate(pair.classes):
        agree(ours[i], guided(pair.their_x[i:i + 1], number))
