"""What the tests of data sets share: IDX files made on the spot, a server on this machine, pictures in folders."""

import gzip
import hashlib
import http.server
import struct
import threading
from dataclasses import replace

import numpy as np
import pytest

from minicnn.datasets import _folders, _published, fashion_mnist, mnist


def idx_bytes(array):
    """The array as an IDX file: written here a second time, apart from the code under test."""
    header = struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape)
    return header + array.tobytes()


@pytest.fixture(name="idx_bytes")
def fixture_idx_bytes():
    return idx_bytes


@pytest.fixture
def small(rng):
    """The four unpacked files of a small data set, by name."""
    files = {}
    for part, count in (("train", 60), ("t10k", 20)):
        files[f"{part}-images-idx3-ubyte"] = idx_bytes(rng.integers(0, 256, (count, 28, 28), np.uint8))
        files[f"{part}-labels-idx1-ubyte"] = idx_bytes(rng.integers(0, 10, count, np.uint8))
    return {name: files[name] for name in _published.FILES}


@pytest.fixture
def published(monkeypatch, small, tmp_path):
    """The world as if ``small`` were MNIST and its reverse Fashion-MNIST, and the data folder empty.

    Returns a function that sets the mirrors; until it is called there are none.
    """
    def digests(files):
        return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}

    def set_mirrors(*mirrors):
        monkeypatch.setattr(mnist, "MNIST", replace(mnist.MNIST, mirrors=mirrors))
        monkeypatch.setattr(fashion_mnist, "FASHION_MNIST", replace(fashion_mnist.FASHION_MNIST, mirrors=mirrors))

    monkeypatch.setitem(_published.SHA256, "MNIST", digests(small))
    monkeypatch.setitem(_published.SHA256, "Fashion-MNIST", digests(fashion_of(small)))
    monkeypatch.setenv(_folders.VARIABLE, str(tmp_path / "data"))
    set_mirrors()
    return set_mirrors


def fashion_of(files):
    """Another data set of the same sizes: all values reversed."""
    headers = {name: 16 if "images" in name else 8 for name in files}
    return {name: content[:headers[name]] + content[:headers[name] - 1:-1] for name, content in files.items()}


@pytest.fixture(name="fashion_of")
def fixture_fashion_of():
    return fashion_of


@pytest.fixture
def put(tmp_path):
    """A function that puts files into a folder of the data folder, plain or packed."""
    def write(files, folder="mnist", packed=False):
        place = tmp_path / "data" / folder
        place.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = place / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content) if packed else content)
        return place

    return write


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files`` by path. ``lengths`` announces another length, or none for None; ``asked`` keeps a list.

    ``silent`` is not answered before ``over`` is set.
    """

    daemon_threads = False  # closing waits for them: none outlives its test

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.lengths, self.asked, self.over = {}, {}, [], threading.Event()

    def handle_error(self, request, client_address):
        """Clients may go away; it is their tests that say whether they should."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.removeprefix("/")
        self.server.asked.append(name)
        if name == "silent":
            self.server.over.wait()
        if name not in self.server.files:
            self.send_error(404)
            return
        content = self.server.files[name]
        length = self.server.lengths.get(name, len(content))
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()
