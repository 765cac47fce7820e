"""Where data sets lie on this machine.

===========================  ===================================================================
the environment's            ``$MINICNN_DATA``
``MINICNN_DATA``, else:
Linux and other Unix         ``$XDG_CACHE_HOME/minicnn``, or ``~/.cache/minicnn``
macOS                        ``~/Library/Caches/minicnn``
Windows                      ``%LOCALAPPDATA%\\minicnn``
===========================  ===================================================================
"""

import os
import sys
from pathlib import Path

VARIABLE = "MINICNN_DATA"


def data_folder() -> Path:
    """The folder of all data sets: the one that ``MINICNN_DATA`` names, else the platform's cache folder."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen).expanduser() if chosen else cache_folder()


def cache_folder(platform: str = sys.platform) -> Path:
    """The platform's folder for files that can be fetched again."""
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "minicnn"
    if platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "minicnn"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG base directory specification: a path that is not absolute is invalid and to be ignored.
    return (chosen if chosen.is_absolute() else Path.home() / ".cache") / "minicnn"
