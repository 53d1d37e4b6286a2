"""One HTML page with all steps as they ran: prose in both languages, plots, and the figures first."""

from __future__ import annotations

import base64
import html
import re
from typing import Any

import nbformat
from nbconvert import HTMLExporter

import lessons

STYLE = """
body { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
.celltag_pt, .celltag_en { display: none; }
body:has(#pt:checked) .celltag_pt, body:has(#en:checked) .celltag_en { display: block; }
body:has(#pt:checked) .celltag_pt.jp-Cell, body:has(#en:checked) .celltag_en.jp-Cell { display: flex; }
.course { font: 15px/1.5 system-ui, sans-serif; padding: 1rem 0; border-bottom: 1px solid #ccd3da; }
.course h1 { font-size: 1.6rem; margin: 0 0 .4rem; }
.course table { border-collapse: collapse; margin: .8rem 0; }
.course td, .course th { padding: .2rem .9rem .2rem 0; text-align: left; }
.course label { margin-right: 1rem; cursor: pointer; }
.jp-RenderedMarkdown { overflow-wrap: anywhere; padding-right: 1rem !important; }
.jp-InputPrompt, .jp-OutputPrompt { display: none !important; }
"""


def render(steps: list[tuple[str, Any]], summary: dict[str, Any]) -> str:
    """The page of the steps, given as names and notebooks with outputs of both languages."""
    whole = nbformat.v4.new_notebook(metadata={"title": "oficina"})
    for _, notebook in steps:
        for cell in notebook.cells:
            copy = nbformat.from_dict(dict(cell))
            lang = lessons.language(cell)
            copy.metadata = nbformat.from_dict(
                {"tags": [*sorted(lessons.tags(cell)), *([lang] if lang else [])]}
            )
            whole.cells.append(copy)
    body, _ = HTMLExporter(template_name="lab").from_notebook_node(whole)
    head, opened, rest = _alone(body).partition("<main>")
    return f"{head.replace('</head>', f'<style>{STYLE}</style></head>', 1)}{_top(summary)}{opened}{rest}"


def _alone(body: str) -> str:
    """The page with its pictures in it and nothing from elsewhere: it is read without a network too."""

    def embedded(match: re.Match[str]) -> str:
        picture = (lessons.WORKSHOP / "pictures" / match[1]).read_bytes()
        return f'src="data:image/svg+xml;base64,{base64.b64encode(picture).decode()}"'

    body = re.sub(r'src="\.\./pictures/([\w.]+)"', embedded, body)
    return re.sub(r'<script[^>]*src="https://[^"]*"[^>]*>\s*</script>', "", body)


def _top(summary: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(name) if first else ''}</td><td>{html.escape(key)}</td>"
        f"<td>{html.escape(_said(value))}</td></tr>"
        for name, step in summary["steps"].items()
        for first, (key, value) in zip([True] + [False] * len(step), step.items(), strict=False)
    )
    return (
        '<div class="course"><h1>oficina</h1>'
        '<label><input type="radio" name="lang" id="en" checked> English</label>'
        '<label><input type="radio" name="lang" id="pt"> Português</label>'
        f"<table>{rows}</table></div>"
    )


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(inner)}" for key, inner in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
