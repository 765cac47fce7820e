"""Finding pictures: which files, which classes, which are held out, and what is said when there is nothing."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from minicnn import utils
from minicnn._checks import MinicnnError
from minicnn.utils import image_dataset_from_directory


@pytest.fixture
def folder(tmp_path):
    """cats: 20 pictures, dogs: 10, foxes: 5. Each has a gray level of its own."""
    level = 0
    for name, count in (("cats", 20), ("dogs", 10), ("foxes", 5)):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.new("L", (3, 3), level).save(tmp_path / name / f"{number:02}.png")
            level += 1
    return tmp_path


def find(folder, **options):
    return image_dataset_from_directory(folder, **{"image_size": (3, 3), "color_mode": "grayscale", **options})


def levels(data):
    """The gray levels that come, in their order."""
    return np.concatenate([batch[0][:, 0, 0, 0] for batch in data]).astype(int).tolist()


def test_classes_are_numbered_by_name(folder):
    data = find(folder)
    assert data.class_names == ["cats", "dogs", "foxes"]
    assert np.bincount(data.labels).tolist() == [20, 10, 5]
    for path, label in zip(data.file_paths, data.labels, strict=True):
        assert os.path.basename(os.path.dirname(path)) == data.class_names[label]


def test_defaults_are_those_of_keras(folder):
    data = image_dataset_from_directory(str(folder))
    assert (data.image_shape, data.batch_size, data.label_mode, data.shuffle) == ((256, 256, 3), 32, "int", True)
    x, y = next(iter(data))
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((32, 256, 256, 3), np.float32, (32,), np.int32)


def test_unshuffled_pictures_come_by_class_and_name(folder):
    assert levels(find(folder, shuffle=False)) == list(range(35))


def test_chosen_classes_in_a_chosen_order(folder):
    data = find(folder, class_names=("foxes", "cats"), shuffle=False)
    assert data.class_names == ["foxes", "cats"]
    assert levels(data) == [*range(30, 35), *range(20)]


def test_one_number_for_both_sides(folder):
    assert find(folder, image_size=5).image_shape == (5, 5, 1)


def test_without_labels_all_pictures_anywhere(folder):
    Image.new("L", (3, 3), 200).save(folder / "on top.png")
    for options in ({"labels": None}, {"label_mode": None}):
        data = find(folder, shuffle=False, **options)
        assert (data.class_names, data.labels, len(data.file_paths)) == (None, None, 36)
        assert next(iter(data))[:3, 0, 0, 0].tolist() == [200, 0, 1]


def test_which_files_are_pictures(tmp_path):
    place = tmp_path / "class" / "inside" / "deeper"
    place.mkdir(parents=True)
    (tmp_path / "class" / ".hidden").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("class/b.JPG", "class/a.jpeg", "class/inside/deeper/c.Png"):
        Image.new("L", (3, 3)).save(tmp_path / name, "PNG")
    for name in ("._a.png", "notes.txt", "c.gif", "png", ".hidden/d.png"):
        (tmp_path / "class" / name).write_bytes(b"no picture")
    data = find(tmp_path)
    assert data.class_names == ["class"]
    assert [os.path.relpath(path, tmp_path) for path in data.file_paths] == [
        os.path.join("class", "a.jpeg"), os.path.join("class", "b.JPG"),
        os.path.join("class", "inside", "deeper", "c.Png")]


def test_the_order_follows_the_seed_of_the_process(folder):
    orders = []
    for seed in (1, 1, 2):
        utils.set_random_seed(seed)
        orders.append(levels(find(folder)))
    assert orders[0] == orders[1] != orders[2]


def test_what_is_held_out_is_a_fraction_of_each_class(folder):
    training, held_out = find(folder, validation_split=0.2, subset="both")
    assert np.bincount(held_out.labels).tolist() == [4, 2, 1]
    assert np.bincount(training.labels).tolist() == [16, 8, 4]
    assert sorted(levels(training) + levels(held_out)) == list(range(35))
    assert (training.shuffle, held_out.shuffle) == (True, False)
    assert held_out.class_names == training.class_names == ["cats", "dogs", "foxes"]


@pytest.mark.parametrize("seed", [None, 0, 7])
def test_subsets_of_two_calls_never_overlap_whatever_their_order(folder, seed):
    split = {"validation_split": 0.3, "seed": seed}
    training = sorted(levels(find(folder, subset="training", **split)))
    for shuffle in (True, False):
        held_out = levels(find(folder, subset="validation", shuffle=shuffle, **split))
        assert sorted(training + held_out) == list(range(35))


def test_another_seed_holds_out_others(folder):
    first, second = (levels(find(folder, validation_split=0.5, subset="validation", seed=seed, shuffle=False))
                     for seed in (1, 2))
    assert first != second


def test_every_class_stays_in_training(folder):
    training, held_out = find(folder, validation_split=0.99, subset="both")
    assert np.bincount(training.labels).tolist() == [1, 1, 1]
    assert np.bincount(held_out.labels).tolist() == [19, 9, 4]


def test_unlabeled_pictures_can_be_held_out_too(folder):
    training, held_out = find(folder, labels=None, validation_split=0.2, subset="both")
    assert (len(training.file_paths), len(held_out.file_paths)) == (28, 7)


def refused(folder, message, **options):
    with pytest.raises(MinicnnError, match=rf"^image_dataset_from_directory: {message}"):
        find(folder, **options)


def test_no_such_folder(tmp_path):
    refused(tmp_path / "missing", r"there is no such folder\. Received '.*missing'")
    (tmp_path / "file").touch()
    refused(tmp_path / "file", r"there is no such folder\. Received '.*file'")


def test_no_classes(tmp_path):
    Image.new("L", (3, 3)).save(tmp_path / "a.png")
    refused(tmp_path, r"there are no classes in '.*'\. Expected a folder for each class, received none\. Put the "
                      r"pictures of each class into a folder of its own, or pass labels=None\.$")


def test_a_class_without_pictures(folder):
    (folder / "empty").mkdir()
    (folder / "empty" / "a.gif").touch()
    refused(folder, r"there is no picture in '.*empty'\. Expected files that end in \.png \.jpg \.jpeg, received none")
    assert len(find(folder, class_names=["cats", "dogs"]).file_paths) == 30  # the cure that the error names


def test_a_folder_that_cannot_be_read(folder, monkeypatch):
    scandir = os.scandir

    def locked(path):
        if str(path).endswith("dogs"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    refused(folder, r"a folder cannot be read\. Received .*Permission denied: '.*dogs'")


@pytest.mark.parametrize("names", [["cats", "cows"], "cats", [], ["cats", "cats"]])
def test_class_names_that_do_not_fit(folder, names):
    refused(folder, r"class_names do not fit the folders in '.*'\. Expected different names out of cats, dogs, foxes, "
                    r"received ", class_names=names)


def test_class_names_without_labels(folder):
    refused(folder, "class_names are given, but no labels are wanted", labels=None, class_names=["cats"])


@pytest.mark.parametrize(("options", "message"), [
    ({"labels": [0, 1]}, r"labels are told by folders only\. Expected 'inferred' or None, received \[0, 1\]\. Put"),
    ({"label_mode": "one-hot"}, r"unknown label_mode\. Expected one of 'int', 'categorical', 'binary', None, rec"),
    ({"color_mode": "cmyk"}, r"unknown color_mode\. Expected one of 'grayscale', 'rgb', 'rgba', received 'cmyk'"),
    ({"subset": "test", "validation_split": 0.1}, r"unknown subset\. Expected one of 'training', 'validation', 'both'"),
    ({"subset": "training"}, r"validation_split and subset go together\. Received validation_split=None, subset='t"),
    ({"validation_split": 0.1}, r"validation_split and subset go together"),
    ({"validation_split": 0.0, "subset": "training"}, r"validation_split must be a fraction\. Expected more than 0"),
    ({"validation_split": 1, "subset": "training"}, r"validation_split must be a fraction.*received 1\.$"),
    ({"validation_split": "0.2", "subset": "training"}, r"validation_split must be a number.*received '0\.2'"),
    ({"validation_split": 0.01, "subset": "both"}, r"validation_split leaves no picture to validate on\. Received 0"),
    ({"batch_size": 0}, r"batch_size must be an integer\. Expected at least 1, received 0"),
    ({"batch_size": None}, r"batch_size must be an integer\. Expected at least 1, received None"),
    ({"image_size": (3, 3, 3)}, r"image_size must be one integer or two"),
    ({"image_size": (0, 3)}, r"image_size must be an integer\. Expected at least 1, received 0"),
    ({"seed": -1}, r"seed must be an integer\. Expected at least 0, received -1"),
    ({"label_mode": "binary"}, r"label_mode='binary' is for two classes\. Expected 2, received 3: cats, dogs, foxes"),
])
def test_wrong_arguments(folder, options, message):
    refused(folder, message, **options)


def test_pillow_is_not_loaded_before_the_first_picture():
    program = ("import sys, minicnn.utils\n"
               "assert minicnn.utils.image_dataset_from_directory\n"
               "assert not {'PIL', 'numba', 'matplotlib'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", program], check=True)
