"""Steps that only copy: parameters into panels, images into the memory, into frames and back."""

from minicnn.kernels._jit import part
from minicnn.kernels.plan.instructions import Step, floats, listed, opened, parameter
from minicnn.kernels.vector.panels import pack as pack_panels


@part
def copied(source, start, target, begin, size):  # type: ignore[no-untyped-def]
    """A run of numbers from one array to another."""
    a, b = source[start:start + size], target[begin:begin + size]
    for i in range(size):
        b[i] = a[i]


# -- once a run: begin and images mean nothing -------------------------------------------------------


@Step
def clear(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Zeros, where gradients add up."""
    _, line, memory = opened(state, at)
    memory[line.target:line.target + line.size] = 0


@Step
def pack(state, at, begin, images):  # type: ignore[no-untyped-def]
    """A parameter, or a spread kernel, as panels: group by group (`minicnn.kernels.vector.panels`)."""
    s, line, memory = opened(state, at)
    matrix = parameter(s, line.parameter, line.size) if line.parameter >= 0 else memory[line.source:]
    rows, edges = listed(s, line.steps, line.depth), listed(s, line.edges, line.panels)
    for g in range(line.groups):
        pack_panels(matrix, g * line.share, rows, line.reads, edges, line.columns,
                    memory[line.target + g * line.depth * edges[-1]:])


@Step
def spread(state, at, begin, images):  # type: ignore[no-untyped-def]
    """The kernels of a connection table, in the full kernel's places; the others stay zero."""
    s, line, memory = opened(state, at)
    kernel, places = parameter(s, line.parameter, line.size), listed(s, line.places, line.size)
    for i in range(line.size):
        memory[line.target + places[i]] = kernel[i]


@Step
def tile(state, at, begin, images):  # type: ignore[no-untyped-def]
    """One number per channel, again and again until a period is full (`minicnn.kernels.plan.elementwise`)."""
    s, line, memory = opened(state, at)
    values = parameter(s, line.parameter, line.columns)
    for i in range(line.size):
        memory[line.target + i] = values[i % line.columns]


# -- every block -------------------------------------------------------------------------------------


@Step
def take(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Images of the batch into the memory."""
    s, line, memory = opened(state, at)
    size = line.size * images
    copied(floats(s.x + 4 * begin * line.size, size), 0, memory, line.target, size)


@Step
def give(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Values as the outputs of the batch."""
    s, line, memory = opened(state, at)
    size = line.size * images
    copied(memory, line.source, floats(s.outputs + 4 * begin * line.size, size), 0, size)


@Step
def zero(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Zeros, where the steps behind this one do not reach every number."""
    _, line, memory = opened(state, at)
    memory[line.target:line.target + line.size * images] = 0


@Step
def copy(state, at, begin, images):  # type: ignore[no-untyped-def]
    """A value, for somebody who changes it."""
    _, line, memory = opened(state, at)
    copied(memory, line.source, memory, line.target, line.size * images)


@part
def _framed(state, at, images, inward):  # type: ignore[no-untyped-def]
    """size, other: numbers of the image and of its frame. window: rows of the image, numbers in a row, numbers in a
    row of the frame, numbers of the frame before the image's first one."""
    s, line, memory = opened(state, at)
    w = listed(s, line.window, 4)
    for n in range(images):
        for i in range(w[0]):
            inside, outside = n * line.size + i * w[1], n * line.other + w[3] + i * w[2]
            if inward:
                copied(memory, line.source + inside, memory, line.target + outside, w[1])
            else:
                copied(memory, line.source + outside, memory, line.target + inside, w[1])


@Step
def frame(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Images into the middle of their frames, which are zero from the beginning."""
    _framed(state, at, images, True)


@Step
def crop(state, at, begin, images):  # type: ignore[no-untyped-def]
    """Images out of their frames."""
    _framed(state, at, images, False)
