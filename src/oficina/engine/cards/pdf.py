"""Lines of text as a PDF: A4 pages, Helvetica, nothing else (ISO 32000-1, 7.5 and 9.6.2.2)."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 595, 842, 56
"""A4 in points."""
LEADING = 1.4
_AVERAGE = 0.5
"""The width of an average letter of Helvetica, in its own size."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its text, its size in points, how far it is set in, and whether it is bold."""

    text: str
    size: int = 10
    indent: int = 0
    bold: bool = False


def write(title: str, lines: list[Line]) -> bytes:
    """The bytes of a document. Letters that Windows-1252 does not have are shown as question marks."""
    pages = _pages([part for line in lines for part in _wrapped(line)])
    numbers = [6 + 2 * number for number in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
        b"<< /Title (" + _escaped(title) + b") /Producer (oficina) >>",
    ]
    for number, page in zip(numbers, pages, strict=True):
        resources = "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
        box = f"/MediaBox [0 0 {WIDTH} {HEIGHT}]"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R {box} {resources} /Contents {number + 1} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page))
    return _file(objects)


def _wrapped(line: Line) -> list[Line]:
    room = WIDTH - 2 * MARGIN - line.indent
    letters = max(10, int(room / (line.size * _AVERAGE)))
    parts = [
        part
        for text in line.text.splitlines() or [""]
        for part in textwrap.wrap(text, letters, break_long_words=True) or [""]
    ]
    return [Line(part, line.size, line.indent, line.bold) for part in parts]


def _pages(lines: list[Line]) -> list[bytes]:
    """The content streams of the pages."""
    pages: list[list[bytes]] = [[]]
    height = float(HEIGHT - MARGIN)
    for line in lines:
        height -= line.size * LEADING
        if height < MARGIN:
            pages.append([])
            height = HEIGHT - MARGIN - line.size * LEADING
        font = "F2" if line.bold else "F1"
        place = f"BT /{font} {line.size} Tf {MARGIN + line.indent} {height:.1f} Td (".encode()
        pages[-1].append(place + _escaped(line.text) + b") Tj ET")
    return [b"\n".join(page) for page in pages]


def _escaped(text: str) -> bytes:
    data = text.encode("cp1252", "replace")
    return data.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _font(name: str) -> bytes:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()


def _file(objects: list[bytes]) -> bytes:
    """Header, objects, cross-reference table and trailer."""
    data, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        data += b"%010d 00000 n \n" % place
    data += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\n" % (len(objects) + 1)
    data += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(data)
