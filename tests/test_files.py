"""Files that are there whole or not at all."""

import os
import stat
import subprocess
import sys

import pytest

from minicnn import saving
from minicnn._checks import MinicnnError
from minicnn._files import Lock, atomic_write, remove_leftovers


def test_the_file_takes_its_name_when_the_block_ends(tmp_path):
    path = tmp_path / "file"
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


def test_text_is_utf_8(tmp_path):
    with atomic_write(tmp_path / "file", "w") as file:
        file.write("größer")
    assert (tmp_path / "file").read_bytes() == "größer".encode()


@pytest.mark.parametrize("problem", [RuntimeError("broken"), KeyboardInterrupt("broken")])
def test_a_block_that_fails_leaves_the_older_file(tmp_path, problem):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(type(problem), match="broken"), atomic_write(path) as file:  # noqa: PT012
        file.write(b"half")
        raise problem
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_is_told_and_leaves_the_older_file(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    expected = r"writing '.*file': the file could not be written\. Received No space left on device"
    with pytest.raises(MinicnnError, match=expected), atomic_write(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_missing_folder(tmp_path):
    expected = r"the folder cannot be written\. Received No such file or directory\. Make the folder '.*missing' first"
    with pytest.raises(MinicnnError, match=expected), atomic_write(tmp_path / "missing" / "file"):
        pass


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "other").touch()
    with atomic_write(tmp_path / "file") as file:
        file.write(b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "other")]
    assert modes[0] == modes[1]


def test_saving_offers_it_too():
    assert saving.atomic_write is atomic_write


def test_a_lock_is_held_by_one_until_it_is_released(tmp_path):
    lock = Lock(tmp_path / "lock", "here")
    for _ in range(2):
        with pytest.raises(MinicnnError, match=r"here: another run uses this folder. Wait until it ends, or choose"):
            Lock(tmp_path / "lock", "here")
    lock.release()
    lock.release()
    Lock(tmp_path / "lock", "here").release()


def test_a_lock_dies_with_its_process(tmp_path):
    program = ("import sys; from minicnn._files import Lock\n"
               "lock = Lock(sys.argv[1], 'there'); print('held', flush=True)\n"
               "sys.stdin.read()")
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "lock")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(MinicnnError, match="another run uses this folder"):
        Lock(tmp_path / "lock", "here")
    process.kill()
    process.communicate()
    Lock(tmp_path / "lock", "here").release()


def test_a_folder_that_cannot_hold_a_lock(tmp_path, monkeypatch):
    with pytest.raises(MinicnnError, match=r"here: the folder cannot be written. Received No such file or directory"):
        Lock(tmp_path / "missing" / "lock", "here")

    def no_locks(handle):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("minicnn._files._hold", no_locks)
    with pytest.raises(MinicnnError, match=r"here: the folder cannot be locked. Received No locks available"):
        Lock(tmp_path / "lock", "here")


def test_leftovers_of_one_file_are_removed(tmp_path):
    for name in (".a[1].npz.x.part", ".a1.npz.x.part", "a[1].npz", ".a[1].npz.part"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path / "a[1].npz")
    assert sorted(os.listdir(tmp_path)) == [".a1.npz.x.part", ".a[1].npz.part", "a[1].npz"]
