"""Finding pictures: a folder for each class."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import _checks, _random
from minicnn._types import Array, Pair
from minicnn.datasets._pictures import ENDINGS, MODES
from minicnn.datasets.image_folder import ImageFolder

WHERE = "image_dataset_from_directory"


def image_dataset_from_directory(
        directory: str | os.PathLike[str], labels: str | None = "inferred", label_mode: str | None = "int",
        class_names: Sequence[str] | None = None, color_mode: str = "rgb", batch_size: int = 32,
        image_size: int | Pair = (256, 256), shuffle: bool = True, seed: int | None = None,
        validation_split: float | None = None, subset: str | None = None) -> Any:
    """Pictures of a folder as an `ImageFolder`, which gives them in batches and may be iterated again and again::

        pictures/
            cats/  1.jpg  2.jpg  ...        class 0
            dogs/  a.png  b.png  ...        class 1

        data = image_dataset_from_directory("pictures", image_size=(32, 32))
        for x, y in data:                   # float32 (32, 32, 32, 3) in 0 ... 255, int32 (32,)
            ...

    Pictures are PNG and JPEG files, by the endings .png .jpg .jpeg; those in folders inside a class's folder
    belong to the class too. Other files, and names that begin with a dot, are passed over.

    - ``labels``: ``"inferred"`` from the folders, or None: all pictures anywhere in ``directory``, without labels.
    - ``label_mode``: ``"int"``, ``"categorical"``, ``"binary"`` (see `ImageFolder`), or None: no labels.
    - ``class_names``: the folders to use, in the order of their class numbers; by default all of them, by name.
    - ``color_mode``: ``"grayscale"``, ``"rgb"`` or ``"rgba"``: 1, 3 or 4 channels.
    - ``image_size``: (height, width) of the images that come out, or one number for both. They are scaled
      bilinearly and fill it, whatever their proportions were; `load_picture` tells what else is done to them.
    - ``shuffle``: another order in each pass, drawn from ``seed`` and the number of the pass. Else always by
      class and name. Without a seed the order follows `set_random_seed`.
    - ``validation_split`` and ``subset``: of each class this fraction is held out; ``"training"`` is the rest,
      ``"validation"`` what was held out, and ``"both"`` a pair of the two, the second unshuffled.

    Keras holds out a fraction of the whole, not of each class, and after ``shuffle``: two calls that differ in it
    overlap there. Here what is held out depends on ``seed`` alone (none counts as 0) and subsets never overlap.

    Raises:
        MinicnnError: there is no such folder, no class, no picture in a class, or an argument is unknown. A
            picture that cannot be read is an error when its turn comes.
    """
    _check_modes(labels, label_mode, color_mode, validation_split, subset)
    names, found = _find(_folder(directory), class_names, labels is not None and label_mode is not None)
    if names is not None and label_mode == "binary" and len(names) != 2:
        raise _checks.error(WHERE, "label_mode='binary' is for two classes", 2, f"{len(names)}: {', '.join(names)}")
    numbers = np.repeat(np.arange(len(found)), [len(pictures) for pictures in found])
    data = ImageFolder(
        [path for pictures in found for path in pictures], None if names is None else numbers, names, label_mode,
        color_mode, _checks.pair(image_size, "image_size", WHERE), _checks.integer(batch_size, "batch_size", WHERE),
        shuffle, _random.new_seed() if seed is None else _checks.integer(seed, "seed", WHERE, minimum=0))
    if validation_split is None:
        return data
    training, held_out = (_part(data, rows) for rows in split(numbers, validation_split, seed or 0))
    if subset == "both":
        return training, replace(held_out, shuffle=False)
    return training if subset == "training" else held_out


def split(numbers: Array, fraction: float, seed: int) -> tuple[Array, Array]:
    """Positions to train on and positions held out, both ascending: of each class the same fraction, at random.

    At least one of each class stays to train on.
    """
    rng = np.random.default_rng(seed)
    held_out: list[Array] = []
    for number in np.unique(numbers):
        members = rng.permutation(np.flatnonzero(numbers == number))
        held_out.append(members[:min(round(len(members) * fraction), len(members) - 1)])
    chosen = np.zeros(len(numbers), bool)
    chosen[np.concatenate(held_out)] = True
    if not chosen.any():
        raise _checks.error(WHERE, "validation_split leaves no picture to validate on",
                            received=f"{fraction} of {len(numbers)} pictures")
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _part(data: ImageFolder, rows: Array) -> ImageFolder:
    """Some of the pictures."""
    return replace(data, file_paths=[data.file_paths[row] for row in rows],
                   labels=None if data.labels is None else data.labels[rows])


def _check_modes(labels: object, label_mode: object, color_mode: object, validation_split: object,
                 subset: object) -> None:
    """Refuse words nobody knows, and a split without a subset."""
    if labels is not None and (not isinstance(labels, str) or labels != "inferred"):
        raise _checks.error(WHERE, "labels are told by folders only", "'inferred' or None", repr(labels),
                            "Put the pictures of each class into a folder of its own.")
    for name, value, known in (("label_mode", label_mode, ("int", "categorical", "binary", None)),
                               ("color_mode", color_mode, tuple(MODES)),
                               ("subset", subset, ("training", "validation", "both", None))):
        if value not in known:
            raise _checks.error(WHERE, f"unknown {name}", f"one of {', '.join(map(repr, known))}", repr(value))
    if (validation_split is None) != (subset is None):
        raise _checks.error(WHERE, "validation_split and subset go together",
                            received=f"validation_split={validation_split!r}, subset={subset!r}")
    if validation_split is not None and not 0 < _checks.number(validation_split, "validation_split", WHERE) < 1:
        raise _checks.error(WHERE, "validation_split must be a fraction", "more than 0 and less than 1",
                            repr(validation_split))


def _folder(directory: str | os.PathLike[str]) -> Path:
    folder = Path(directory).expanduser()
    if not folder.is_dir():
        raise _checks.error(WHERE, "there is no such folder", received=repr(os.fspath(directory)))
    return folder


def _find(folder: Path, class_names: Sequence[str] | None, labeled: bool) -> tuple[list[str] | None, list[list[str]]]:
    """(names of the classes, pictures of each); without labels (None, one list of all)."""
    if labeled:
        names = _classes(folder, class_names)
        return names, [_pictures(folder / name) for name in names]
    if class_names is not None:
        raise _checks.error(WHERE, "class_names are given, but no labels are wanted", received=repr(class_names))
    return None, [_pictures(folder)]


def _classes(folder: Path, wanted: Sequence[str] | None) -> list[str]:
    """The folders that are classes, in the order of their numbers."""
    _, inside, _ = next(_walk(folder))
    known = sorted(inside)
    if not known:
        raise _checks.error(WHERE, f"there are no classes in {str(folder)!r}", "a folder for each class", "none",
                            "Put the pictures of each class into a folder of its own, or pass labels=None.")
    if wanted is None:
        return known
    if isinstance(wanted, str) or not wanted or len(set(wanted)) != len(wanted) or not set(wanted) <= set(known):
        raise _checks.error(WHERE, f"class_names do not fit the folders in {str(folder)!r}",
                            f"different names out of {', '.join(known)}", repr(wanted))
    return list(wanted)


def _pictures(folder: Path) -> list[str]:
    """The pictures in a folder, by name, and then those in the folders inside it."""
    found = [os.path.join(place, name) for place, _, names in _walk(folder) for name in sorted(names)
             if name.lower().endswith(ENDINGS) and not name.startswith(".")]
    if not found:
        raise _checks.error(WHERE, f"there is no picture in {str(folder)!r}", f"files that end in {' '.join(ENDINGS)}",
                            "none", "Add some, remove the folder, or name the classes to use in class_names.")
    return found


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """(place, folders, files) of a folder and the folders inside it, by name, without hidden ones."""
    def refuse(problem: OSError) -> None:
        # Without this the walk would quietly go on without the pictures in there.
        raise _checks.error(WHERE, "a folder cannot be read", received=str(problem))

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield place, folders, files
