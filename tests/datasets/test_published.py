"""MNIST and Fashion-MNIST: found, downloaded, and refused when they are not what they should be.

The fixture ``published`` puts a small data set in the place of each; `test_real_data` takes the real ones where
this machine has them.
"""

import gzip
import os

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.datasets import _fetch, _folders, _published, fashion_mnist, mnist

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = _published.FILES


@pytest.fixture
def no_downloads(monkeypatch):
    def fetch(url):
        pytest.fail(f"nothing should be downloaded, but {url} was")

    monkeypatch.setattr(_fetch, "fetch", fetch)


def assert_equals(data, files):
    """The four arrays are those in the files, as Keras gives them."""
    (x_train, y_train), (x_test, y_test) = data
    assert [a.shape for a in (x_train, y_train, x_test, y_test)] == [(60, 28, 28), (60,), (20, 28, 28), (20,)]
    for array, content in zip((x_train, y_train, x_test, y_test), files.values(), strict=True):
        assert array.dtype == np.uint8
        assert array.tobytes() == content[4 + 4 * array.ndim:]


@pytest.mark.usefixtures("published", "no_downloads")
class TestFound:
    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("folder", ["mnist", "."])
    def test_in_the_data_folder(self, small, put, folder, packed):
        put(small, folder, packed)
        assert_equals(mnist.load_data(), small)

    def test_partly_plain_and_partly_packed(self, small, put):
        names = list(small)
        put({name: small[name] for name in names[:2]}, "mnist", packed=True)
        put({name: small[name] for name in names[2:]}, ".")
        assert_equals(mnist.load_data(), small)

    def test_in_a_folder_handed_over(self, small, put, monkeypatch):
        folder = put(small, "elsewhere")
        monkeypatch.delenv(_folders.VARIABLE)
        assert_equals(mnist.load_data(folder), small)
        assert_equals(mnist.load_data(str(folder)), small)

    def test_in_the_platforms_cache(self, small, put, monkeypatch):
        monkeypatch.delenv(_folders.VARIABLE)
        monkeypatch.setattr(_folders, "cache_folder", lambda: put(small, "cache/mnist").parent)
        assert_equals(mnist.load_data(), small)

    def test_keras_default_path_is_none(self, small, put):
        put(small)
        assert_equals(mnist.load_data(path="mnist.npz"), small)

    def test_fashion_in_its_folder(self, small, put, fashion_of):
        put(small, ".")  # MNIST in the data folder itself is not taken for it
        put(fashion_of(small), "fashion_mnist")
        assert_equals(fashion_mnist.load_data(), fashion_of(small))
        assert_equals(mnist.load_data(), small)

    def test_every_call_gives_new_writable_arrays(self, small, put):
        put(small)
        for part in mnist.load_data():
            for array in part:
                array[:] = 7
        assert_equals(mnist.load_data(), small)

    def test_a_path_that_is_no_folder(self, put, small):
        path = put(small) / TRAIN_IMAGES
        with pytest.raises(MinicnnError, match=r"must name a folder with MNIST's files\. Received '.*-ubyte'"):
            mnist.load_data(path)

    def test_whether_all_four_are_there(self, small, put):
        assert not mnist.is_installed()
        place = put(small, packed=True)
        assert mnist.is_installed()
        assert mnist.is_installed(place)
        (place / f"{TEST_LABELS}.gz").unlink()
        assert not mnist.is_installed()
        assert not mnist.is_installed(place)


@pytest.mark.usefixtures("published", "no_downloads")
class TestRefused:
    @pytest.mark.parametrize("packed", [False, True])
    def test_truncation_at_every_kilobyte(self, small, put, packed):
        place = put(small, packed=packed)
        path = place / (TRAIN_IMAGES + ".gz" * packed)
        content = path.read_bytes()
        for length in [0, *range(1024, len(content), 1024), len(content) - 1]:
            path.write_bytes(content[:length])
            with pytest.raises(MinicnnError, match=rf"^reading '{path}': .* Delete it to download it again\.$"):
                mnist.load_data()

    @pytest.mark.parametrize("name", _published.FILES)
    def test_one_flipped_bit_anywhere(self, small, put, rng, name):
        path = put(small) / name
        for place in rng.integers(0, len(small[name]), 50):
            damaged = bytearray(small[name])
            damaged[place] ^= 1 << rng.integers(8)
            path.write_bytes(damaged)
            with pytest.raises(MinicnnError, match=rf"^reading '{path}': .* Delete it to download it again\.$"):
                mnist.load_data()

    def test_other_values(self, small, put):
        files = {**small, TRAIN_LABELS: small[TRAIN_LABELS][:-1] + b"\x0a"}
        expected = (rf"this is not the {TRAIN_LABELS} of MNIST\. Expected SHA-256 "
                    rf"{_published.SHA256['MNIST'][TRAIN_LABELS]} \(unpacked\), received [0-9a-f]{{64}}\. Delete it")
        put(files, packed=True)
        with pytest.raises(MinicnnError, match=expected):
            mnist.load_data()

    @pytest.mark.parametrize(("first", "second"), [(TRAIN_IMAGES, TRAIN_LABELS), (TEST_LABELS, TEST_IMAGES)])
    def test_images_and_labels_swapped(self, small, put, first, second):
        put({**small, first: small[second], second: small[first]})
        with pytest.raises(MinicnnError, match=r"this is no IDX file of .*Expected magic number .*, that of"):
            mnist.load_data()

    def test_training_and_test_files_swapped(self, small, put):
        put({**small, TRAIN_LABELS: small[TEST_LABELS], TEST_LABELS: small[TRAIN_LABELS]})
        expected = rf"not the {TRAIN_LABELS} of MNIST.*, which is the {TEST_LABELS} of MNIST\. Move it to where it bel"
        with pytest.raises(MinicnnError, match=expected):
            mnist.load_data()

    def test_the_other_data_set_under_the_same_name(self, small, put, fashion_of):
        put(fashion_of(small))
        expected = rf"not the {TRAIN_IMAGES} of MNIST.*, which is the {TRAIN_IMAGES} of Fashion-MNIST\. Move it"
        with pytest.raises(MinicnnError, match=expected):
            mnist.load_data()


class TestDownloaded:
    @pytest.fixture
    def mirror(self, server, small):
        server.files.update({f"good/{name}.gz": gzip.compress(content) for name, content in small.items()})
        return server

    def test_once_and_then_found(self, mirror, published, small, tmp_path):
        published(mirror.url + "good/")
        assert_equals(mnist.load_data(), small)
        assert mirror.asked == [f"good/{name}.gz" for name in small]
        folder = tmp_path / "data" / "mnist"
        assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.gz" for name in small)
        assert_equals(mnist.load_data(), small)
        assert len(mirror.asked) == 4

    def test_only_what_is_missing(self, mirror, published, small, put):
        published(mirror.url + "good/")
        put({name: content for name, content in small.items() if name != TEST_LABELS}, ".")
        assert_equals(mnist.load_data(), small)
        assert mirror.asked == [f"good/{TEST_LABELS}.gz"]

    def test_into_the_folder_handed_over(self, mirror, published, small, tmp_path):
        published(mirror.url + "good/")
        (tmp_path / "here").mkdir()
        assert_equals(mnist.load_data(tmp_path / "here"), small)
        assert len(list((tmp_path / "here").iterdir())) == 4

    def test_fashion(self, mirror, published, small, fashion_of, tmp_path):
        mirror.files.update({f"{name}.gz": gzip.compress(content) for name, content in fashion_of(small).items()})
        published(mirror.url)
        assert_equals(fashion_mnist.load_data(), fashion_of(small))
        assert len(list((tmp_path / "data" / "fashion_mnist").iterdir())) == 4

    def test_a_mirror_that_unpacks_on_the_way(self, mirror, published, small):
        mirror.files.update({f"plain/{name}.gz": content for name, content in small.items()})
        published(mirror.url + "plain/")
        assert_equals(mnist.load_data(), small)
        assert_equals(mnist.load_data(), small)  # also from what was kept

    def test_bad_mirrors_are_passed_over(self, mirror, published, small, fashion_of):
        for name, content in small.items():
            mirror.files[f"page/{name}.gz"] = b"<html>This site has moved"
            mirror.files[f"cut/{name}.gz"] = gzip.compress(content)[:-1]
            mirror.files[f"other/{name}.gz"] = gzip.compress(fashion_of(small)[name])
        bad = ("missing", "page", "cut", "other")
        published(*(f"{mirror.url}{place}/" for place in (*bad, "good")))
        assert_equals(mnist.load_data(), small)
        assert mirror.asked == [f"{place}/{name}.gz" for name in small for place in (*bad, "good")]

    def test_nothing_is_kept_of_a_bad_download(self, mirror, published, small, tmp_path):
        mirror.files[f"bad/{TRAIN_IMAGES}.gz"] = gzip.compress(small[TEST_IMAGES])
        published(mirror.url + "bad/")
        with pytest.raises(MinicnnError, match=rf"not the {TRAIN_IMAGES} of MNIST.*, which is the {TEST_IMAGES} of"):
            mnist.load_data()
        assert not (tmp_path / "data").exists()

    def test_offline_the_error_says_which_files_to_put_where(self, server, published, small, put, tmp_path):
        published(server.url + "a/", server.url + "b/")
        put({TRAIN_LABELS: small[TRAIN_LABELS]})
        expected = (
            rf"^loading MNIST: files are missing and cannot be downloaded\. Expected {TRAIN_IMAGES}, {TEST_IMAGES}, "
            rf"{TEST_LABELS} \(plain, or packed with the ending \.gz\) in '{tmp_path}/data/mnist', received "
            rf"{server.url}a/{TRAIN_IMAGES}\.gz: the download failed: HTTP Error 404: Not Found; "
            rf"{server.url}b/{TRAIN_IMAGES}\.gz: .*Not Found\. "
            r"Put them there by hand, or set MINICNN_DATA to the folder that holds them\.$")
        with pytest.raises(MinicnnError, match=expected):
            mnist.load_data()

    def test_a_mirror_that_goes_away_in_between(self, mirror, published, small, tmp_path):
        del mirror.files[f"good/{TEST_IMAGES}.gz"]
        published(mirror.url + "good/")
        with pytest.raises(MinicnnError, match=rf"Expected {TEST_IMAGES}, {TEST_LABELS} \(plain"):
            mnist.load_data()
        assert len(list((tmp_path / "data" / "mnist").iterdir())) == 2  # what came stays

    def test_a_damaged_file_is_not_replaced_unasked(self, mirror, published, small, put):
        published(mirror.url + "good/")
        put({TRAIN_LABELS: b"damaged"})
        with pytest.raises(MinicnnError, match=r"ends within its header.*Delete it to download it again"):
            mnist.load_data()
        assert mirror.asked == []

    def test_a_folder_that_cannot_be_made(self, mirror, published, tmp_path):
        published(mirror.url + "good/")
        (tmp_path / "data").write_text("a file is in the way")
        with pytest.raises(MinicnnError, match=r"its folder cannot be made\. Received .*\. Set MINICNN_DATA to"):
            mnist.load_data()

    def test_interrupted_in_the_middle_nothing_is_left(self, mirror, published, tmp_path, monkeypatch):
        def interrupted(self, done):
            raise KeyboardInterrupt

        published(mirror.url + "good/")
        monkeypatch.setattr(_fetch.Bar, "update", interrupted)
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            mnist.load_data()
        assert not (tmp_path / "data").exists()


def test_the_table_is_complete():
    digests = [digest for title in ("MNIST", "Fashion-MNIST") for digest in _published.SHA256[title].values()]
    assert all(list(digests) == list(_published.FILES) for digests in _published.SHA256.values())
    assert len(set(digests)) == 8
    assert all(len(digest) == 64 and set(digest) <= set("0123456789abcdef") for digest in digests)


def test_mirrors_end_in_a_slash_and_the_first_ones_are_encrypted():
    for mirrors in (mnist.MNIST.mirrors, fashion_mnist.FASHION_MNIST.mirrors):
        assert len(mirrors) >= 2
        assert all(mirror.endswith("/") for mirror in mirrors)
        assert all(mirror.startswith("https://") for mirror in mirrors[:2])


def test_fashion_has_a_name_for_each_class():
    assert len(set(fashion_mnist.CLASS_NAMES)) == 10


@pytest.mark.parametrize(("module", "frequencies"), [
    (mnist, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]), (fashion_mnist, [6000] * 10)])
def test_real_data(module, frequencies):
    """Frequencies of the classes in the training set as published."""
    places = [_folders.data_folder() / module.__name__.rpartition(".")[2], _folders.data_folder()]
    places = places[:1] if module is fashion_mnist else places
    if any(_published.find(name, places) is None for name in _published.FILES):
        pytest.skip(f"its files are not in {os.fspath(places[0])}; this test downloads nothing")
    (x_train, y_train), (x_test, y_test) = module.load_data()
    assert (x_train.shape, y_train.shape) == ((60000, 28, 28), (60000,))
    assert (x_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_train).tolist() == frequencies
    assert np.bincount(y_test).sum() == 10000
