"""Blocks -> rows: the record contract, one ordered list."""

from converter.plugins import Registry
from converter.records.blocks import BLOCKS
from converter.records.code_blocks import CODE_BLOCKS
from converter.records.context import ParsedDocument, outline
from converter.records.documents import DOCUMENTS
from converter.records.inlines import IMAGES, LINKS
from converter.records.ledgers import PROBLEMS, REPAIRS
from converter.records.list_items import LIST_ITEMS
from converter.records.notes import DEFINITIONS, FOOTNOTES
from converter.records.record import CONTRACT_VERSION, Record, fault_of
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
    REPAIRS,
    PROBLEMS,
)
RECORDS = Registry("records", {record.name: record for record in BUILT_IN}, fault_of)
"""Every record, those of plug-ins last, in the order in which they are shown and written."""

__all__ = ["CONTRACT_VERSION", "RECORDS", "ParsedDocument", "Record", "outline"]
