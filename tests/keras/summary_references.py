"""The stored summaries of Keras: compressed JSON, model -> "option | window" -> text."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import summary_cases

FILE = Path(__file__).with_name("references") / "summaries.json.gz"


def read() -> dict[str, dict[str, str]]:
    return json.loads(gzip.decompress(FILE.read_bytes()))


def ask(keras: Any, model: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Keras's texts of a model."""
    return summary_cases.texts(keras, keras.utils.clear_session, monkeypatch, model)


def write(keras: Any, say: Callable[[str], object]) -> None:
    """Ask Keras all cases, and store what it prints."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        texts = {model: ask(keras, model, monkeypatch) for model in summary_cases.MODELS}
    before = read() if FILE.exists() else {}
    packed = gzip.compress(json.dumps(texts, indent=0).encode(), mtime=0)
    FILE.write_bytes(packed)
    changed = [model for model in texts if before.get(model) != texts[model]]
    say(f"{'summaries':14} {len(texts):4} models, {len(packed):8,} bytes; new or changed: {len(changed)}")
