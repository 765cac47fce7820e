"""Keras's progress lines."""

from minicnn._progress import ProgressBar
from minicnn.callbacks.base import Callback, Logs


class ProgbarLogger(Callback):
    """Keras's progress lines. verbose=1: a bar that is redrawn on a terminal; 2: one line an epoch."""

    def __init__(self, verbose: int = 1) -> None:
        self.verbose = verbose
        self.bar = ProgressBar(None, verbose)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.params["epochs"] > 1:
            print(f"Epoch {epoch + 1}/{self.params['epochs']}")
        self.bar = ProgressBar(self.params["steps"], self.verbose)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.bar.update(batch + 1, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.bar.finish(logs or {})
