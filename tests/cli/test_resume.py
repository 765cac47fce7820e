"""A run that is killed and resumed ends with the same bits."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from minicnn import _files
from minicnn.callbacks.backup import LOCK
from minicnn.cli.train import BACKUP

# ``minicnn`` with a quarter of the digits, and without the pictures of the result, which take longer than the training.
QUICK = """
import sys
from minicnn import cli
from minicnn.cli import train
from minicnn.datasets import digits
(x, y), held = digits.load_data()
digits.load_data = lambda: ((x[:1000], y[:1000]), held)
train.write_pictures = lambda *arguments: None
sys.exit(cli.main())
"""
COMMAND = (sys.executable, "-c", QUICK, "train")
START = ("lenet5-modern", "--epochs", "2", "--batch-size", "50", "--augment", "--out", "run")
FILES = ("model.npz", "history.csv", "summary.txt", "run.json")


def process(folder, *arguments):
    environment = {**os.environ, "MINICNN_KERNELS": "numpy", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen([*COMMAND, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def wait_for_a_backup(running, file):
    """Until the process writes one: it does when its training begins."""
    before = file.stat().st_mtime_ns if file.exists() else None
    while running.poll() is None and (file.stat().st_mtime_ns if file.exists() else None) == before:
        time.sleep(0.01)


def contents(folder):
    return {name: (folder / "run" / name).read_bytes() for name in FILES}


def test_killed_again_and_again_it_ends_with_the_same_bits(tmp_path):
    (tmp_path / "straight").mkdir()
    straight = process(tmp_path / "straight", *START)  # beside the others
    chance, stopped = random.Random(8), 0
    (tmp_path / "killed").mkdir()
    for kill in (signal.SIGKILL, signal.SIGINT) * 3 + (None,):
        begun = (tmp_path / "killed" / "run" / "run.json").exists()
        if not begun:
            shutil.rmtree(tmp_path / "killed" / "run", ignore_errors=True)  # killed before it began
        running = process(tmp_path / "killed", *(("--resume", "run") if begun else START))
        if kill is not None:
            wait_for_a_backup(running, tmp_path / "killed" / "run" / BACKUP / "backup.npz")
            time.sleep(chance.uniform(0.0, 0.3))
            running.send_signal(kill)
        _, err = running.communicate()
        run = tmp_path / "killed" / "run"
        if running.returncode == 0 or ((run / "model.npz").exists() and not (run / BACKUP).exists()):
            break  # done, perhaps in the very moment before the signal came
        stopped += 1
        assert kill is not None, err
        assert "Traceback" not in err or kill == signal.SIGINT  # Python itself, if it comes while starting
    assert stopped >= 2
    assert straight.communicate()[1] == ""
    assert contents(tmp_path / "killed") == contents(tmp_path / "straight")
    assert not (tmp_path / "killed" / "run" / BACKUP).exists()


def test_what_cannot_be_resumed(call, here, few):
    code, _, told = call("train", "--resume", "nothing")
    assert (code, "this is not the folder of a run. Expected a folder with run.json" in told) == (1, True)
    assert call("train", "lenet5-modern", "--epochs", "1", "--out", "run")[0] == 0
    assert "backup" not in os.listdir("run")
    code, _, told = call("train", "--resume", "run")
    assert (code, "the run is finished. To train on: minicnn train run --epochs N" in told) == (1, True)
    code, _, told = call("train", "lenet5", "--resume", "run")
    assert (code, "--resume goes without NETWORK" in told) == (2, True)
    code, _, told = call("train")
    assert (code, "Name a NETWORK" in told) == (2, True)


def test_two_processes_do_not_train_one_run(call, here, few, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("minicnn.cli.train.finish", interrupted)
        code, printed, _ = call("train", "lenet5-modern", "--epochs", "1", "--out", "run")
    assert code == 130
    assert "To go on: minicnn train --resume run" in printed
    lock = _files.Lock(here / "run" / BACKUP / LOCK, "test")
    try:
        code, _, told = call("train", "--resume", "run")
    finally:
        lock.release()
    assert code == 1
    assert "another run uses this folder" in told
    assert call("train", "--resume", "run")[0] == 0
    assert (here / "run" / "model.npz").exists()


def test_other_data_are_refused(call, here, few, monkeypatch):
    monkeypatch.setattr("minicnn.cli.train.finish", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
    assert call("train", "lenet5-modern", "--epochs", "1", "--out", "run")[0] == 130
    record = (here / "run" / "run.json")
    record.write_text(record.read_text().replace('"trained_on": 200', '"trained_on": 201'))
    code, _, told = call("train", "--resume", "run")
    assert code == 1
    assert "the data have changed since. Expected 201 images to train on, received 200" in told


@pytest.mark.parametrize("damage", [b"", b"{", b"PK"])
def test_a_damaged_backup_is_told(call, here, few, monkeypatch, damage):
    with monkeypatch.context() as patch:
        patch.setattr("minicnn.cli.train.finish", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        call("train", "lenet5-modern", "--epochs", "1", "--out", "run")
    (here / "run" / BACKUP / "backup.npz").write_bytes(damage)
    code, _, told = call("train", "--resume", "run")
    assert code == 1
    assert "backup.npz" in told
