"""Automatic names of layers, as Keras counts them."""

import re

_counters: dict[str, int] = {}


def forget_names() -> None:
    """Start counting automatic names anew."""
    _counters.clear()


def snake_case(name: str) -> str:
    """``MaxPooling2D`` as ``max_pooling2d``, the way Keras writes it."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def automatic_name(kind: str) -> str:
    """Keras's names: ``Conv2D`` gives conv2d, conv2d_1, conv2d_2, ... counted through the process."""
    words = snake_case(kind)
    number = _counters.get(words, 0)
    _counters[words] = number + 1
    return f"{words}_{number}" if number else words
