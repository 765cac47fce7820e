"""The figures of the LeNet-5 paper (examples/paper): read back, and every command of their README run."""

import doctest
import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn.applications import lenet5_images
from minicnn.datasets import digits, rbf_codes
from minicnn.visualize import drawing

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "examples" / "paper"
README = (PAPER / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for box in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in box.splitlines()]
OWN = "python examples/paper/figures.py "
NAMES = ("characters", "counts", "figures", "network")


@pytest.fixture(scope="module", autouse=True)
def package_digits(tmp_path_factory):
    """As if MNIST were not installed, wherever this runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINICNN_DATA", str(tmp_path_factory.mktemp("nothing")))
        yield


@pytest.fixture(scope="module")
def paper():
    """The modules of examples/paper, by name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PAPER)
        yield {name: importlib.import_module(name) for name in NAMES}
    for name in NAMES:
        del sys.modules[name]


@pytest.fixture(scope="module")
def model_file(paper, tmp_path_factory):
    """A LeNet-5 that was trained for an instant, by the function that trains the real one."""
    images, labels = digits.load_data()[0]
    model = paper["network"].trained(images[:2000], labels[:2000], rates=((1, 1e-4),))
    path = tmp_path_factory.mktemp("model") / "model.npz"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def subject(paper, model_file):
    return paper["network"].Subject(model_file)


# -- each figure ---------------------------------------------------------------------------------


def test_an_instant_of_training_is_learning(subject):
    assert (subject.answers == subject.digits[1]).mean() > 0.5


@pytest.mark.parametrize("number", [2, 3, 4, 7, 8, 11, 12, 13])
def test_figures_are_legible_and_have_captions(number, paper, subject, legible):
    make = paper["figures"].FIGURES[number]
    assert len(make.__doc__) > 50
    figure = make(subject)
    assert np.prod(figure.get_size_inches()) > 10
    if number not in (4, 7):  # these have no captions
        if number == 8:
            figure.set_dpi(50)  # many images
        legible(figure)


def test_the_codes_in_the_order_of_the_paper(paper, axes_of):
    drawn = axes_of(paper["figures"].figure_3(None))["images"]
    places = [(image.get_extent()[3], image.get_extent()[0]) for image in drawn.images]
    tops = sorted({top for top, _ in places})
    assert len(tops) == 6  # rows
    assert places == sorted(places)
    row = [image.get_array() for image in drawn.images[16:32]]  # characters 48 to 63: the digits are the first ten
    np.testing.assert_array_equal(np.reshape(row[:10], (10, 84)), rbf_codes.prototypes())
    assert [text.get_text() for text in drawn.texts[16:26]] == list("0123456789")
    assert [drawn.texts[i].get_text() for i in (0, 95)] == ["space", "del"]


def test_a_hundred_test_digits_none_twice(paper, subject, axes_of):
    drawn = [image.get_array() for image in axes_of(paper["figures"].figure_4(subject))["images"].images]
    known = {image.tobytes() for image in subject.digits[0]}
    assert len({np.asarray(image).tobytes() for image in drawn} & known) == 100


def test_a_row_of_distortions_begins_with_the_digit_itself(paper, subject, axes_of):
    drawn = [image.get_array() for image in axes_of(paper["figures"].figure_7(subject))["images"].images]
    images, labels = subject.digits
    assert len(drawn) == 10 * 11
    for digit in range(10):
        row = drawn[11 * digit:11 * (digit + 1)]
        np.testing.assert_array_equal(row[0], lenet5_images(images[labels == digit][:1])[0, :, :, 0])
        assert len({np.asarray(image).tobytes() for image in row}) == 11  # all differ
        ink = [float((image + 0.1).sum()) for image in row]
        assert max(ink) < 2 * min(ink)  # and are still there


def test_all_errors_are_there_and_counted(paper, subject, axes_of):
    wrong = np.flatnonzero(subject.answers != subject.digits[1])
    axes = axes_of(paper["figures"].figure_8(subject))["images"]
    assert len(axes.images) == min(len(wrong), 300)
    first = wrong[0]
    assert axes.texts[0].get_text() == f"{subject.digits[1][first]} → {subject.answers[first]}"
    rows = paper["figures"].errors(subject).rows
    assert [row[1] for row in rows] == [*np.bincount(subject.digits[1][wrong], minlength=10), len(wrong)]
    assert [row[3] for row in rows] == [3, 2, 8, 9, 11, 5, 13, 5, 10, 16, 82]


# -- counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
def test_points_are_the_counts(which, paper, axes_of):
    counts = paper["counts"]
    lines = {line.get_gid(): line for line in axes_of(counts.chart(which).figure)["methods"].lines}
    assert list(lines["printed"].get_xdata()) == [method.printed[which] for method in counts.METHODS]
    found = [method.counted() for method in counts.METHODS]
    expected = [(figures[which] / 1000, row) for row, figures in enumerate(found) if figures]
    assert list(zip(*lines["counted"].get_data(), strict=True)) == expected


def test_counts_agree_with_the_paper_but_where_it_is_told(paper):
    printed = {method.name: method.printed for method in paper["counts"].METHODS}
    found = {method.name: method.counted() for method in paper["counts"].METHODS if method.counted()}
    assert len(printed) == 19
    assert (found["LeNet-5"], found["[16x16] LeNet-1"][1]) == ((328_096, 60_000), 2_578)
    assert found["28x28-300-100-10"] == (784 * 300 + 300 * 100 + 100 * 10, 785 * 300 + 301 * 100 + 101 * 10)
    apart = {name for name, figures in found.items()
             if any(abs(count / 1000 - told) >= 1.0001 for count, told in zip(figures, printed[name], strict=True))}
    assert apart == {"LeNet-5", "[16x16] LeNet-1", "[dist] Boosted LeNet-4"}
    told = {row[0]: row[-1] for row in paper["counts"].differences().rows}
    assert told.keys() == found.keys()
    assert all(told.values())


def test_the_connections_of_both_versions(paper):
    rows = {row[0]: row for row in paper["counts"].connections().rows}
    assert rows["C3"][1:4] == [1_516, 151_600, 156_000]
    assert rows["all"][1:4] == [60_000, 340_908, 345_308]


# -- the unusual digits --------------------------------------------------------------------------


def test_a_stroke_covers_as_much_as_its_pen_is_wide(paper):
    ink = paper["characters"].ink([np.array([(0, -1.0), (0, 1.0)])], pen=3, height=20)
    np.testing.assert_allclose(ink[8:24].sum(axis=1), 3)
    np.testing.assert_array_equal(ink, ink[:, ::-1])
    assert 60 < ink.sum() < 72  # 20 long, 3 wide, and the round ends
    leaning = paper["characters"].ink([np.array([(0, -1.0), (0, 1.0)])], pen=3, height=20, slant=0.5)
    assert leaning[8].argmax() - leaning[23].argmax() in (7, 8)  # 15 rows up, by half of it to the right


def test_nine_digits_always_the_same(paper):
    drawn, again = paper["characters"].unusual(), paper["characters"].unusual()
    assert [digit for digit, _ in drawn.values()] == [4, 4, 4, 4, 3, 8, 4, 3, 3]
    for name, (_, image) in drawn.items():
        np.testing.assert_array_equal(image, again[name][1])
        assert (image.shape, image.dtype) == ((32, 32, 1), np.float32)
        assert np.float32(-0.1) <= image.min() < image.max() <= np.float32(1.175)


def test_the_states_are_those_of_the_nine(paper, subject, axes_of):
    panels = axes_of(paper["figures"].figure_13(subject))
    assert len(panels) == 9
    drawn = [image for _, image in paper["characters"].unusual().values()]
    values = subject.model.activations(np.stack(drawn))
    for i, axes in enumerate(panels.values()):
        np.testing.assert_array_equal(axes.images[0].get_array(), drawn[i][..., 0])
        np.testing.assert_array_equal(axes.images[-1].get_array().reshape(-1), values["F6"][i])
    answers = [row[2] for row in paper["figures"].answers(subject).rows]
    assert answers == [str(answer) for answer in subject.model.predict_classes(np.stack(drawn))]


# -- the page and the README ---------------------------------------------------------------------


def test_there_are_commands():
    assert len(COMMANDS) >= 10
    assert all((ROOT / line.split()[1]).is_file() for line in COMMANDS)
    numbers = {word for line in COMMANDS if line.startswith(OWN) for word in shlex.split(line) if word.isdigit()}
    assert numbers == {"2", "3", "4", "7", "8", "11", "12", "13"}


# The others are run by test_examples.
@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith(OWN)])
def test_commands_of_the_readme(command, paper, model_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drawing, "DPI", 50)  # faster
    words = shlex.split(command.removeprefix(OWN))
    monkeypatch.setattr(sys, "argv", ["figures.py", *words, "--model", str(model_file), "--results", "none"])
    paper["figures"].main()
    written = sorted(path.name for path in (tmp_path / "paper").iterdir())
    numbers = [word for word in words if word.isdigit()] or ["2", "3", "4", "7", "8", "11", "12", "13"]
    assert [name for name in written if name.endswith(".png")] == sorted(f"figure_{number}.png" for number in numbers)
    assert "Written: paper/" in capsys.readouterr().out.replace("\\", "/")
    if "all" in words:
        page = (tmp_path / "paper" / "paper.html").read_text(encoding="utf-8")
        assert page.count("<figure>") == 8
        assert page.count('class="note"') == 2  # Figures 5 and 6: the folder of results is not there
        assert all(f"<strong>Figure {number}.</strong>" in page for number in (2, 3, 4, 5, 6, 7, 8, 11, 12, 13))
        assert "340,908" in page
        assert "345,308" in page


def run(tmp_path, *words):
    return subprocess.run([sys.executable, "-W", "error", str(PAPER / "figures.py"), *words], cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
                          capture_output=True, encoding="utf-8", timeout=300)


def test_as_a_reader_would_run_it(tmp_path):
    done = run(tmp_path, "3", "pictures")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["figure_3.png"]


def test_figures_that_there_are_not(paper, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["figures.py", "9"])
    with pytest.raises(SystemExit, match="2"):
        paper["figures"].main()
    assert "there are 2, 3, 4, 5, 6, 7, 8, 11, 12, 13 and all" in capsys.readouterr().err


def test_a_model_that_is_no_lenet5(paper, tmp_path):
    from minicnn.applications import LeNet5Modern
    LeNet5Modern().save(tmp_path / "modern.npz")
    with pytest.raises(SystemExit, match=r"modern.npz is no LeNet-5 of 1998: it takes \(28, 28, 1\)"):
        paper["network"].Subject(tmp_path / "modern.npz").model  # noqa: B018


def test_what_the_readme_shows_in_python():
    results = doctest.testfile(str(PAPER / "README.md"), module_relative=False, encoding="utf-8")
    assert results.failed == 0
    assert results.attempted >= 10


def test_files_that_the_readme_names_are_there():
    names = re.findall(r"`((?:minicnn|examples|benchmarks)/[\w./]+)`", README)
    assert len(names) > 15
    assert not [name for name in names if not (ROOT / name).exists()]
    assert all((PAPER / target).exists() for target in re.findall(r"\]\(([\w.]+)\)", README))
