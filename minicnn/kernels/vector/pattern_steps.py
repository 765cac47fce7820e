"""Loops over flat arrays that any compiler makes vectors of: what stands between the products of
`minicnn.kernels.vector.pattern_loop`. Sums may be formed in any order."""

import numpy as np

from minicnn.kernels._jit import jit_any_order

# 1.7159 tanh(2/3 a): the paper's f(a) and, by x = f(a), its slope 2/3 / 1.7159 * (1.7159^2 - x^2).
A, S = np.float32(1.7159), np.float32(2 / 3)
A_SQUARED, S_BY_A = np.float32(1.7159 ** 2), np.float32(2 / 3 / 1.7159)
# tanh(t) = t P(t^2) / Q(t^2) for |t| <= 8, beyond which it is 1 to 7 digits: fitted by least squares, reweighted until
# the relative error was even (6e-9); rounded as it is computed, it is off by 3e-7 at most.
P0, P1, P2, P3, P4 = (np.float32(c) for c in (
    9.99999994e-01, 1.34445032e-01, 3.57160435e-03, 2.18947710e-05, 1.52305828e-08))
Q1, Q2, Q3, Q4 = (np.float32(c) for c in (4.67778305e-01, 2.61644667e-02, 3.41130255e-04, 8.52251096e-07))
END, ONE, TWO = np.float32(8), np.float32(1), np.float32(2)


@jit_any_order
def squash(x):  # type: ignore[no-untyped-def]
    """x = f(x), in place."""
    for i in range(x.size):
        t = S * x[i]
        t = -END if t < -END else t  # NaN stays NaN
        t = END if t > END else t
        z = t * t
        p = (((P4 * z + P3) * z + P2) * z + P1) * z + P0
        q = (((Q4 * z + Q3) * z + Q2) * z + Q1) * z + ONE
        x[i] = A * (t * p / q)


@jit_any_order
def times_slope(d, x):  # type: ignore[no-untyped-def]
    """Back through the squashing function that made x, in place."""
    for i in range(d.size):
        d[i] *= S_BY_A * (A_SQUARED - x[i] * x[i])


@jit_any_order
def bend(x, rectify):  # type: ignore[no-untyped-def]
    """x = f(x) for the function of C1, C3 and C5, in place."""
    if rectify:
        for i in range(x.size):
            x[i] = np.float32(0) if x[i] < 0 else x[i]  # NaN stays NaN
    else:
        squash(x)


@jit_any_order
def unbend(d, x, rectify):  # type: ignore[no-untyped-def]
    """Back through that function, in place."""
    if rectify:
        for i in range(d.size):
            d[i] = d[i] if x[i] > 0 else np.float32(0)
    else:
        times_slope(d, x)


@jit_any_order
def largest_of_windows(x, size, maps, s):  # type: ignore[no-untyped-def]
    """The largest number of each window of 2x2. size: of s."""
    for i in range(size):
        for j in range(size):
            at, at_s, down = (4 * i * size + 2 * j) * maps, (i * size + j) * maps, 2 * size * maps
            for c in range(maps):
                first, second = x[at + c], x[at + maps + c]
                third, fourth = x[at + down + c], x[at + down + maps + c]
                s[at_s + c] = max(max(first, second), max(third, fourth))


@jit_any_order
def back_to_largest(d, size, maps, x, s, dx):  # type: ignore[no-untyped-def]
    """dx: each d goes to where the largest number was, the first of equals, and nothing to the three others."""
    for i in range(size):
        for j in range(size):
            at, at_s, down = (4 * i * size + 2 * j) * maps, (i * size + j) * maps, 2 * size * maps
            for c in range(maps):
                left = d[at_s + c]
                for place in (at + c, at + maps + c, at + down + c, at + down + maps + c):
                    here = x[place] == s[at_s + c]
                    dx[place] = left if here else np.float32(0)
                    left = np.float32(0) if here else left


@jit_any_order
def move(w, rates, gradient, eta):  # type: ignore[no-untyped-def]
    """One step of some weights."""
    for i in range(w.size):
        w[i] -= eta * (rates[i] * gradient[i])


@jit_any_order
def dense_back_and_move(x, w, rates, d, columns, eta, dx):  # type: ignore[no-untyped-def]
    """dx = w d for w as it was, and the step of w: one way through it, since its memory is what takes the time."""
    for r in range(dx.size):
        row, rate = w[r * columns:(r + 1) * columns], rates[r * columns:(r + 1) * columns]
        step, total = eta * x[r], np.float32(0)
        for n in range(d.size):
            number = row[n]
            total += number * d[n]
            row[n] = number - rate[n] * (step * d[n])
        dx[r] = total


@jit_any_order
def penalties(x, centers, y):  # type: ignore[no-untyped-def]
    """y: the squared distance of x to each center."""
    for i in range(y.size):
        center, total = centers[i * x.size:(i + 1) * x.size], np.float32(0)
        for j in range(x.size):
            total += (x[j] - center[j]) * (x[j] - center[j])
        y[i] = total


@jit_any_order
def loss_and_slopes(y, label, j, p):  # type: ignore[no-untyped-def]
    """The loss, and p = dE/dy. j: of eq. 9; below zero: eq. 8."""
    p[:] = 0
    loss = y[label]
    if j >= 0:
        least = j  # or a penalty below it: so the largest of the powers becomes 1
        for i in range(y.size):
            least = y[i] if y[i] < least else least
        total = np.exp(least - j)
        for i in range(y.size):
            p[i] = np.exp(least - y[i])
            total += p[i]
        p /= -total
        loss += np.log(total) - least
    p[label] += ONE
    return loss


@jit_any_order
def penalties_back(p, x, centers, dx):  # type: ignore[no-untyped-def]
    """dx from p = dE/dy."""
    dx[:] = 0
    for i in range(p.size):
        center, twice = centers[i * x.size:(i + 1) * x.size], TWO * p[i]
        if twice != 0:
            for j in range(x.size):
                dx[j] += twice * (x[j] - center[j])


@jit_any_order
def multiply(a, b, c):  # type: ignore[no-untyped-def]
    """c = a b, number by number."""
    for i in range(a.size):
        c[i] = a[i] * b[i]
