"""Where a program ends: probabilities, penalties, and the losses with the signal that goes back from them."""

import math

import numpy as np

from minicnn.kernels._jit import part


@part
def softmax(memory, source, size, images, outputs, first):  # type: ignore[no-untyped-def]
    """exp(x) over its sum, into the rows of the outputs."""
    for n in range(images):
        x, y = memory[source + n * size:source + (n + 1) * size], outputs[(first + n) * size:(first + n + 1) * size]
        top = x[0]
        for i in range(size):
            top = x[i] if x[i] > top or x[i] != x[i] else top
        total = np.float32(0)
        for i in range(size):
            y[i] = math.exp(x[i] - top)
            total += y[i]
        for i in range(size):
            y[i] /= total


@part
def cross_entropy(memory, source, target, size, images, labels, rows, factors, losses, first):  # type: ignore[no-untyped-def]
    """-sum t log p of logits, with p = softmax; the signal is factor * (p * sum t - t).

    t is 1 at the label where there are labels, else a row of ``rows``.
    """
    for n in range(images):
        x, dx = memory[source + n * size:source + (n + 1) * size], memory[target + n * size:target + (n + 1) * size]
        row = first + n
        top = x[0]
        for i in range(size):
            top = x[i] if x[i] > top or x[i] != x[i] else top
        total = np.float32(0)
        for i in range(size):
            dx[i] = math.exp(x[i] - top)
            total += dx[i]
        log_total, loss, weight = math.log(total), np.float32(0), np.float32(0)
        if labels.size:
            loss, weight = log_total - (x[labels[row]] - top), np.float32(1)
        else:
            for i in range(size):
                t = rows[row * size + i]
                weight += t
                loss -= t * ((x[i] - top) - log_total)
        for i in range(size):
            t = rows[row * size + i] if not labels.size else np.float32(1) if labels[row] == i else np.float32(0)
            dx[i] = factors[row] * (dx[i] / total * weight - t)
        losses[row] = loss


@part
def penalty(memory, source, target, size, images, labels, rubbish, factors, losses, first):  # type: ignore[no-untyped-def]
    """The penalty of the right class, y[label], and with a penalty of the rubbish class (none below 0) the
    logarithm of exp(-rubbish) + sum exp(-y) added: LeCun et al. 1998, eq. 8 and 9."""
    for n in range(images):
        y, dy = memory[source + n * size:source + (n + 1) * size], memory[target + n * size:target + (n + 1) * size]
        row = first + n
        label = labels[row]
        if rubbish < 0:
            for i in range(size):
                dy[i] = factors[row] if label == i else np.float32(0)
            losses[row] = y[label]
            continue
        top = -rubbish
        for i in range(size):
            top = -y[i] if -y[i] > top or y[i] != y[i] else top
        total = np.float32(0)
        for i in range(size):
            dy[i] = math.exp(-y[i] - top)
            total += dy[i]
        total += math.exp(-rubbish - top)
        losses[row] = math.log(total) - (-y[label] - top)
        for i in range(size):
            t = np.float32(1) if label == i else np.float32(0)
            dy[i] = factors[row] * (t - dy[i] / total)


@part
def rbf(memory, source, target, size, units, panel, width, room, images):  # type: ignore[no-untyped-def]
    """y[u] = sum over j of (x[j] - p[u, j])^2; the prototypes lie transposed, in rows of ``width`` units."""
    sums = memory[room:room + width]
    for n in range(images):
        sums[:] = 0
        for j in range(size):
            x, p = memory[source + n * size + j], memory[panel + j * width:panel + (j + 1) * width]
            for u in range(width):
                sums[u] += (x - p[u]) * (x - p[u])
        for u in range(units):
            memory[target + n * units + u] = sums[u]


@part
def rbf_back(memory, dy_at, x_at, dx_at, size, units, prototypes, images):  # type: ignore[no-untyped-def]
    """dx[j] = 2 * sum over u of dy[u] * (x[j] - p[u, j])."""
    for n in range(images):
        x, dx = memory[x_at + n * size:x_at + (n + 1) * size], memory[dx_at + n * size:dx_at + (n + 1) * size]
        dx[:] = 0
        for u in range(units):
            twice, p = 2 * memory[dy_at + n * units + u], prototypes[u * size:(u + 1) * size]
            for j in range(size):
                dx[j] += twice * (x[j] - p[j])
