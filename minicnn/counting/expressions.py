"""Numbers that remember how they were computed.

>>> filters, unit = number(6), number(5) * 5 * 3 + 1
>>> shown(filters * unit)
'6*(5*5*3+1) = 456'

The text is made by the same operations as the number, so the two cannot disagree; evaluated, it gives the number.
"""

from collections.abc import Iterable
from functools import reduce

SUM, PRODUCT, ATOM = range(3)
"""How strongly the outermost operation of a text binds."""


class Expression(int):
    """An integer with the arithmetic that gave it, in ``text``. Zeros that are added vanish from it.

    Sums, differences and products of whole numbers are expressions; all else gives plain numbers.
    """

    text: str
    binding: int

    def __new__(cls, value: int, text: str = "", binding: int = ATOM) -> "Expression":
        made = super().__new__(cls, value)
        made.text, made.binding = text or str(int(value)), binding
        return made

    def __add__(self, other: int) -> "Expression":
        if not isinstance(other, int):
            return NotImplemented
        right = number(other)
        if right.text == "0":
            return self
        return right if self.text == "0" else Expression(int(self) + int(right), f"{self.text} + {right.text}", SUM)

    def __sub__(self, other: int) -> "Expression":
        if not isinstance(other, int):
            return NotImplemented
        right = number(other)
        if right.text == "0":
            return self
        return Expression(int(self) - int(right), f"{self.text} - {right.inside(PRODUCT)}", SUM)

    def __mul__(self, other: int) -> "Expression":
        if not isinstance(other, int):
            return NotImplemented
        right = number(other)
        text = f"{self.inside(PRODUCT)}*{right.inside(PRODUCT)}"
        return Expression(int(self) * int(right), text, PRODUCT)

    def __radd__(self, other: int) -> "Expression":
        if not isinstance(other, int):
            return NotImplemented
        return number(other) + self

    def __rsub__(self, other: int) -> "Expression":
        if not isinstance(other, int):
            return NotImplemented
        return number(other) - self

    def __rmul__(self, other: int) -> "Expression":
        if not isinstance(other, int):
            return NotImplemented
        return number(other) * self

    def inside(self, binding: int) -> str:
        """The text as part of an operation that binds so strongly."""
        return self.text if self.binding >= binding else f"({self.text.replace(' ', '')})"

    @property
    def plain(self) -> "Expression":
        """The number, its arithmetic forgotten."""
        return number(int(self))


ZERO = Expression(0, "0")


def number(value: int) -> Expression:
    """A number as an expression; a negative one is put in parentheses."""
    if isinstance(value, Expression):
        return value
    return Expression(value, str(int(value)) if value >= 0 else f"({int(value)})")


def product(values: Iterable[int]) -> Expression:
    """``a*b*c``; 1 for none."""
    first, *rest = [*values] or [1]
    return reduce(lambda so_far, value: so_far * value, rest, number(first))


def total(values: Iterable[int]) -> Expression:
    """``a + b + c``; 0 for none."""
    return reduce(lambda so_far, value: so_far + value, values, ZERO)


def largest(values: Iterable[int]) -> Expression:
    """``max(a, b)``; the same ones are said once."""
    texts = {number(value).text: number(value) for value in values}
    return next(iter(texts.values())) if len(texts) == 1 else Expression(max(texts.values()),
                                                                         f"max({', '.join(texts)})")


def smallest(values: Iterable[int]) -> Expression:
    """``min(a, b)``; the same ones are said once."""
    texts = {number(value).text: number(value) for value in values}
    return next(iter(texts.values())) if len(texts) == 1 else Expression(min(texts.values()),
                                                                         f"min({', '.join(texts)})")


def shown(expression: Expression) -> str:
    """``6*(5*5*1+1) = 156``; a plain number is not said twice."""
    value = int(expression)
    return expression.text if expression.text == str(value) else f"{expression.text} = {value:,}"
