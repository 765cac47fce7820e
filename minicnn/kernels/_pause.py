"""A pause in which a core stays awake."""

from minicnn.kernels._jit import jit


@jit
def pause(rounds):  # type: ignore[no-untyped-def]
    """Count, without Python's lock: ten thousand rounds take about ten microseconds. Nobody wants the result, but with
    none the compiler would leave out the loop."""
    count = 0
    for i in range(rounds):
        count += i * i % 7
    return count
