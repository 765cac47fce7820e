"""What is written in the boxes of a drawn network, and their colors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minicnn import _checks, activations
from minicnn.layers import (
    RBF,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    InputLayer,
    Layer,
    LocalResponseNormalization,
    TableConv2D,
)
from minicnn.layers.global_pooling import GlobalPooling2D
from minicnn.layers.merge import Merge
from minicnn.layers.nodes import Call
from minicnn.layers.pooling import Pooling2D
from minicnn.layers.simple import Activation
from minicnn.visualize import drawing

PAD, BETWEEN_COLUMNS = 0.08, 0.16  # inches: around the text of a box; between its left and its right half
PITCH = 0.145  # inches from one line of a box to the next

# Light enough for black text, and apart from each other for the color-blind and in print.
KINDS: tuple[tuple[str, tuple[type[Layer], ...]], ...] = (
    ("white", (InputLayer,)),
    ("#C9DFF2", (Conv2D, TableConv2D, DepthwiseConv2D, Conv2DTranspose)),
    ("#FBE0B8", (Pooling2D, GlobalPooling2D)),
    ("#CFE8D5", (Dense, RBF)),
    ("#F0CFE1", (Merge,)),
    ("#F6F1BE", (BatchNormalization, LocalResponseNormalization)),
)
OTHER, MODEL = "#ECECEC", "#DAD6EC"


@dataclass(frozen=True)
class Words:
    """What is written in a box."""

    names: bool
    types: bool
    shapes: bool
    parameters: bool
    activations: bool
    dtypes: bool
    trainable: bool

    def lines(self, calls: Sequence[Call]) -> list[tuple[str, str]]:
        """The lines in the box of a layer, left half and right half; the first one on the left is its heading."""
        layer = calls[0].layer
        kind = [type(layer).__name__] * self.types + self._activation(layer) * self.activations
        if len(calls) > 1:
            kind.append(f"{len(calls)} uses")
        size = layer.count_params()
        left = [drawing.shortened(layer.name)] * self.names + [", ".join(kind)] * bool(kind)
        right = [shapes_text(calls)] * self.shapes + [counted(size, "parameter")] * (self.parameters and size > 0)
        left += [layer.dtype] * self.dtypes
        right += ["trainable" if layer.trainable else "frozen"] * (self.trainable and size > 0)
        height = max(len(left), len(right))
        return list(zip(left + [""] * (height - len(left)), right + [""] * (height - len(right)), strict=True))

    def _activation(self, layer: Layer) -> list[str]:
        function = layer.function if isinstance(layer, Activation) else layer.activation
        return [] if function == activations.linear else [function.name]

    def check(self, where: str) -> None:
        if not self.names and not self.types:
            raise _checks.error(where, "nothing would tell the boxes apart", "names, types or both",
                                "names=False, types=False")


def counted(number: int, thing: str) -> str:
    """``1 layer``, ``2 layers``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def shapes_text(calls: Sequence[Call]) -> str:
    """The output shapes of a layer, without the batch axis: ``24x24x6``."""
    shapes = dict.fromkeys(node.sample_shape for call in calls for node in call.outputs)
    return ", ".join("x".join(map(str, shape)) or "a number" for shape in shapes)


def color_of(layer: Layer) -> str:
    """The color of a layer's kind."""
    if layer.inner is not None:
        return MODEL
    return next((color for color, kinds in KINDS if isinstance(layer, kinds)), OTHER)


def size_of(lines: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Inches (width, height) of the box around some lines."""
    left = max(drawing.text_width(line[0], bold=i == 0) for i, line in enumerate(lines))
    right = max(drawing.text_width(line[1]) for line in lines)
    return left + right + 2 * PAD + BETWEEN_COLUMNS * (right > 0), len(lines) * PITCH + 2 * PAD - 0.03


def write(axes: Any, lines: Sequence[tuple[str, str]], left: float, top: float, width: float) -> None:
    """The lines into a box whose corner is at (left, top); into the corner of a frame, where the width is 0."""
    middle = width > 0 and not any(right for _, right in lines)
    for i, (one, other) in enumerate(lines):
        y = top + PAD - 0.015 + (i + 0.5) * PITCH
        if one:
            axes.text(left + (width / 2 if middle else PAD), y, one, fontsize=drawing.TEXT, parse_math=False,
                      ha="center" if middle else "left", va="center_baseline", weight="normal" if i else "bold",
                      color=drawing.QUIET if i else "black")
        if other:
            axes.text(left + width - PAD, y, other, fontsize=drawing.TEXT, parse_math=False, ha="right",
                      va="center_baseline", color="black" if i == 0 else drawing.QUIET)


def head_size(lines: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Inches (width, height) of the head of a frame, without room around it."""
    return max(drawing.text_width(line[0], bold=i == 0) for i, line in enumerate(lines)), len(lines) * PITCH
