"""How long it takes to begin: to import, and to reach the end of the first training step, in new processes.

"Cold" has no compiled kernels on the disk, "warm" has those of the run before.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.competitors import Competitor

PACKAGES = {"with_minicnn": "minicnn", "with_torch": "torch", "with_keras": "keras", "with_jax": "jax"}
LIMITS = {"import": 0.3, "cold": 15.0, "warm": 1.5}
"""What minicnn must stay under, in seconds."""

IMPORT = "import time; start = time.perf_counter(); import {package}; print(time.perf_counter() - start)"
FIRST = """import time; start = time.perf_counter()
from benchmarks import {module} as module
from benchmarks.works import Step
module.timed(Step("LeNet5", 32), {option!r})()
print(time.perf_counter() - start)"""


def measure(competitor: Competitor, rounds: int) -> dict[str, float]:
    """Seconds: "import", and until the first step of LeNet-5 of 1998, batch 32, is done: "cold" once, "warm"."""
    code = FIRST.format(module=competitor.module, option=competitor.option)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **competitor.environment, "NUMBA_CACHE_DIR": folder}
        imports = [_seconds(IMPORT.format(package=PACKAGES[competitor.module]), environment) for _ in range(rounds)]
        cold, *warm = [_seconds(code, environment) for _ in range(rounds + 1)]
    return {"import": statistics.median(imports), "cold": cold, "warm": statistics.median(warm)}


def _seconds(code: str, environment: dict[str, str]) -> float:
    """What a new process of Python prints last."""
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=Path(__file__).parents[1],
                          capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"a new process failed:\n{done.stderr}")
    return float(done.stdout.split()[-1])
