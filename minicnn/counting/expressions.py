"""Numbers that remember how they were computed.

>>> filters, unit = number(6), number(5) * 5 * 3 + 1
>>> print(filters * unit)
6*(5*5*3+1)
>>> shown(filters * unit)
'6*(5*5*3+1) = 456'

The text is made by the same operations as the number, so the two cannot disagree; evaluated by Python, it gives it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

SUM, PRODUCT, ATOM = range(3)
"""How strongly the outermost operation of a text binds."""


@dataclass(frozen=True)
class Expression:
    """An integer and the arithmetic that gave it. A zero that is added, and a sum's spaces in parentheses, vanish."""

    value: int
    text: str
    binding: int = ATOM

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: "Figure") -> "Expression":
        left, right = self, number(other)
        if not left.value and left.binding == ATOM:
            return right
        if not right.value and right.binding == ATOM:
            return left
        return Expression(left.value + right.value, f"{left.text} + {right.text}", SUM)

    def __sub__(self, other: "Figure") -> "Expression":
        right = number(other)
        if not right.value and right.binding == ATOM:
            return self
        return Expression(self.value - right.value, f"{self.text} - {right.inside(PRODUCT)}", SUM)

    def __mul__(self, other: "Figure") -> "Expression":
        right = number(other)
        return Expression(self.value * right.value, f"{self.inside(PRODUCT)}*{right.inside(PRODUCT)}", PRODUCT)

    def __radd__(self, other: int) -> "Expression":
        return number(other) + self

    def __rsub__(self, other: int) -> "Expression":
        return number(other) - self

    def __rmul__(self, other: int) -> "Expression":
        return number(other) * self

    def inside(self, binding: int) -> str:
        """The text as part of an operation that binds so strongly."""
        return self.text if self.binding >= binding else f"({self.text.replace(' ', '')})"

    @property
    def plain(self) -> "Expression":
        """The number alone, its arithmetic forgotten."""
        return number(self.value)


Figure: TypeAlias = Expression | int


def number(value: Figure) -> Expression:
    """A number as an expression; a negative one is put in parentheses."""
    if isinstance(value, Expression):
        return value
    return Expression(value, str(value) if value >= 0 else f"({value})")


def product(values: Iterable[Figure]) -> Expression:
    """``a*b*c``; 1 for none."""
    first, *rest = [*values] or [1]
    return math.prod(rest, start=number(first))


def total(values: Iterable[Figure]) -> Expression:
    """``a + b + c``; 0 for none."""
    return sum(values, start=number(0))


def largest(values: Iterable[Figure]) -> Expression:
    """``max(a, b)``; a single number is its own."""
    return _chosen("max", [number(value) for value in values])


def smallest(values: Iterable[Figure]) -> Expression:
    """``min(a, b)``."""
    return _chosen("min", [number(value) for value in values])


def _chosen(name: str, values: list[Expression]) -> Expression:
    different = list(dict.fromkeys(value.text for value in values))
    if len(different) == 1:
        return values[0]
    choose = max if name == "max" else min
    return Expression(choose(value.value for value in values), f"{name}({', '.join(different)})")


def shown(expression: Expression) -> str:
    """``6*(5*5*1+1) = 156``; a plain number is not said twice."""
    return expression.text if expression.text == str(expression.value) else f"{expression.text} = {expression.value:,}"
