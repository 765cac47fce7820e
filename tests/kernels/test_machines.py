"""The same kernels on other processors: what this one can run is run, for another family the instructions are read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest
from llvmlite import ir

from minicnn.kernels.vector import primitives, widths

ROOT = Path(__file__).parents[2]

# What Numba is told to compile for. A processor of the year after which the instructions came has nothing newer.
MACHINES = {
    "AVX-512": ("avx512f", {}),
    "AVX2": ("avx2", {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"}),
    "SSE": ("sse4.2", {"NUMBA_CPU_NAME": "nehalem", "NUMBA_CPU_FEATURES": "+sse4.2"}),
}


def on(machine):
    """The environment for a process of such a processor; no test where this one cannot play it."""
    feature, environment = MACHINES[machine]
    if not llvm.get_host_cpu_features().get(feature):
        pytest.skip(f"this machine has no {machine}")
    rest = {name: value for name, value in os.environ.items()
            if name not in ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "MINICNN_VECTOR_BITS", "MINICNN_KERNELS")}
    return {**rest, **environment}


BLOCK = """
import os, numpy as np
from minicnn.kernels import vector
from minicnn.kernels.vector import probe, widths

print(widths.BITS, vector.COMPILES)
block = probe._compile(int.from_bytes(os.urandom(6)), widths.BITS)  # a new one: code from the disk has no listing
numbers, steps = np.ones(64, np.float32), np.arange(3)
block(numbers, steps[:1], steps, numbers, np.zeros(64, np.float32), widths.BITS // 32)
print(*block.inspect_asm().values())
"""


@pytest.mark.parametrize(("machine", "bits", "registers", "fused"), [
    ("AVX-512", 512, "zmm", True), ("AVX2", 256, "ymm", True), ("SSE", 128, "xmm", False),
])
def test_a_processor_gets_its_own_instructions(machine, bits, registers, fused):
    result = subprocess.run([sys.executable, "-W", "error", "-c", BLOCK], env=on(machine), capture_output=True,
                            text=True, check=False)
    first, _, assembly = result.stdout.partition("\n")
    assert first == f"{bits} True", result.stderr
    used = set(re.findall(r"%([xyz]mm)\d", assembly))
    assert max(used) == registers
    assert bool(re.search(rf"\tvfmadd\w+ps\t.*%{registers}", assembly)) == fused


@pytest.mark.long
@pytest.mark.parametrize("machine", MACHINES)
def test_all_kernels_and_plans_on_a_processor(machine):
    """Every test of kernels and of what is made of them, in float32 and float64."""
    rooms = ("tests/kernels", "tests/plans", "tests/test_patterns.py")
    result = subprocess.run([sys.executable, "-m", "pytest", *rooms], cwd=ROOT, env=on(machine), capture_output=True,
                            text=True, check=False)
    assert result.returncode == 0, result.stdout[-5000:]


# -- a processor that nobody has here ------------------------------------------------------------


class Pointers:
    """The arguments of `multiply_block` as those of a plain function: for a module that Numba has no part in."""

    def __init__(self, builder, function, names):
        self.builder, self.given = builder, dict(zip(names, function.args, strict=True))

    def array(self, name, at=None):
        return self.given[name] if at is None else self.builder.gep(self.given[name], [self.given[at]])

    def integer(self, name):
        return self.given[name]


def assembly_of_a_block(triple, number, rows, vectors, bits):
    """A function that is nothing but one `multiply_block`, compiled for another processor."""
    names = primitives.NAMES[3:]  # without the constants
    arrays = dict.fromkeys(("a", "b", "c", "start"), number) | dict.fromkeys(("starts", "steps", "places"),
                                                                            primitives.INT)
    module = ir.Module()
    module.triple = triple
    kinds = [arrays[name].as_pointer() if name in arrays else primitives.INT for name in names]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), "block")
    builder = ir.IRBuilder(function.append_basic_block())
    lanes = bits // (32 if number == ir.FloatType() else 64)
    primitives.write_block(builder, (rows, vectors, lanes), Pointers(builder, function, names))
    builder.ret_void()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        machine = llvm.Target.from_triple(triple).create_target_machine(opt=3)
    except RuntimeError:
        pytest.skip(f"this LLVM does not compile for {triple}")
    parsed = llvm.parse_assembly(str(module))
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    llvm.create_pass_builder(machine, options).getModulePassManager().run(
        parsed, llvm.create_pass_builder(machine, options))
    return machine.emit_assembly(parsed)


def innermost_loop(assembly):
    """The instructions from the label behind which the multiply-adds stand to the jump back to it."""
    label, body = next(found.groups() for found in re.finditer(r"^(\.L\w+):\n((?:\t.*\n)*)", assembly, re.MULTILINE)
                       if "fmla" in found[2] and re.search(rf"\tb\.\w+\t{re.escape(found[1])}\n", found[2]))
    return body[:body.rindex(f"\t{label}\n")]


@pytest.mark.parametrize(("number", "lanes"), [(ir.FloatType(), "4s"), (ir.DoubleType(), "2d")])
def test_a_block_becomes_multiply_adds_of_neon(number, lanes):
    rows = widths._rows(128, "aarch64")
    loop = innermost_loop(assembly_of_a_block("aarch64-unknown-linux-gnu", number, rows, 2, 128))
    sums = re.findall(rf"\tfmla\t(v\d+)\.{lanes}, v\d+\.{lanes}, v\d+\.", loop)
    assert len(sums) == len(set(sums)) == 2 * rows == 16  # each accumulator in a register of its own,
    assert "sp" not in loop  # and none in memory
