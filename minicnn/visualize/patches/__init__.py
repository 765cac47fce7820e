"""What excites a channel: the parts of a data set to which it answers most."""

from minicnn.visualize.patches.search import Patches, exciting_patches
from minicnn.visualize.patches.sheet import top_patches

__all__ = ["Patches", "exciting_patches", "top_patches"]
