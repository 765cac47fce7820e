"""The command line."""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine, rows, starting
from benchmarks.competitors import COMPETITORS, OURS, QUICK, TORCH, USUAL
from benchmarks.racing import Crew, Lane, Times, race
from benchmarks.report import LAYOUTS, Results, ratio, text


def arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Race minicnn against PyTorch, Keras and JAX, as far as they are "
        "installed (pip install '.[bench]'), and write tables and a chart into a folder.")
    parser.add_argument("words", nargs="*", metavar="WORD",
                        help="only rows whose names contain one of these (--list shows them)")
    parser.add_argument("--quick", action="store_true",
                        help="less than two minutes: short turns, fewer rows, PyTorch alone, the same processes for "
                             "all rows, and no memory")
    parser.add_argument("--beside", nargs="+", choices=[*list(COMPETITORS)[1:], "nobody"], metavar="NAME",
                        help=f"who races: some of {', '.join(list(COMPETITORS)[1:])}, or nobody "
                             f"(default: {' '.join(USUAL)})")
    parser.add_argument("--rounds", type=int, help="turns of each (default: 9, quick: 3)")
    parser.add_argument("--folder", type=Path, default=Path("benchmark_results"),
                        help="where to write table.md, chart.png and times.json (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="show the names of all rows, and stop")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    options = arguments(given)
    if options.list:
        print("\n".join(one.name for one in [*rows.TARGETS, *rows.SERIES, *rows.LAYERS]), rows.START, sep="\n")
        return
    wanted, series, start = rows.chosen(options.words, options.quick)
    if not (wanted or series or start):
        raise SystemExit("No row has such a name; --list shows them.")
    beside = options.beside or list(QUICK if options.quick else USUAL)
    beside = [key for key in COMPETITORS if key in beside]
    rounds, turn = options.rounds or (3 if options.quick else 9), 0.05 if options.quick else 0.15
    setting, begin, results = machine.setting(), time.perf_counter(), Results()
    print(setting, flush=True)
    with Crew() as crew:
        for row in wanted:
            results.rows[row] = race_row(row, beside, rounds, turn, crew if options.quick else None)
    for one in series:
        results.series[one] = race_series(one, beside, rounds, turn)
    if start:
        print(f"{rows.START} ...", flush=True)
        asked = [COMPETITORS[key] for key in beside if key != "channels-last" and COMPETITORS[key].packages]
        results.start = {competitor.label: starting.measure(competitor, 1 if options.quick else 5)
                         for competitor in [OURS, *asked] if competitor.installed}
    notes = (f"medians of {rounds} turns of {turn} seconds; load after: {machine.load()}; "
             f"{time.strftime('%Y-%m-%d')}, {(time.perf_counter() - begin) / 60:.1f} minutes in all")
    write(options.folder, results, text(results, setting, beside, notes))


def race_row(row: rows.Row, beside: list[str], rounds: int, turn: float, kept: Crew | None) -> dict[str, Times]:
    """All competitors over one piece of work."""
    print(f"{row.name} ...", end="", flush=True)
    lanes = [Lane(one.label, one, row.work) for one in [OURS, *(COMPETITORS[key] for key in beside)]
             if one.installed and one.can(row.work)]
    times = race(lanes, rounds, turn, kept)
    value = ratio(times, *LAYOUTS)
    print(f" {1e3 * times[OURS.label].median:.3g} ms" + ("" if value is None else f", {value:.2f} of PyTorch's time"),
          flush=True)
    return times


def race_series(one: rows.Series, beside: list[str], rounds: int, turn: float) -> dict[str, Times]:
    """minicnn, and PyTorch where it takes part, over several sizes or numbers of threads."""
    print(f"{one.name} ...", flush=True)
    racing = [OURS, *([TORCH] if "torch" in beside and TORCH.installed else [])]
    return race([Lane(f"{competitor.label}, {name}", competitor, work, threads)
                 for competitor in racing for name, work, threads, _ in one.lanes], rounds, turn)


def write(folder: Path, results: Results, report: str) -> None:
    """Print the report, and write it with the chart and all times."""
    print(f"\n{report}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(report, encoding="utf-8")
    times = {one.name: {label: asdict(each) for label, each in lanes.items()}
             for one, lanes in [*results.rows.items(), *results.series.items()]}
    (folder / "times.json").write_text(json.dumps({"seconds": times, "start": results.start}, indent=1),
                                       encoding="utf-8")
    if results.rows:
        from benchmarks.chart import draw

        draw(results, folder / "chart.png")
    print(f"Written to {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")
