"""All that a plug-in needs, in one place: `from converter.extension import rule, Draft, Type, Record, ...`.

These names are public: they change only as CONTRIBUTING.md describes; other modules may change at any time.
`docs/plugins.md` has a checklist for each kind of plug-in.
"""

from converter.model.source import Source
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest
from converter.output.one_off import OneOff
from converter.output.target import Load, Target
from converter.parse import Block
from converter.problems import Problem
from converter.records import ParsedDocument, Record
from converter.records.record import BLOCK_ID, DOC_ID, LINE_END, LINE_START, SECTION_ID, field
from converter.repair.draft import Draft
from converter.repair.rule import FULL, SAFE, Rule, rule
from converter.sources.files import Search
from converter.values.cells import Cells, NoMatch, Reading
from converter.values.value_types import Type
from converter.write import Format, Layout, Writer
from converter.write.values import json_rows

__all__ = [
    "BLOCK_ID",
    "DOC_ID",
    "FULL",
    "LINE_END",
    "LINE_START",
    "SAFE",
    "SECTION_ID",
    "Block",
    "Capacity",
    "Cells",
    "Draft",
    "Format",
    "Layout",
    "Load",
    "Manifest",
    "NoMatch",
    "OneOff",
    "ParsedDocument",
    "Problem",
    "Reading",
    "Record",
    "Rule",
    "Search",
    "Source",
    "Target",
    "Type",
    "Writer",
    "field",
    "json_rows",
    "rule",
]
