"""Where the time of a planned step goes: microseconds of each line of its program, on one thread.

    python -m benchmarks.program                          # LeNet5Modern, training step, batch 32
    python -m benchmarks.program LeNet5 --batch 1
    python -m benchmarks.program MNISTConvNet --batch 16 --above 100

Each line is run by itself, again and again, on what the whole step has left in memory, and the fastest run counts; so
numbers that a step would first have to fetch from slower memory are already near. What the table does not have is
Python's part: checking the data, the loss as a figure, and the update.
"""

import argparse
import time
from collections import deque

import numpy as np

import minicnn
from benchmarks import machine, networks
from benchmarks.with_minicnn import compiled
from minicnn import kernels, plans, training
from minicnn.plans.running import Plan

REPEATS = 15


def fastest(plan: Plan, arguments: tuple[np.ndarray, ...]) -> float:
    """Microseconds of a run."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        plan.done(plan.run(*arguments)[2])
        times.append(time.perf_counter() - start)
    return 1e6 * min(times)


def part(plan: Plan, first: int, last: int) -> Plan:
    """Some lines of a plan, in the memory of the whole one."""
    program = plan.program
    once = max(0, min(last, program.once) - first)
    some = Plan(program._replace(lines=program.lines[first:last], once=once), plan.block, plan.size, plan.scores)
    some.free = deque(plan.free)
    assert some.ready()
    return some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", default="LeNet5Modern",
                        choices=["LeNet5", "LeNet5Modern", "MNISTConvNet"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--above", type=float, default=1.0, help="only lines that take so many microseconds")
    options = parser.parse_args()
    minicnn.set_threads(1)
    model = compiled(networks.network(options.network), options.network)
    x, y = networks.batch(options.network, options.batch)
    graph, target = model.graph, model.compiled.targets[0]
    start, loss = training.start_of_the_walk(graph.outputs[0], target.loss)
    with kernels.use("vector"):
        plan = plans.for_step(graph, start, loss, graph.learning().values(), False, len(x))
    factors = np.full(len(x), 1 / len(x), np.float32)
    given = (x, *plan.targets(loss, y), factors, plan.drawn(len(x), np.random.default_rng(0)))
    whole = fastest(plan, given)
    nothing = fastest(part(plan, 0, 0), given)
    print(machine.setting())
    print(f"{options.network}, batch {options.batch}: {whole:.0f} microseconds, of which {nothing:.0f} to call it\n")
    for at, (name, columns) in enumerate(plan.program.words):
        spent = fastest(part(plan, at, at + 1), given) - nothing
        if spent >= options.above:
            told = ", ".join(f"{word} {columns[word]}" for word in ("size", "pixels", "depth", "columns", "window")
                             if word in columns)
            print(f"{spent:9.1f}  {name:16s} {told}")


if __name__ == "__main__":
    main()
