"""Conv2DTranspose, from its definition as paintings, and as the transpose of Conv2D."""

import itertools

import numpy as np
import pytest

from minicnn import MinicnnError, kernels
from minicnn.layers import Conv2D, Conv2DTranspose

OPTIONS = [
    (kernel, strides, padding, output_padding, dilation)
    for kernel, strides, padding, dilation in itertools.product(
        [(1, 1), (3, 3), (2, 4)], [(1, 1), (2, 3), (4, 1)], ["valid", "same"], [(1, 1), (2, 1)])
    for output_padding in (None, 0, tuple(s - 1 for s in strides))
]


def built(*arguments, channels=3, image=(3, 4), **options):
    layer = Conv2DTranspose(2, *arguments, dtype="float64", **options)
    layer.build((*image, channels))
    rng = np.random.default_rng(3)
    layer.set_weights([rng.standard_normal(shape) for shape in layer.shapes().values()])
    return layer


def painted(x, kernel, bias, strides, dilation, cut, output):
    """Every number of x paints its kernel into the output, shifted by what is cut off in front."""
    y = np.zeros((len(x), *output, kernel.shape[2])) + bias
    for n, i, j, c in np.ndindex(x.shape):
        for p, q, f in np.ndindex(kernel.shape[:3]):
            row, column = i * strides[0] + p * dilation[0] - cut[0], j * strides[1] + q * dilation[1] - cut[1]
            if 0 <= row < output[0] and 0 <= column < output[1]:
                y[n, row, column, f] += x[n, i, j, c] * kernel[p, q, f, c]
    return y


def expected_size(size, kernel, stride, padding, more, dilation):
    """(output, cells cut off in front): Keras's three rules, written once more."""
    cells = (kernel - 1) * dilation + 1
    if padding == "valid":
        return (size - 1) * stride + (max(cells, stride) if more is None else cells + more), 0
    output = size * stride if more is None else (size - 1) * stride + cells % 2 + more
    return output, max(((size - 1) * stride + cells - output) // 2, 0)


@pytest.mark.parametrize(("kernel", "strides", "padding", "more", "dilation"), OPTIONS, ids=str)
def test_paintings(kernel, strides, padding, more, dilation, rng):
    mores = (more, more) if more is None or isinstance(more, int) else more
    sizes = [expected_size(*axis) for axis in zip((3, 4), kernel, strides, [padding] * 2, mores, dilation, strict=True)]
    layer = built(kernel, strides, padding, more, dilation_rate=dilation)
    x = rng.standard_normal((2, 3, 4, 3))
    expected = painted(x, *layer.get_weights(), strides, dilation, [cut for _, cut in sizes], [s for s, _ in sizes])
    for implementation in kernels.IMPLEMENTATIONS:
        with kernels.use(implementation):
            y, _ = layer.forward(x)
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)
    assert layer.output_shape_for((3, 4, 3)) == y.shape[1:]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, (2, 3)])
def test_it_leads_back_from_the_output_of_a_convolution(padding, strides, rng):
    # Conv2D makes (oh, ow) of (H, W); its transpose makes (H, W) of (oh, ow), and <y, conv(x)> = <transpose(y), x>.
    image = (6, 9)  # such that the strides leave nothing over
    down = Conv2D(4, (2, 3), strides, padding, use_bias=False, dtype="float64", input_shape=(*image, 3))
    small = down.output_shape_for((*image, 3))
    up = Conv2DTranspose(3, (2, 3), strides, padding, use_bias=False, dtype="float64", input_shape=small)
    assert up.output_shape_for(small) == (*image, 3)
    up.set_weights(down.get_weights())  # (kh, kw, 3, 4) is (kh, kw, C, F) here, and (kh, kw, F, C) there
    x, y = rng.standard_normal((2, *image, 3)), rng.standard_normal((2, *small))
    assert (y * down(x)).sum() == pytest.approx((up(y) * x).sum())


def test_the_picture_in_the_docstring():
    layer = Conv2DTranspose(1, (1, 3), (1, 2), dtype="float64", input_shape=(1, 2, 1))
    layer.set_weights([np.array([1.0, 2, 3]).reshape(1, 3, 1, 1), [0.5]])
    y = layer(np.array([10.0, 100]).reshape(1, 1, 2, 1))
    assert y.ravel().tolist() == [10.5, 20.5, 130.5, 200.5, 300.5]


@pytest.mark.parametrize(("arguments", "told"), [
    ((2, 3, 2, "valid", 2), r"output_padding must be less than the strides. Expected less than \(2, 2\)"),
    ((2, 3, (1, 2), "same", (1, 0)), "output_padding must be less than the strides"),
    ((2, 3, 2, ((1, 1), (0, 0))), "a transposed convolution pads 'valid' or 'same'"),
    ((2, 3, 2, "full"), "unknown padding"), ((0, 3), "filters must be an integer"),
    ((2, 3, 2, "same", -1), "output_padding must be an integer"),
])
def test_arguments_out_of_range(arguments, told):
    with pytest.raises(MinicnnError, match=told):
        Conv2DTranspose(*arguments)


def test_an_output_of_which_nothing_is_left():
    with pytest.raises(MinicnnError, match=r"'up' \(input shape \(1, 4, 3\)\): nothing is left of the output. Expected "
                                           "at least 1x1, received 0x6"):
        Conv2DTranspose(2, 2, 2, "same", 0, name="up").build((1, 4, 3))
