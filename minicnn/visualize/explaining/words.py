"""An explanation as text."""

from collections.abc import Sequence

import numpy as np

from minicnn.visualize.explaining.parts import Parts, Terms, number

MOST_TERMS = 12  # beyond, the largest are told, and the sum of the others


def placed(name: str, place: Sequence[int]) -> str:
    """``conv1[2, 3, 0]``"""
    return f"{name}[{', '.join(map(str, place))}]"


def told(title: str, remarks: Sequence[str], parts: Parts, value: float) -> str:
    """The terms line by line, then the stages; all results in one column."""
    lines = [f"{title} = {number(value)}", *(f"  {remark}" for remark in remarks), ""]
    left, results = _terms(parts)
    left += [stage.words for stage in parts.stages]
    results += [stage.value for stage in parts.stages]
    width = max(map(len, left), default=0)
    return "\n".join(lines + [f"  {words:<{width}} = {number(result):>10}"
                              for words, result in zip(left, results, strict=True)]) + "\n"


def _terms(parts: Parts) -> tuple[list[str], list[float]]:
    """The lines of the terms and their results: all, or the largest and the sum of the others."""
    every = [(terms, i) for terms in parts.terms for i in range(len(terms))]
    products = parts.products if parts.terms else np.zeros(0)
    shown = list(range(len(every)))
    if len(every) > MOST_TERMS:
        shown = np.argsort(-np.abs(products), kind="stable")[:MOST_TERMS - 2].tolist()
    rows = [_cells(*every[i], parts.sign) for i in shown]
    widths = [max(len(row[k]) for row in rows) for k in range(4)] if rows else []
    left = ["".join(cell.ljust(width) if k % 2 == 0 else cell.rjust(width)
                    for k, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip() for row in rows]
    results = [float(products[i]) for i in shown]
    if len(shown) < len(every):
        rest = np.delete(products, shown)
        largest = float(np.abs(rest).max())
        left.append(f"the {len(rest):,} others together, each " + (f"within ±{number(largest)}" if largest else "0"))
        results.append(float(rest.sum()))
    return left, results


def _cells(terms: Terms, i: int, sign: str) -> tuple[str, str, str, str]:
    """Source, its number, the weight's name behind its sign, the weight: of the i-th term."""
    place = terms.places.reshape(-1, terms.places.shape[-1])[i].tolist()
    inside = terms.inside.flat[i]
    source = placed(terms.source, place) + " " if inside else "padding "
    first = number(float(terms.inputs.flat[i]))
    if terms.weights is None or terms.weight_places is None:
        return ("exp(" + source if sign == "exp" else source, first + (" - largest)" if sign == "exp" else ""), "", "")
    index = terms.weight_places.reshape(-1, terms.weight_places.shape[-1])[i].tolist()
    between = f" {sign} {placed(terms.weight_name, index)} "
    return ("(" + source if sign == "-" else source, first, between,
            number(float(terms.weights.flat[i])) + (")²" if sign == "-" else ""))
