"""PDFs, object by object."""

from __future__ import annotations

from collections.abc import Sequence

FONT = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"


def pdf_of_objects(objects: Sequence[bytes]) -> bytes:
    """Return a PDF of objects with the numbers 1, 2, ...; the first is the catalog."""
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, end)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def pdf_of_pages(
    contents: Sequence[bytes],
    *,
    page: bytes = b"",
    resources: bytes = FONT,
    catalog: bytes = b"",
    objects: Sequence[bytes] = (),
) -> bytes:
    """Return a PDF with a page for each content. `page` and `catalog` are more entries of pages and the catalog, and
    `objects` have the numbers 3, 4, ..."""
    first = 3 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(contents)))
    pages = []
    for number, content in enumerate(contents):
        place = b"/MediaBox [0 0 612 792] /Contents %d 0 R" % (first + 2 * number + 1)
        pages.append(b"<< /Type /Page /Parent 2 0 R %s /Resources << %s >> %s >>" % (place, resources, page))
        pages.append(stream(content))
    return pdf_of_objects(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
            *objects,
            *pages,
        ]
    )


def lines(texts: Sequence[str], matrix: str = "1 0 0 1 72 720") -> bytes:
    """Return the content of a page with lines of text, which begin where `matrix` says."""
    shown = " ".join(f"({text}) Tj T*" for text in texts)
    return f"BT /F1 12 Tf 14 TL {matrix} Tm {shown} ET".encode("latin-1")
