"""The examples that hand chunks and records to other libraries, each run with the real library."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.documents import EVERY_KIND
from tests.support.paths import PROJECT

pytestmark = pytest.mark.slow


def example(name: str) -> ModuleType:
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(name, PROJECT / "examples" / "chunks" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dlt looks its sources up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text(EVERY_KIND)
    (tmp_path / "documents" / "b.md").write_text("# Other\n\nText.\n")
    return tmp_path


def test_chunks_are_documents_of_langchain(folder: Path) -> None:
    pytest.importorskip("langchain_core", reason="langchain-core is not installed")
    documents = list(example("langchain_documents").documents([str(folder / "documents")], 24))
    assert len({document.id for document in documents}) == len(documents) > 4
    assert documents[-1].page_content == "# Other\n\nText." and documents[-1].metadata["path"] == "Other"
    assert documents[0].metadata["title"] == "Every kind" and documents[0].metadata["lines"] == "5-5"


def test_chunks_are_nodes_of_llama_index(folder: Path) -> None:
    pytest.importorskip("llama_index.core", reason="llama-index-core is not installed")
    nodes = list(example("llama_index_nodes").nodes([str(folder / "documents")], 24))
    assert nodes[1].prev_node.node_id == nodes[0].node_id and nodes[-1].prev_node is None
    assert nodes[-1].text == "# Other\n\nText." and nodes[-1].source_node is not None


def test_records_are_resources_of_dlt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dlt = pytest.importorskip("dlt", reason="dlt is not installed")
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    pipeline = dlt.pipeline(
        "test_documents", pipelines_dir=str(folder / "pipelines"), dataset_name="records",
        destination=dlt.destinations.duckdb(str(folder / "loaded.duckdb")),
    )  # fmt: skip
    for _ in range(2):  # a document that is read again replaces its rows
        pipeline.run(example("dlt_records").records([str(folder / "documents")]))
        with pipeline.sql_client() as client:
            counts = [client.execute_sql(f"select count(*) from {name}")[0][0] for name in ("documents", "chunks")]
            assert counts == [2, 3]
