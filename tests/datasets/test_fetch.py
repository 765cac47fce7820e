"""Downloads, from a server on this machine that serves well and badly."""

import io
import sys

import pytest

from minicnn._checks import MinicnnError
from minicnn.datasets import _fetch


def test_all_bytes_arrive(server):
    content = bytes(range(256)) * 1000
    server.files["file"] = content
    assert _fetch.fetch(server.url + "file") == content


def test_a_server_that_does_not_tell_the_length(server):
    server.files["file"] = b"content"
    server.lengths["file"] = None
    assert _fetch.fetch(server.url + "file") == b"content"


def test_a_file_the_server_does_not_have(server):
    with pytest.raises(MinicnnError, match=rf"^{server.url}file: the download failed: HTTP Error 404: Not Found\.$"):
        _fetch.fetch(server.url + "file")


def test_nobody_listens(server):
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(MinicnnError, match=rf"^{url}file: the download failed: .*[Rr]efused"):
        _fetch.fetch(url + "file")


def test_a_transfer_that_breaks_off(server):
    server.files["file"] = bytes(100_000)
    server.lengths["file"] = 250_000
    with pytest.raises(MinicnnError, match=r"the download broke off\. Expected 250,000 bytes, received 100,000"):
        _fetch.fetch(server.url + "file")


def test_a_server_that_falls_silent(server, monkeypatch):
    monkeypatch.setattr(_fetch, "TIMEOUT", 0.1)
    with pytest.raises(MinicnnError, match=r"silent: the download failed: .*timed out"):
        _fetch.fetch(server.url + "silent")


def test_a_server_that_speaks_something_else(server, monkeypatch):
    def answer(self, request, address):
        request.recv(1000)
        request.sendall(b"SSH-2.0-OpenSSH\r\n")
        self.shutdown_request(request)

    monkeypatch.setattr(type(server), "process_request", answer)
    with pytest.raises(MinicnnError, match=r"the download failed: SSH-2\.0-OpenSSH"):
        _fetch.fetch(server.url + "file")


def test_it_says_what_it_does_on_the_error_stream(server, capsys):
    server.files["file"] = bytes(1000)
    _fetch.fetch(server.url + "file")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"Downloading {server.url}file\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar(server, monkeypatch):
    server.files["file"] = bytes(2_500_000)
    monkeypatch.setattr(sys, "stderr", Terminal())
    _fetch.fetch(server.url + "file")
    drawings = sys.stderr.getvalue().split("\r")
    assert drawings[0] == f"Downloading {server.url}file\n"
    assert drawings[-1] == f"    2.5 of 2.5 MB {'━' * 20}\n"
    assert len(drawings) > 2


def test_the_bar_ends_its_line_when_the_transfer_breaks_off(server, monkeypatch):
    server.files["file"] = bytes(100_000)
    server.lengths["file"] = 200_000
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(MinicnnError, match="broke off"):
        _fetch.fetch(server.url + "file")
    assert sys.stderr.getvalue().endswith(f"    0.1 of 0.2 MB {'━' * 10}{' ' * 10}\n")


def test_bar_without_a_total():
    bar = _fetch.Bar(None)
    bar.update(4_200_000)
    assert bar.line() == "    4.2 MB"
