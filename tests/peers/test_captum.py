"""The same weights, the same maps: minicnn and Captum (0.9.0 when this was written).

Skipped where Captum is not installed. To run it: ``pip install "minicnn[peers]"``, ``python -m pytest tests/peers``.
"""

import numpy as np
import pytest

from minicnn.visualize import (
    grad_cam,
    gradient_x_input,
    guided_grad_cam,
    integrated_gradients,
    saliency,
    upsample,
)

# Captum warns that it puts hooks into the user's network.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def captum():
    return pytest.importorskip("captum.attr")


def test_the_networks_agree(pair, agree):
    pytest.importorskip("captum")
    agree(pair.ours.activations(pair.x)["scores/pre"], pair.theirs(pair.their_x).detach().numpy())


@pytest.mark.parametrize(("rule", "method", "options"), [
    ("vanilla", "Saliency", {"abs": False}), ("guided", "GuidedBackprop", {}), ("deconvnet", "Deconvolution", {})])
def test_saliency(pair, agree, captum, rule, method, options):
    theirs = getattr(captum, method)(pair.theirs).attribute(pair.their_x, target=pair.their_classes, **options)
    agree(saliency(pair.ours, pair.x, pair.classes, rule), pair.as_ours(theirs))


def test_gradient_x_input(pair, agree, captum):
    theirs = captum.InputXGradient(pair.theirs).attribute(pair.their_x, target=pair.their_classes)
    agree(gradient_x_input(pair.ours, pair.x, pair.classes), pair.as_ours(theirs))


@pytest.mark.parametrize("steps", [5, 50])
def test_integrated_gradients(pair, agree, captum, steps):
    theirs, delta = captum.IntegratedGradients(pair.theirs).attribute(
        pair.their_x, 0.25, target=pair.their_classes, n_steps=steps, return_convergence_delta=True)
    ours = integrated_gradients(pair.ours, pair.x, pair.classes, 0.25, steps)
    agree(ours.attributions, pair.as_ours(theirs))
    np.testing.assert_allclose(ours.completeness.errors, delta.numpy(), atol=1e-4)  # small differences of sums


def test_grad_cam_at_every_layer(pair, agree, captum):
    for name, module in pair.layers.items():
        theirs = captum.LayerGradCam(pair.theirs, module).attribute(pair.their_x, target=pair.their_classes)
        agree(grad_cam(pair.ours, pair.x, pair.classes, name, relu=False).maps, pair.as_ours(theirs)[..., 0])
        cut = captum.LayerGradCam(pair.theirs, module).attribute(pair.their_x, target=pair.their_classes,
                                                                 relu_attributions=True)
        agree(grad_cam(pair.ours, pair.x, pair.classes, name).maps, pair.as_ours(cut)[..., 0])


def test_guided_grad_cam(pair, agree, captum):
    for name, module in pair.layers.items():
        theirs = captum.GuidedGradCam(pair.theirs, module).attribute(pair.their_x, target=pair.their_classes,
                                                                     interpolate_mode="bilinear")
        agree(guided_grad_cam(pair.ours, pair.x, pair.classes, name).maps, pair.as_ours(theirs))


def test_upsampling(pair, agree, captum):
    maps = pair.their_x[:, :1, :4, :5]
    theirs = captum.LayerAttribution.interpolate(maps, (16, 20), interpolate_mode="bilinear")
    agree(upsample(maps[:, 0].numpy(), (16, 20)), theirs[:, 0].numpy())
