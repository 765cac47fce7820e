"""Does a listing of this folder run under Keras, too, with nothing but its import lines changed? It takes seconds.

    python examples/from_keras/line_by_one_unit.py                               with minicnn
    python examples/from_keras/under_keras.py examples/from_keras/line_by_one_unit.py     with Keras

The second command takes Keras (``pip install keras`` and one of its backends; KERAS_BACKEND=torch chooses). It prints
the lines it changes, and runs the rest as it stands. The data stay minicnn's, which come with the package: Keras would
download its own, by `from keras.datasets import mnist`.
"""

import re
import runpy
import sys
import tempfile
from pathlib import Path

IMPORT = re.compile(r"^(import|from) minicnn(?!\.datasets)( as keras)?\b", re.MULTILINE)


def rewritten(source: str) -> str:
    """The listing with Keras's import lines."""
    return IMPORT.sub(r"\1 keras", source)


def changed_lines(source: str) -> list[str]:
    """The lines that are other ones under Keras, as they read there."""
    pairs = zip(source.splitlines(), rewritten(source).splitlines(), strict=True)
    return [after for before, after in pairs if before != after]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    listing = Path(sys.argv[1])
    source = listing.read_text(encoding="utf-8")
    print("\n".join(changed_lines(source)), end="\n\n")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, listing.name)
        copy.write_text(rewritten(source), encoding="utf-8")
        sys.argv = sys.argv[1:]
        runpy.run_path(str(copy), run_name="__main__")
