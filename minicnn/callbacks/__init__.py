"""Callbacks: what happens around the training loop. Hooks, arguments and texts are Keras's."""

from minicnn.callbacks.base import Callback, CallbackList, History, LambdaCallback, Logs
from minicnn.callbacks.progress import ProgbarLogger, ProgressBar, duration, figure, step_time

__all__ = [
    "Callback", "CallbackList", "History", "LambdaCallback", "Logs", "ProgbarLogger", "ProgressBar", "duration",
    "figure", "step_time",
]
