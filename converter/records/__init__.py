"""Blocks -> rows: the record contract, one ordered list."""

from converter.plugins import Registry
from converter.records.blocks import BLOCKS
from converter.records.chunks import CHUNKS
from converter.records.code_blocks import CODE_BLOCKS
from converter.records.context import ParsedDocument, sections_of
from converter.records.documents import DOCUMENTS
from converter.records.inlines import IMAGES, LINKS
from converter.records.ledgers import PROBLEMS, REPAIRS
from converter.records.list_items import LIST_ITEMS
from converter.records.notes import DEFINITIONS, FOOTNOTES
from converter.records.record import CONTRACT_VERSION, Record, fault_of_record
from converter.records.sections import SECTIONS
from converter.records.tables import CELLS, TABLES

BUILT_IN = (
    DOCUMENTS,
    SECTIONS,
    BLOCKS,
    LIST_ITEMS,
    TABLES,
    CELLS,
    LINKS,
    IMAGES,
    CODE_BLOCKS,
    FOOTNOTES,
    DEFINITIONS,
    CHUNKS,
    REPAIRS,
    PROBLEMS,
)
RECORDS = Registry("records", {record.name: record for record in BUILT_IN}, fault_of_record)
"""Every record, those of plug-ins last, in the order in which they are shown and written."""

ON_REQUEST = frozenset({"chunks"})
"""Records that are written only if they are named, or if an option of theirs is set."""


def default_records(has_chunks: bool) -> list[str]:
    """Return the records that are written if none is named."""
    return [name for name in RECORDS if has_chunks or name not in ON_REQUEST]


__all__ = ["CONTRACT_VERSION", "ON_REQUEST", "RECORDS", "ParsedDocument", "Record", "default_records", "sections_of"]
