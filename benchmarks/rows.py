"""The rows of the tables, and what they should reach.

must and aim are ratios of our time to PyTorch's: eager, the better of its two memory layouts, in the same run.
"""

from dataclasses import dataclass

from benchmarks.works import (
    FORWARD,
    TO_INPUT,
    TO_KERNEL,
    WHOLE,
    Conv,
    Dense,
    Epoch,
    Forward,
    Patterns,
    Pool,
    Step,
    Work,
)


@dataclass(frozen=True)
class Row:
    """A race of all competitors over one piece of work. quick: whether it is part of a quick run."""

    name: str
    work: Work
    must: float | None = None
    aim: float | None = None
    quick: bool = True


@dataclass(frozen=True)
class Series:
    """A race of minicnn and PyTorch over several pieces of work, or with several numbers of threads, in turns.

    lanes: (what is told apart, the work, threads or None for the default, the size that the time is divided by).
    unit: of the time per size. growth: the most by which the time per size may grow from the first lane to the last;
        0.625 says that it must fall to that (1.6 times as fast).
    """

    name: str
    unit: str
    lanes: tuple[tuple[str, Work, int | None, float], ...]
    growth: float | None
    quick: bool = False


def _parts(name: str, layer: type, *shape: int | bool,
           ways: tuple[str, ...] = (FORWARD, TO_INPUT, TO_KERNEL)) -> list[Row]:
    return [Row(f"layer {name}, {way}", layer(*shape, way=way)) for way in ways]


WIDE = {"batch": 8, "image": 56, "channels": 128, "size": 3, "filters": 256, "padding": 1}

TARGETS = [
    Row("LeNet5Modern step, batch 1", Step("LeNet5Modern", 1), 0.15, 0.06),
    Row("LeNet5Modern step, batch 32", Step("LeNet5Modern", 32), 0.40, 0.20),
    Row("LeNet5Modern step, batch 128", Step("LeNet5Modern", 128), 0.45, 0.27),
    Row("LeNet5Modern predict, batch 128", Forward("LeNet5Modern", 128), 0.30, 0.17),
    Row("LeNet-5 (1998) step, batch 1", Step("LeNet5", 1), 0.15, 0.05),
    Row("LeNet-5 (1998) step, batch 32", Step("LeNet5", 32), 0.60, 0.30),
    Row("MNISTConvNet step, batch 128", Step("MNISTConvNet", 128), 0.85, 0.60),
    Row("VGG16 forward, one image 224x224", Forward("VGG16", 1), 0.85, 0.60),
    Row("ResNet50 forward, one image 224x224", Forward("ResNet50", 1), 0.90, 0.65),
    Row("3x3, 128-256, 56x56, batch 8, forward and both gradients", Conv(**WIDE, way=WHOLE), 1.10, 0.80),
    *(Row(f"3x3, 128-256, 56x56, batch 8, {way}", Conv(**WIDE, way=way), quick=False)
      for way in (FORWARD, TO_INPUT, TO_KERNEL)),
    Row("LeNet5Modern fit, one epoch of 60,000, batch 128", Epoch("LeNet5Modern", 128, 60_000), 0.40, 0.20,
        quick=False),
    Row("LeNet-5 (1998) pattern by pattern, 200 of them", Patterns(200), quick=False),
    Row("LeNet-5 (1998) pattern by pattern, 200 of them, distorted", Patterns(200, distorted=True), quick=False),
]

SERIES = [
    Series("threads: LeNet5Modern step, batch 128", "ms a step",
           tuple((f"{count} thread{'s' * (count > 1)}", Step("LeNet5Modern", 128), count, 1e-3) for count in (1, 2)),
           growth=1 / 1.6, quick=True),
    Series("batch: LeNet5Modern step", "µs a sample",
           tuple((f"batch {size}", Step("LeNet5Modern", size), None, 1e-6 * size) for size in (32, 128, 512, 1024)),
           growth=1.0),
    Series("pixels: 3x3, 16-32, one image, forward and both gradients", "ns a pixel",
           tuple((f"{size}x{size}", Conv(1, size, 16, 3, 32, 1, way=WHOLE), None, 1e-9 * size ** 2)
                 for size in (64, 128, 256, 512)), growth=None),
]

LAYERS = [
    *_parts("conv1 28x28x1-6 k5 b128", Conv, 128, 28, 1, 5, 6),
    *_parts("conv1 28x28x1-6 k5 b1", Conv, 1, 28, 1, 5, 6),
    *_parts("conv2 12x12x6-16 k5 b128", Conv, 128, 12, 6, 5, 16),
    *_parts("conv2 12x12x6-16 k5 b1", Conv, 1, 12, 6, 5, 16),
    *_parts("C5 5x5x16-120 k5 b128", Conv, 128, 5, 16, 5, 120),
    *_parts("mnist conv2 26x26x32-64 k3 b128", Conv, 128, 26, 32, 3, 64),
    *_parts("resnet 28x28x128-256 k1 s2 b8", Conv, 8, 28, 128, 1, 256, 0, 2),
    *_parts("dense 256-120 b128", Dense, 128, 256, 120),
    *_parts("dense 256-120 b1", Dense, 1, 256, 120),
    *_parts("dense 84-10 b128", Dense, 128, 84, 10),
    *_parts("mnist dense 9216-128 b128", Dense, 128, 9216, 128),
    *_parts("max pool 24x24x6 b128", Pool, 128, 24, 6, ways=(FORWARD, TO_INPUT)),
    *_parts("max pool 8x8x16 b128", Pool, 128, 8, 16, ways=(FORWARD, TO_INPUT)),
    *_parts("mnist max pool 24x24x64 b128", Pool, 128, 24, 64, ways=(FORWARD, TO_INPUT)),
    *_parts("subsample S2 28x28x6 b128", Pool, 128, 28, 6, False, ways=(FORWARD, TO_INPUT)),
]
"""Raced only when they are asked for by name."""

START = "start: import, and the first training step"


def chosen(words: list[str], quick: bool) -> tuple[list[Row], list[Series], bool]:
    """The rows, the series, and whether starting is measured: those whose names contain one of the words, whatever
    the case; without words all but the layers, or those of a quick run."""
    def wanted(name: str) -> bool:
        return any(word.lower() in name.lower() for word in words)

    if words:
        return ([row for row in [*TARGETS, *LAYERS] if wanted(row.name)],
                [series for series in SERIES if wanted(series.name)], wanted(START))
    return ([row for row in TARGETS if row.quick or not quick],
            [series for series in SERIES if series.quick or not quick], True)
