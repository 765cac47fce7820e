"""The 96 RBF codes of LeNet-5: what F6 should look like for each printable ASCII character.

Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-Based Learning Applied to Document Recognition",
Figure 3 and section II-B: the parameter vectors of the output units are "a stylized image of the
corresponding character class drawn on a 7x12 bitmap", their components -1 or +1; 7 * 12 = 84 is why F6 has 84
units. The codes were read, pixel for pixel, from the 96 images embedded in the PDF of the authors' preprint.

The bitmap of a character, with ``#`` for +1 (ink) and ``.`` for -1, and its place in the vector of 84::

    column   0123456
    row  0   .#####.    components  0 ...  6
    row  1   .......    components  7 ... 13
    ...
    row 11   .......    components 77 ... 83

Some shapes surprise, and are so in the paper: ``O`` carries a bar on top and ``o`` does not; the same bar is
on C G M N P Q S U V W X Y Z and on the digits 0 2 4 5. ``l`` and ``I`` differ in one cell only. Space and
character 127 are both blank.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from minicnn._checks import error
from minicnn._types import Array

CHARACTERS = "".join(chr(code) for code in range(32, 128))
"""The 96 characters that have a code, in ASCII order: 32 (space) to 127."""

FILE = Path(__file__).with_name("rbf_codes_ascii_7x12.json")


def bitmap(character: str) -> tuple[str, ...]:
    """The 12 rows of a character's bitmap from top to bottom, 7 cells each: ``#`` ink, ``.`` none.

    Source: LeCun et al. 1998, Figure 3.

    Raises:
        MinicnnError: the character is none of ``CHARACTERS``.

    >>> print("\\n".join(bitmap("7")[:6]))
    #######
    .....##
    .....##
    ....##.
    ...##..
    ...##..
    """
    if not isinstance(character, str) or len(character) != 1 or character not in CHARACTERS:
        raise error("rbf_codes", "no code is known for this", "one of the 96 characters of ASCII 32 to 127",
                    repr(character), _cure(character))
    return _bitmaps()[character]


def prototypes(characters: Iterable[str] = "0123456789") -> Array:
    """The codes of some characters as float32 (number of characters, 84), each component +1 or -1.

    Row i belongs to the i-th character; the 84 components run in reading order over the bitmap, 12 rows of 7.
    These are the parameter vectors w_ij of the paper's output units (eq. 7). The array is new and writable.

    Source: LeCun et al. 1998, Figure 3.

    Raises:
        MinicnnError: there is no character, or one that is none of ``CHARACTERS``.

    >>> prototypes().shape, prototypes("1")[0, :7].tolist()
    ((10, 84), [-1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    """
    wanted = list(characters) if isinstance(characters, Iterable) else [characters]
    if not wanted:
        raise error("rbf_codes", "no character was asked for", "at least one", repr(characters))
    cells = [list("".join(bitmap(character))) for character in wanted]
    return np.where(np.array(cells) == "#", 1, -1).astype(np.float32)


def _cure(character: object) -> str | None:
    """What helps in the two slips that are easy to make."""
    if isinstance(character, str):
        return "Pass a text of several characters to prototypes()." if len(character) > 1 else None
    return "Pass characters, for example '5' and not 5."


@cache
def _bitmaps() -> dict[str, tuple[str, ...]]:
    # json, not a table of Python: read only when a code is asked for.
    return {character: tuple(rows) for character, rows in json.loads(FILE.read_text("ascii")).items()}
