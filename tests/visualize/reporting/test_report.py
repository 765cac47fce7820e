"""Reports: what is on the page, what becomes a note, and what is refused."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5
from minicnn.layers import Conv2D, Dense, GlobalAveragePooling2D
from minicnn.models import Input, Model, Sequential
from minicnn.visualize import report, reporting

RNG = np.random.default_rng(5)
X = RNG.random((6, 12, 12, 1)).astype("float32")
LABELS = np.array([0, 1, 2, 0, 1, 2])
HISTORY = {"loss": [1.0, 0.5], "val_loss": [1.1, 0.7]}


@pytest.fixture(scope="module")
def model():
    return Sequential([Input((12, 12, 1)), Conv2D(4, 3, activation="relu", name="conv1"),
                       Conv2D(6, 3, activation="relu", name="conv2"), GlobalAveragePooling2D(),
                       Dense(3, activation="softmax", name="out")], name="small")


class Reader(HTMLParser):
    """The headings of a page, how many pictures are under each, and its notes."""

    def __init__(self):
        super().__init__()
        self.pictures, self.heading, self.tag = {}, "", ""

    def handle_starttag(self, tag, attributes):
        self.tag = tag
        if tag == "img":
            assert dict(attributes)["src"].startswith("data:image/png;base64,")
            self.pictures[self.heading] += 1

    def handle_data(self, data):
        if self.tag == "h2" and data.strip():
            self.heading = data
            self.pictures[data] = 0


def read(path):
    reader = Reader()
    text = path.read_text("utf-8")
    reader.feed(text)
    return reader.pictures, re.findall(r'class="note"><strong>(.*?)</strong>', text), text


def test_everything_is_on_the_page(model, tmp_path):
    report(model, X[:2], names=["first", "second"], classes=["a", "b", "c"], history=HISTORY, data=(X, LABELS),
           save=tmp_path / "all.html", verbose=0)
    pictures, notes, text = read(tmp_path / "all.html")
    assert [*pictures] == [entry.title for entry in reporting.PICTURES.values()]
    assert notes == ["Which maps a map reads"]  # every map reads all
    assert "every map of every convolution reads all maps before it" in text
    assert {title for title, count in pictures.items() if not count} == {*notes}
    assert pictures["An image on its way"] == 2
    assert pictures["Kernels"] == 2
    assert "small, seen through" in text
    assert "looked at with first, second" in text


def test_penalties_and_tables(tmp_path):
    report(LeNet5(), RNG.random((32, 32, 1)), save=tmp_path / "lenet5.html", verbose=0,
           pictures=["connection_table", "saliency", "grad_cam", "misclassified", "learning_curves"])
    pictures, notes, text = read(tmp_path / "lenet5.html")
    assert [*pictures.values()] == [1, 1, 1, 0, 0]
    assert notes == ["Training", "Mistakes"]
    assert "nothing is recorded of the training" in text
    assert "needs images with their classes" in text


def test_one_picture_fails_and_the_others_do_not(model, tmp_path, monkeypatch):
    whole = reporting.PICTURES["planes"]

    def draw(subject):
        yield from whole.draw(subject)
        raise MinicnnError("the second one is missing")

    monkeypatch.setitem(reporting.PICTURES, "planes", reporting.Picture("planes", "Planes", "Words.", draw))
    report(model, X[0], pictures=["planes", "weights"], save=tmp_path / "r.html", verbose=0)
    pictures, notes, text = read(tmp_path / "r.html")
    assert pictures == {"Planes": 1, "Weights": 1}
    assert notes == ["Planes"]
    assert "the second one is missing" in text


def test_the_captions_are_the_docstrings(model, tmp_path):
    report(model, X[0], pictures=["weights"], save=tmp_path / "r.html", verbose=0)
    assert "<p>How the weights of each layer are spread.</p>" in (tmp_path / "r.html").read_text("utf-8")
    assert all(entry.words.endswith(".") and entry.title for entry in reporting.PICTURES.values())


def test_pictures_alone(model, tmp_path):
    subject = reporting.make(model, X[:2], None, None, None, None)
    one = reporting.figures(subject, reporting.chosen(["weights"], "here"), tmp_path / "w.png")
    assert one == [tmp_path / "w.png"]
    two = reporting.figures(subject, reporting.chosen(["feature_maps"], "here"), tmp_path / "maps.svg")
    assert two == [tmp_path / "maps-1.svg", tmp_path / "maps-2.svg"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["maps-1.svg", "maps-2.svg", "w.png"]
    with pytest.raises(MinicnnError, match=r"needs images with their classes.*data=\(images, labels\)"):
        reporting.figures(subject, reporting.chosen(["misclassified"], "here"), tmp_path / "m.png")
    with pytest.raises(MinicnnError, match="the ending tells the kind of picture"):
        reporting.figures(subject, reporting.chosen(["misclassified"], "here"), tmp_path / "m.txt")


@pytest.mark.parametrize(("changed", "words"), [
    ({"x": X[..., 0]}, r"do not fit the model's input.*x\[..., None\]"),
    ({"names": ["one"]}, "names and images are not of one length. Expected 2 names, received 1"),
    ({"classes": ["a", "b"]}, "classes do not fit the model's outputs. Expected 3 names, received 2"),
    ({"data": (X, [0, 1, 2])}, "report: data: target must be a class number, or one for each image"),
    ({"data": (X, LABELS + 1)}, "report: data: target is out of range. Expected a class from 0 to 2, received 3"),
    ({"pictures": ["salience"]}, "picture 'salience'.*Did you mean 'saliency'"),
    ({"save": "page.pdf"}, "a report is a page. Expected the ending '.html', received '.pdf'"),
], ids=["image", "names", "classes", "labels", "range", "picture", "ending"])
def test_bad_arguments(model, tmp_path, changed, words):
    arguments = {"x": X[:2], "save": tmp_path / "r.html", "verbose": 0} | changed
    with pytest.raises(MinicnnError, match=words):
        report(model, **arguments)
    assert not [*tmp_path.iterdir()]


def test_one_input(tmp_path):
    x = Input((4,)), Input((4,))
    two = Model(x, Dense(2)(x[0]))
    with pytest.raises(MinicnnError, match=r"several inputs.*visualize\.saliency_maps"):
        report(two, [X[:, 0, :4, 0], X[:, 0, :4, 0]], save=tmp_path / "r.html")
