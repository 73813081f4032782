"""PPTX -> Markdown, by python-pptx: each slide from top to bottom, then its notes. Hidden slides are read too."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pptx import Presentation
from pptx.shapes.picture import Picture

from converter.text.cells import cell, counted, on_one_line, paragraph, table
from converter.text.charts import rows_of_chart

UNREAD = {
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": ("diagram", "diagrams"),
    "http://schemas.openxmlformats.org/presentationml/2006/ole": ("embedded object", "embedded objects"),
    "http://schemas.microsoft.com/office/drawing/2014/chartex": ("chart", "charts"),
}
"""Frames on slides that are not read, by what they hold."""
COMMENT = re.compile(rb"<(?:\w+:)?cm[ >]")
COMMENTS = re.compile(r"/ppt/comments/[^/]+\.xml", re.IGNORECASE)


def read_slides(raw: bytes, left_out: list[str]) -> str:
    """Return the Markdown of a presentation; what it lacks is added to `left_out`."""
    presentation = Presentation(BytesIO(raw))
    blocks: list[str] = []
    counts: Counter[tuple[str, str]] = Counter()
    for number, slide in enumerate(presentation.slides, 1):
        blocks.append(f"<!-- Slide number: {number} -->")
        blocks += _shapes(slide.shapes, slide.shapes.title)
        frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        if frame is not None and (notes := paragraph(frame.text)):
            blocks += ["### Notes:", notes]
        for data in slide.element.iter("{*}graphicData"):
            if data.get("uri") in UNREAD:
                counts[UNREAD[data.get("uri")]] += 1
    for part in presentation.part.package.iter_parts():
        if COMMENTS.fullmatch(str(part.partname)):
            counts["comment", "comments"] += len(COMMENT.findall(part.blob))
    left_out += [counted(count, *noun) for noun, count in counts.items() if count]
    return "\n\n".join(filter(None, blocks))


def _shapes(shapes: Iterable[Any], title: Any) -> Iterator[str]:
    """Yield the blocks of shapes, those in groups too."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes, title)
        elif getattr(shape, "has_table", False):
            yield table([{at: cell(part.text) for at, part in enumerate(row.cells)} for row in shape.table.rows])
        elif getattr(shape, "has_chart", False):
            yield from _chart(shape.chart)
        elif shape.has_text_frame:
            is_title = shape == title
            text = on_one_line(shape.text) if is_title else paragraph(shape.text)
            yield f"# {text}" if is_title and text else text
        else:
            yield from _picture(shape)


def _picture(shape: Any) -> Iterator[str]:
    """Yield a picture with what its author says of it, else its name."""
    if isinstance(shape, Picture):
        description = shape._element._nvXxPr.cNvPr.attrib.get("descr", "")
        file = re.sub(r"\W", "", shape.name)
        yield f"![{on_one_line(description or shape.name)}]({file}.jpg)"


def _chart(chart: Any) -> Iterator[str]:
    """Yield the title of a chart and its values: a row for each category, a column for each series."""
    title = (
        on_one_line(chart.chart_title.text_frame.text) if chart.has_title and chart.chart_title.has_text_frame else ""
    )
    yield f"### Chart: {title}" if title else "### Chart"
    yield table([dict(enumerate(map(cell, row))) for row in rows_of_chart(chart._chartSpace)])
