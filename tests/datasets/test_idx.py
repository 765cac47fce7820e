"""IDX files: what is in them comes out, and no damaged one gets through."""

import gzip

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.datasets import idx


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (30, 28, 28), np.uint8)


@pytest.fixture(params=["plain", "gzipped"])
def pack(request):
    return gzip.compress if request.param == "gzipped" else bytes


def write(path, content):
    path.write_bytes(content)
    return path


def test_images_and_labels_come_back(tmp_path, rng, images, pack, idx_bytes):
    labels = rng.integers(0, 10, 30, np.uint8)
    x, y = idx.read_pair(write(tmp_path / "x", pack(idx_bytes(images))), write(tmp_path / "y", pack(idx_bytes(labels))))
    np.testing.assert_array_equal(x, images)
    np.testing.assert_array_equal(y, labels)
    assert x.dtype == y.dtype == np.uint8
    x[:], y[:] = 0, 0  # new arrays, and writable


def test_rows_run_down_and_columns_right(tmp_path):
    content = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 10, 11, 12, 20, 21, 22])
    assert idx.read_images(write(tmp_path / "x", content)).tolist() == [[[10, 11, 12], [20, 21, 22]]]


def test_packing_is_told_by_content_not_by_name(tmp_path, images, idx_bytes):
    for name, content in (("x.gz", idx_bytes(images)), ("x", gzip.compress(idx_bytes(images)))):
        np.testing.assert_array_equal(idx.read_images(write(tmp_path / name, content)), images)


def test_no_images_at_all_is_a_file_too(tmp_path, pack, idx_bytes):
    assert idx.read_images(write(tmp_path / "x", pack(idx_bytes(np.empty((0, 28, 28), np.uint8))))).shape == (0, 28, 28)


def test_truncation_at_every_kilobyte(tmp_path, images, pack, idx_bytes):
    content = pack(idx_bytes(images))
    assert len(content) > 20_000
    for length in [*range(30), *range(1024, len(content), 1024), len(content) - 1]:
        path = write(tmp_path / "cut", content[:length])
        with pytest.raises(MinicnnError, match=r"^reading '.*cut': .*(cut off|within its header|no IDX file)"):
            idx.read_images(path)


def test_truncated_labels(tmp_path, rng, pack, idx_bytes):
    content = pack(idx_bytes(rng.integers(0, 256, 5000, np.uint8)))
    for length in [*range(20), *range(1024, len(content), 1024), len(content) - 1]:
        path = write(tmp_path / "cut", content[:length])
        with pytest.raises(MinicnnError, match=r"^reading '.*cut': .*(cut off|within its header|no IDX file)"):
            idx.read_labels(path)


def test_a_cut_off_file_tells_the_sizes(tmp_path, images, idx_bytes):
    path = write(tmp_path / "x", idx_bytes(images)[:1000])
    expected = (r"the file is cut off\. Expected 23,536 bytes \(16 of the header, which announces 30 x 28 x 28 "
                r"values\), received 1,000\.$")
    with pytest.raises(MinicnnError, match=expected):
        idx.read_images(path)


def test_a_file_that_ends_in_its_header(tmp_path):
    expected = r"ends within its header\. Expected at least 8 bytes for labels, received 5"
    with pytest.raises(MinicnnError, match=expected):
        idx.read_labels(write(tmp_path / "y", bytes([0, 0, 8, 1, 0])))


@pytest.mark.parametrize("extra", [1, 1024])
def test_trailing_bytes(tmp_path, images, pack, extra, idx_bytes):
    path = write(tmp_path / "x", pack(idx_bytes(images) + bytes(extra)))
    expected = rf"bytes follow after the last value\. Expected 23,536 bytes .*, received {23536 + extra:,}"
    with pytest.raises(MinicnnError, match=expected):
        idx.read_images(path)


def test_bytes_after_the_gzipped_part(tmp_path, images, idx_bytes):
    with pytest.raises(MinicnnError, match=r"cut off or damaged\. Received Not a gzipped file"):
        idx.read_images(write(tmp_path / "x", gzip.compress(idx_bytes(images)) + b"more"))


@pytest.mark.parametrize("bit", range(8))
def test_flipped_bits_of_a_gzipped_file_never_change_the_data(tmp_path, rng, bit, idx_bytes):
    """The checksum inside sees them; the few bytes it does not cover (name, time) carry no data."""
    labels = np.repeat(rng.integers(0, 10, 60, np.uint8), 3)
    content = gzip.compress(idx_bytes(labels))
    refused = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        path = write(tmp_path / "y", bytes(damaged))
        received = labels_or_message(path)
        if isinstance(received, str):
            assert received.startswith(f"reading {str(path)!r}: ")
            refused += 1
        else:
            np.testing.assert_array_equal(received, labels)
    # Flags, time (4 bytes), effort and system of the header say nothing of the data, nor do the bits that fill
    # up the last byte of the stream.
    assert refused >= len(content) - 8


def labels_or_message(path):
    try:
        return idx.read_labels(path)
    except MinicnnError as problem:
        return str(problem)


def test_flipped_bits_in_the_header(tmp_path, images, idx_bytes):
    """Magic number and sizes: each bit of them counts."""
    content = idx_bytes(images)
    for bit in range(16 * 8):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MinicnnError, match=r"no IDX file of images|cut off|bytes follow"):
            idx.read_images(write(tmp_path / "x", bytes(damaged)))


def test_labels_where_images_are_expected_and_the_other_way_round(tmp_path, rng, images, pack, idx_bytes):
    x = write(tmp_path / "x", pack(idx_bytes(images)))
    y = write(tmp_path / "y", pack(idx_bytes(rng.integers(0, 10, 30, np.uint8))))
    expected = r"'.*y': this is no IDX file of images\. Expected magic number 2051, received 2049, that of labels\.$"
    with pytest.raises(MinicnnError, match=expected):
        idx.read_images(y)
    expected = r"'.*x': this is no IDX file of labels\. Expected magic number 2049, received 2051, that of images\.$"
    with pytest.raises(MinicnnError, match=expected):
        idx.read_labels(x)
    with pytest.raises(MinicnnError, match=r"reading '.*y': this is no IDX file of images"):
        idx.read_pair(y, x)


def test_another_kind_of_file(tmp_path):
    expected = r"Expected magic number 2051, received 1013478509 \(the file begins with b'<html><h'\)"
    with pytest.raises(MinicnnError, match=expected):
        idx.read_images(write(tmp_path / "x", b"<html><head><title>Please log in</title>"))


def test_values_that_are_no_bytes(tmp_path):
    floats = bytes([0, 0, 0x0D, 3]) + bytes(12)
    with pytest.raises(MinicnnError, match=r"Expected magic number 2051, received 3331 \("):
        idx.read_images(write(tmp_path / "x", floats))


def test_counts_that_do_not_agree(tmp_path, rng, images, idx_bytes):
    x = write(tmp_path / "x", idx_bytes(images))
    y = write(tmp_path / "y", idx_bytes(rng.integers(0, 10, 29, np.uint8)))
    expected = r"'.*y': the labels do not fit the images\. Expected 30, as many as .* '.*x', received 29\. Do both"
    with pytest.raises(MinicnnError, match=expected):
        idx.read_pair(x, y)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(MinicnnError, match=r"reading '.*missing': the file cannot be read\. Received No such file"):
        idx.read_images(tmp_path / "missing")
    with pytest.raises(MinicnnError, match=r"the file cannot be read\. Received Is a directory"):
        idx.read_images(tmp_path)
