"""The rules of the house: one direction of imports, a light import, docstrings, no stray output."""

import ast
import importlib
import inspect
import itertools
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn
from minicnn import _config

ROOT = Path(minicnn.__file__).parent

# A room (a module, or a folder with all its modules) imports only rooms of a strictly lower rank.
RANKS = {
    "_types": 0, "notation": 0,
    "_checks": 1, "_progress": 1,
    "_data": 2, "_shapes": 2, "_config": 2, "_random": 2, "_files": 2,
    "kernels": 3, "initializers": 3, "activations": 3, "regularizers": 3, "datasets": 3, "saving": 3,
    "losses": 4, "schedules": 4, "layers": 4, "augmentation": 4,
    "metrics": 5, "optimizers": 5, "checking": 5, "rules": 5, "feeding": 5,
    "graph": 6,
    "counting": 7, "plans": 7,
    "visualize": 8,
    "callbacks": 9,
    "training": 10,
    "curvature": 10.5, "patterns": 10.5,
    "loop": 11,
    "models": 12, "utils": 12,
    "applications": 13, "backend": 13,
    "reproducing": 13.5,
    "cli": 14,
    "__main__": 15,
}
FILES = sorted(ROOT.rglob("*.py"))


def dotted(path):
    """``minicnn.layers.conv`` for the file of that module."""
    parts = ["minicnn", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in FILES}


TREES = {module: ast.parse(path.read_text()) for module, path in MODULES.items()}


def room(module):
    """``layers`` for ``minicnn.layers.conv``; nothing for the package itself."""
    return module.split(".")[1] if "." in module else ""


def nodes_that_run(tree):
    """All of a file, bodies of functions too, but not what only a type checker reads."""
    yield tree
    only_for_types = isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING"
    for node in tree.orelse if only_for_types else ast.iter_child_nodes(tree):
        yield from nodes_that_run(node)


def imported(tree, module, is_package):
    """Every module of ours that is imported anywhere in a file, by its dotted name."""
    for node in nodes_that_run(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "minicnn")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")[:len(module.split(".")) - node.level + is_package]
                base = ".".join([*parts, *filter(None, [node.module])])
            if base.split(".")[0] == "minicnn":
                for alias in node.names:
                    if alias.name.startswith("__"):
                        continue  # minicnn.__version__ is no module
                    name = f"{base}.{alias.name}"
                    yield name if name in MODULES or base == "minicnn" else base


def upward(tree, module, is_package=False):
    """The rooms a file imports although they are not below its own."""
    here = room(module)
    return sorted({room(name) for name in imported(tree, module, is_package)
                   if room(name) != here and RANKS.get(room(name), 99) >= RANKS[here]})


def test_every_room_has_a_rank():
    assert {room(module) for module in MODULES} - {""} <= RANKS.keys()
    stale = RANKS.keys() - {room(module) for module in MODULES}
    assert stale <= {"__main__"}


@pytest.mark.parametrize("module", [name for name in MODULES if room(name)])
def test_imports_go_down(module):
    assert upward(TREES[module], module, MODULES[module].name == "__init__.py") == []


@pytest.mark.parametrize(("source", "rooms"), [
    ("from minicnn.graph import Graph", ["graph"]), ("import minicnn.models.model", ["models"]),
    ("from minicnn import graph, kernels", ["graph"]), ("def f():\n    from minicnn import training", ["training"]),
    ("from minicnn.losses import get", ["losses"]), ("from ..rules import gradient", ["rules"]),
    ("from .. import models", ["models"]), ("from minicnn import Sequential", ["Sequential"]),
    ("from minicnn import kernels, _checks\nfrom minicnn.layers.base import Layer\nimport numpy", []),
    ("from .base import Layer\nfrom . import conv", []), ("from minicnn import __version__", []),
    ("if TYPE_CHECKING:\n    from minicnn.models import Model\nelse:\n    import minicnn.graph", ["graph"]),
])
def test_the_test_of_imports_sees_them(source, rooms):
    assert upward(ast.parse(source), "minicnn.layers.pooling") == rooms


def test_the_package_itself_imports_nothing_of_ours():
    assert list(imported(TREES["minicnn"], "minicnn", True)) == []


# -- what an import costs --------------------------------------------------------------------------


def loaded_after(code):
    """The names of the modules that a new process has loaded after some code."""
    code += "\nimport sys; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_loads_neither_numba_nor_matplotlib():
    assert not loaded_after("import minicnn") & {"numba", "matplotlib"}


def test_nor_do_models_and_layers_before_they_compute():
    code = ("import minicnn\nfrom minicnn import layers, models, losses, optimizers, datasets, counting, applications\n"
            "minicnn.applications.LeNet5().summary(print_fn=str)")
    loaded = loaded_after(code)
    assert not loaded & {"numba", "matplotlib"}
    assert "minicnn.models.model" in loaded


# -- names and docstrings --------------------------------------------------------------------------


def test_every_public_name_is_there():
    assert len(set(minicnn.__all__)) == len(minicnn.__all__)
    for name in minicnn.__all__:
        assert getattr(minicnn, name) is not None, name
    assert set(minicnn.__all__) <= set(dir(minicnn))
    with pytest.raises(AttributeError, match="module 'minicnn' has no attribute 'nothing'"):
        minicnn.nothing  # noqa: B018


def public_modules():
    return [importlib.import_module(module) for module in MODULES
            if not any(part.startswith("_") for part in module.split("."))]


def without_docstring(module):
    """Public functions and classes defined in this module that say nothing about themselves."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
            continue
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and not thing.__doc__:
            yield name


# Versions of the functions that `minicnn.kernels` documents: the same signatures and meanings.
KERNEL_VERSIONS = {"minicnn.kernels.reference", "minicnn.kernels.with_numpy"} | {
    f"minicnn.kernels.vector.{part}" for part in ("back_to_image", "bias", "conv", "dense", "pooling")} | {
    f"minicnn.kernels.with_numba.{part}" for part in ("bias", "conv", "dense", "depthwise", "pooling")}


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_public_things_have_docstrings(module):
    assert module.__doc__
    documented = dir(minicnn.kernels) if module.__name__ in KERNEL_VERSIONS else ()
    assert [name for name in without_docstring(module) if name not in documented] == []


def test_modules_are_found_by_their_names_too():
    # Nothing lies in a folder that Python would not look into.
    walked = {module.name for module in pkgutil.walk_packages([str(ROOT)], "minicnn.")}
    assert walked | {"minicnn"} == set(MODULES)


def subclasses(cls):
    return itertools.chain.from_iterable([sub, *subclasses(sub)] for sub in cls.__subclasses__())


def test_no_two_classes_share_the_name_under_which_files_know_them():
    # There is a Linear among the layers and one among the activations: a file must tell them apart.
    public_modules()
    ours = [cls for cls in subclasses(_config.Configurable) if cls.__module__.startswith("minicnn.")]
    assert len(ours) >= 35
    assert {cls for cls in ours if _config._classes[_config.registered_name(cls)] is not cls} == set()


# -- what must not be there ------------------------------------------------------------------------

PRINTERS = {"callbacks", "cli", "counting", "models"}
# A note before a long wait, and the script that made the digits.
ALSO = {"minicnn.loop", "minicnn.datasets._fetch", "minicnn.datasets.digits.make_digits"}


def test_only_those_print_whose_work_it_is():
    printing = {module for module, tree in TREES.items() for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"}
    assert {module for module in printing if room(module) not in PRINTERS} == ALSO


def test_no_file_unpickles_or_evaluates():
    # Files come from strangers: nothing in them may be executed.
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "marshal", "shelve", "joblib"}, module
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), module
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), module
                assert node.value.value is False, module


def test_no_machine_and_no_mark_of_unfinished_work_in_any_file():
    for path in FILES:
        text = path.read_text()
        assert not any(mark in text for mark in ("TODO", "FIXME", "/work/", "/tmp/", "/home/")), path
