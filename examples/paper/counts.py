"""Figures 11 and 12: the work and the memory of nineteen methods, as printed and as counted here.

Where the paper says enough to build a network, it is built and counted (`minicnn.counting`). Three more are counted by
hand. The rest are printed figures alone: their numbers depend on a training that is not described to the end, or, for
LeNet-4, contradict the text.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minicnn.applications import LeNet1, LeNet5
from minicnn.applications.lenet5 import TABLE_I
from minicnn.counting import count
from minicnn.layers import RBF, Dense, Flatten
from minicnn.models import Input, Sequential
from minicnn.visualize import drawing
from minicnn.visualize.page import Table

LEFT, PLOT, ROW, NUMBERS = 1.5, 4.6, 0.215, 0.75  # inches: names; the points; a row; a column of numbers


@dataclass(frozen=True)
class Method:
    """A bar of the figures: printed thousands of multiply-accumulates and of variables, and how to count them here."""

    name: str
    printed: tuple[int, int]
    network: Callable[[], Sequential] | None = None
    by_hand: tuple[int, int] | None = None
    words: str = ""

    def counted(self) -> tuple[int, int] | None:
        """(multiply-accumulates, variables), or None where the paper does not say enough."""
        if self.network is None:
            return self.by_hand
        found = count(self.network())
        return int(found.macs), int(found.parameters if self.name != "LeNet-5" else found.trainable)


def dense(*sizes: int) -> Callable[[], Sequential]:
    """Layers that see all of the one before: the first size is the image's."""
    return lambda: Sequential([Input((sizes[0],)), *(Dense(size, "scaled_tanh") for size in sizes[1:])])


def rbf_network() -> Sequential:
    """A thousand prototypes of 28x28, and ten units that see all of them."""
    return Sequential([Input((28, 28)), Flatten(), RBF(np.zeros((1000, 784))), Dense(10)])


METHODS = (
    Method("Linear", (4, 4), dense(20 * 20, 10), words="fits an image of 20x20; 28x28 would give 8"),
    Method("Pairwise", (36, 35), dense(28 * 28, 45),
           words="a unit for each of the 45 pairs of digits: 45*784, and 45*785; why 36 is printed is not clear"),
    Method("K-NN Euclidean", (24_000, 24_000), by_hand=(60_000 * 400, 60_000 * 400), words="60,000 * 20*20"),
    Method("40 PCA + quadratic", (39, 40), by_hand=(784 * 40 + 820 * 10, 784 * 40 + (820 + 40 + 1) * 10),
           words="784*40, and 40*41/2 = 820 products for 10 units; with 40 linear terms and a bias in memory"),
    Method("1000 RBF + linear", (794, 794), rbf_network, words="1000 prototypes of 28x28, then 10 units"),
    Method("Tangent distance", (20_000, 25_000)),
    Method("SVM poly 4", (14_000, 14_000)),
    Method("RS-SVM poly 5", (650, 650)),
    Method("[dist] V-SVM poly 9", (28_000, 28_000)),
    Method("[deslant] 20x20-300-10", (123, 123), dense(400, 300, 10), words="400*300 + 300*10, and 310 biases"),
    Method("28x28-1000-10", (795, 795), dense(784, 1000, 10), words="the printed work counts the biases"),
    Method("28x28-300-100-10", (267, 267), dense(784, 300, 100, 10), words="the printed work counts the biases"),
    Method("28x28-500-150-10", (469, 469), dense(784, 500, 150, 10), words="the printed work counts the biases"),
    Method("[16x16] LeNet-1", (100, 3), LeNet1, words="98,442 connections, biases and the pools' inputs among them"),
    Method("LeNet-4", (260, 17), words="the text's layer of 120 units alone would have 48,120 variables"),
    Method("LeNet-4 with local", (20_000, 24_000)),
    Method("LeNet-4 with K-NN", (10_000, 24_000)),
    Method("LeNet-5", (401, 60), LeNet5, words="401 follows from no count of ours: 340,908 connections, 328,096 "
                                               "products. The codes, 840 fixed numbers, are no variables"),
    Method("[dist] Boosted LeNet-4", (460, 51), by_hand=(1_750 * 260, 3 * 17_000),
           words="1.75 * 260 thousand, for the second and third net are not always asked; 3 * 17 thousand"),
)
WHICH = ("multiply-accumulates", "variables")


def chart(which: int) -> drawing.Sheet:
    """The methods as rows of points on a logarithmic scale: rings printed, dots counted; the numbers beside them."""
    number = 11 + which
    sheet, top = drawing.headed_sheet(
        f"Figure {number}: thousands of {WHICH[which]}" + (" for one image" if which == 0 else ""),
        "rings: printed in the paper; dots: counted here; a logarithmic scale",
        LEFT + PLOT + 2 * NUMBERS + 2 * drawing.MARGIN, len(METHODS) * ROW + 0.75)
    left = drawing.MARGIN + LEFT
    axes = sheet.axes(left, top + 0.25, PLOT, len(METHODS) * ROW, "methods")
    axes.set(xscale="log", xlim=(1, 1e5), ylim=(len(METHODS) - 0.5, -0.5))
    axes.grid(axis="x", color="0.88", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_yticks(range(len(METHODS)), [method.name for method in METHODS])
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xticks([10 ** power for power in range(6)], [f"{10 ** power:,}" for power in range(6)])
    axes.minorticks_off()
    axes.set_xlabel("thousands", fontsize=drawing.TEXT)
    counted = [method.counted() for method in METHODS]
    known = [i for i, figures in enumerate(counted) if figures is not None]
    axes.plot([figures[which] / 1000 for figures in counted if figures is not None], known, "o", markersize=5,
              color=drawing.ACCENT, gid="counted")
    axes.plot([method.printed[which] for method in METHODS], range(len(METHODS)), "o", markersize=9,
              markerfacecolor="none", color=drawing.SECOND, gid="printed")
    for column, (head, color) in enumerate((("printed", drawing.SECOND), ("counted", drawing.ACCENT)), 1):
        sheet.text(left + PLOT + column * NUMBERS, top + 0.05, head, ha="right", color=color, weight="bold")
    for row, (method, figures) in enumerate(zip(METHODS, counted, strict=True)):
        at = top + 0.25 + (row + 0.5) * ROW - 0.055
        sheet.text(left + PLOT + NUMBERS, at, f"{method.printed[which]:,}", ha="right")
        sheet.text(left + PLOT + 2 * NUMBERS, at, "-" if figures is None else thousands(figures[which]), ha="right",
                   color="black" if figures else drawing.QUIET)
    return sheet


def thousands(number: int) -> str:
    """A number in thousands: with a decimal below a million."""
    return f"{number / 1000:,.{1 if number < 1e6 else 0}f}"


def differences() -> Table:
    """Each method that is counted here: what is printed, what is counted, and why they differ."""
    rows = []
    for method in METHODS:
        found = method.counted()
        if found is not None:
            work, memory = (n // 1000 if n % 1000 == 0 else n / 1000 for n in found)
            rows.append([method.name, method.printed[0], work, method.printed[1], memory, method.words])
    return Table(["method", "work, printed", "counted", "memory, printed", "counted", "from"], rows,
                 "Thousands, printed and counted.", "Of the others the paper does not say enough to count them.")


def connections() -> Table:
    """LeNet-5's layers: parameters and connections, as counted and as the two versions of the paper print them."""
    net = count(LeNet5())
    per_kernel = int(TABLE_I.sum()) * (5 * 5 + 1) * 10 * 10  # a bias for each kernel of 5x5
    rows: list[list[object]] = []
    for row in net.rows:
        if row.connections:
            journal = per_kernel if row.name == "C3" else int(row.connections)
            rows.append([row.name, int(row.trainable), int(row.connections), journal, row.connections_text])
    total = sum(int(row[3]) for row in rows)  # type: ignore[call-overload]
    rows.append(["all", int(net.trainable), int(net.connections), total, ""])
    return Table(["layer", "trained parameters", "connections, here and in the preprint", "in the journal", "how"],
                 rows, "LeNet-5's connections.", "The journal counts a bias for each of C3's 60 kernels of 5x5, the "
                 "preprint one for each of its 16 maps, as its 1,516 parameters do: (60 - 16) * 100 = 4,400 more.")
