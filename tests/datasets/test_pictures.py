"""One picture: what Pillow reads, in the forms that people's pictures have."""

import io

import numpy as np
import pytest
from PIL import Image

from minicnn._checks import MinicnnError
from minicnn.datasets._pictures import load_picture


def saved(path, values, mode=None, **options):
    """The array as a picture file."""
    image = Image.fromarray(np.asarray(values))
    (image.convert(mode) if mode else image).save(path, **options)
    return path


@pytest.fixture
def colors(rng):
    return rng.integers(0, 256, (9, 7, 3), np.uint8)


def test_colors_come_back_from_png(tmp_path, colors):
    np.testing.assert_array_equal(load_picture(saved(tmp_path / "a.png", colors)), colors)


def test_gray_levels_come_back_from_png(tmp_path, rng):
    gray = rng.integers(0, 256, (9, 7), np.uint8)
    path = saved(tmp_path / "a.png", gray)
    np.testing.assert_array_equal(load_picture(path, "grayscale"), gray[..., None])
    np.testing.assert_array_equal(load_picture(path, "rgb"), np.repeat(gray[..., None], 3, axis=2))


def test_jpeg_within_its_accuracy(tmp_path):
    ramp = np.repeat(np.linspace(0, 240, 64, dtype=np.uint8)[:, None], 48, axis=1)
    received = load_picture(saved(tmp_path / "a.jpg", ramp, quality=95), "grayscale")
    assert received.shape == (64, 48, 1)
    assert abs(received[..., 0].astype(int) - ramp).max() <= 3


def test_a_jpeg_named_png_is_read_all_the_same(tmp_path, colors):
    saved(tmp_path / "a.jpg", colors).rename(tmp_path / "a.png")
    assert load_picture(tmp_path / "a.png").shape == (9, 7, 3)


def test_gray_weighs_the_colors(tmp_path):
    path = saved(tmp_path / "a.png", np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8))
    assert load_picture(path, "grayscale").ravel().tolist() == [round(255 * w) for w in (0.299, 0.587, 0.114)]


def test_rgba_adds_full_opacity(tmp_path, colors):
    received = load_picture(saved(tmp_path / "a.png", colors), "rgba")
    np.testing.assert_array_equal(received[..., :3], colors)
    assert set(received[..., 3].ravel()) == {255}


def test_transparent_places_are_white_unless_kept(tmp_path):
    black = np.zeros((1, 3, 4), np.uint8)
    black[0, :, 3] = [0, 51, 255]  # transparent, one fifth, opaque
    path = saved(tmp_path / "a.png", black)
    assert load_picture(path, "grayscale").ravel().tolist() == [255, 204, 0]
    assert load_picture(path, "rgb")[0, :, 0].tolist() == [255, 204, 0]
    np.testing.assert_array_equal(load_picture(path, "rgba"), black)


def test_a_transparent_color_of_a_palette_is_white(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 9, 9, 9])
    image.putdata([0, 1])
    image.save(tmp_path / "a.png", transparency=0)
    assert load_picture(tmp_path / "a.png")[0].tolist() == [[255] * 3, [9] * 3]


def test_of_16_bits_of_gray_the_upper_8_count(tmp_path):
    path = saved(tmp_path / "a.png", np.array([[0, 255, 256, 32768, 65535]], np.uint16))
    assert load_picture(path, "grayscale").ravel().tolist() == [0, 0, 1, 128, 255]


def test_black_and_white(tmp_path):
    path = saved(tmp_path / "a.png", np.array([[0, 255]], np.uint8), mode="1")
    assert load_picture(path, "grayscale").ravel().tolist() == [0, 255]


def test_the_colors_of_print(tmp_path):
    Image.new("CMYK", (4, 2)).save(tmp_path / "a.jpg")  # no ink: white
    assert load_picture(tmp_path / "a.jpg").min() >= 253


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_pictures_stand_upright(tmp_path, ending):
    """6 in the EXIF note: the camera was turned, the top row is the right side of what was seen."""
    note = Image.Exif()
    note[0x0112] = 6
    lying = np.zeros((16, 32), np.uint8)
    lying[:8] = 255
    received = load_picture(saved(tmp_path / f"a.{ending}", lying, exif=note), "grayscale")
    assert received.shape == (32, 16, 1)
    assert received[:, 8:].min() > 250
    assert received[:, :8].max() < 5


def test_size_is_height_and_width(tmp_path, colors):
    assert load_picture(saved(tmp_path / "a.png", colors), size=(4, 11)).shape == (4, 11, 3)


def test_making_larger_is_bilinear_between_centers(tmp_path):
    """The centers of the new pixels lie at -1/4, 1/4, 3/4, 5/4 of the old ones'."""
    path = saved(tmp_path / "a.png", np.array([[0, 100]], np.uint8))
    assert load_picture(path, "grayscale", (1, 4)).ravel().tolist() == [0, 25, 75, 100]


def test_making_smaller_averages_over_all_pixels(tmp_path):
    """Triangles two new pixels wide: weights 3/4, 3/4, 1/4 and what lies outside left out, so 3/7, 3/7, 1/7."""
    for place, expected in ((0, [30, 0]), (1, [30, 10]), (2, [10, 30]), (3, [0, 30])):
        row = np.zeros((1, 4), np.uint8)
        row[0, place] = 70
        path = saved(tmp_path / "a.png", row)
        assert load_picture(path, "grayscale", (1, 2)).ravel().tolist() == expected


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_no_damage_gets_past(tmp_path, rng, ending):
    """Cut off anywhere, or a bit flipped anywhere: the error, or the same picture; of a JPEG, which has no
    checksums, at least a picture."""
    path = saved(tmp_path / f"a.{ending}", rng.integers(0, 256, (16, 16, 3), np.uint8))
    content, whole = path.read_bytes(), load_picture(path)
    damaged = [content[:length] for length in range(0, len(content) - 20, 13)]
    cuts = len(damaged)
    for place in rng.choice(len(content), 200, replace=False):
        damaged.append(content[:place] + bytes([content[place] ^ 1 << rng.integers(8)]) + content[place + 1:])
    for number, broken in enumerate(damaged):
        path.write_bytes(broken)
        received = picture_or_message(path)
        if isinstance(received, str):
            assert received.startswith(f"reading {str(path)!r}: the picture cannot be read. Expected a whole PNG or")
            assert received.endswith("Remove or replace it.")
        elif ending == "png":
            np.testing.assert_array_equal(received, whole)
        else:
            assert number >= cuts
            assert received.shape[2] == 3


def picture_or_message(path):
    try:
        return load_picture(path)
    except MinicnnError as problem:
        return str(problem)


def test_other_formats_and_other_files(tmp_path, colors):
    image = io.BytesIO()
    Image.fromarray(colors).save(image, "BMP")
    for content in (image.getvalue(), b"", b"no picture"):
        (tmp_path / "a.png").write_bytes(content)
        with pytest.raises(MinicnnError, match=r"a\.png': the picture cannot .*received UnidentifiedImageError"):
            load_picture(tmp_path / "a.png")


def test_a_missing_file(tmp_path):
    with pytest.raises(MinicnnError, match=r"missing\.png': there is no such file"):
        load_picture(tmp_path / "missing.png")


def test_a_picture_too_large_to_be_one(tmp_path, colors, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)  # Pillow refuses twice as many
    with pytest.raises(MinicnnError, match=r"received DecompressionBombError: .*exceeds limit"):
        load_picture(saved(tmp_path / "a.png", colors))
