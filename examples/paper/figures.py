"""What do the figures of the LeNet-5 paper look like, made by this package?

    python examples/paper/figures.py                  all of them and the page paper/paper.html, about half a minute
    python examples/paper/figures.py 2 3              only these, about 2 seconds
    python examples/paper/figures.py 8 13 pictures    into another folder
    python examples/paper/figures.py all --model runs/lenet5-1/model.npz

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proceedings of
the IEEE 86(11), 1998. Figures 8 and 13 need a trained network: one is trained in seconds unless --model names one. The
digits are MNIST's where MNIST is installed, else those that come with the package. Figures 5 and 6 are of whole
trainings on all of MNIST, which "minicnn reproduce lenet5" leaves in a folder, --results; the page says so where there
are none.
A figure's docstring is its caption.
"""

import argparse
import inspect
from pathlib import Path

import characters
import counts
import numpy as np
from network import Subject

from minicnn import MinicnnError, metrics, visualize
from minicnn.applications import LeNet5, lenet5_images
from minicnn.augmentation import lenet5_distortions
from minicnn.datasets import rbf_codes
from minicnn.reproducing import figures as trainings
from minicnn.visualize import drawing
from minicnn.visualize.page import Image, Section, Table, Text, picture, write_page

RESULTS = Path(__file__).with_name("results")  # where "minicnn reproduce lenet5" left those of this repository
PRINTED_ERRORS = (3, 2, 8, 9, 11, 5, 13, 5, 10, 16)  # Figure 8's 82 digits, by what they are: 0, 1, ... 9


def figure_2(subject, save=None):
    """The network: planes are feature maps, whose units all have the same weights; a small rectangle is what one unit
    of the next layer sees."""
    return visualize.planes(LeNet5(), image=characters.as_input(characters.ink(characters.letter(), 3)), save=save)


def figure_3(subject, save=None):
    """What the 84 units of F6 should look like for each printable character of ASCII: bitmaps of 7x12, black +1 and
    white -1. Similar characters have similar codes, so what reads the network's output can tell how near they are."""
    names = ["space", *rbf_codes.CHARACTERS[1:-1], "del"]
    return visualize.images(rbf_codes.prototypes(rbf_codes.CHARACTERS).reshape(-1, 12, 7), names, columns=16, save=save)


def figure_4(subject, save=None):
    """A hundred of the digits the network is tested on, drawn by chance: each was scaled into 20x20 pixels, its center
    of mass put in the middle of 28x28."""
    chosen = np.random.default_rng(4).choice(len(subject.digits[0]), 100, replace=False)
    return visualize.images(subject.digits[0][chosen], save=save)


def figure_5(subject, save=None):
    """Errors in percent against passes through the 60,000 digits, on those that are trained on and on the 10,000 test
    digits, beside the paper's."""
    return trainings.error_by_pass(subject.results, save=save)


def figure_6(subject, save=None):
    """Errors in percent after training on 15,000, 30,000 and 60,000 digits, and with distortions, beside the paper's.
    """
    return trainings.error_by_size(subject.results, save=save)


def figure_7(subject, save=None):
    """A digit of each class, and ten distortions of it: moved, scaled, squeezed and sheared by chance. A network that
    is trained on these sees no image twice."""
    rows = np.stack([distorted(subject, digit) for digit in range(10)])
    return visualize.images(rows.reshape(-1, *rows.shape[2:]), columns=rows.shape[1], title="Distortions",
                            remark="left: as they were written; then moved, scaled, squeezed and sheared", save=save)


def distorted(subject, digit, times=10):
    """The first image of a class as LeNet-5 gets it, and distortions of it: (1 + times, 32, 32, 1)."""
    images, labels = subject.digits
    image = lenet5_images(images[labels == digit][:1])
    return np.concatenate([image, lenet5_distortions()(np.repeat(image, times, axis=0), np.random.default_rng(digit))])


def figure_8(subject, save=None):
    """Each test digit that was taken for another one: what it is, and behind the arrow what the network answered. The
    paper shows 82 of 10,000, those of its network trained with distortions."""
    images, truth = subject.digits
    return visualize.misclassified(images, truth, subject.answers, limit=300, save=save)


def figure_11(subject, save=None):
    """How much work an image is to each of the paper's methods, in multiply-accumulates."""
    return drawing.finish(counts.chart(0), save)


def figure_12(subject, save=None):
    """How much each of the paper's methods has to keep, in numbers."""
    return drawing.finish(counts.chart(1), save)


def figure_13(subject, save=None):
    """Unusual, distorted and noisy digits, drawn by us, with the states of all layers. F6 is drawn as the bitmap that
    is compared with the codes of Figure 3; the paler an answer, the larger its penalty."""
    return visualize.states(subject.model, np.stack([image for _, image in characters.unusual().values()]), save=save)


FIGURES = {2: figure_2, 3: figure_3, 4: figure_4, 5: figure_5, 6: figure_6, 7: figure_7, 8: figure_8, 11: figure_11,
           12: figure_12, 13: figure_13}


# -- the page ------------------------------------------------------------------------------------


def page(subject, folder):
    """All figures on one page, our numbers beside the paper's; and each as a file."""
    shown = {number: block(subject, number, make, folder / f"figure_{number}.png")
             for number, make in FIGURES.items()}
    write_page(folder / "paper.html", "LeNet-5, figure by figure", [
        Section("The network (section II)", [shown[2], counts.connections(), shown[3]]),
        Section("The data (section III-A)", [Text(f"Here: some of {subject.digits_are}."), shown[4]]),
        Section("Results (section III-B)", [shown[5], shown[6], shown[7], Text(subject.model_is), shown[8],
                                            errors(subject)]),
        Section("Comparison with other methods (section III-C)", [shown[11], shown[12], counts.differences()]),
        Section("Unusual characters (section III-E)", [shown[13], answers(subject)]),
    ], "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, “Gradient-based learning applied to document recognition”, "
       "Proceedings of the IEEE 86(11), 1998. Every figure here was made by minicnn; the captions are ours.")


def block(subject, number, make, path):
    """A figure with its caption, which is also written to a file, or a note that says why it is not there."""
    caption = " ".join(inspect.getdoc(make).split())
    made = picture(f"Figure {number}.", lambda: make(subject), caption, dpi=drawing.DPI)
    if isinstance(made, Image):
        path.write_bytes(made.data)
    return made


def errors(subject):
    """How many digits of each class were answered wrong, and what they were taken for most often."""
    truth = subject.digits[1]
    wrong = metrics.confusion_matrix(truth, subject.answers, 10)
    np.fill_diagonal(wrong, 0)
    rows = [[str(digit), int(row.sum()), f"{row.argmax()} ({row.max()})" if row.any() else "-", printed]
            for digit, (row, printed) in enumerate(zip(wrong, PRINTED_ERRORS, strict=True))]
    rows.append(["all", int(wrong.sum()), "", sum(PRINTED_ERRORS)])
    return Table(["digit", f"wrong here, of {len(truth):,}", "most often taken for", "wrong in the paper, of 10,000"],
                 rows, "Errors by class.")


def answers(subject):
    """What the network answered to the unusual digits."""
    drawn = characters.unusual()
    given = subject.model.predict_classes(np.stack([image for _, image in drawn.values()]))
    return Table(["digit", "drawn", "answered"],
                 [[str(digit), name, str(answer)] for (name, (digit, _)), answer in
                  zip(drawn.items(), given.tolist(), strict=True)], "Answers.")


def main():
    parser = argparse.ArgumentParser(description="Make the figures of the LeNet-5 paper.")
    parser.add_argument("what", nargs="*", metavar="FIGURE|FOLDER",
                        help=f"{', '.join(map(str, FIGURES))}, or all; a folder for them (default: all, paper)")
    parser.add_argument("--model", metavar="FILE", help="a trained LeNet-5 (default: one is trained in seconds)")
    parser.add_argument("--results", metavar="FOLDER", default=RESULTS,
                        help="of 'minicnn reproduce lenet5', for Figures 5 and 6 (default: those of this repository)")
    options = parser.parse_args()
    numbers = [int(word) for word in options.what if word.isdigit()]
    folders = [word for word in options.what if not word.isdigit() and word != "all"]
    unknown = [number for number in numbers if number not in FIGURES]
    if unknown or len(folders) > 1:
        parser.error(f"there are {', '.join(map(str, FIGURES))} and all, and one folder may be named; not "
                     f"{' '.join(map(str, unknown or folders))}")
    folder = Path(folders[0] if folders else "paper")
    subject = Subject(options.model, options.results)
    folder.mkdir(parents=True, exist_ok=True)
    if numbers and "all" not in options.what:
        for number in numbers:
            try:
                FIGURES[number](subject, save=folder / f"figure_{number}.png")
            except MinicnnError as problem:
                raise SystemExit(f"Figure {number}: {problem}") from None
            print(f"Written: {folder / f'figure_{number}.png'}")
    else:
        page(subject, folder)
        print(f"Written: {folder / 'paper.html'}, and its figures beside it")


if __name__ == "__main__":
    main()
