"""The stored summaries of Keras: compressed JSON, case -> text."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import summary_cases

FILE = Path(__file__).with_name("references") / "summaries.json.gz"


def name(case: tuple[str, str, int]) -> str:
    return " | ".join(map(str, case))


def read() -> dict[str, str]:
    return json.loads(gzip.decompress(FILE.read_bytes()))


def ask(keras: Any, case: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch) -> str:
    """Keras's text. Building a model in Keras warns of things that do not matter here."""
    return summary_cases.text(keras, keras.utils.clear_session, monkeypatch, case)


def write(keras: Any, say: Callable[[str], object]) -> None:
    """Ask Keras all cases, and store what it prints."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        texts = {name(case): ask(keras, case, monkeypatch) for case in summary_cases.CASES}
    before = read() if FILE.exists() else {}
    packed = gzip.compress(json.dumps(texts, indent=0).encode(), mtime=0)
    FILE.write_bytes(packed)
    changed = sum(before.get(case) != text for case, text in texts.items())
    say(f"{'summaries':14} {len(texts):4} answers, {len(packed):8,} bytes; {changed} new or changed")
