"""Lets the modules of this folder import one another, and hands out Keras where it is installed."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    """An empty folder to work in: names of files without a folder are names in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.fsync", lambda file: None)  # no power fails here; thousands of small files are fast
    return tmp_path


@pytest.fixture(scope="session")
def keras():
    """Keras on torch, or on what the user chose. Tests that ask for it are skipped where it is not installed.

    Older versions than the one that gave the stored answers print other texts.
    """
    if importlib.util.find_spec("torch") is not None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", minversion="3.15")
