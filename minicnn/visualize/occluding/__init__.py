"""Occlusion: hide a part of the image and see what becomes of the answer."""

from minicnn.visualize.occluding.sheet import occlusion_maps
from minicnn.visualize.occluding.sweep import Occlusion, occlusion

__all__ = ["Occlusion", "occlusion", "occlusion_maps"]
