"""A record as an animated GIF."""

import numpy as np
import pytest
from PIL import Image

from minicnn import MinicnnError
from minicnn.visualize import animation, record_gif
from minicnn.visualize.arrays import size_text
from minicnn.visualize.learning import film
from minicnn.visualize.learning.film import mosaic


@pytest.fixture
def frames(monkeypatch, tmp_path):
    """The figures that become frames, with how they are written."""
    def collect(record, *what, **options):
        made = []
        monkeypatch.setattr(film, "write_gif", lambda figures, save, seconds, **last: made.extend(figures))
        record_gif(record, tmp_path / "film.gif", *what, **options)
        return made
    return collect


def test_a_gif_has_a_frame_for_each_moment(record, tmp_path):
    save = tmp_path / "kernels.gif"
    record_gif(record, save, seconds_per_frame=0.2)
    with Image.open(save) as image:
        assert (image.n_frames, image.info["loop"]) == (3, 0)
        durations = []
        for frame in range(3):
            image.seek(frame)
            durations.append(image.info["duration"])
    assert durations == [200, 200, 1500]
    record.write(tmp_path / "record.npz")
    record_gif(tmp_path / "record.npz", tmp_path / "again.gif", seconds_per_frame=0.2)
    assert (tmp_path / "again.gif").read_bytes() == save.read_bytes()


def test_kernels_of_one_input_map_stand_in_rows_of_eight(record, frames, texts_of):
    figures = frames(record)
    kernels = record.of("kernels", "conv")
    limit = np.abs(kernels).max()
    for figure, kernel in zip(figures, kernels, strict=True):
        image = figure.axes[0].images[0]
        assert image.get_clim() == (-limit, limit)  # one scale for all moments
        times, pitch = 12, 36 + 5
        for f in range(5):
            tile = image.get_array()[:36, f * pitch:f * pitch + 36]
            np.testing.assert_array_equal(tile, kernel[:, :, 0, f].repeat(times, 0).repeat(times, 1))
    assert {f"conv: 5 kernels of {size_text((3, 3))}", "before training"} <= set(texts_of(figures[0]))
    assert "epoch 2 of 2, loss 1.000, accuracy 0.600" in texts_of(figures[2])


def test_kernels_of_several_stand_in_a_table(record, frames):
    record.series["kernels"]["dense"] = [np.where(np.arange(3) == 1, np.nan, kernel)
                                         for kernel in record.series["kernels"]["dense"]]
    image = frames(record, layer="dense")[1].axes[0].images[0].get_array()
    np.testing.assert_array_equal(image[:24:12, 54:78:12], record.of("kernels", "dense")[1, :, :, 0, 2])
    assert image.mask[:24, 27:51].all()  # no connection


def test_maps_of_one_image(record, frames, texts_of):
    figures = frames(record, "maps", image=1)
    maps = record.of("maps", "conv")
    image = figures[2].axes[0].images[0]
    np.testing.assert_array_equal(image.get_array()[:72:12, :72:12], maps[2, 1, :, :, 0])
    assert image.get_clim() == (0, maps[:, 1].max())
    assert f"conv: what it makes of one image, {size_text((6, 6, 5))}" in texts_of(figures[0])


@pytest.mark.parametrize("what", [(), ("kernels", "dense"), ("maps",)])
@pytest.mark.parametrize("make", [{}, {"unit": "batch", "moments": (0, 10, 20000), "logs": False}])
def test_texts_are_legible_and_frames_of_one_size(new_record, frames, what, make, legible):
    figures = frames(new_record(**make), *what)
    assert len({tuple(figure.get_size_inches()) for figure in figures}) == 1
    legible(figures[0])
    legible(figures[-1])


def test_a_pixel_of_the_picture_is_a_pixel_of_the_gif(record, frames):
    axes = frames(record)[0].axes[0]
    height, width = axes.images[0].get_array().shape
    box = axes.get_position()
    size = np.array(axes.figure.get_size_inches()) * animation.DPI
    np.testing.assert_allclose((box.width, box.height) * size, (width, height), rtol=1e-9)


def test_of_very_many_some_are_drawn(record, frames, texts_of):
    record.series["maps"]["conv"] = [np.ones((1, 3, 3, 200))] * 3
    record.series["kernels"]["conv"] = [np.ones((3, 3, 64, 200))] * 3
    (title,) = [text for text in texts_of(frames(record, "maps")[0]) if text.startswith("conv")]
    assert title.endswith("the first 64 of 200 maps")
    (title,) = [text for text in texts_of(frames(record)[0]) if text.startswith("conv")]
    assert title.endswith("the first 16 of 64 maps, the first 32 of 200 filters")


def test_a_mosaic():
    tiles = np.array([[[[1.0, 2]], [[3, 4]]], [[[5, 6]], [[np.nan, np.nan]]]])
    np.testing.assert_array_equal(mosaic(tiles, 1, 1), [
        [1, 2, np.nan, 3, 4], [np.nan] * 5, [5, 6, np.nan, np.nan, np.nan]])


def test_wrong_use(record, tmp_path):
    save = tmp_path / "a.gif"
    with pytest.raises(MinicnnError, match=r"a moving picture is a GIF"):
        record_gif(record, "kernels.png")
    with pytest.raises(MinicnnError, match=r"record_gif: what 'kernel': .* Did you mean 'kernels'"):
        record_gif(record, save, "kernel")
    with pytest.raises(MinicnnError, match=r"record: kernels of 'relu': this was not kept"):
        record_gif(record, save, layer="relu")
    with pytest.raises(MinicnnError, match=r"record_gif: no such image. Expected 0 to 1, received 2"):
        record_gif(record, save, "maps", image=2)
    with pytest.raises(MinicnnError, match=r"record_gif: 'dense': these are no maps. .* received shape \(4,\)"):
        record_gif(record, save, "maps", "dense")
    del record.series["maps"]
    with pytest.raises(MinicnnError, match=r"record_gif: no maps were kept. A Recorder keeps"):
        record_gif(record, save, "maps")
    assert not save.exists()
