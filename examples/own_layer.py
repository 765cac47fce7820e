"""How do I add a layer of my own? (about 5 seconds)

Swish (Ramachandran et al. 2017): y = x * sigmoid(beta * x). With beta = 0 it is a straight line, with a large beta
nearly a ReLU; which of them is best, each channel learns for itself. Written once, the layer can do what the others
can: be checked, trained, saved and loaded.
"""

import tempfile
from pathlib import Path

import numpy as np

import minicnn
from minicnn import gradient_check
from minicnn.activations import sigmoid
from minicnn.datasets import digits
from minicnn.layers import Conv2D, Dense, Flatten, Layer, MaxPooling2D, Parameter
from minicnn.models import Input, Sequential, load_model
from minicnn.optimizers import SGD


class Swish(Layer):
    """y = x * sigmoid(beta * x), one beta for each channel."""

    def parameters(self, input_shape):
        return {"beta": Parameter(input_shape[-1:], "ones")}

    def forward(self, x, training=False, rng=None):
        beta = self.param("beta", x)  # in the type of x: float32 to train, float64 to check
        s = sigmoid(beta * x)
        # All that backward needs to know: how y changes with x, and with beta.
        by_x = s + beta * x * s * (1 - s)
        by_beta = x * x * s * (1 - s)
        return x * s, (by_x, by_beta)

    def backward(self, dy, cache):
        by_x, by_beta = cache
        return dy * by_x, {"beta": sum_per_channel(dy * by_beta)}

    def curvature(self, hy, cache):
        # Like backward, with the derivatives squared (Gauss-Newton). Only second-order training asks for it.
        by_x, by_beta = cache
        return hy * by_x**2, {"beta": sum_per_channel(hy * by_beta**2)}


def sum_per_channel(values):
    """Every number of a channel was made with the same beta, so they all have a say in its gradient."""
    return values.sum(axis=tuple(range(values.ndim - 1)))


def main() -> None:
    check_it()
    model, held_out_x = train_it()
    save_and_load(model, held_out_x)


def check_it() -> None:
    x = np.random.default_rng(0).standard_normal((2, 5, 4, 3))
    print(gradient_check(Swish(), x))

    # The curvature of one number is the sum, over all outputs, of the squared derivative of the output by it. The
    # derivatives of one output are what backward gives when only that output counts. It is right; so use it.
    layer = Swish()
    layer.build(x.shape[1:])
    y, cache = layer.forward(x)
    hx, curvatures = layer.curvature(np.ones_like(y), cache)
    sum_x, sum_beta = np.zeros_like(x), np.zeros(3)
    for place in np.ndindex(y.shape):
        only_this = np.zeros_like(y)
        only_this[place] = 1
        dx, gradients = layer.backward(only_this, cache)
        sum_x += dx**2
        sum_beta += gradients["beta"]**2
    np.testing.assert_allclose(hx, sum_x, rtol=1e-12)
    np.testing.assert_allclose(curvatures["beta"], sum_beta, rtol=1e-12)
    print(f"Its curvature is the sum of {y.size} squared gradients, for x and for beta: right, too.\n")


def train_it():
    (images, labels), (held_out_images, held_out_labels) = digits.load_data()
    x, held_out_x = images[..., None] / 255, held_out_images[..., None] / 255

    minicnn.set_random_seed(0)
    model = Sequential([
        Input((28, 28, 1)),
        Conv2D(8, 5, strides=2, name="conv"),
        Swish(name="swish"),
        MaxPooling2D(2, name="pool"),
        Flatten(name="flatten"),
        Dense(10, activation="softmax", name="output"),
    ], name="with_swish")
    model.summary()
    model.compile(SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, epochs=2, validation_data=(held_out_x, held_out_labels))
    betas = ", ".join(f"{beta:.2f}" for beta in model.get_layer("swish").params["beta"])
    print(f"\nEach beta began at 1. Training made of them: {betas}")
    return model, held_out_x


def save_and_load(model, held_out_x) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "with_swish.npz"
        model.save(file)
        # load_model finds Swish because its class is defined here; a file never brings code along.
        again = load_model(file)
    before, after = (m.predict(held_out_x, verbose=0) for m in (model, again))
    assert np.array_equal(before, after)
    print(f"Saved, and loaded with the same {type(again.get_layer('swish')).__name__}: all {after.size:,} predictions "
          "are the same, bit for bit.")


if __name__ == "__main__":
    main()
