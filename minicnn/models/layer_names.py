"""Automatic names made comparable: they count all layers of a process, so a model built twice has two sets of them."""

import re
from collections.abc import Collection


def renumbered(paths: Collection[str], kinds: Collection[str]) -> dict[str, str]:
    """Paths such as ``inner/conv2d_7`` with automatic names counted from 0 within their model, by the given paths.

    kinds: the names of classes ("conv2d") that automatic names begin with. Other names stay.

    >>> renumbered(["conv2d_7/kernel", "conv2d_12/kernel", "last_2/kernel"], {"conv2d"})
    {'conv2d_7/kernel': 'conv2d/kernel', 'conv2d_12/kernel': 'conv2d_1/kernel', 'last_2/kernel': 'last_2/kernel'}
    """
    inside: dict[str, list[str]] = {}
    for path in paths:
        name, slash, rest = path.partition("/")
        inside.setdefault(name, []).extend([rest] if slash else [])
    new = _counted(inside, kinds)
    below = {name: renumbered(rests, kinds) for name, rests in inside.items() if rests}
    result = {}
    for path in paths:
        name, slash, rest = path.partition("/")
        result[path] = new[name] + (slash + below[name][rest] if slash else "")
    return result


def _counted(names: Collection[str], kinds: Collection[str]) -> dict[str, str]:
    """Names of one model, those of each kind counted from 0 in the order of their numbers."""
    numbered: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        match = re.fullmatch(r"(.+?)(?:_(\d+))?", name)
        kind, number = match.groups() if match else (name, None)
        if kind in kinds:
            numbered.setdefault(kind, []).append((int(number or 0), name))
    new = {name: name for name in names}
    for kind, several in numbered.items():
        for place, (_, name) in enumerate(sorted(several)):
            new[name] = f"{kind}_{place}" if place else kind
    return new
