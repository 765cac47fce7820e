"""A program that trains a small model with backups: started again and again by `test_backup`, and killed.

    python backup_run.py FOLDER [--wait] [--full BYTES]

--wait: stop after the first batch until a line comes. --full: no file can grow beyond so many bytes, as on a full disk.
"""

import json
import sys
from pathlib import Path

import minicnn
from minicnn import Sequential, layers
from minicnn.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, ReduceLROnPlateau
from minicnn.datasets import digits
from minicnn.feeding import ArrayFeed
from minicnn.loop import fit  # noqa: F401  (now, not late: an interrupted import may say RuntimeError)
from minicnn.optimizers import SGD

EPOCHS = 24


def noisy(x, rng):
    return x / 255 + rng.normal(0, 0.1, x.shape)


def train(folder, *others, save_freq=4):
    minicnn.set_random_seed(11)
    (x, y), _ = digits.load_data()
    x, y = x[::5][:360, ..., None], y[::5][:360]
    model = Sequential([
        layers.Conv2D(3, 5, strides=3, activation="relu", input_shape=x.shape[1:], name="conv"),
        layers.Flatten(name="flat"), layers.Dropout(0.2, name="drop"), layers.Dense(10, "softmax", name="dense")])
    model.compile(SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    callbacks = [EarlyStopping("val_accuracy", patience=12, restore_best_weights=True), ReduceLROnPlateau(patience=1),
                 CSVLogger(folder / "log.csv"), *others]
    print("begin", flush=True)
    model.fit(ArrayFeed(x[:300], y[:300], batch_size=15, transform=noisy), epochs=EPOCHS, verbose=0,
              validation_data=(x[300:] / 255, y[300:]),
              callbacks=[BackupAndRestore(folder / "run", save_freq), *callbacks])
    model.save(folder / "model.npz")
    figures = {"history": model.history.history, "epoch": model.history.epoch, "progress": vars(model.progress),
               "random": model.rng.bit_generator.state}
    (folder / "figures.json").write_text(json.dumps(figures, default=vars))


class Wait(Callback):
    def on_train_batch_end(self, batch, logs=None):
        print("waiting", flush=True)
        sys.stdin.readline()


class FillDisk(Callback):
    """Ends with an error at the next file that is larger."""

    def __init__(self, limit):
        self.limit = limit

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            import resource
            import signal
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.limit, self.limit))


if __name__ == "__main__":
    options = sys.argv[2:]
    extra = [Wait()] if "--wait" in options else [FillDisk(int(options[1]))] if "--full" in options else []
    train(Path(sys.argv[1]), *extra)
