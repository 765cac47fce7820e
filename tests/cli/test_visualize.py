"""``minicnn visualize``."""

from pathlib import Path

import pytest

from minicnn.visualize import reporting


def headings(name):
    text = Path(name).read_text("utf-8")
    return [entry.name for entry in reporting.PICTURES.values() if f"<h2>{entry.title}</h2>" in text]


def test_a_page_of_a_run(call, here, trained):
    code, out, _ = call("visualize", trained, "--only", "confusion_matrix", "--only", "feature_maps", "--only",
                        "learning_curves")
    assert code == 0
    assert out.endswith("Written: report.html\n")
    assert headings("report.html") == ["feature_maps", "learning_curves", "confusion_matrix"]
    text = (here / "report.html").read_text("utf-8")
    assert "class=\"note\"" not in text  # the run knows its data and its history
    assert text.count("(held out)") >= 3


def test_pictures_of_ones_own(call, here, trained, save_digit):
    (first, _), (second, _) = save_digit(0, "a.png"), save_digit(1, "b.jpg")
    code, out, _ = call("visualize", trained, "--image", first, "--image", second, "--only", "feature_maps",
                        "--out", "maps.png")
    assert code == 0
    assert out == "Written: maps-1.png\nWritten: maps-2.png\n"
    assert (here / "maps-2.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = call("visualize", trained, "--image", first, "--only", "saliency", "--out", "one.svg")
    assert (code, out) == (0, "Written: one.svg\n")


def test_a_file_alone_needs_an_image_or_data(call, here, trained):
    model = here / "model.npz"
    model.write_bytes((trained / "model.npz").read_bytes())
    code, _, err = call("visualize", model)
    assert code == 1
    assert "there is no image to look at" in err
    assert "--image three.png" in err
    code, out, _ = call("visualize", model, "--data", "digits", "--only", "misclassified", "--out", "wrong.pdf")
    assert (code, out) == (0, "Written: wrong.pdf\n")


def test_training_leaves_a_page(call, here, few, every_picture):
    assert call("train", "lenet5-modern", "--epochs", 1)[0] == 0
    page = here / "runs" / "lenet5-modern-1" / "report.html"
    assert headings(page) == [*reporting.PICTURES]


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["--only", "salience"], 2, "--only 'salience': no such name is known."),
    (["--out", "all.png"], 2, "--out 'all.png': all pictures go on a page. Name a .html file, or --only one."),
    (["--only", "weights", "--out", "all.txt"], 1, "the ending tells the kind of picture"),
    (["--image", "none.png"], 1, "none.png"),
    (["--data", "nothing"], 2, "nothing"),
], ids=["name", "ending", "kind", "image", "data"])
def test_wrong_use(call, here, trained, arguments, code, words):
    said = call("visualize", trained, *arguments)
    assert said[0] == code
    assert words in said[2]
    assert not [*here.iterdir()]


def test_without_a_run(call, here):
    code, _, complaint = call("visualize")
    assert code == 1
    assert "visualize: there is no run in the folder runs. Name a model that comes with the package" in complaint


def test_a_model_of_the_package(call, here, save_digit):
    code, _, _ = call("visualize", "lenet5", "--image", save_digit(0, "digit.png")[0], "--data", "digits",
                      "--only", "occlusion", "--out", "picture.png")
    assert code == 0
    assert (here / "picture.png").stat().st_size > 10_000


def test_a_damaged_history(call, here, trained):
    for name in ("model.npz", "run.json"):
        (here / name).write_bytes((trained / name).read_bytes())
    (here / "history.csv").write_text("epoch,loss\n0,low\n")
    code, _, err = call("visualize", here, "--only", "learning_curves")
    assert code == 1
    assert "the history of the run is damaged" in err
