"""Model cards as PDF: files that a reader can open, and lines that stay on their pages."""

from __future__ import annotations

import json
import re

from oficina.engine.cards import pages, pdf
from oficina.engine.cards.pdf import Line


def places(data: bytes) -> list[int]:
    """Where the cross-reference table says that objects begin."""
    start = int(re.findall(rb"startxref\n(\d+)\n%%EOF", data)[0])
    return [int(place) for place in re.findall(rb"(\d{10}) 00000 n", data[start:])]


def test_the_table_names_the_place_of_every_object() -> None:
    data = pdf.write("title", [Line("a")] * 200)
    assert [data[place:].partition(b" ")[0] for place in places(data)] == [
        str(number).encode() for number in range(1, len(places(data)) + 1)
    ]


def test_long_texts_are_wrapped_and_go_on_on_the_next_page() -> None:
    data = pdf.write("title", [Line("word " * 20_000)])
    heights = [float(height) for height in re.findall(rb"(\d+\.\d) Td", data)]
    assert min(heights) >= pdf.MARGIN
    assert data.count(b"/Type /Page ") > 10
    assert max(map(len, re.findall(rb"\((.*?)\) Tj", data))) <= 100


def test_letters_are_written_in_the_encoding_of_the_font() -> None:
    data = pdf.write("title", [Line("preço (€) \\ 漢")])
    assert b"(pre\xe7o \\(\x80\\) \\\\ ?) Tj" in data


def test_a_card_is_told_section_by_section() -> None:
    content = {
        "intended_uses": {"risk_rating": "Low", "nothing": {}},
        "evaluation_details": [{"a": [1, None]}],
    }
    card = {
        "ModelCardName": "card",
        "ModelCardVersion": 2,
        "ModelCardStatus": "Draft",
        "CreationTime": 0.0,
        "LastModifiedTime": 0.0,
        "ModelCardArn": "arn",
        "Content": json.dumps(content),
    }
    told = [line.text for line in pages.lines(card)]
    assert told[-9:] == [
        "",
        "Intended uses",
        "Risk rating: Low",
        "",
        "Evaluation details",
        "1",
        "A",
        "1: 1",
        "2: null",
    ]
