"""Arguments that several callbacks take."""

import numbers

from minicnn import _checks


def verbosity(value: object, where: str) -> int:
    """0 (silent) or 1 (a line for what the callback does); 2 says no more than 1."""
    if not isinstance(value, int) or value not in (0, 1, 2):
        raise _checks.error(where, "unknown verbosity", "0 or 1", repr(value))
    return int(value)


def real_or_none(value: object, name: str, where: str) -> float | None:
    """None, or a number; infinity is one (a bound that everything keeps, or nothing), NaN is not."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or value != value:
        raise _checks.error(where, f"{name} must be a number or None", received=repr(value))
    return float(value)
