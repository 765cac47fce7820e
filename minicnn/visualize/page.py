"""Pictures, tables and notes on one page of HTML that needs nothing else: no network, no script, no other file.

::

    sections = [
        Section("What it learned", [
            picture("The kernels of C1", lambda: visualize.kernels(model, "C1"), "six kernels of 5x5"),
            picture("A wrong layer", lambda: visualize.kernels(model, "F6")),     # becomes a note that says why
            Table(["class", "right"], [["0", 0.98], ["1", 0.99]]),
        ]),
    ]
    write_page("report.html", "LeNet-5 on digits", sections)
"""

import base64
import html
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from minicnn import _checks
from minicnn.saving import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What a picture file begins with.
KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif", b"\xff\xd8\xff": "image/jpeg",
         b"<svg": "image/svg+xml", b"<?xml": "image/svg+xml"}
CSS_INCH = 96  # pixels of CSS in an inch

STYLE = """
:root { color-scheme: light; }
body { color: #1a1a1a; background: #fff; font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 0 auto;
       padding: 1.5rem; }
h1, h2 { line-height: 1.2; overflow-wrap: anywhere; }
h2 { border-bottom: 1px solid #bbb; padding-bottom: .2rem; margin-top: 2.5rem; }
a { color: #0050a0; }
nav ol { columns: 20rem; }
figure { margin: 1.5rem 0; break-inside: avoid; }
figure img { max-width: 100%; height: auto; }
figcaption, caption { color: #444; text-align: left; max-width: 50rem; }
figcaption strong, caption strong { color: #1a1a1a; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1.5rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; background: #f6f6f6; padding: .8rem; font-size: .85rem; line-height: 1.35; }
.note { border-left: .3rem solid #d55e00; background: #fdf5ee; padding: .5rem 1rem; overflow-wrap: anywhere; }
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  .note, tr { break-inside: avoid; }
  pre { white-space: pre-wrap; }
  a { color: inherit; text-decoration: none; }
}
"""


@dataclass(frozen=True)
class Image:
    """A picture: the bytes of a PNG, JPEG, GIF or SVG file, what it shows in words, and a caption.

    width: inches it takes where there is room; as many as it has where not given.
    """

    title: str
    data: bytes
    alt: str
    caption: str = ""
    width: float | None = None

    def html(self) -> str:
        """A figure with its caption."""
        kind = next((kind for start, kind in KINDS.items() if self.data.startswith(start)), None)
        if kind is None:
            raise _checks.error(f"picture {self.title!r}", "the kind of the file is unknown", "PNG, JPEG, GIF or SVG",
                                f"{self.data[:8]!r}")
        width = "" if self.width is None else f' width="{self.width * CSS_INCH:.0f}"'
        source = f"data:{kind};base64,{base64.b64encode(self.data).decode()}"
        return (f'<figure>\n<img src="{source}" alt="{_text(self.alt)}"{width}>\n'
                f"<figcaption>{_titled(self.title, self.caption)}</figcaption>\n</figure>")


@dataclass(frozen=True)
class Table:
    """Rows under a header; columns of numbers stand to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    title: str = ""
    caption: str = ""

    def html(self) -> str:
        """A table that scrolls by itself where it is too wide."""
        lines = ['<div class="wide"><table>']
        if self.title or self.caption:
            lines.append(f"<caption>{_titled(self.title, self.caption)}</caption>")
        head = "".join(f'<th scope="col">{_text(name)}</th>' for name in self.header)
        lines += [f"<thead><tr>{head}</tr></thead>", "<tbody>"]
        for row in self.rows:
            if len(row) != len(self.header):
                raise _checks.error(f"table {self.title!r}", "a row does not fit the header",
                                    f"{len(self.header)} cells", len(row))
            lines.append(f"<tr>{''.join(map(_cell, row))}</tr>")
        return "\n".join([*lines, "</tbody>", "</table></div>"])


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str

    def html(self) -> str:
        """The paragraph, its text shown as it is."""
        return f"<p>{_text(self.text)}</p>"


@dataclass(frozen=True)
class Link:
    """A line that leads to another page. href: its place as seen from this one."""

    text: str
    href: str
    words: str = ""

    def html(self) -> str:
        """The link, and words behind it."""
        return f'<p><a href="{_text(self.href)}">{_text(self.text)}</a> {_text(self.words)}</p>'


@dataclass(frozen=True)
class Listing:
    """Text in which every space counts: a table of characters, a summary."""

    text: str

    def html(self) -> str:
        """The text in letters of one width."""
        return f"<pre>{_text(self.text)}</pre>"


@dataclass(frozen=True)
class Note:
    """What stands in the place of a picture that could not be made."""

    title: str
    because: str

    def html(self) -> str:
        """A paragraph that stands out."""
        return (f'<p class="note"><strong>{_text(self.title)}</strong> could not be made, because: '
                f"{_text(self.because)}</p>")


Block: TypeAlias = Image | Table | Text | Link | Listing | Note
Source: TypeAlias = "Figure | bytes | str | os.PathLike[str]"
"""A Matplotlib figure, the bytes of a picture file, or the name of one."""


@dataclass(frozen=True)
class Section:
    """A part of the page with a title, which the table of contents names."""

    title: str
    blocks: Sequence[Block]


def picture(title: str, make: Callable[[], Source], caption: str = "", *, alt: str | None = None,
            kind: str = "png", dpi: float = 110) -> Image | Note:
    """The picture that ``make()`` gives or, where making it fails for whatever reason, a note that says why.

    make: a function without arguments, such as ``lambda: visualize.kernels(model, "C1")``.
    alt: what it shows, for those who do not see it; title and caption where not given.
    kind, dpi: how a Matplotlib figure is kept: "png" of so many pixels an inch, or "svg".
    """
    try:
        source, width = make(), None
        if isinstance(source, (str, os.PathLike)):
            source = Path(source).read_bytes()
        if not isinstance(source, bytes):
            width = float(source.get_size_inches()[0])
            source = _file(source, kind, dpi)
        image = Image(title, source, alt or " - ".join(filter(None, [title, caption])), caption, width)
        image.html()  # an unknown kind of file is known now
        return image
    except Exception as problem:  # one picture must not cost the others
        said = str(problem) if isinstance(problem, _checks.MinicnnError) else f"{type(problem).__name__}: {problem}"
        return Note(title, said)


def _file(figure: "Figure", kind: str, dpi: float) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, metadata={"Date": None} if kind == "svg" else None)
    return buffer.getvalue()


def html_page(title: str, sections: Sequence[Section], remark: str = "") -> str:
    """The page as one text of HTML: title, remark, table of contents, sections.

    Raises MinicnnError for pictures of an unknown kind and for tables whose rows do not fit.
    """
    entries = [f'<li><a href="#section-{number}">{_text(section.title)}</a></li>'
               for number, section in enumerate(sections, 1)]
    body = [f"<h1>{_text(title)}</h1>", f"<p>{_text(remark)}</p>" if remark else "",
            '<nav aria-label="Contents">', "<ol>", *entries, "</ol>", "</nav>"]
    for number, section in enumerate(sections, 1):
        body += [f'<section id="section-{number}">', f"<h2>{_text(section.title)}</h2>",
                 *(block.html() for block in section.blocks), "</section>"]
    # The policy makes sure that a browser loads and runs nothing.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<title>{_text(title)}</title>", f"<style>{STYLE}</style>", "</head>",
        "<body>", *filter(None, body), "</body>", "</html>", ""])


def write_page(path: str | os.PathLike[str], title: str, sections: Sequence[Section], remark: str = "") -> None:
    """Write the page to a file, which appears whole or not at all."""
    page = html_page(title, sections, remark)
    with atomic_write(path) as file:
        file.write(page.encode())


def _text(text: str) -> str:
    """A text to be shown as it is; what no page may contain (control characters, halves of pairs) as �."""
    printable = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)
    return html.escape(printable)


def _titled(title: str, caption: str) -> str:
    return " ".join(filter(None, [f"<strong>{_text(title)}</strong>" if title else "", _text(caption)]))


def _cell(value: object) -> str:
    if isinstance(value, Real) and not isinstance(value, bool):
        number = f"{value:,}" if isinstance(value, Integral) else f"{float(value):.4g}"
        return f'<td class="number">{number}</td>'
    return f"<td>{_text(str(value))}</td>"
