"""What one number is made of: terms, and what is done with them."""

from dataclasses import dataclass, field

import numpy as np

from minicnn._types import Array, BoolArray


@dataclass(frozen=True)
class Terms:
    """Numbers of one value that take part, in the shape in which they lie there: (kh, kw, C) under a window, (D,) of a
    vector.

    source: the value's name. places: (..., axes), where each stands in it. inputs: (...). inside: (...), False in the
    padding, where inputs are zero. products: (...), what each gives. weights, weight_places: (...) and (..., axes), of
    the parameter ``weight_name``; None where there are none.
    """

    source: str
    places: Array
    inputs: Array
    inside: BoolArray
    products: Array
    weights: Array | None = None
    weight_name: str = ""
    weight_places: Array | None = None

    def __len__(self) -> int:
        return int(self.inputs.size)


@dataclass(frozen=True)
class Stage:
    """A step of arithmetic in words, and the number there is after it."""

    words: str
    value: float


@dataclass(frozen=True)
class Parts:
    """The terms, how they are written ("*" for products, "-" for squared differences, "" for the numbers themselves,
    "exp" for exponentials), and the stages from what they make together to the value."""

    terms: list[Terms]
    sign: str
    stages: list[Stage] = field(default_factory=list)

    def then(self, words: str, value: float) -> "Parts":
        """With another stage."""
        return Parts(self.terms, self.sign, [*self.stages, Stage(words, float(value))])

    @property
    def count(self) -> int:
        """How many terms there are."""
        return sum(len(terms) for terms in self.terms)

    @property
    def products(self) -> Array:
        """All terms, one behind the other."""
        return np.concatenate([terms.products.reshape(-1) for terms in self.terms])


def number(value: float) -> str:
    """A number in text, to five digits.

    >>> number(0.5), number(-12.345678), number(1e-7)
    ('0.5', '-12.346', '1e-07')
    """
    return f"{value + 0.0:.5g}"  # adding zero makes a plain zero of minus zero
