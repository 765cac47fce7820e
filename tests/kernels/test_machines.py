"""The same kernels on other processors: what this one can run is run, for another family the instructions are read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import pytest
from llvmlite import ir

from minicnn.kernels.vector import cells, finishing, primitives, tiles, turning, widths

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


def assembly(triple, number, names, write):
    """A function with these arguments that is nothing but what ``write`` writes, compiled for another processor."""
    integers = {"starts", "steps", "places"}
    numbers = {"a", "b", "c", "start", "x", "y", "source", "target", "bias", "factors", "other"}
    kinds = {**dict.fromkeys(integers, primitives.INT.as_pointer()), **dict.fromkeys(numbers, number.as_pointer()),
             "winner": ir.IntType(32).as_pointer(), "floor": number}
    module = ir.Module()
    module.triple = triple
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [kinds.get(n, primitives.INT) for n in names]), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    write(builder, Pointers(builder, function, names))
    builder.ret_void()
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        machine = llvm.Target.from_triple(triple).create_target_machine(opt=3)
    except RuntimeError:
        pytest.skip(f"this LLVM does not compile for {triple}")
    parsed = llvm.parse_assembly(str(module))
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes.getModulePassManager().run(parsed, passes)
    return machine.emit_assembly(parsed)


ARM = "aarch64-unknown-linux-gnu"


def innermost_loop(assembly):
    """The instructions from the label behind which the multiply-adds stand to the jump back to it."""
    label, body = next(found.groups() for found in re.finditer(r"^(\.L\w+):\n((?:\t.*\n)*)", assembly, re.MULTILINE)
                       if "fmla" in found[2] and re.search(rf"\tb\.\w+\t{re.escape(found[1])}\n", found[2]))
    return body[:body.rindex(f"\t{label}\n")]


@pytest.mark.parametrize(("number", "lanes"), [(ir.FloatType(), 4), (ir.DoubleType(), 2)])
def test_a_block_becomes_multiply_adds_of_neon(number, lanes):
    rows, names = widths._rows(128, "aarch64"), primitives.NAMES[3:]  # without the constants
    loop = innermost_loop(assembly(ARM, number, names, lambda builder, given: primitives.write_block(
        builder, (rows, 2, lanes), given)))
    kind = {4: "4s", 2: "2d"}[lanes]
    sums = re.findall(rf"\tfmla\t(v\d+)\.{kind}, v\d+\.{kind}, v\d+\.", loop)
    assert len(sums) == len(set(sums)) == 2 * rows == 16  # each accumulator in a register of its own,
    assert "sp" not in loop  # and none in memory


def masked(body):
    return lambda builder, lane, given: body(builder, lane, given, lane.first(given.integer("count")), 1)


OTHERS = {  # what writes it, its arguments, an instruction that it needs
    "largest": (masked(cells._largest), cells.LARGEST, "fcmgt"),
    "to_winner": (masked(cells._to_winner), cells.LARGEST, "cmeq"),
    "add_up": (masked(cells._add_up), cells.SUM, "fadd"), "add_to": (masked(cells._add_to), cells.SUM, "fadd"),
    "add_rows": (cells._add_rows, cells.ROWS, "fadd"),
    "to_products": (lambda *given: tiles._to_products(*given, tiles.KERNEL), tiles.TO, "fsub"),
    "from_products": (tiles._from_products, tiles.FROM, "fadd"),
    "transpose": (turning.write_square, turning.SQUARE, "(?:zip1|trn1|ext|uzp1)"),
    "end_run": (lambda builder, lane, given: finishing.write_run(
        builder, lane, given, lane.spread(given.given["floor"])), finishing.ARGUMENTS, "fmul"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_primitives_become_vectors_of_neon(name):
    body, names, instruction = OTHERS[name]
    arguments = [one for one in names if one not in ("masked", "bits", "overlap", "kernel")]
    written = assembly(ARM, ir.FloatType(), arguments, lambda builder, given: body(
        builder, primitives.Lanes(builder, ir.FloatType(), 4), given))
    assert re.search(rf"\t{instruction}\tv\d+\.(?:4s|2d), v\d+\.", written)
