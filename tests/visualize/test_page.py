"""The page that holds everything: well formed, self-contained, and not broken by a picture that fails."""

import base64
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image as Pillow

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5Modern
from minicnn.visualize import kernels
from minicnn.visualize.page import Image, Listing, Note, Section, Table, Text, html_page, picture, write_page

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Checks that each tag is closed in order, and keeps the images, links, names and texts."""

    def __init__(self, page):
        super().__init__()
        self.open, self.images, self.links, self.ids, self.tags, self.texts = [], [], [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.ids += [attrs["id"]] if "id" in attrs else []
        if tag == "img":
            self.images.append(attrs)
        if tag == "a":
            self.links.append(attrs["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self.open[-1] != "style":
            self.texts.append(data.strip())


def a_file(kind):
    buffer = BytesIO()
    Pillow.fromarray(np.zeros((3, 5), np.uint8)).save(buffer, format=kind)
    return buffer.getvalue()


def a_figure():
    figure = Figure((2, 1))
    figure.add_subplot().plot([0, 1])
    return figure


def bytes_of(attrs):
    kind, data = attrs["src"].split(";base64,")
    return kind, base64.b64decode(data, validate=True)


def test_a_page_of_everything():
    model = LeNet5Modern()
    reader = Reader(html_page("A <page> & more", [
        Section("Kernels", [picture("conv1", lambda: kernels(model, "conv1"), "six of them"), Text("five < six")]),
        Section("Files", [picture("a gif", lambda: a_file("GIF"), alt="it moves"), Note("this", "of that"),
                          Table(["class", "n"], [["zero", 1200], ["one", 0.98765]], "counts"), Listing("a\n  b")]),
    ], "what it is about"))
    assert reader.links == ["#section-1", "#section-2"]
    assert reader.ids == ["section-1", "section-2"]
    assert [image["alt"] for image in reader.images] == ["conv1 - six of them", "it moves"]
    assert [bytes_of(image)[0] for image in reader.images] == ["data:image/png", "data:image/gif"]
    assert not {"script", "link", "iframe"} & set(reader.tags)
    for text in ("A <page> & more", "what it is about", "five < six", "counts", "1,200", "0.9877", "a\n  b"):
        assert text in reader.texts


@pytest.mark.parametrize("dpi", [50, 100])
def test_figures_keep_their_size_at_any_resolution(dpi):
    (image,) = Reader(html_page("", [Section("", [picture("p", a_figure, dpi=dpi)])])).images
    assert image["width"] == "192"  # two inches of 96 CSS pixels
    assert Pillow.open(BytesIO(bytes_of(image)[1])).size == (2 * dpi, dpi)


def test_figures_as_svg():
    one = picture("p", a_figure, kind="svg").data
    assert b"<svg" in one
    assert b"<dc:date>" not in one
    (image,) = Reader(html_page("", [Section("", [picture("p", lambda: one)])])).images
    assert bytes_of(image) == ("data:image/svg+xml", one)


def test_files_by_name(tmp_path):
    (tmp_path / "p.jpg").write_bytes(a_file("JPEG"))
    for name in (tmp_path / "p.jpg", str(tmp_path / "p.jpg")):
        (image,) = Reader(html_page("", [Section("", [picture("p", lambda name=name: name)])])).images
        assert bytes_of(image) == ("data:image/jpeg", a_file("JPEG"))


def test_a_picture_that_fails_becomes_a_note():
    model = LeNet5Modern()
    note = picture("Kernels of <dense1>", lambda: kernels(model, "dense1"))
    assert isinstance(note, Note)
    assert "this layer has no kernels" in note.because
    reader = Reader(html_page("", [Section("", [note, picture("good", a_figure)])]))
    assert "Kernels of <dense1>" in reader.texts
    assert len(reader.images) == 1


@pytest.mark.parametrize(("make", "because"), [
    (lambda: 1 / 0, "ZeroDivisionError: division by zero"), (lambda: "nowhere.png", "FileNotFoundError"),
    (lambda: b"plain text", "the kind of the file is unknown. Expected PNG, JPEG, GIF or SVG"),
    (lambda: None, "AttributeError"),
])
def test_whatever_the_reason(make, because):
    note = picture("it", make)
    assert isinstance(note, Note)
    assert because in note.because


def test_being_stopped_is_no_reason():
    def stopped():
        raise KeyboardInterrupt("stop")

    with pytest.raises(KeyboardInterrupt, match="stop"):
        picture("it", stopped)


@pytest.mark.parametrize("name", ['<script>alert("x")</script>', "a\x00b\udc80c", '" onload="x', "&amp;", "Ü 数 🙂"])
def test_names_are_shown_as_they_are(name, tmp_path):
    sections = [Section(name, [Image(name, a_file("PNG"), name, name), Text(name), Listing(name), Note(name, name),
                               Table([name], [[name]], name, name)])]
    write_page(tmp_path / "page.html", name, sections, name)
    reader = Reader((tmp_path / "page.html").read_text(encoding="utf-8"))
    shown = name.replace("\x00", "\ufffd").replace("\udc80", "\ufffd")
    assert reader.images[0].keys() == {"src", "alt"}
    assert reader.images[0]["alt"] == shown
    assert "script" not in reader.tags
    assert sum(shown in text for text in reader.texts) == 15


def test_rows_that_do_not_fit():
    with pytest.raises(MinicnnError, match=r"table 'counts': a row does not fit the header\. Expected 2 cells"):
        html_page("", [Section("", [Table(["a", "b"], [["c"]], "counts")])])


def test_a_failed_page_leaves_the_old_one(tmp_path):
    path = tmp_path / "page.html"
    write_page(path, "old", [])
    with pytest.raises(MinicnnError, match="kind of the file is unknown"):
        write_page(path, "new", [Section("", [Image("p", b"?", "p")])])
    assert "old" in path.read_text(encoding="utf-8")
    with pytest.raises(MinicnnError, match=r"folder cannot be written.*Make the folder"):
        write_page(tmp_path / "none" / "page.html", "new", [])
