"""Output sizes and paddings: the one formula, used by shapes, kernels, counts and errors.

Along one axis a kernel of ``k`` cells, ``dilation`` cells apart, spans ``dilation * (k - 1) + 1``
cells. Sliding it by ``stride`` over ``size`` cells plus padding gives ::

    output = (before + size + after - span) // stride + 1

``"valid"`` pads nothing. ``"same"`` pads so that ``output = ceil(size / stride)``; an odd cell goes
after, as in Keras: ``1234`` under a window of 2 becomes ``1234 0``.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from minicnn import _checks
from minicnn._types import Pads, Pair

Padding: TypeAlias = str | int | Sequence[int] | Sequence[Sequence[int]]


class Window(NamedTuple):
    """A window sliding over an image: what kernels need to know of it, and the output it makes."""

    size: Pair
    strides: Pair
    pads: Pads
    dilation: Pair
    output: Pair


def span(size: int, dilation: int = 1) -> int:
    """Cells from the first to the last one a kernel of ``size`` cells touches."""
    return dilation * (size - 1) + 1


def output_size(size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1) -> int:
    """Positions the kernel takes along one axis; zero or less when it does not fit.

    >>> output_size(28, kernel=5, stride=1, before=0, after=0)
    24
    """
    return (before + size + after - span(kernel, dilation)) // stride + 1


def same_pads(size: int, kernel: int, stride: int, dilation: int = 1) -> Pair:
    """(before, after) of ``"same"`` padding along one axis.

    >>> same_pads(4, kernel=2, stride=1), same_pads(5, kernel=3, stride=2)
    ((0, 1), (1, 1))
    """
    wanted = -(-size // stride)
    total = max((wanted - 1) * stride + span(kernel, dilation) - size, 0)
    return total // 2, total - total // 2


def check_padding(padding: Padding, where: str) -> str | tuple[Pair, Pair]:
    """``"valid"``, ``"same"``, or ``((top, bottom), (left, right))`` from an int, a pair or pairs."""
    if isinstance(padding, str):
        if padding.lower() not in ("valid", "same"):
            raise _checks.error(where, "unknown padding", "'valid', 'same', an integer, (vertical, horizontal) "
                                "or ((top, bottom), (left, right))", repr(padding))
        return padding.lower()
    sides = list(padding) if isinstance(padding, Sequence) and len(padding) == 2 else [padding, padding]
    return _checks.pair(sides[0], "padding", where, minimum=0), _checks.pair(sides[1], "padding", where, minimum=0)


@lru_cache(1024)
def window(image: Pair, size: Pair, strides: Pair, padding: str | tuple[Pair, Pair], dilation: Pair,
           where: str) -> Window:
    """The window over an image of (H, W); an error when it is larger than the padded image."""
    if padding == "same":
        rows, columns = (same_pads(image[a], size[a], strides[a], dilation[a]) for a in (0, 1))
    else:
        rows, columns = ((0, 0), (0, 0)) if isinstance(padding, str) else padding
    pads = (*rows, *columns)
    height = output_size(image[0], size[0], strides[0], *rows, dilation[0])
    width = output_size(image[1], size[1], strides[1], *columns, dilation[1])
    if height < 1 or width < 1:
        spans = span(size[0], dilation[0]), span(size[1], dilation[1])
        padded = image[0] + sum(rows), image[1] + sum(columns)
        raise _checks.error(where, "the kernel is larger than its (padded) input", f"at least {spans[0]}x{spans[1]}",
                            f"{padded[0]}x{padded[1]}", "Take a smaller kernel, padding='same' or a larger image.")
    return Window(size, strides, pads, dilation, (height, width))


def transposed(size: int, kernel: int, stride: int, padding: str, output_padding: int | None,
               dilation: int = 1) -> tuple[int, int, int]:
    """(output, before, after) of a transposed convolution along one axis, as in Keras.

    Painted one beside another, ``size`` kernels reach over ``stride * (size - 1) + span`` cells. "valid" keeps them
    all, "same" ``stride * size`` of them: ``before`` and ``after`` are cut off, the odd cell after. Where the output
    reaches further than the kernels, the cells behind them are zero.

    >>> transposed(3, kernel=3, stride=2, padding="valid", output_padding=None)
    (7, 0, 0)
    >>> transposed(3, kernel=3, stride=2, padding="same", output_padding=None)
    (6, 0, 1)
    """
    cells = span(kernel, dilation)
    reach = stride * (size - 1) + cells
    if padding == "valid":
        output = reach + (max(stride - cells, 0) if output_padding is None else output_padding)
    elif output_padding is None:
        output = stride * size
    else:
        output = stride * (size - 1) + cells % 2 + output_padding
    cut = max(reach - output, 0)
    return output, cut // 2, cut - cut // 2


def transposed_window(image: Pair, size: Pair, strides: Pair, padding: str, output_padding: Pair | None,
                      dilation: Pair, where: str) -> tuple[Pair, Window]:
    """The output (oh, ow) of a transposed convolution of (H, W), and the window of the convolution that leads back:
    from an image of (oh, ow) to an output of (H, W)."""
    more = (None, None) if output_padding is None else output_padding
    rows, columns = (transposed(image[a], size[a], strides[a], padding, more[a], dilation[a]) for a in (0, 1))
    output = rows[0], columns[0]
    if min(output) < 1:
        raise _checks.error(where, "nothing is left of the output", "at least 1x1", f"{output[0]}x{output[1]}",
                            "Take a larger output_padding, or padding='valid'.")
    return output, Window(size, strides, (*rows[1:], *columns[1:]), dilation, image)
