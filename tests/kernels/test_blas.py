"""The matrix product: right whatever its size, on one thread where it is small, and nothing left changed."""

import threading

import numpy as np
import pytest

from minicnn import _shapes, kernels
from minicnn.kernels import _blas

SHIPPED = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"] == "scipy-openblas"


class Library:
    """Stands for OpenBLAS: a number of threads, and who set it to what."""

    def __init__(self, threads=4):
        self.threads, self.settings = threads, []

    def get(self):
        return self.threads

    def set(self, threads):
        self.threads = threads
        self.settings.append(threads)


class Watched(np.ndarray):
    """An array that calls ``seen()`` while it is multiplied."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        self.seen()
        return getattr(ufunc, method)(*(np.asarray(value) for value in inputs), **options)


def watched(array, seen):
    array = array.view(Watched)
    array.seen = seen
    return array


@pytest.fixture
def library(monkeypatch):
    library = Library()
    monkeypatch.setattr(_blas.one_thread, "functions", (library.get, library.set))
    return library


def start(*targets):
    threads = [threading.Thread(target=target, daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    return threads


def join(threads):
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)


# -- the product ---------------------------------------------------------------------------------


@pytest.mark.parametrize("large", [1, 1 << 23], ids=["large", "small"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_product_is_right(rng, monkeypatch, large, dtype):
    monkeypatch.setattr(_blas, "LARGE", large)
    a, b = rng.integers(-9, 10, (5, 3)).astype(dtype), rng.integers(-9, 10, (3, 4)).astype(dtype)
    expected = [[sum(a[i, k] * b[k, j] for k in range(3)) for j in range(4)] for i in range(5)]
    product = _blas.matmul(a, b)
    assert product.dtype == dtype
    np.testing.assert_array_equal(product, expected)
    # Into some columns of a matrix, as the groups of a convolution ask for it; the others stay as they were.
    rows = np.full((5, 6), 7, dtype)
    assert np.shares_memory(_blas.matmul(a, b, out=rows[:, 1:5]), rows)
    np.testing.assert_array_equal(rows[:, 1:5], expected)
    assert (rows[:, [0, 5]] == 7).all()


# -- the number of threads -----------------------------------------------------------------------


def test_a_small_product_runs_on_one_thread_and_the_number_comes_back(library):
    during = []
    _blas.matmul(watched(np.ones((2, 3)), lambda: during.append(library.threads)), np.ones((3, 2)))
    assert during == [1]
    assert library.settings == [1, 4]


def test_from_the_limit_on_a_product_is_not_restricted(library, monkeypatch):
    monkeypatch.setattr(_blas, "LARGE", 2 * 3 * 5)
    for columns, settings in ((5, []), (6, []), (4, [1, 4])):
        _blas.matmul(np.ones((2, 3)), np.ones((3, columns)))
        assert library.settings == settings, columns


def test_the_number_is_asked_for_anew_each_time(library):
    for threads in (4, 2, 1, 3):
        library.threads = threads
        _blas.matmul(np.ones((2, 2)), np.ones((2, 2)))
        assert library.threads == threads


def test_the_number_comes_back_after_an_exception(library):
    with pytest.raises(ValueError, match="matmul"):
        _blas.matmul(np.ones((2, 3)), np.ones((2, 2)))
    assert library.threads == 4
    assert _blas.one_thread.inside == 0
    _blas.matmul(np.ones((2, 2)), np.ones((2, 2)))
    assert library.settings == [1, 4, 1, 4]


def test_the_last_to_leave_restores_the_number(library):
    both_inside, first_left = threading.Barrier(2, timeout=30), threading.Event()
    after_the_first = []

    def first():
        with _blas.one_thread:
            both_inside.wait()
        first_left.set()

    def last():
        with _blas.one_thread:
            both_inside.wait()
            first_left.wait(timeout=30)
            after_the_first.append(library.threads)

    join(start(first, last))
    assert after_the_first == [1]
    assert library.settings == [1, 4]


def test_many_products_at_once(library):
    count, during = 8, []
    all_inside = threading.Barrier(count, timeout=30)

    def multiply():
        def seen():
            all_inside.wait()
            during.append(library.threads)
        _blas.matmul(watched(np.ones((2, 2)), seen), np.ones((2, 2)))

    join(start(*[multiply] * count))
    assert during == [1] * count
    assert library.settings == [1, 4]
    assert _blas.one_thread.inside == 0


def test_who_comes_in_while_another_is_coming_in_does_not_remember_the_one(library, monkeypatch):
    setting, go_on = threading.Event(), threading.Event()

    def slow_set(threads):
        library.set(threads)
        setting.set()
        go_on.wait(timeout=0.1)  # without a lock, the second comes in here

    def second():
        setting.wait(timeout=30)
        with _blas.one_thread:
            go_on.set()

    monkeypatch.setattr(_blas.one_thread, "functions", (library.get, slow_set))
    join(start(lambda: _blas.matmul(np.ones((2, 2)), np.ones((2, 2))), second))
    assert library.threads == 4


def test_the_products_of_the_numba_kernels_run_on_one_thread(library):
    x, dy, kernel = np.ones((2, 5, 5, 2)), np.ones((2, 3, 3, 4)), np.ones((3, 3, 2, 4))
    window = _shapes.window((5, 5), (3, 3), (1, 1), "valid", (1, 1), "test")
    rows, signal, matrix = np.ones((2, 3)), np.ones((2, 4)), np.ones((3, 4))
    with kernels.use("numba"):
        for run in (lambda: kernels.conv2d(x, kernel, None, window),
                    lambda: kernels.conv2d_input_gradient(dy, kernel, (5, 5), window),
                    lambda: kernels.conv2d_kernel_gradient(x, dy, window),
                    lambda: kernels.dense(rows, matrix, None),
                    lambda: kernels.dense_input_gradient(signal, matrix),
                    lambda: kernels.dense_kernel_gradient(rows, signal)):
            library.settings.clear()
            run()
            assert library.settings == [1, 4]


# -- the library ---------------------------------------------------------------------------------


@pytest.mark.skipif(not SHIPPED, reason="this NumPy does not bring its own OpenBLAS")
def test_the_openblas_inside_numpy_is_found_and_obeys():
    get, set_ = _blas._openblas()
    before, during = get(), []
    try:
        set_(3)
        _blas.matmul(watched(np.ones((2, 2)), lambda: during.append(get())), np.ones((2, 2)))
        assert (during, get()) == ([1], 3)
        set_(2)
        with pytest.raises(ValueError, match="matmul"):
            _blas.matmul(np.ones((2, 3)), np.ones((2, 2)))
        assert get() == 2
    finally:
        set_(before)


def test_without_openblas_the_product_is_the_same(rng, monkeypatch):
    a, b = rng.integers(-9, 10, (5, 3)).astype(float), rng.integers(-9, 10, (3, 4)).astype(float)
    monkeypatch.setattr(_blas.one_thread, "functions", None)
    np.testing.assert_array_equal(_blas.matmul(a, b), np.einsum("ik,kj->ij", a, b))
    with pytest.raises(ValueError, match="matmul"):
        _blas.matmul(a, a)
    assert _blas.one_thread.inside == 0


@pytest.mark.parametrize("file", [None, "numpy.libs/libopenblas.so", "numpy/.dylibs/libopenblas.dylib"])
def test_no_library_or_a_broken_one_is_none(tmp_path, monkeypatch, file):
    monkeypatch.setattr(np, "__file__", str(tmp_path / "numpy" / "__init__.py"))
    if file is not None:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_bytes(b"no library")
    assert _blas._openblas() is None
    with _blas._OneThread() as inside:
        assert inside is None
