"""Each record of the documents in `docs` is an asset; so is a query over them, which waits for the check."""

import dagster as dg
import duckdb

import converter
from converter.records import RECORDS, default_records


@dg.multi_asset(
    specs=[
        dg.AssetSpec(name, description=RECORDS[name].description, kinds={"parquet"})
        for name in default_records(has_chunks=False)
    ],
    check_specs=[dg.AssetCheckSpec("every_source_is_read", asset="documents", blocking=True)],
)
def records():
    """Convert what has changed in `docs`; tell of each record its rows, of the run what it did."""
    report = converter.convert("docs", "out", incremental=True, layout="files")
    told = {"documents": {"report": report.as_json()}, "repairs": report.repairs, "problems": report.problem_codes}
    for name, rows in report.rows.items():
        yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": rows, **told.get(name, {})})
    yield dg.AssetCheckResult(
        asset_key="documents",
        passed=not report.errors,
        # An error in a document that was read (its front matter, say) warns; a source that was not read stops.
        severity=dg.AssetCheckSeverity.ERROR if report.failed else dg.AssetCheckSeverity.WARN,
        metadata={"problems": report.problems},
    )


@dg.asset(deps=["documents", "tables"], kinds={"duckdb"})
def average_prices() -> dg.MaterializeResult:
    """Ask the typed data set of all tables with these headers."""
    query = "select product, avg(price_eur) from 'out/datasets/price_eur__product__sold_on.parquet' group by product"
    return dg.MaterializeResult(metadata={"prices": dict(duckdb.sql(query).fetchall())})


definitions = dg.Definitions(assets=[records, average_prices])
