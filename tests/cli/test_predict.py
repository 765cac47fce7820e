"""``minicnn predict``."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import load_model
from minicnn.datasets import digits
from minicnn.datasets._digit_picture import digit_picture


def answers(out):
    return re.findall(r"^(\S+): (\S+)$", out, flags=re.MULTILINE)


def written():
    return json.loads(Path("answers.json").read_text(encoding="utf-8"))


def test_a_ranking(call, trained, save_digit):
    first, second = save_digit(0, "first.png"), save_digit(1, "second.jpg")
    code, out, _ = call("predict", first[0], second[0], "--model", trained, "--json", "answers.json")
    assert code == 0
    assert answers(out) == [first, second]
    said = written()
    assert said["model"] == str(trained / "model.npz")
    assert [(picture["file"], picture["class"]) for picture in said["pictures"]] == [first, second]
    for picture in said["pictures"]:
        scores = [place["score"] for place in picture["ranking"]]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(1, abs=1e-5)
        assert {place["class"] for place in picture["ranking"]} == set("0123456789")
        assert f"  {picture['class']}  {scores[0]:.4f}" in out


def test_penalties_are_ranked_from_the_smallest(call, here, few, save_digit):
    call("train", "lenet5", "--epochs", 1)
    name, _ = save_digit(0, "digit.png")
    code, out, _ = call("predict", name, "--json", "answers.json")
    assert code == 0
    assert "penalty" in out
    penalties = [place["penalty"] for place in written()["pictures"][0]["ranking"]]
    assert penalties == sorted(penalties)


def test_the_newest_run_answers(call, here, trained, save_digit):
    name, _ = save_digit(0, "digit.png")
    for number, folder in enumerate(("new", "old")):
        shutil.copytree(trained, here / "runs" / folder)
        os.utime(here / "runs" / folder / "model.npz", (1_000_000 - number, 1_000_000 - number))
    assert f"By {os.path.join('runs', 'new', 'model.npz')}\n" in call("predict", name)[1]


def test_without_a_run_a_model_of_the_package_answers(call, here, save_digit):
    first, second = save_digit(0, "first.png"), save_digit(1, "second.png")
    code, out, _ = call("predict", first[0], second[0], "--json", "answers.json")
    assert code == 0
    assert out.startswith("By lenet5-modern, trained on MNIST, of the package (there is no run in the folder runs)\n")
    assert answers(out) == [first, second]
    assert written()["model"] == "lenet5-modern, trained on MNIST, of the package"


def test_models_of_the_package_have_names(call, here, save_digit):
    first = save_digit(0, "first.png")
    code, out, _ = call("predict", first[0], "--model", "lenet5")
    assert code == 0
    assert out.startswith("By lenet5, trained on MNIST, of the package\n")
    assert answers(out) == [first]
    assert "penalty" in out


def test_a_folder_goes_before_a_model_of_its_name(call, here, trained, save_digit):
    shutil.copytree(trained, here / "lenet5")
    assert f"By {os.path.join('lenet5', 'model.npz')}\n" in call(
        "predict", save_digit(0, "digit.png")[0], "--model", "lenet5")[1]


def test_a_model_of_a_folder_takes_pictures_whole(call, here, pictures):
    call("train", "lenet5-modern", "--data", "pictures", "--epochs", 1, "--out", "run")
    code, _, _ = call("predict", "pictures/7/00.png", "--model", "run", "--json", "answers.json")
    assert code == 0
    with Image.open("pictures/7/00.png") as file:
        image = np.asarray(file)[None, ..., None] / np.float32(255)
    expected = load_model("run/model.npz").predict(image, verbose=0)[0]
    said = {place["class"]: place["score"] for place in written()["pictures"][0]["ranking"]}
    assert [said[name] for name in "017"] == pytest.approx(expected.tolist(), rel=1e-6)


@pytest.mark.parametrize(("arguments", "code", "message"), [
    (["nowhere.png", "--model", "RUN"], 1, "there is no such file"),
    (["text.png", "--model", "RUN"], 1, "the picture cannot be read"),
    (["empty.png", "--model", "RUN"], 1, "reading 'empty.png': there is nothing to see"),
    (["digit.png", "--model", "nowhere"], 1, "there is no such file"),
    (["digit.png", "--model", "RUN", "--json", "no/answers.json"], 1, "Make the folder 'no' first."),
    ([], 2, "the following arguments are required: IMAGE"),
])
def test_errors(call, here, trained, save_digit, arguments, code, message):
    save_digit(0, "digit.png")
    (here / "text.png").write_text("no picture")
    Image.new("L", (40, 40), 250).save("empty.png")
    received = call("predict", *(trained if word == "RUN" else word for word in arguments))
    assert received[0] == code
    assert message in received[2]


def test_digits_are_recognized_wherever_and_however_they_are_drawn(trained):
    """Each of 100 digits anywhere on a larger sheet, in several sizes, in both polarities: the same answer."""
    _, (x, _) = digits.load_data()
    model = load_model(trained / "model.npz")
    drawn, rng = [], np.random.default_rng(5)
    for number, image in enumerate(x[:100]):
        side = int(rng.integers(40, 120))
        sheet = np.zeros((200, 240), np.uint8)
        top, left = rng.integers(0, 200 - side), rng.integers(0, 240 - side)
        sheet[top:top + side, left:left + side] = np.asarray(
            Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))
        drawn.append(digit_picture(255 - sheet if number % 2 else sheet))
    same = model.predict_classes(x[:100, ..., None] / np.float32(255)) == model.predict_classes(
        np.stack(drawn)[..., None] / np.float32(255))
    assert same.sum() >= 95
