"""A file from the network: whole, in memory, with a bar on the terminal while it comes."""

import http.client
import sys
import time
import urllib.request
from typing import IO

from minicnn._checks import error

TIMEOUT = 30  # seconds to wait for a connection, or for the next bytes
CHUNK = 1 << 16  # bytes between two looks at the clock


def fetch(url: str) -> bytes:
    """The bytes behind a URL.

    Raises:
        MinicnnError: there is no network, the server refuses, or the transfer breaks off.
    """
    print(f"Downloading {url}", file=sys.stderr, flush=True)
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            return _receive(response, _announced(response.headers["Content-Length"]), url)
    except (OSError, http.client.HTTPException) as problem:  # URLError, time-outs, resets are all OSError
        raise error(url, f"the download failed: {str(problem) or type(problem).__name__}") from None


def _receive(response: IO[bytes], total: int | None, url: str) -> bytes:
    """All bytes of a response; an error when there are fewer than it announced."""
    content = bytearray()
    bar = Bar(total)
    try:
        while chunk := response.read(CHUNK):
            content += chunk
            bar.update(len(content))
    finally:
        bar.close()
    if total is not None and len(content) != total:
        raise error(url, "the download broke off", f"{total:,} bytes", f"{len(content):,}")
    return bytes(content)


def _announced(length: str | None) -> int | None:
    return int(length) if length is not None and length.isdecimal() else None


class Bar:
    """``  4.2 of 9.9 MB ━━━━━━━━``, redrawn on a terminal; nothing is drawn elsewhere.

    It goes to the error stream, so that what a program prints stays its own.
    """

    WIDTH, REFRESH = 20, 0.05  # cells; seconds between two drawings

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.live = sys.stderr.isatty()
        self.done, self.drawn = 0, -self.REFRESH

    def update(self, done: int) -> None:
        """``done`` bytes are here."""
        self.done = done
        now = time.monotonic()
        if now - self.drawn >= self.REFRESH:
            self.drawn = now
            self._draw()

    def close(self) -> None:
        """No more will come: the last drawing stays."""
        self._draw("\n")

    def _draw(self, end: str = "") -> None:
        if self.live:
            print(f"\r{self.line()}", end=end, file=sys.stderr, flush=True)

    def line(self) -> str:
        """The line as drawn now."""
        if not self.total:
            return f"{self.done / 1e6:7.1f} MB"
        cells = "━" * (self.WIDTH * self.done // self.total)
        return f"{self.done / 1e6:7.1f} of {self.total / 1e6:.1f} MB {cells:<{self.WIDTH}}"
