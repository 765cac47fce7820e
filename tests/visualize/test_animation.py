"""Animated GIFs, read back."""

import numpy as np
import pytest
from PIL import Image

from minicnn._checks import MinicnnError
from minicnn.visualize import drawing
from minicnn.visualize.animation import pixels, write_gif


def flat(color, height=4, width=6):
    return np.full((height, width, 3), color, np.uint8)


RED, GREEN, BLUE = flat((213, 94, 0)), flat((0, 158, 115)), flat((0, 114, 178))


def read(path):
    """(pixels, milliseconds) of each frame, and how often all is shown."""
    with Image.open(path) as image:
        frames = []
        for i in range(image.n_frames):
            image.seek(i)
            frames.append((np.asarray(image.convert("RGB")), image.info["duration"]))
        return frames, image.info["loop"]


def sheet(color, width=2.0):
    made = drawing.Sheet(width, 1.0)
    made.canvas(0, 0, 1.0, 1.0).axhspan(0, 1, color=color)
    made.text(1.2, 0.5, "words")
    return made.figure


def test_frames_come_back_in_order_for_their_time_and_for_ever(tmp_path):
    write_gif([RED, GREEN, BLUE], tmp_path / "a.gif", 0.3, seconds_last=1.5)
    frames, loop = read(tmp_path / "a.gif")
    assert [time for _, time in frames] == [300, 300, 1500]
    assert loop == 0
    for (frame, _), made in zip(frames, (RED, GREEN, BLUE), strict=True):
        np.testing.assert_array_equal(frame, made)


def test_times_are_rounded_to_what_the_format_can_say(tmp_path):
    write_gif([RED, GREEN], tmp_path / "a.gif", 0.0251)
    assert [time for _, time in read(tmp_path / "a.gif")[0]] == [30, 30]


def test_a_frame_like_the_one_before_makes_that_one_stay(tmp_path):
    write_gif([RED, RED, GREEN], tmp_path / "a.gif", 0.5)
    assert [time for _, time in read(tmp_path / "a.gif")[0]] == [1000, 500]


def test_one_frame(tmp_path):
    write_gif([RED], tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 1
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), RED)


def test_figures_are_drawn(tmp_path):
    figures = [sheet(drawing.ACCENT), sheet(drawing.SECOND)]
    write_gif(figures, tmp_path / "a.gif", dpi=80)
    frames, _ = read(tmp_path / "a.gif")
    for (frame, _), figure in zip(frames, figures, strict=True):
        drawn = pixels(figure, 80)
        assert frame.shape == drawn.shape == (80, 160, 3)
        np.testing.assert_array_equal(frame, drawn)  # so few colors that all are kept
    assert frames[0][0][40, 40].tolist() == [0xD5, 0x5E, 0x00]
    assert frames[1][0][40, 40].tolist() == [0x00, 0x72, 0xB2]


@pytest.mark.parametrize("width", [5.991, 2.0049999, 1.99999999])
def test_figures_of_any_size_are_drawn(width):
    # Inches times pixels an inch need be no whole number.
    height, columns, colors = pixels(sheet(drawing.ACCENT, width), 100).shape
    assert (height, colors) == (100, 3)
    assert abs(columns - 100 * width) < 1


def test_flat_colors_survive_among_many(tmp_path, rng):
    # More than 256 colors: a noisy picture beside a flat plane.
    noisy = rng.integers(0, 256, (40, 40, 3), np.uint8)
    noisy[:20] = (213, 94, 0)
    write_gif([noisy], tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        back = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(back[:20] - (213, 94, 0)).max() <= 4


def test_frames_are_made_one_by_one(tmp_path):
    alive = []

    def made():
        for color in (RED, GREEN, BLUE):
            alive.append(color)
            yield color

    write_gif(made(), tmp_path / "a.gif")
    assert len(alive) == len(read(tmp_path / "a.gif")[0]) == 3


def test_the_file_is_written_whole_or_not_at_all(tmp_path):
    write_gif([RED, GREEN], tmp_path / "a.gif")
    before = (tmp_path / "a.gif").read_bytes()

    def broken():
        yield BLUE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        write_gif(broken(), tmp_path / "a.gif")
    assert (tmp_path / "a.gif").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_the_same_frames_are_the_same_file(tmp_path):
    for name in ("a.gif", "b.gif"):
        write_gif([sheet(drawing.ACCENT), sheet(drawing.SECOND)], tmp_path / name)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()


@pytest.mark.parametrize(("frames", "options", "message"), [
    ([], {}, r"there is nothing to show. Expected one frame or more, received 0"),
    ([RED, flat(0, 4, 7)], {}, r"frame 1 is not as large as frame 0. Expected 6x4 pixels, received 7x4 pixels"),
    ([RED[..., 0]], {}, r"frame 0: this is neither a figure nor a picture. Expected shape \(H, W, 3\), received shape "
                        r"\(4, 6\)"),
    ([RED, RED / 255], {}, r"frame 1: a picture is made of bytes. Expected dtype uint8, received dtype float64. "
                           r"Numbers from 0 to 1"),
    (["words"], {}, "frame 0: this is not an array of numbers"),
    ([RED], {"seconds_per_frame": 0.01}, "write_gif: seconds_per_frame must be a number. Expected at least 0.02"),
    ([RED], {"seconds_last": -1}, "write_gif: seconds_last must be a number"),
])
def test_what_is_refused(frames, options, message, tmp_path):
    with pytest.raises(MinicnnError, match=message):
        write_gif(frames, tmp_path / "a.gif", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "message"), [
    ("a.png", "a moving picture is a GIF. Expected the ending '.gif', received '.png'. A figure that stands still"),
    ("a.mp4", "a moving picture is a GIF. Expected the ending '.gif', received '.mp4'.$"),
    ("a", "received ''"),
])
def test_only_gifs_move(name, message, tmp_path):
    with pytest.raises(MinicnnError, match=message):
        write_gif([RED], tmp_path / name)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MinicnnError, match=r"the folder cannot be written.*Make the folder"):
        write_gif([RED], tmp_path / "none" / "a.gif")
