"""The log as a file: whole lines, whatever happens."""

import csv
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from callback_cases import ACCURACY, FALL_AND_RISE, WITHOUT

from minicnn import MinicnnError
from minicnn.callbacks import CSVLogger
from minicnn.layers import Dense
from minicnn.models import Sequential

pytestmark = pytest.mark.usefixtures("empty_folder")
HEADER = b"epoch,loss,val_loss\r\n"


def log(callback, history, first=0):
    callback.on_train_begin()
    for epoch, logs in enumerate(history, first):
        callback.on_epoch_end(epoch, logs)
    callback.on_train_end()


@pytest.fixture
def path(empty_folder):
    return empty_folder / "log.csv"


def test_the_figures_of_a_training_come_back_exactly(path, rng):
    model = Sequential([Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    x, y = rng.random((8, 2)), rng.random((8, 1))
    history = model.fit(x, y, epochs=3, verbose=0, validation_data=(x, y), callbacks=[CSVLogger(path)]).history
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    for name, values in history.items():
        assert [float(row[name]) for row in rows] == values


def test_each_line_is_there_when_its_epoch_ends(path):
    callback = CSVLogger("log.csv")
    callback.on_train_begin()
    assert path.read_bytes() == b""
    callback.on_epoch_end(0, {"loss": 0.5})
    assert path.read_bytes() == HEADER + b"0,0.5,NA\r\n"
    callback.on_epoch_end(1, {"loss": 0.25, "val_loss": np.nan})
    assert path.read_bytes() == HEADER + b"0,0.5,NA\r\n1,0.25,nan\r\n"


def test_an_old_log_is_kept_until_there_is_a_new_line(path):
    path.write_text("old")
    callback = CSVLogger("log.csv")
    callback.on_train_begin()
    assert path.read_text() == "old"
    callback.on_epoch_end(0, {"loss": 0.5})
    assert path.read_bytes() == HEADER + b"0,0.5,NA\r\n"


def test_a_run_without_epochs_leaves_an_empty_log(path):
    path.write_text("old")
    log(CSVLogger("log.csv"), [])
    assert path.read_bytes() == b""


def test_going_on_in_a_file_keeps_its_columns(path):
    log(CSVLogger("log.csv"), WITHOUT[:1])
    log(CSVLogger("log.csv", append=True), FALL_AND_RISE[:1], first=1)
    path.write_bytes(path.read_bytes().replace(b"loss,val_loss", b"val_loss,loss"))
    log(CSVLogger("log.csv", append=True), FALL_AND_RISE[1:2], first=2)
    assert path.read_bytes() == b"epoch,val_loss,loss\r\n0,0.5,NA\r\n1,1.0,1.1\r\n2,0.9,0.8\r\n"


def test_going_on_with_another_separator(path):
    for epoch in (0, 1):
        log(CSVLogger("log.csv", separator=";", append=True), WITHOUT[:1], first=epoch)
    assert path.read_bytes() == b"epoch;loss;val_loss\r\n0;0.5;NA\r\n1;0.5;NA\r\n"


def test_going_on_in_a_file_of_other_columns_is_refused(path):
    log(CSVLogger("log.csv"), WITHOUT)
    before = path.read_bytes()
    with pytest.raises(MinicnnError, match=r"CSVLogger 'log.csv': the file to append to has other columns. Expected "
                                           r"figures out of loss, val_loss, received accuracy, val_accuracy\."):
        log(CSVLogger("log.csv", append=True), ACCURACY)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"notes\n", b"\n", b"epoch;loss\r\n0;0.5\r\n", b"\xff\xfe\x00"])
def test_going_on_in_a_file_of_another_kind_is_refused_before_the_first_epoch(path, content):
    path.write_bytes(content)
    with pytest.raises(MinicnnError, match=r"CSVLogger 'log.csv': the file to append to is no such log. Expected a "
                                           r"first line 'epoch,...', received '"):
        CSVLogger("log.csv", append=True).on_train_begin()
    assert path.read_bytes() == content


def test_going_on_behind_a_last_line_without_an_end(path):
    path.write_bytes(b"epoch,loss,val_loss\n0,0.5,NA")
    log(CSVLogger("log.csv", append=True), WITHOUT[1:2], first=1)
    assert path.read_bytes() == b"epoch,loss,val_loss\n0,0.5,NA\r\n1,0.4,NA\r\n"


def test_a_file_removed_meanwhile_comes_back(path):
    callback = CSVLogger("log.csv")
    callback.on_train_begin()
    callback.on_epoch_end(0, {"loss": 0.5})
    path.unlink()
    callback.on_epoch_end(1, {"loss": 0.25})
    assert path.read_bytes() == HEADER + b"0,0.5,NA\r\n1,0.25,NA\r\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_stays_a_link(path, tmp_path_factory):
    target = tmp_path_factory.mktemp("elsewhere") / "target.csv"
    path.symlink_to(target)
    log(CSVLogger("log.csv"), WITHOUT[:1])
    assert path.is_symlink()
    assert target.read_bytes() == HEADER + b"0,0.5,NA\r\n"


def test_the_file_stays_where_it_is_when_the_working_folder_changes(path, tmp_path_factory, monkeypatch):
    callback = CSVLogger("log.csv")
    callback.on_train_begin()
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    callback.on_epoch_end(0, {"loss": 0.5})
    assert path.read_bytes() == HEADER + b"0,0.5,NA\r\n"


@pytest.mark.parametrize(("options", "match"), [
    ({"filename": None}, "filename must be the name of a file"), ({"separator": ""}, "separator must be one character"),
    ({"separator": ", "}, "separator must be one character"), ({"separator": '"'}, "separator must be one character"),
    ({"separator": "\n"}, "separator must be one character"), ({"separator": 3}, "separator must be one character")])
def test_wrong_arguments(options, match):
    with pytest.raises(MinicnnError, match=f"CSVLogger: {match}"):
        CSVLogger(**{"filename": "log.csv"} | options)


def test_a_file_that_cannot_be_written_is_an_error_before_the_first_epoch(empty_folder):
    with pytest.raises(MinicnnError, match=r"writing '.*log.csv': the folder cannot be written\. Received No such"):
        CSVLogger("none/log.csv").on_train_begin()
    (empty_folder / "folder").mkdir()
    with pytest.raises(MinicnnError, match=r"CSVLogger 'folder': the file cannot be read\. Received Is a directory"):
        CSVLogger("folder").on_train_begin()


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
def test_a_full_disk_leaves_whole_lines(path):
    import resource

    callback = CSVLogger("log.csv")
    callback.on_train_begin()
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    whole = HEADER + b"0,0.5,NA\r\n1,0.25,NA\r\n"
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 4, limits[1]))
        callback.on_epoch_end(0, {"loss": 0.5})
        callback.on_epoch_end(1, {"loss": 0.25})
        with pytest.raises(MinicnnError, match=r"writing '.*log.csv': the file could not be written\. Received File t"):
            callback.on_epoch_end(2, {"loss": 0.125})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == whole
    callback.on_epoch_end(2, {"loss": 0.125})
    assert path.read_bytes() == whole + b"2,0.125,NA\r\n"


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_a_killed_process_leaves_whole_lines(path):
    """It is killed while it writes long lines as fast as it can."""
    code = ("from minicnn.callbacks import CSVLogger\ncallback = CSVLogger('log.csv')\ncallback.on_train_begin()\n"
            "for epoch in range(10**9):\n    callback.on_epoch_end(epoch, {f'a{i}': epoch / 7 for i in range(900)})\n")
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        while not path.exists() or path.stat().st_size < 300_000:
            assert process.poll() is None
            time.sleep(0.001)
    finally:
        process.kill()
        process.wait()
    lines = path.read_bytes().split(b"\r\n")
    assert lines.pop() == b""
    assert len({line.count(b",") for line in lines}) == 1
    assert [int(line.split(b",")[0]) for line in lines[1:]] == list(range(len(lines) - 1))
