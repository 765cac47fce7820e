"""Pictures in batches: what comes, in which order, and how little memory it takes."""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn._checks import MinicnnError
from minicnn.datasets.image_folder import ImageFolder


@pytest.fixture
def pictures(tmp_path):
    """Ten pictures of 6 x 4; each pixel of the i-th has the gray level 10 i, and its class is i modulo 3."""
    paths = []
    for number in range(10):
        Image.new("L", (4, 6), 10 * number).save(tmp_path / f"{number}.png")
        paths.append(str(tmp_path / f"{number}.png"))
    return paths


@pytest.fixture
def make(pictures):
    def make(**options):
        options = {"label_mode": "int", "color_mode": "grayscale", "image_size": (6, 4), "batch_size": 4, **options}
        return ImageFolder(pictures, np.arange(10) % 3, ["a", "b", "c"], **options)

    return make


def numbers(batches):
    """Which pictures came, batch by batch."""
    return [(x[:, 0, 0, 0] / 10).astype(int).tolist() for x, _ in batches]


def test_a_batch_is_float32_images_and_labels(make):
    x, y = next(iter(make(shuffle=False)))
    assert (x.shape, x.dtype, y.dtype) == ((4, 6, 4, 1), np.float32, np.int32)
    assert x[:, 3, 2, 0].tolist() == [0, 10, 20, 30]
    assert y.tolist() == [0, 1, 2, 0]


def test_length_counts_batches_and_the_last_may_be_smaller(make):
    data = make(shuffle=False)
    assert len(data) == 3
    assert numbers(data) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(make(batch_size=5)) == 2
    assert len(make(batch_size=100)) == 1


def test_labels_stay_with_their_pictures(make):
    for x, y in make():
        assert ((x[:, 0, 0, 0] / 10) % 3 == y).all()


def test_one_hot_labels(make):
    _, y = next(iter(make(label_mode="categorical", shuffle=False)))
    assert y.dtype == np.float32
    assert y.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_binary_labels(pictures):
    labels = np.arange(10) % 2
    data = ImageFolder(pictures, labels, ["a", "b"], "binary", batch_size=3, image_size=(2, 2), shuffle=False)
    _, y = next(iter(data))
    assert (y.dtype, y.tolist()) == (np.float32, [[0], [1], [0]])


def test_without_labels_the_images_come_alone(pictures):
    x = next(iter(ImageFolder(pictures, None, None, None, image_size=(2, 2))))
    assert x.shape == (10, 2, 2, 3)


@pytest.mark.parametrize(("color_mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
def test_image_shape_is_that_of_the_images(make, color_mode, channels):
    data = make(color_mode=color_mode, image_size=(5, 8))
    assert data.image_shape == (5, 8, channels) == next(iter(data))[0].shape[1:]


def test_every_pass_has_all_pictures_in_another_order(make):
    data = make(seed=3)
    passes = [np.concatenate(numbers(data)).tolist() for _ in range(4)]
    assert all(sorted(order) == list(range(10)) for order in passes)
    assert len({tuple(order) for order in passes}) == 4
    assert data.epoch == 4


def test_the_order_depends_on_seed_and_epoch_alone(make):
    first, second = make(seed=3), make(seed=3)
    list(first)
    list(first)
    assert numbers(first.batches(1)) == numbers(second.batches(1))
    second.epoch = 2  # takes up the count where the first stands
    assert numbers(first) == numbers(second)
    assert numbers(make(seed=3).batches(0)) != numbers(make(seed=4).batches(0))


def test_without_shuffle_every_pass_is_the_same(make):
    data = make(shuffle=False)
    assert numbers(data) == numbers(data) == numbers(data.batches(7))


def test_an_epoch_can_be_taken_up_at_any_batch(make):
    data = make(seed=5)
    whole = numbers(data.batches(6))
    for start in range(4):
        assert numbers(data.batches(6, start)) == whole[start:]


def test_batches_do_not_count_epochs(make):
    data = make()
    list(data.batches(5))
    assert data.epoch == 0


@pytest.mark.parametrize(("arguments", "name"), [((-1,), "epoch"), ((0, 1.5), "start"), ((True,), "epoch")])
def test_places_that_are_no_numbers(make, arguments, name):
    with pytest.raises(MinicnnError, match=rf"{name} must be an integer\. Expected at least 0"):
        make().batches(*arguments)


def test_two_passes_at_once_do_not_disturb_each_other(make):
    data = make(seed=1)
    together = zip(data.batches(0), data.batches(1), strict=True)
    first, second = zip(*together, strict=True)
    assert numbers(first) == numbers(data.batches(0))
    assert numbers(second) == numbers(data.batches(1))


def test_a_kept_batch_is_not_written_into_later(make):
    batches = [x for x, _ in make(shuffle=False)]
    assert [x[0, 0, 0, 0] for x in batches] == [0, 40, 80]


def test_a_broken_picture_is_an_error_when_its_turn_comes(make, pictures):
    with open(pictures[5], "r+b") as file:
        file.truncate(40)
    batches = make(shuffle=False).batches(0)
    next(batches)
    with pytest.raises(MinicnnError, match=r"reading '.*5\.png': the picture cannot be read"):
        next(batches)


def test_it_says_what_it_is(make):
    assert repr(make()) == ("<ImageFolder: 10 pictures of 3 classes, 3 batches of 4, "
                            "each image (6, 4, 1)>")


PROGRAM = """
    import sys
    import numpy as np
    from PIL import Image
    from minicnn import utils

    def resident():
        # The highest so far, in bytes. (getrusage's ru_maxrss would start with that of the process before exec.)
        line, = (line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    data = utils.image_dataset_from_directory(sys.argv[1], image_size=(96, 96), batch_size=32, seed=0)
    Image.init()  # Pillow is loaded, no picture is
    before, total, brightness = resident(), 0, np.zeros(10)
    for x, y in data:
        total += x.nbytes
        np.add.at(brightness, y, x.mean(axis=(1, 2, 3)))
    print(total, resident() - before, *brightness)
"""


def test_5000_pictures_stream_through_the_memory_of_a_few(tmp_path):
    """552 MB of images go by; memory grows by less than a tenth of that."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells the highest memory use of a process since it began")
    for name in range(10):
        (tmp_path / str(name)).mkdir()
        for number in range(500):
            Image.new("L", (12, 12), 20 * name).save(tmp_path / str(name) / f"{number}.png")
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path)]
    total, growth, *brightness = subprocess.run(program, check=True, capture_output=True, text=True).stdout.split()
    assert int(total) == 5000 * 96 * 96 * 3 * 4
    assert int(growth) < int(total) / 10
    np.testing.assert_allclose([float(b) for b in brightness], [500 * 20 * name for name in range(10)], rtol=1e-5)
