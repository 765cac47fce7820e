"""What the figures depend on: the machine, the versions, the settings of threads."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("numpy", "numba", "torch", "keras", "jax")
SETTINGS = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MINICNN_THREADS",
            "MINICNN_VECTOR_BITS", "MINICNN_KERNELS", "MINICNN_KEEP_MEMORY")


def processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def vectors() -> str:
    """The widest vectors, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next(line for line in file if line.startswith("flags")).split()
    except (OSError, StopIteration):
        return ""
    return next((f" with {name}" for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")


def versions() -> str:
    """Python and the packages, installed or not."""
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def threads() -> str:
    """What the environment says about threads."""
    return ", ".join(f"{name}={os.environ[name]}" for name in SETTINGS if name in os.environ) or "default"


def load() -> str:
    """How many processes wanted to run in the last minute, where the system tells."""
    try:
        return f"{os.getloadavg()[0]:.1f}"
    except (AttributeError, OSError):
        return "unknown"


def setting() -> str:
    """Machine, versions and threads, a line each."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return (f"{processor()}{vectors()}, {cores} cores, {platform.system()}\n{versions()}\n"
            f"thread settings: {threads()}; load before: {load()}")
