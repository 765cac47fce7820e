"""Files that are missing, foreign, cut off or changed: one clear error, never another, and nothing half loaded."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Sequential, load_model
from minicnn.layers import Dense


@pytest.fixture
def small(tmp_path):
    """The bytes of a small model, and the model."""
    model = Sequential([Input((3,)), Dense(2, "relu", name="dense")], name="net")
    model.compile("sgd", "mse")
    model.save(tmp_path / "small.npz")
    return (tmp_path / "small.npz").read_bytes(), model, tmp_path / "changed.npz"


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")


def test_a_missing_file(tmp_path, refuses):
    refuses(lambda: load_model(tmp_path / "no.npz"), f"loading '{tmp_path / 'no.npz'}': there is no such file")
    refuses(lambda: load_model(tmp_path), "there is no such file")  # a folder


@pytest.mark.parametrize(("content", "told"), [
    (b"", "the file is damaged or not a minicnn model. Expected an .npz written by model.save, received "),
    (b"not a model, but a text", "the file is damaged or not a minicnn model"),
    (PNG, "the file is damaged or not a minicnn model"), (b"PK\x03\x04", "the file is damaged or not a minicnn model"),
    (npy(np.arange(3)), "the file is damaged or not a minicnn model"),
    (npz(x=np.arange(3), y=np.arange(4)), "this is an .npz, but not a minicnn model. Expected an entry 'minicnn.json', "
     "received entries ['x', 'y']"),
    (npz(), "this is an .npz, but not a minicnn model"),
    (npz(**{"minicnn.json": np.frombuffer(b"{}", np.uint8)}), "this is not a minicnn model"),
    (npz(**{"minicnn.json": np.frombuffer(b"[1, 2]", np.uint8)}), "this is not a minicnn model"),
    (npz(**{"minicnn.json": np.frombuffer(b"{'a': 1}", np.uint8)}), "the configuration is damaged"),
    (npz(**{"minicnn.json": np.arange(5.0)}), "the configuration is damaged"),
    (npz(**{"minicnn.json": np.frombuffer(b"[" * 100_000, np.uint8)}), "the configuration is damaged"),
], ids=lambda value: "" if isinstance(value, bytes) else None)
def test_foreign_files(tmp_path, refuses, content, told):
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    refuses(lambda: load_model(path), f"loading '{path}': {told}")


def test_an_archive_of_other_things(tmp_path, refuses):
    with zipfile.ZipFile(tmp_path / "other.npz", "w") as archive:
        archive.writestr("letter.txt", "Dear Yann")
    refuses(lambda: load_model(tmp_path / "other.npz"), "the file is damaged or not a minicnn model")


def test_a_file_that_cannot_be_read(file, refuses, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refused)
    refuses(lambda: load_model(file), f"loading '{file}': the file cannot be read. Received Permission denied")


def test_a_file_cut_off_anywhere(small):
    content, _, path = small
    lengths = {len(content) * i // 64 for i in range(64)} | set(range(len(content) - 200, len(content)))
    for length in sorted(lengths):
        path.write_bytes(content[:length])
        with pytest.raises(MinicnnError, match=r"loading .*the file is damaged or not a minicnn model"):
            load_model(path)


def test_a_file_with_bytes_behind_it_or_before_it(small):
    """A zip archive may have either; what is loaded is the model."""
    content, model, path = small
    for changed in (content + b"\n", b"#!/bin/sh\n" + content):
        path.write_bytes(changed)
        assert loads_rightly(path, model) is not False


def loads_rightly(path, model):
    """True: the very model. None: the clear error. False, or any other error: neither."""
    try:
        loaded = load_model(path)
    except MinicnnError:
        return None
    return (loaded.get_config() == model.get_config() and loaded.params.keys() == model.params.keys()
            and all(value.tobytes() == loaded.params[name].tobytes() for name, value in model.params.items())
            and loaded.compiled.optimizer.get_config() == model.compiled.optimizer.get_config()
            and loaded.compiled.optimizer.iterations == model.compiled.optimizer.iterations)


def test_every_byte_changed(small):
    """Each byte of the file once, to one other value: headers, names, checksums, numbers, the table at the end."""
    content, model, path = small
    rng = np.random.default_rng(7)
    results = []
    for place, mask in enumerate(rng.integers(1, 256, len(content))):
        changed = bytearray(content)
        changed[place] ^= int(mask)
        path.write_bytes(changed)
        results.append(loads_rightly(path, model))
        assert results[-1] is not False, f"byte {place} changed by {mask}"
    assert results.count(None) > 0.6 * len(content)  # dates and the like may change unseen


def test_random_bits_flipped(model, file):
    content, rng = file.read_bytes(), np.random.default_rng(8)
    path = file.with_name("changed.npz")
    for place in rng.integers(0, len(content), 300):
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        assert loads_rightly(path, model) is not False, f"byte {place}"


def test_every_bit_of_the_numbers_is_guarded(small, refuses):
    """The checksum sees each: numbers never change in silence."""
    content, model, path = small
    start = content.index(model.get_layer("dense").get_weights()[0].tobytes())
    for place in range(start, start + 24):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            refuses(lambda: load_model(path), "the file is damaged or not a minicnn model ... Bad CRC-32")


@pytest.mark.parametrize(("old", "new"), [(b"'<f4'", b"'<f2'"), (b"'shape': (90, 80)", b"'shape': (10, 80)"),
                                          (b"'fortran_order': False", b"'fortran_order': True ")])
def test_a_header_that_says_something_else(tmp_path, refuses, old, new):
    """Also where it asks for fewer numbers than there are, and the reading of them would stop before the checksum.

    The array is larger than the buffers on the way: those read on by themselves.
    """
    model, path = Sequential([Input((90,)), Dense(80, name="dense")]), tmp_path / "large.npz"
    model.save(path)
    content = path.read_bytes()
    start = content.index(b"weights/dense/kernel")
    place = content.index(old, start)
    path.write_bytes(content[:place] + new + content[place + len(old):])
    refuses(lambda: load_model(path), "the file is damaged or not a minicnn model ... Bad CRC-32")


class Bomb:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("place", ["weights/dense/kernel", "minicnn.json", "something else"])
def test_nothing_is_unpickled(small, tmp_path, refuses, place):
    content, _, path = small
    trace = tmp_path / "exploded"
    with np.load(io.BytesIO(content)) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays[place] = np.array([Bomb(str(trace))], dtype=object)
    np.savez(path, **arrays)
    refuses(lambda: load_model(path), "the file is damaged or not a minicnn model ... allow_pickle=False")
    assert not trace.exists()
    with np.load(path, allow_pickle=True) as stored:  # that the bomb is real
        stored[place][0].close()
    assert trace.exists()


def test_a_plain_pickle_is_not_unpickled(tmp_path, refuses):
    trace, path = tmp_path / "exploded", tmp_path / "model.npz"
    for content in (pickle.dumps(Bomb(str(trace))), npy(np.array([Bomb(str(trace))], dtype=object))):
        path.write_bytes(content)
        refuses(lambda: load_model(path), "the file is damaged or not a minicnn model")
        assert not trace.exists()
