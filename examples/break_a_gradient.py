"""How do I find out that a gradient is wrong? Break one, and look. (1 second)

The layer is a leaky ReLU that learns how leaky it is (He et al. 2015): y = x where x is positive, y = slope * x
elsewhere, with one slope for each channel. Its backward is right. Then it is broken in three ways that happen to
everybody. None of the three crashes, and a network may even learn with them, only worse. So one checks.
"""

import numpy as np

from minicnn import GradientCheckError, gradient_check
from minicnn.initializers import Constant
from minicnn.layers import Layer, Parameter


class LeakyRelu(Layer):
    """Nothing is broken."""

    def parameters(self, input_shape):
        return {"slope": Parameter(input_shape[-1:], Constant(0.25))}

    def forward(self, x, training=False, rng=None):
        return np.where(x > 0, x, self.param("slope", x) * x), (x,)

    def backward(self, dy, cache):
        (x,) = cache
        dx = np.where(x > 0, dy, self.param("slope", dy) * dy)
        # All images, rows and columns of a channel share its slope, so their wishes are added up.
        dslope = np.where(x > 0, 0, dy * x).sum(axis=(0, 1, 2))
        return dx, {"slope": dslope}


class ForgottenFactor(LeakyRelu):
    """A factor is forgotten: dx = dy, where it should be slope * dy for negative x."""

    def backward(self, dy, cache):
        _, gradients = super().backward(dy, cache)
        return dy.copy(), gradients


class WrongAxis(LeakyRelu):
    """The wrong axes are summed: (0, 1, 3) instead of (0, 1, 2). With 3 columns and 3 channels the shape still fits."""

    def backward(self, dy, cache):
        (x,) = cache
        dx, _ = super().backward(dy, cache)
        return dx, {"slope": np.where(x > 0, 0, dy * x).sum(axis=(0, 1, 3))}


class WrongMask(LeakyRelu):
    """The wrong array is asked for its sign: where dy > 0, instead of where x > 0."""

    def backward(self, dy, cache):
        _, gradients = super().backward(dy, cache)
        return np.where(dy > 0, dy, self.param("slope", dy) * dy), gradients


def main() -> None:
    # Two images of 4 rows, 3 columns and 3 channels. Random numbers: none of them sits on the kink at 0.
    x = np.random.default_rng(0).standard_normal((2, 4, 3, 3))

    print(LeakyRelu.__doc__)
    print(gradient_check(LeakyRelu(), x))
    print("\nThe check moves input and slope a tiny bit in random directions, and compares how much the outputs really"
          "\nchange with what backward promised.")

    for broken in (ForgottenFactor, WrongAxis, WrongMask):
        print(f"\n{broken.__doc__}")
        try:
            gradient_check(broken(), x)
        except GradientCheckError as report:
            print(report)
        else:
            raise SystemExit(f"{broken.__name__} passed: then the check is worth nothing")

    print("""
How to read this
  - The name says which gradient is wrong: that of the input, or that of a parameter. The others are right.
  - A ratio that is the same everywhere is a factor: 4 = 1/0.25, so the slope is missing.
  - How many entries are wrong says where to look: only some of the input's here, those where a sign was negative;
    all of the slope's, where a sum went along the wrong axis.
  - Check with sizes that all differ. In an image of 4 rows, 5 columns and 3 channels the wrong sum cannot hide:""")
    try:
        gradient_check(WrongAxis(), np.random.default_rng(0).standard_normal((2, 4, 5, 3)))
    except GradientCheckError as report:
        print(f"\n      slope: {str(report).splitlines()[-1].strip()}")

    print("\nAnd with the break removed:")
    print(gradient_check(LeakyRelu(), x))


if __name__ == "__main__":
    main()
