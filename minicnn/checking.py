"""Is a backward right? Ask the forward: the honest check of every gradient here, and of your own layers.

Moving along a random direction v by a tiny step h changes <dy, f(x)> by h * <dx, v>, whatever v is. So one
number checks a whole gradient: the central difference (<dy, f(x + hv)> - <dy, f(x - hv)>) / 2h against
<dx, v>. All in float64, where the difference is good to about ten digits. When a direction disagrees,
single entries are compared too, and the report says which are wrong, and by what factor.

No step is right for all: a small one drowns small gradients in rounding, a large one bends with the
function and crosses the kinks of ReLUs and maxima. So several are tried, and the best agreement counts: a
wrong gradient agrees at none of them.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.layers.base import Cache, Layer

RELATIVE = 1e-6  # agreement that is asked for, when the caller asks for no other
STEPS = (1e-6, 1e-5, 1e-4, 1e-3)  # for numbers of order one


class GradientCheckError(AssertionError):
    """A gradient that disagrees with its forward; the message is the report."""


@dataclass
class Finding:
    """One gradient: ``name`` of what it belongs to, the worst relative error, and lines on wrong entries."""

    name: str
    shape: tuple[int, ...]
    error: float
    passed: bool
    entries: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What a check found; true when all gradients agree, and readable when printed."""

    where: str
    tolerance: float
    findings: list[Finding]

    def __bool__(self) -> bool:
        return all(finding.passed for finding in self.findings)

    def __str__(self) -> str:
        lines = [f"Gradient check of {self.where}: {'passed' if self else 'FAILED'} (tolerance {self.tolerance:g})"]
        for f in self.findings:
            lines.append(f"  {'ok   ' if f.passed else 'WRONG'} {f.name:<24} {f.shape!s:<20} error {f.error:.1e}")
            lines += [f"          {entry}" for entry in f.entries]
        return "\n".join(lines)


def gradient_check(layer: Layer, *x: object, training: bool = False, directions: int = 3, tolerance: float = RELATIVE,
                   seed: int = 0) -> Report:
    """Compare a layer's or model's ``backward`` with differences of its ``forward``.

    layer: a `Layer` (also one of your own) or a model. A float64 copy of it is checked, activation included;
        it is built for x where it is not built yet.
    x: inputs with the batch axis, one for each input of the layer.
    tolerance: on |a - b| / max(|a|, |b|, 1e-8) of directional derivatives; below what rounding may bring, a and b
        are zero both.

    Returns the `Report`; raises `GradientCheckError`, with the report as its message, when a gradient is
    wrong, missing, misshapen or of the wrong type, or when forward or backward write into what they are given.

    Near a kink (the 0 of a ReLU, two equal maxima) no derivative exists: random x avoid them.
    """
    where = "gradient_check"
    if not isinstance(layer, Layer):
        raise _checks.error(where, "this is no layer", "a Layer or Model, built or not", repr(layer))
    inputs = [_checks.numeric(value, where).astype(np.float64) for value in x]
    if not inputs or not all(value.ndim and value.size for value in inputs):
        raise _checks.error(where, "there is no input", "arrays with the batch axis", x, "gradient_check(layer, x)")
    for value in inputs:
        _checks.finite(value, where)
    directions = _checks.integer(directions, "directions", where)
    tolerance = _checks.number(tolerance, "tolerance", where, minimum=0)
    seed = _checks.integer(seed, "seed", where, minimum=0)
    layer.build(*(value.shape[1:] for value in inputs))
    check = _Check(layer.astype("float64"), inputs, training, seed)
    report = Report(str(layer), tolerance, check.findings(directions, tolerance))
    if not report:
        raise GradientCheckError(str(report))
    return report


class _Check:
    def __init__(self, layer: Layer, inputs: list[Array], training: bool, seed: int) -> None:
        self.layer, self.inputs, self.training = layer, inputs, training
        # Streams of their own. default_rng(seed) would draw a dy, or noise, equal to inputs that the caller drew
        # from it; and a backward that takes the one for the other would pass.
        directions, self.noise = np.random.SeedSequence(seed).spawn(2)
        self.rng = np.random.default_rng(directions)

    def forward(self) -> tuple[Array, Cache]:
        # The same random numbers each time: the function that is differentiated must stand still.
        rng = np.random.default_rng(self.noise)
        pre, cache = self.layer.run(*self.inputs, training=self.training, rng=rng)
        y = self.layer.activation(pre)
        return y, (pre, cache)

    def findings(self, directions: int, tolerance: float) -> list[Finding]:
        params = self.layer.learned
        kept = (*self.inputs, *self.layer.params.values())
        before = [value.copy() for value in kept]
        y, (pre, cache) = self.forward()
        dy = self.rng.standard_normal(y.shape)
        # A gradient may be zero, as that of a bias before a batch normalization is. What the difference then brings is
        # rounding: some units in the last place of each number of y (a network rounds at each of its steps), as they
        # add up by chance; least at the largest step.
        self.rounding = 16 * float(np.linalg.norm(dy * y)) * np.finfo(np.float64).eps / (2 * STEPS[-1])
        signal = self.layer.activation.backward(dy, pre, y)
        given = signal.copy()
        result: object = self.layer.backward(signal, cache)
        if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], dict):
            return [_structure("backward returns (dx, {parameter: gradient})", False,
                               f"received {type(result).__name__}")]
        parts = _parts(result[0])
        if len(parts) != len(self.inputs):
            return [_structure("backward returns one dx per input, as a tuple", False, f"received {len(parts)}")]
        # Copies: a second backward may write into what the first gave.
        dxs = [np.array(part) for part in parts]
        gradients = {name: np.array(gradient) for name, gradient in result[1].items()}
        again = [np.asarray(part) for part in _parts(self.layer.backward(given.copy(), cache)[0])]
        found = [
            _structure("forward and backward leave x and the parameters alone",
                       all(map(np.array_equal, before, kept))),
            _structure("backward leaves dy alone", np.array_equal(given, signal)),
            _structure("a second backward over the same cache gives the same",
                       [dx.tobytes() for dx in dxs] == [dx.tobytes() for dx in again]),
            _structure(f"gradients have the keys {list(params)}", gradients.keys() == params.keys(),
                       f"received {list(gradients)}")]
        pairs = [(f"input {i}" if len(dxs) > 1 else "input", value, d)
                 for i, (value, d) in enumerate(zip(self.inputs, dxs, strict=True))]
        pairs += [(name, value, gradients[name]) for name, value in params.items() if name in gradients]
        return [f for f in found if not f.passed] + [
            self.compare(name, value, d, dy, directions, tolerance) for name, value, d in pairs]

    def compare(self, name: str, value: Array, gradient: Array, dy: Array, directions: int,
                tolerance: float) -> Finding:
        if gradient.shape != value.shape or gradient.dtype != value.dtype:
            return Finding(name, value.shape, np.inf, False, [
                f"expected shape {value.shape}, {value.dtype}; backward gave {gradient.shape}, {gradient.dtype}"])
        errors = []
        for _ in range(directions):
            v = self.rng.standard_normal(value.shape)
            errors.append(self.agreement(float((gradient * v).sum()), value, v, dy)[0])
        error = float(np.max(errors))  # NaN stays NaN, and fails
        finding = Finding(name, value.shape, error, bool(error <= tolerance))
        if not finding.passed:
            finding.entries = self.wrong_entries(name, value, gradient, dy, tolerance)
        return finding

    def agreement(self, analytic: float, value: Array, v: Array, dy: Array) -> tuple[float, float]:
        """(relative error, numeric slope) for the best of the steps."""
        slopes = [self.slope(value, v, dy, step) for step in STEPS]
        return min((_relative(analytic, slope, self.rounding / RELATIVE), slope) for slope in slopes)

    def slope(self, value: Array, v: Array, dy: Array, step: float) -> float:
        """The central difference of <dy, y> along v."""
        kept = value.copy()
        value[...] = kept + step * v
        after, _ = self.forward()
        value[...] = kept - step * v
        before, _ = self.forward()
        value[...] = kept
        return float((dy * (after - before)).sum()) / (2 * step)

    def wrong_entries(self, name: str, value: Array, gradient: Array, dy: Array, tolerance: float) -> list[str]:
        """Up to five entries, of two hundred tried, that disagree the most."""
        tried = self.rng.permutation(value.size)[:200]
        wrong = []
        for flat in tried:
            place = tuple(int(i) for i in np.unravel_index(flat, value.shape))
            v = np.zeros(value.shape)
            v[place] = 1
            analytic = float(gradient[place])
            error, numeric = self.agreement(analytic, value, v, dy)
            if not error <= max(tolerance, 1e-5):  # a single entry may be small, and its difference coarse
                ratio = f", ratio {analytic / numeric:.4g}" if abs(numeric) > 1e-9 else ""
                wrong.append((abs(analytic - numeric), f"{name}[{', '.join(map(str, place))}]: backward "
                              f"{analytic:.6g}, differences {numeric:.6g}{ratio}"))
        wrong.sort(key=lambda pair: -pair[0])
        head = f"{len(wrong)} of {len(tried)} entries tried are wrong" + ("; the worst:" if wrong else "")
        return [head] + [line for _, line in wrong[:5]]


def _parts(dx: Any) -> tuple[Any, ...]:
    return dx if isinstance(dx, tuple) else (dx,)


def _relative(a: float, b: float, least: float) -> float:
    return abs(a - b) / max(abs(a), abs(b), 1e-8, least)


def _structure(what: str, passed: bool, detail: str = "") -> Finding:
    return Finding(what, (), 0.0 if passed else np.inf, passed, [detail] if detail and not passed else [])


