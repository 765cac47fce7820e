"""The tables, in Markdown."""

from dataclasses import dataclass, field

from benchmarks.competitors import CHANNELS_LAST, COMPETITORS, OURS, QUICK, TORCH, Competitor
from benchmarks.racing import Times
from benchmarks.rows import Row, Series
from benchmarks.starting import LIMITS

ABSENT, NONE = "not installed", "-"
LAYOUTS = (TORCH.label, CHANNELS_LAST.label)


@dataclass
class Results:
    """All that was measured: by row, by series and (for starting) by competitor."""

    rows: dict[Row, dict[str, Times]] = field(default_factory=dict)
    series: dict[Series, dict[str, Times]] = field(default_factory=dict)
    start: dict[str, dict[str, float]] = field(default_factory=dict)


def ratio(times: dict[str, Times], *others: str) -> float | None:
    """Our median over the smallest of theirs; None where they did not run."""
    theirs = [times[other].median for other in others if other in times]
    return times[OURS.label].median / min(theirs) if theirs else None


def ratio_of_fastest(times: dict[str, Times]) -> float | None:
    """As `ratio` to PyTorch, of the fastest turn of each: what is left where other programs disturbed the rest."""
    theirs = [times[other].fastest for other in LAYOUTS if other in times]
    return times[OURS.label].fastest / min(theirs) if theirs else None


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; all but the first column to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def text(results: Results, setting: str, beside: list[str], notes: str) -> str:
    """The whole report. beside: keys of the competitors that were asked for."""
    others = [COMPETITORS[key] for key in beside if key not in QUICK]
    parts = ["\n".join(f"    {line}" for line in f"{setting}\n{notes}".splitlines())]
    if results.rows:
        parts += ["### Beside PyTorch", targets(results)]
        if others:
            parts += ["### Beside the others", besides(results, others)]
        if any(times[OURS.label].peak is not None for times in results.rows.values()):
            parts += ["### Peak memory", memories(results, [COMPETITORS[key] for key in beside])]
    if results.series:
        parts += ["### Scaling", *(series(one, times) for one, times in results.series.items())]
    if results.start:
        parts += ["### Starting", starts(results)]
    return "\n\n".join([*parts, "### Not met", not_met(results)]) + "\n"


def number(value: float) -> str:
    """Three digits, at least."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def cell(times: dict[str, Times], competitor: Competitor) -> str:
    """Milliseconds; or why there are none."""
    if competitor.label in times:
        return number(1e3 * times[competitor.label].median)
    return NONE if competitor.installed else ABSENT


def verdict(row: Row, value: float | None) -> str:
    if value is None or row.must is None or row.aim is None:
        return NONE
    return "aim reached" if value <= row.aim else "met" if value <= row.must else "**not met**"


def targets(results: Results) -> str:
    heads = ["work", "minicnn, ms", "PyTorch, ms", "PyTorch channels_last, ms", "ratio",
             "of the fastest turns", "must", "aim", ""]
    lines = []
    for row, times in results.rows.items():
        value, quiet = ratio(times, *LAYOUTS), ratio_of_fastest(times)
        lines.append([row.name, cell(times, OURS), cell(times, TORCH), cell(times, CHANNELS_LAST),
                      NONE if value is None else f"**{value:.2f}**", NONE if quiet is None else f"{quiet:.2f}",
                      *(NONE if target is None else f"{target:.2f}" for target in (row.must, row.aim)),
                      verdict(row, value)])
    return table(heads, lines)


def besides(results: Results, others: list[Competitor]) -> str:
    heads = ["work", "minicnn, ms", *(head for other in others for head in (f"{other.label}, ms", "ratio"))]
    lines = []
    for row, times in results.rows.items():
        line = [row.name, cell(times, OURS)]
        for other in others:
            value = ratio(times, other.label)
            line += [cell(times, other), NONE if value is None else f"{value:.2f}"]
        lines.append(line)
    return table(heads, lines)


def memories(results: Results, others: list[Competitor]) -> str:
    """MB of whole processes: the programs, the weights, and what the work needs."""
    ran = [other for other in [OURS, *others] if any(other.label in times for times in results.rows.values())]
    lines = [[row.name, *(NONE if other.label not in times or times[other.label].peak is None
                          else number(times[other.label].peak) for other in ran)]
             for row, times in results.rows.items()]
    return table(["MB of a process", *(other.label for other in ran)], lines)


def per_size(one: Series, times: dict[str, Times], competitor: str) -> list[float]:
    """The time of each lane, divided by its size."""
    return [times[f"{competitor}, {name}"].median / size for name, _, _, size in one.lanes]


def series(one: Series, times: dict[str, Times]) -> str:
    heads = [f"{one.name}; {one.unit}", *(name for name, *_ in one.lanes), "last / first", "must", ""]
    lines = []
    for competitor in (OURS, TORCH):
        if f"{competitor.label}, {one.lanes[0][0]}" not in times:
            lines.append([competitor.label, *[NONE if competitor.installed else ABSENT] * (len(heads) - 1)])
            continue
        values = per_size(one, times, competitor.label)
        growth = values[-1] / values[0]
        mine = competitor is OURS and one.growth is not None
        lines.append([competitor.label, *map(number, values), f"{growth:.2f}", f"{one.growth:.2f}" if mine else NONE,
                      (("met" if growth <= one.growth else "**not met**") if mine else NONE)])
    return table(heads, lines)


def starts(results: Results) -> str:
    heads = ["seconds", "import", "first step of LeNet-5 (1998), cold", "warm"]
    lines = [[label, *(f"{seconds[key]:.2f}" for key in LIMITS)] for label, seconds in results.start.items()]
    lines.insert(1, ["must", *(f"{limit:g}" for limit in LIMITS.values())])
    return table(heads, lines)


def not_met(results: Results) -> str:
    """Every must that does not hold; then every row of the others that is not ahead."""
    lines = []
    for row, times in results.rows.items():
        value = ratio(times, *LAYOUTS)
        if value is not None and row.must is not None and value > row.must:
            lines.append(f"- {row.name}: {value:.2f} of PyTorch's time, must be {row.must:.2f}")
        lines += [f"- {row.name}: slower than {label}, {value:.2f} times its time" for label in times
                  if label not in (OURS.label, *LAYOUTS) and (value := ratio(times, label) or 0) > 1]
    for one, lanes in results.series.items():
        values = per_size(one, lanes, OURS.label)
        if one.growth is not None and values[-1] / values[0] > one.growth:
            lines.append(f"- {one.name}: {values[-1] / values[0]:.2f}, must be {one.growth:.2f}")
    lines += [f"- {key}: {seconds:.2f} seconds, must be {LIMITS[key]:g}"
              for key, seconds in results.start.get(OURS.label, {}).items() if seconds > LIMITS[key]]
    compared = any(ratio(times, *LAYOUTS) is not None for times in results.rows.values())
    if results.rows and not compared:
        lines.append("- The targets are ratios to PyTorch's time, and PyTorch did not run.")
    return "\n".join(lines) or "Everything that was measured holds."
