"""How the layers make a number of those below: a rule for each, from its definition and not by its own code.

A rule is a function (layer, the values below by name, unit) -> `Parts`. Values are of one image, without the batch
axis, in float64; a unit is a place in the layer's output.
"""

from minicnn.visualize.explaining.rules import others, pools, sums  # noqa: F401  (enters the rules)
from minicnn.visualize.explaining.rules.registry import parts

__all__ = ["parts"]
