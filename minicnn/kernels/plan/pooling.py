"""Steps over windows: the loops are those of `minicnn.kernels.vector.pooling`. On the way back the numbers go from
``target`` to ``source``."""

from minicnn.kernels._jit import part
from minicnn.kernels.plan.instructions import Step, listed, opened, small_integers
from minicnn.kernels.vector import pooling
from minicnn.kernels.vector import quads as four

_winners_apart, _winners_overlapping = pooling.to_winners
_spreads_apart, _spreads_overlapping = pooling.window_spreads
_maxima, _sums = pooling.maxima, pooling.window_sums
_four_maxima, _four_winners = four.maxima, four.to_winners


@part
def _shapes(s, line):  # type: ignore[no-untyped-def]
    """Image, channels, window, output, as the loops want them."""
    w = listed(s, line.window, 13)
    return (w[0], w[1]), w[2], (w[5], w[6], w[7], w[8], w[9], w[10]), (w[3], w[4])


@Step
def max_pool(state, at, begin, images):  # type: ignore[no-untyped-def]
    """The largest of each window, and which one it was."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    winner = small_integers(s.bytes + line.bytes, images * output[0] * output[1] * channels)
    _maxima(memory[line.source:], image, channels, window, output, memory[line.target:], winner, 0, images)


@Step
def quads(state, at, begin, images):  # type: ignore[no-untyped-def]
    """The same for windows of 2x2 that lie within the image."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    winner = small_integers(s.bytes + line.bytes, images * output[0] * output[1] * channels)
    _four_maxima(memory[line.source:], image, channels, (window[0], window[1]), output, memory[line.target:], winner,
                 0, images)


@part
def _cleared(memory, line, image, channels, images):  # type: ignore[no-untyped-def]
    """What the way back writes into, set to zero."""
    dx = memory[line.source:line.source + images * image[0] * image[1] * channels]
    dx[:] = 0
    return dx


@Step
def max_pool_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """To the cell that won; windows that lie apart."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    winner = small_integers(s.bytes + line.bytes, images * output[0] * output[1] * channels)
    _winners_apart(_cleared(memory, line, image, channels, images), image, channels, window, output,
                   memory[line.target:], winner, 0, images)


@Step
def quads_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """The same for windows of 2x2 that lie within the image."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    winner = small_integers(s.bytes + line.bytes, images * output[0] * output[1] * channels)
    _four_winners(_cleared(memory, line, image, channels, images), image, channels, (window[0], window[1]), output,
                  memory[line.target:], winner, 0, images)


@Step
def max_pool_back_added(state, at, begin, images):  # type: ignore[no-untyped-def]
    """To the cell that won; windows that overlap."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    winner = small_integers(s.bytes + line.bytes, images * output[0] * output[1] * channels)
    _winners_overlapping(_cleared(memory, line, image, channels, images), image, channels, window, output,
                         memory[line.target:], winner, 0, images)


@Step
def window_sums(state, at, begin, images):  # type: ignore[no-untyped-def]
    """The cells of each window added up."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    _sums(memory[line.source:], image, channels, window, output, memory[line.target:], 0, images)


@Step
def window_spreads(state, at, begin, images):  # type: ignore[no-untyped-def]
    """To every cell of the window; windows that lie apart, as those of a subsampling do."""
    s, line, memory = opened(state, at)
    image, channels, window, output = _shapes(s, line)
    _spreads_apart(_cleared(memory, line, image, channels, images), image, channels, window, output,
                   memory[line.target:], 0, images)
