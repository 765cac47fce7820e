"""Where a program ends: probabilities, penalties, and the losses with the signal that goes back from them."""

import math

import numpy as np

from minicnn.kernels.plan.instructions import Step, floats, integers, opened, parameter, row


@Step
def softmax(state, at, begin, images):  # type: ignore[no-untyped-def]
    """exp(x) over its sum, into the rows of the outputs."""
    s, line, memory = opened(state, at)
    size, outputs = line.size, floats(s.outputs + 4 * begin * line.size, images * line.size)
    for n in range(images):
        x, y = row(memory, line.source, n, size), row(outputs, 0, n, size)
        top = x[0]
        for i in range(size):
            top = x[i] if x[i] > top or x[i] != x[i] else top
        total = np.float32(0)
        for i in range(size):
            y[i] = math.exp(x[i] - top)
            total += y[i]
        for i in range(size):
            y[i] /= total


@Step
def cross_entropy(state, at, begin, images):  # type: ignore[no-untyped-def]
    """-sum t log p of logits, with p = softmax; the signal is factor * (p * sum t - t).

    t is 1 at the label where there are labels, else a row of ``rows``. The loss of a label that is no class is NaN.
    """
    s, line, memory = opened(state, at)
    size, factors, losses = line.size, floats(s.factors + 4 * begin, images), floats(s.losses + 4 * begin, images)
    labels = integers(s.labels + 8 * begin, images if s.labelled else 0)
    rows = floats(s.rows + 4 * begin * size, 0 if s.labelled else images * size)
    for n in range(images):
        x, dx = row(memory, line.source, n, size), row(memory, line.target, n, size)
        top = x[0]
        for i in range(size):
            top = x[i] if x[i] > top or x[i] != x[i] else top
        total = np.float32(0)
        for i in range(size):
            dx[i] = math.exp(x[i] - top)
            total += dx[i]
        log_total, loss, weight = math.log(total), np.float32(0), np.float32(0)
        if labels.size:
            known = 0 <= labels[n] < size
            loss, weight = log_total - (x[labels[n]] - top) if known else np.float32(np.nan), np.float32(1)
        else:
            for i in range(size):
                t = rows[n * size + i]
                weight += t
                loss -= t * ((x[i] - top) - log_total)
        for i in range(size):
            t = rows[n * size + i] if not labels.size else np.float32(1) if labels[n] == i else np.float32(0)
            dx[i] = factors[n] * (dx[i] / total * weight - t)
        losses[n] = loss


@Step
def penalty(state, at, begin, images):  # type: ignore[no-untyped-def]
    """The penalty of the right class, y[label], and with a penalty of the rubbish class (none below 0) the
    logarithm of exp(-rubbish) + sum exp(-y) added: LeCun et al. 1998, eq. 8 and 9."""
    s, line, memory = opened(state, at)
    size, factors, losses = line.size, floats(s.factors + 4 * begin, images), floats(s.losses + 4 * begin, images)
    labels, rubbish = integers(s.labels + 8 * begin, images), line.number
    for n in range(images):
        y, dy = row(memory, line.source, n, size), row(memory, line.target, n, size)
        label = labels[n]
        if not 0 <= label < size:  # no class
            dy[:], losses[n] = 0, np.nan
            continue
        if rubbish < 0:
            for i in range(size):
                dy[i] = factors[n] if label == i else np.float32(0)
            losses[n] = y[label]
            continue
        top = -rubbish
        for i in range(size):
            top = -y[i] if -y[i] > top or y[i] != y[i] else top
        total = np.float32(0)
        for i in range(size):
            dy[i] = math.exp(-y[i] - top)
            total += dy[i]
        total += math.exp(-rubbish - top)
        losses[n] = math.log(total) - (-y[label] - top)
        for i in range(size):
            t = np.float32(1) if label == i else np.float32(0)
            dy[i] = factors[n] * (t - dy[i] / total)


@Step
def rbf(state, at, begin, images):  # type: ignore[no-untyped-def]
    """y[u] = sum over j of (x[j] - p[u, j])^2; the prototypes lie transposed, in rows of ``width`` units."""
    _, line, memory = opened(state, at)
    size, units, width = line.size, line.columns, line.depth
    sums = memory[line.other:line.other + width]
    for n in range(images):
        sums[:] = 0
        for j in range(size):
            x, p = memory[line.source + n * size + j], row(memory, line.weights, j, width)
            for u in range(width):
                sums[u] += (x - p[u]) * (x - p[u])
        for u in range(units):
            memory[line.target + n * units + u] = sums[u]


@Step
def rbf_back(state, at, begin, images):  # type: ignore[no-untyped-def]
    """dx[j] = 2 * sum over u of dy[u] * (x[j] - p[u, j])."""
    s, line, memory = opened(state, at)
    size, units = line.size, line.columns
    prototypes = parameter(s, line.parameter, size * units)
    for n in range(images):
        x, dx = row(memory, line.other, n, size), row(memory, line.target, n, size)
        dx[:] = 0
        for u in range(units):
            twice, p = 2 * memory[line.source + n * units + u], row(prototypes, 0, u, size)
            for j in range(size):
                dx[j] += twice * (x[j] - p[j])
