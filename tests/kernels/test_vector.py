"""What is special about the vector kernels: widths, offset lists, both ways back to the image, memory, the cache."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn
from minicnn import _shapes, kernels
from minicnn.kernels import threads, vector
from minicnn.kernels.vector import back_to_image, bias, panels, pooling, tables, turning, widths


def draw(*shape, dtype=np.float32):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def window(image, size, strides=(1, 1), padding="valid", dilation=(1, 1)):
    return _shapes.window(image, size, strides, padding, dilation, "test")


@pytest.fixture(params=[1, 2, 5])
def _threads(request):
    before = threads.threads()
    minicnn.set_threads(request.param)
    yield
    minicnn.set_threads(before)


# -- exactness -----------------------------------------------------------------------------------


@pytest.mark.parametrize("geometry", [
    # batch, image, channels, kernel, filters: many channels; many pixels; LeNet's layers at batch 128
    (2, 8, 512, 3, 40), (2, 100, 3, 3, 7), (128, 28, 1, 5, 6), (128, 12, 6, 5, 16),
])
def test_the_error_is_a_hundred_thousandth_of_the_largest_at_most(geometry):
    batch, side, channels, size, filters = geometry
    x, kernel = draw(batch, side, side, channels), draw(size, size, channels, filters)
    w = window((side, side), (size, size))
    dy = draw(batch, *w.output, filters)

    def results(x, kernel, dy):
        return (kernels.conv2d(x, kernel, None, w), kernels.conv2d_input_gradient(dy, kernel, (side, side), w),
                kernels.conv2d_kernel_gradient(x, dy, w), kernels.bias_gradient(dy))

    with kernels.use("numba"):
        truth = results(*(array.astype(np.float64) for array in (x, kernel, dy)))
    with kernels.use("vector"):
        for single, double in zip(results(x, kernel, dy), truth, strict=True):
            assert np.abs(single - double).max() <= 1e-5 * np.abs(double).max()


@pytest.mark.parametrize("shape", [(3, 5, 7, 4), (1, 1, 1, 3), (1, 6),
                                   (2, 1, 5000, 3), (1, 70, 70, 2), (2, 3, 5, 1), (4, 6)])
def test_a_bias_gradient_of_any_shape(shape):
    dy = draw(*shape)
    expected = dy.reshape(-1, shape[-1]).sum(axis=0, dtype=np.float64)
    np.testing.assert_allclose(bias.bias_gradient(dy), expected, rtol=1e-5, atol=1e-5)


def test_a_bias_gradient_collects_in_float64():
    dy = np.ones((65, 1, 1, 2), np.float32)
    dy[0] = 2**24  # from here on float32 has no odd numbers: adding 1 by 1, it would stand still
    assert bias.bias_gradient(dy).tolist() == [2**24 + 64] * 2


# -- the two ways back to the image --------------------------------------------------------------


@pytest.mark.parametrize(("size", "strides", "padding", "dilation"), [
    ((3, 3), (1, 1), "valid", (1, 1)), ((5, 2), (2, 3), "same", (1, 1)), ((2, 3), (1, 2), "same", (2, 1)),
    ((3, 2), (3, 1), ((1, 0), (2, 1)), (1, 3)), ((1, 1), (3, 2), "valid", (1, 1)), ((3, 3), (2, 2), "valid", (2, 2)),
])
def test_both_ways_give_the_same(size, strides, padding, dilation, close):
    w, kernel = window((9, 8), size, strides, padding, dilation), draw(*size, 3, 5, dtype=np.float64)
    dy = draw(4, *w.output, 5, dtype=np.float64)
    turned, first = (way(dy, kernel, (9, 8), w, 1) for way in (back_to_image.turn_around, back_to_image.multiply_first))
    close({"dx": turned}, {"dx": first}, 1e-12)
    assert np.abs(turned).max() > 1


def test_the_cheaper_way_is_taken():
    lenet, vgg = draw(5, 5, 6, 16), draw(3, 3, 128, 256)
    assert back_to_image.fewer(lenet, (12, 12), window((12, 12), (5, 5)))
    assert not back_to_image.fewer(vgg, (56, 56), window((56, 56), (3, 3), padding="same"))


def test_windows_come_back_in_several_rounds(monkeypatch, close):
    w, kernel, dy = window((7, 7), (3, 3)), draw(3, 3, 2, 4), draw(5, 5, 5, 4)
    whole = back_to_image.multiply_first(dy, kernel, (7, 7), w)
    monkeypatch.setattr(back_to_image, "ROOM", 2 * 5 * 5 * 18)  # two images at a time
    np.testing.assert_array_equal(back_to_image.multiply_first(dy, kernel, (7, 7), w), whole)


# -- offset lists and panels ---------------------------------------------------------------------


@pytest.mark.parametrize(("strides", "dilation"), [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1, 2), (2, 1))])
def test_the_lists_say_where_im2col_would_copy_from(strides, dilation):
    w = window((7, 8), (3, 2), strides, dilation=dilation)
    lists = tables.forward((7, 8, 3), w, 3, 5)
    x = np.arange(7 * 8 * 3 * lists.images).reshape(lists.images, 7, 8, 3)
    col = kernels.with_numpy.im2col(x, w, 1)[0]
    np.testing.assert_array_equal(x.reshape(-1)[lists.starts[:, None] + lists.steps], col)
    assert lists.images > 1  # small images share one list
    np.testing.assert_array_equal(lists.places, np.arange(len(lists.starts)) * 5)


@pytest.mark.parametrize("columns", [*range(1, 35), 64, 70, 100])
@pytest.mark.parametrize("itemsize", [4, 8])
def test_panels_hold_all_columns_and_less_than_a_vector_more(columns, itemsize):
    edges = panels.edges(columns, itemsize)
    lanes = widths.BITS // (8 * itemsize)
    assert edges[0] == 0
    assert edges[-2] < columns <= edges[-1] < columns + lanes
    assert set(np.diff(edges)[:-1]) <= {2 * lanes}
    assert np.diff(edges)[-1] in (widths.HALF // (8 * itemsize), lanes, 2 * lanes)


def test_a_matrix_is_packed_panel_by_panel():
    matrix = draw(5, 37)
    b = panels.packed(panels.Matrix(matrix, tables.grid(0, (5, 37)), 1, 37, 0))
    turned = panels.packed(panels.Matrix(np.ascontiguousarray(matrix.T), tables.grid(0, (5, 1)), 5, 37, 0))
    np.testing.assert_array_equal(b.numbers, turned.numbers)
    strips = [b.numbers[5 * start:5 * end].reshape(5, -1) for start, end in zip(b.edges, b.edges[1:], strict=False)]
    np.testing.assert_array_equal(np.concatenate(strips, axis=1)[:, :37], matrix)
    assert not np.concatenate(strips, axis=1)[:, 37:].any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (3, 40), (16, 32), (33, 17), (70, 130)])
def test_matrices_are_transposed(rows, columns, dtype):
    kernel = draw(2, 3, rows, columns, dtype=dtype)
    np.testing.assert_array_equal(turning.turned_around(kernel), kernel[::-1, ::-1].swapaxes(2, 3))
    lying = panels.packed(panels.Matrix(kernel, tables.grid(0, (rows, columns)), 1, columns, 0))
    standing = np.ascontiguousarray(kernel[0, 0].T)
    for order in (np.arange(rows), np.arange(rows)[::-1], np.concatenate([np.arange(rows // 2, rows), [0]])):
        turned = panels.packed(panels.Matrix(standing, order, rows, columns, 0))
        for begin, end in itertools.pairwise(lying.edges):
            one = lying.numbers[rows * begin:rows * end].reshape(rows, -1)
            other = turned.numbers[len(order) * begin:len(order) * end].reshape(len(order), -1)
            np.testing.assert_array_equal(other, one[order])


@pytest.mark.parametrize(("batch", "side", "channels", "filters", "groups"), [
    (1, 5, 700, 600, 1),  # the matrix is larger than the image: threads share its columns, and it is packed in pieces
    (1, 17, 300, 250, 1),  # the image is larger: they share the pixels
    (2, 9, 140, 1078, 2),  # groups of more columns than are packed at a time
    (1, 1, 3000, 1100, 1),  # a single pixel
])
@pytest.mark.usefixtures("_threads")
def test_large_matrices(batch, side, channels, filters, groups):
    x, kernel, bias = draw(batch, side, side, channels), draw(1, 1, channels // groups, filters), draw(filters)
    share, columns = channels // groups, filters // groups
    expected = np.concatenate([
        x[..., g * share:(g + 1) * share].astype(np.float64) @ kernel[0, 0, :, g * columns:(g + 1) * columns]
        for g in range(groups)], axis=-1) + bias
    y = vector.conv2d(x, kernel, bias, window((side, side), (1, 1)), groups)
    assert np.abs(y - expected).max() <= 1e-5 * np.abs(expected).max()
    back = vector.conv2d_input_gradient(y, kernel, (side, side), window((side, side), (1, 1)), groups)
    gradient = np.concatenate([
        y[..., g * columns:(g + 1) * columns] @ kernel[0, 0, :, g * columns:(g + 1) * columns].T.astype(np.float64)
        for g in range(groups)], axis=-1)
    assert np.abs(back - gradient).max() <= 1e-5 * np.abs(gradient).max()


# -- nothing outside of the arrays ---------------------------------------------------------------

GUARDED = """
import ctypes, mmap, sys
import numpy as np
from minicnn import _shapes, kernels

libc, page = ctypes.CDLL(None, use_errno=True), mmap.PAGESIZE
kept = []

def at_the_end(*shape):
    # An array that ends where memory ends: the next page may neither be read nor written.
    size = 4 * int(np.prod(shape))
    room = mmap.mmap(-1, (-(-size // page) + 1) * page)
    kept.append(room)
    whole = np.frombuffer(room, np.uint8)
    assert libc.mprotect(ctypes.c_void_p(whole.ctypes.data + len(whole) - page), page, 0) == 0
    array = whole[len(whole) - page - size:len(whole) - page].view(np.float32).reshape(shape)
    array[...] = np.random.default_rng(0).standard_normal(shape)
    return array

with kernels.use("vector"):
    for channels, filters in ((1, 1), (3, 5), (6, 16), (7, 33)):
        w = _shapes.window((6, 5), (3, 2), (1, 1), "valid", (1, 1), "test")
        x, kernel = at_the_end(3, 6, 5, channels), at_the_end(3, 2, channels, filters)
        bias, dy = at_the_end(filters), at_the_end(3, 4, 4, filters)
        kernels.conv2d(x, kernel, bias, w)
        kernels.conv2d_input_gradient(dy, kernel, (6, 5), w)
        kernels.conv2d_kernel_gradient(x, dy, w)
        kernels.bias_gradient(dy)
        pool = _shapes.window((6, 5), (2, 2), (2, 2), "same", (1, 1), "test")
        _, winner = kernels.max_pool(x, pool)
        dpool = at_the_end(3, 3, 3, channels)
        kernels.max_pool_input_gradient(dpool, winner, (6, 5), pool)
        kernels.average_pool(x, pool)
        kernels.average_pool_input_gradient(dpool, (6, 5), pool)
print("alive")
sys.stdout.flush()
import os; os._exit(0)  # the guarded pages are no concern of the clean-up
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs mprotect")
def test_no_kernel_reads_past_the_end_of_an_array():
    result = subprocess.run([sys.executable, "-c", GUARDED], capture_output=True, text=True, check=False)
    assert result.stdout.strip() == "alive", result.stderr


def test_results_do_not_run_into_each_other():
    # A vector holds more than 5 filters: nothing behind a row of results may be written.
    w, x, kernel = window((6, 6), (3, 3)), draw(2, 6, 6, 2), draw(3, 3, 2, 5)
    whole = vector.conv2d(x, kernel, None, w, 1)
    for n in range(2):
        np.testing.assert_array_equal(vector.conv2d(x[n:n + 1], kernel, None, w, 1)[0], whole[n])


# -- other widths, other machines ----------------------------------------------------------------

FEW_CASES = """
import importlib.util, sys
from minicnn import kernels
from minicnn.kernels.vector import widths
spec = importlib.util.spec_from_file_location("cases", sys.argv[1])
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)
for dtype, tolerance in (("float32", 1e-5), ("float64", 1e-12)):
    for case in cases.FEW:
        def prepare(array):
            return array.astype(dtype) if array.dtype.kind == "f" else array
        with kernels.use("numpy"):
            expected = case.run(prepare)
        with kernels.use("vector"):
            cases.close(case.run(prepare), expected, tolerance)
print(widths.BITS)
"""


def python(code, *arguments, **environment):
    return subprocess.run([sys.executable, "-W", "error", "-c", code, *arguments], env={**os.environ, **environment},
                          capture_output=True, text=True, check=False)


@pytest.mark.parametrize("bits", ["128", "256", "512"])
def test_vectors_of_any_width_give_the_same(bits):
    # Wider ones than the machine has are made of several: slow, but right.
    cases = Path(__file__).with_name("conftest.py")
    result = python(FEW_CASES, str(cases), MINICNN_VECTOR_BITS=bits)
    assert result.stdout.strip() == bits, result.stderr


def test_an_unknown_width_is_refused():
    result = python("import minicnn.kernels.vector", MINICNN_VECTOR_BITS="100")
    assert "MINICNN_VECTOR_BITS: unknown width of a vector. Expected 128, 256 or 512, received '100'" in result.stderr


BROKEN = """
import warnings
import llvmlite.ir

def broken(*arguments, **options):
    raise NotImplementedError("no vectors here")

llvmlite.ir.InlineAsm = broken
import numpy as np, minicnn
from minicnn.layers import Conv2D, Dense, Flatten, MaxPooling2D

x, y = np.random.default_rng(0).random((4, 8, 8, 1), dtype=np.float32), np.arange(4)

def work():
    minicnn.set_random_seed(0)
    model = minicnn.Sequential([Conv2D(3, 3, activation="relu", input_shape=(8, 8, 1)), MaxPooling2D(), Flatten(),
                                Dense(4, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    losses = model.fit(x, y, epochs=2, batch_size=2, verbose=0).history["loss"]
    return [*losses, model.train_on_batch(x, y), model.evaluate(x, y, verbose=0), *model.predict(x, verbose=0).flat]

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    numbers = work()
    from minicnn.kernels import vector, with_numba
print(len(caught), caught[0].message)
print(vector.conv2d is with_numba.conv2d, vector.max_pool is with_numba.max_pool)
with minicnn.kernels.use("numba"):
    print(work() == numbers)
"""


def test_where_vectors_do_not_compile_the_numba_kernels_serve_and_one_line_says_so(tmp_path):
    # The patch stands in for a compiler that fails; the empty cache makes it compile.
    result = python(BROKEN, NUMBA_CACHE_DIR=str(tmp_path))
    lines = result.stdout.splitlines()
    assert lines[0].startswith("1 minicnn: the vector kernels do not compile on this machine"), result.stderr
    assert "no vectors here" in lines[0]
    assert lines[0].endswith("the kernels of 'numba' serve instead.")
    assert lines[1] == "True True"
    assert lines[2] == "True"  # training and predictions too: no plan of vector kernels is made


# -- the cache on disk ---------------------------------------------------------------------------


def test_compiled_code_is_found_again_but_not_that_of_other_primitives_or_widths():
    x, s = draw(1, 2, 2, 3), np.empty(3, np.float32)

    def stats(*key):
        sums = pooling._compile(*key)[1]
        sums(x.reshape(-1), (2, 2), 3, (1, 1, 2, 2, 0, 0), (1, 1), s, 0, 1)
        np.testing.assert_allclose(s, x.sum(axis=(0, 1, 2)), rtol=1e-6)
        return sum(sums.stats.cache_hits.values()), sum(sums.stats.cache_misses.values())

    key = int.from_bytes(os.urandom(6))
    assert stats(key, 256) == (0, 1)
    assert stats(key, 256) == (1, 0)
    assert stats(key, 128) == (0, 1)
    assert stats(key + 1, 256) == (0, 1)


def test_options_that_would_hide_a_nan_or_fight_over_threads_are_off():
    for function in (vector.products.rows_of_pixels, vector.products.sums_over_pixels, pooling.maxima,
                     *pooling.to_winners, pooling.window_sums, *pooling.window_spreads, back_to_image.add_windows):
        options = function.targetoptions
        assert not options.get("fastmath"), function
        assert not options.get("parallel"), function
        assert options["nogil"], function


# -- memory --------------------------------------------------------------------------------------

FAULTS = """
import resource
import numpy as np
from minicnn import kernels
import minicnn.kernels.vector

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        several = [np.ones(1 << 17) for _ in range(8)]  # 1 MB each
        del several
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such setting")
def test_freed_memory_is_used_again():
    assert int(python(FAULTS).stdout) < 100
    assert int(python(FAULTS, MINICNN_KEEP_MEMORY="0").stdout) > 1000
