"""Callbacks: what happens around the training loop. Hooks, arguments and texts are Keras's."""

from minicnn._progress import ProgressBar, duration, figure, step_time
from minicnn.callbacks.backup import BackupAndRestore
from minicnn.callbacks.base import Callback, CallbackList, History, LambdaCallback, Logs
from minicnn.callbacks.checkpoint import ModelCheckpoint
from minicnn.callbacks.csv_logger import CSVLogger
from minicnn.callbacks.progress import ProgbarLogger
from minicnn.callbacks.rates import LearningRateScheduler, ReduceLROnPlateau
from minicnn.callbacks.recorder import Recorder
from minicnn.callbacks.stopping import EarlyStopping, TerminateOnNaN

__all__ = [
    "BackupAndRestore", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
    "LearningRateScheduler", "Logs", "ModelCheckpoint", "ProgbarLogger", "ProgressBar", "Recorder",
    "ReduceLROnPlateau", "TerminateOnNaN", "duration", "figure", "step_time",
]
