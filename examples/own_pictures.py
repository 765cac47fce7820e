"""How do I train a network on my own pictures, and have it recognize one?

    python examples/own_pictures.py               about 10 seconds; it works in a temporary folder and leaves nothing

What you need is a folder with a folder of pictures for each class, PNG or JPEG. Here some of the package's digits
stand in for yours. Then it is three commands, which are run here as you would type them:

    minicnn train lenet5-modern --data pictures
    minicnn evaluate runs/lenet5-modern-1
    minicnn predict some-picture.png
"""

import os
import shlex
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import minicnn
from minicnn import cli
from minicnn.datasets import digits

EACH = 40


def main() -> None:
    start = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            story()
        finally:
            os.chdir(start)


def story() -> None:
    names = write_pictures(Path("pictures"), "047")
    print(f"{EACH * len(names)} pictures in {len(names)} folders: {', '.join(names)}")

    # Four of five pictures are trained on, augmented: moved, turned and scaled a little, differently each time.
    command("minicnn train lenet5-modern --data pictures --augment light --epochs 12 --batch-size 8")
    # The run's folder knows its data: what counts here are the pictures that were held out.
    command("minicnn evaluate runs/lenet5-modern-1")
    # Without --model the newest run answers.
    command("minicnn predict pictures/7/03.png")

    # And in Python: the run's model is an ordinary one.
    model = minicnn.load_model("runs/lenet5-modern-1/model.npz")
    with Image.open("pictures/7/03.png") as picture:
        x = np.asarray(picture)[None, ..., None] / np.float32(255)
    print(f"\nthe same from Python: {'047'[model.predict_classes(x)[0]]}")


def write_pictures(folder: Path, classes: str) -> list[str]:
    """Some digits of these classes as PNG files, a folder for each class; returns the folders."""
    (images, labels), _ = digits.load_data()
    for name in classes:
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(images[labels == int(name)][:EACH]):
            Image.fromarray(image).save(folder / name / f"{number:02}.png")
    return [(folder / name).as_posix() for name in classes]


def command(line: str) -> None:
    """Run a command line of minicnn, here without a new process."""
    print(f"\n$ {line}")
    if cli.main(shlex.split(line)[1:]):
        raise SystemExit("the command failed")


if __name__ == "__main__":
    main()
