"""Where data sets lie, on each platform."""

from pathlib import Path

import pytest

from minicnn.datasets import _folders


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in ("MINICNN_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    return tmp_path


def test_the_variable_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINICNN_DATA", str(tmp_path / "mine"))
    assert _folders.data_folder() == tmp_path / "mine"


def test_a_tilde_is_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MINICNN_DATA", "~/mine")
    assert _folders.data_folder() == tmp_path / "mine"


def test_an_empty_variable_counts_as_none(monkeypatch):
    monkeypatch.setenv("MINICNN_DATA", "")
    assert _folders.data_folder() == _folders.cache_folder()


def test_linux(monkeypatch, home):
    assert _folders.cache_folder("linux") == home / ".cache" / "minicnn"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "elsewhere"))
    assert _folders.cache_folder("linux") == home / "elsewhere" / "minicnn"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/paths/are/invalid")
    assert _folders.cache_folder("linux") == home / ".cache" / "minicnn"


def test_macos(home):
    assert _folders.cache_folder("darwin") == home / "Library" / "Caches" / "minicnn"


def test_windows(monkeypatch, home):
    assert _folders.cache_folder("win32") == home / "AppData" / "Local" / "minicnn"
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    assert _folders.cache_folder("win32") == home / "local" / "minicnn"
