"""Guided Grad-CAM: fine lines, where the class is seen."""

from typing import TYPE_CHECKING, Any

from minicnn import _checks
from minicnn._data import one_or_all
from minicnn.layers import Layer
from minicnn.visualize.attribution.gradients import saliency
from minicnn.visualize.attribution.walk import rule_step
from minicnn.visualize.cams.maps import ClassMaps, grad_cam
from minicnn.visualize.cams.upsampling import upsample
from minicnn.visualize.scoring import Target, images

if TYPE_CHECKING:
    from minicnn.models import Model


def guided_grad_cam(model: "Model", x: Any, target: Target = None, layer: str | Layer | None = None, *,
                    batch_size: int = 32, verbose: int = 1) -> ClassMaps:
    """Guided backpropagation times Grad-CAM made as large as the image: Selvaraju et al. 2017, section 3.2.

    The maps are signed and like the batch x, (N, H, W, C); a list for several inputs. Grad-CAM is enlarged by
    `upsample`, bilinear as in the paper; Captum repeats the nearest value unless told otherwise.

    Arguments and errors are those of `grad_cam`, and MinicnnError is raised for an input that is no image.
    """
    where = "visualize.guided_grad_cam"
    inputs, _ = images(model, x, where), rule_step(model, "guided", where)
    for image, node in zip(inputs, model.graph.inputs, strict=True):
        if image.ndim != 4:
            raise _checks.error(f"{where}: {node.owner}", "this input is no image", "shape (N, H, W, C)",
                                f"shape {image.shape}", "visualize.saliency works for any input.")
    coarse = grad_cam(model, one_or_all(inputs), target, layer, batch_size=batch_size, verbose=verbose)
    fine = saliency(model, one_or_all(inputs), coarse.classes, "guided", batch_size=batch_size, verbose=verbose)
    parts = [lines * upsample(coarse.maps, image.shape[1:3])[..., None]
             for lines, image in zip(fine if len(inputs) > 1 else [fine], inputs, strict=True)]
    reasons = tuple(reason or ("" if any(part[i].any() for part in parts) else
                               "guided backpropagation arrives only where Grad-CAM is 0")
                    for i, reason in enumerate(coarse.reasons))
    return ClassMaps(one_or_all(parts), coarse.classes, coarse.layer, reasons)
