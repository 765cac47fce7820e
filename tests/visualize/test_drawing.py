"""Files, imports, memory and threads: what holds for all figures."""

import gc
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.figure import Figure

from minicnn import visualize
from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5
from minicnn.counting import count
from minicnn.layers import Conv2D, Dense, Flatten
from minicnn.models import Sequential
from minicnn.visualize import drawing
from minicnn.visualize.learning.record import Record
from minicnn.visualize.maximizing import Classic

LENET5 = LeNet5()
SMALL = Sequential([Conv2D(2, 3, activation="tanh", name="conv", input_shape=(6, 6, 1)), Flatten(),
                    Dense(3, "softmax")])
SMALL.compile("sgd", "mse")
IMAGE = np.random.default_rng(0).normal(size=(6, 6, 1))
RECORD = Record()
RECORD.order.append("a")
RECORD.add(0, {"weights": {"a": [1, 2, 1]}, "weight_limits": {"a": 0.5}})

FIGURES = {
    "architecture": lambda **save: visualize.architecture(LENET5, **save),
    "planes": lambda **save: visualize.planes(LENET5, **save),
    "learning_curves": lambda **save: visualize.learning_curves({"loss": [1.0, 0.5]}, **save),
    "kernels": lambda **save: visualize.kernels(LENET5, "C3", **save),
    "connection_table": lambda **save: visualize.connection_table(LENET5, "C3", **save),
    "connection_wiring": lambda **save: visualize.connection_wiring(LENET5, "C3", 7, **save),
    "channel_maps": lambda **save: visualize.channel_maps(SMALL, IMAGE, "conv", **save),
    "channel_over_images": lambda **save: visualize.channel_over_images(SMALL, IMAGE, "conv", 1, **save),
    "feature_maps": lambda **save: visualize.feature_maps(SMALL, IMAGE, **save),
    "confusion_matrix": lambda **save: visualize.confusion_matrix([0, 1], [0, 0], **save),
    "layer_figures": lambda **save: visualize.layer_figures(count(LENET5), **save),
    "network_figures": lambda **save: visualize.network_figures([count(LENET5), count(SMALL)], **save),
    "receptive_fields": lambda **save: visualize.receptive_fields(count(LENET5), np.zeros((32, 32)), **save),
    "occlusion_maps": lambda **save: visualize.occlusion_maps(SMALL, IMAGE, **save),
    "saliency_maps": lambda **save: visualize.saliency_maps(SMALL, IMAGE, **save),
    "class_activation_maps": lambda **save: visualize.class_activation_maps(SMALL, IMAGE, **save),
    "maximized_activations": lambda **save: visualize.maximized_activations(SMALL, 0, recipe=Classic(steps=2), **save),
    "top_patches": lambda **save: visualize.top_patches(SMALL, "conv", IMAGE[None], **save),
    "convolution_steps": lambda **save: visualize.convolution_steps(np.ones((4, 4)), np.ones((3, 3)), **save),
    "pooling_steps": lambda **save: visualize.pooling_steps(np.ones((4, 4)), **save),
    "activation_functions": lambda **save: visualize.activation_functions("relu", **save),
    "sparse_matrix": lambda **save: visualize.sparse_matrix(np.ones((2, 2)), (3, 3), **save),
    "histograms": lambda **save: visualize.histograms(SMALL, IMAGE[None], np.ones((1, 3)), **save),
    "update_ratio_curves": lambda **save: visualize.update_ratio_curves({"a": [0.01, 0.001]}, **save),
    "dead_unit_bars": lambda **save: visualize.dead_unit_bars(SMALL, IMAGE, **save),
    "training_record": lambda **save: visualize.training_record(RECORD, **save),
    "misclassified": lambda **save: visualize.misclassified(np.zeros((2, 4, 4)), [0, 1], [0, 0], **save),
    "images": lambda **save: visualize.images(np.zeros((2, 4, 4)), **save),
    "states": lambda **save: visualize.states(SMALL, IMAGE, **save),
}


def test_every_figure_function_is_tested_here():
    no_figures = {
        "kernel_grid", "layer_outputs", "weight_histograms", "gradient_histograms", "update_ratios", "dead_units",
        "occlusion", "saliency", "gradient_x_input", "integrated_gradients", "over_channels", "cam", "grad_cam",
        "guided_grad_cam", "upsample", "sanity_check", "maximize_activation", "exciting_patches",
        "convolution_matrix", "explain", "explain_gradient", "report"}
    moving = {"record_gif", "animate_convolution", "animate_pooling"}
    assert set(visualize.__all__) == {*FIGURES, *no_figures, *moving}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_returned_and_files_written(name, tmp_path):
    png, svg = tmp_path / "picture.png", tmp_path / "picture.SVG"
    figure = FIGURES[name](save=png)
    assert isinstance(figure, Figure)
    content = png.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(content[i:i + 4]) for i in (16, 20))  # in the file's first chunk
    np.testing.assert_allclose((width, height), figure.get_size_inches() * drawing.DPI, atol=1)
    FIGURES[name](save=str(svg))
    assert ElementTree.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    FIGURES[name](save=tmp_path / "picture.pdf")
    assert (tmp_path / "picture.pdf").read_bytes().startswith(b"%PDF-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.SVG", "picture.pdf", "picture.png"]
    # Notebooks ask a figure for this; it is what the file holds.
    assert figure._repr_png_() == content


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("save", ["picture.jpg", "picture", "picture.png.gz", ".png"])
def test_an_unknown_ending(name, save, tmp_path):
    with pytest.raises(MinicnnError, match=r"the ending tells the kind .* Expected '.png', '.svg' or '.pdf', received"):
        FIGURES[name](save=tmp_path / save)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "picture.png"
    path.write_bytes(b"older")

    def breaks(figure, file, **options):
        file.write(b"half a picture")
        raise RuntimeError("the disk caught fire")

    monkeypatch.setattr(Figure, "savefig", breaks)
    with pytest.raises(RuntimeError, match="caught fire"):
        FIGURES["learning_curves"](save=path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder(tmp_path):
    with pytest.raises(MinicnnError, match="the folder cannot be written"):
        FIGURES["kernels"](save=tmp_path / "nowhere" / "picture.png")


def test_the_same_picture_is_the_same_file(tmp_path):
    for ending in ("png", "pdf"):
        first, second = tmp_path / f"1.{ending}", tmp_path / f"2.{ending}"
        for path in (first, second):
            FIGURES["feature_maps"](save=path)
        assert first.read_bytes() == second.read_bytes()


def fresh_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_matplotlib_loads_with_the_first_figure_and_pyplot_never():
    loaded = fresh_python("""
import sys
import minicnn.visualize
from minicnn.visualize import confusion_matrix, feature_maps, kernel_grid, kernels, learning_curves, misclassified
print(*(name in sys.modules for name in ("matplotlib", "numba")))
learning_curves({"loss": [1.0]})
print(*(name in sys.modules for name in ("matplotlib", "matplotlib.pyplot")))
""")
    assert loaded == ["False", "False", "True", "False"]


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_is_kept(name, tmp_path):
    figure = weakref.ref(FIGURES[name](save=tmp_path / "picture.png"))
    gc.collect()
    assert figure() is None


def test_threads_may_draw_the_same_model(tmp_path):
    def draw(i):
        visualize.kernels(LENET5, "C3", save=tmp_path / f"kernels{i}.png")
        visualize.feature_maps(SMALL, IMAGE, save=tmp_path / f"maps{i}.png")
        return (tmp_path / f"kernels{i}.png").read_bytes(), (tmp_path / f"maps{i}.png").read_bytes()

    alone = draw("")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(draw, range(2))) == [alone] * 2


def test_text_width_is_that_of_the_drawn_text():
    sheet = drawing.Sheet(4, 1)
    for i, bold in enumerate((False, True)):
        sheet.text(0.1, 0.1 + 0.4 * i, "a $name$ with _signs^", 10, weight="bold" if bold else "normal")
        drawn = sheet.figure.texts[i].get_window_extent().width / drawing.DPI
        assert drawing.text_width("a $name$ with _signs^", 10, bold) == pytest.approx(drawn, rel=0.03)


@pytest.mark.parametrize("exponent", range(-12, 13))
@pytest.mark.parametrize("digits", [1, -1.7159, 9.9949, -9.9951, 9.99949, 9.99996])
def test_short_numbers_are_short_and_near(digits, exponent):
    value = digits * 10.0**exponent
    text = drawing.short(value)
    assert len(text) <= 8
    assert float(text) == pytest.approx(value, rel=0.01)


def test_alike_numbers():
    assert drawing.alike(np.array([999.9, -999.9, 0.04])) == ["999.9", "-999.9", "0.0"]
    assert drawing.alike(np.array([1000.4, 3.0])) == ["1000", "3"]
    assert drawing.alike(np.array([-0.5, 9.99, -0.001])) == ["-0.50", "9.99", "0.00"]
    assert drawing.alike(np.array([-0.05, 0.0321])) == ["-0.050", "0.032"]
    assert drawing.alike(np.array([-1e8, 3.0])) == ["-1e+08", "3e+00"]
    assert drawing.alike(np.zeros(2)) == ["0.00", "0.00"]


def test_names_are_shortened_in_the_middle():
    assert drawing.shortened("x" * 28) == "x" * 28
    assert drawing.shortened("a" * 30 + "b" * 30) == "a" * 16 + "…" + "b" * 11
