"""What Keras listings ask of ``backend``: constants here, where there is one float type and one order of axes."""

from minicnn.losses import EPSILON
from minicnn.utils import clear_session

__all__ = ["clear_session", "epsilon", "floatx", "image_data_format"]


def epsilon() -> float:
    """The small number that keeps denominators and logarithms from zero."""
    return EPSILON


def floatx() -> str:
    """The float type of layers that name none."""
    return "float32"


def image_data_format() -> str:
    """Images are (N, H, W, C), always."""
    return "channels_last"
