"""Each night: convert what has changed, look at the report, query what came out."""

import json
import logging
from datetime import datetime
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException


@dag(
    schedule="@daily",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,  # a second run into the same output is refused
    params={"folder": "/srv/documents", "share_failed": 0.01},
)
def documents():
    """Turn `docs` in the folder into `out`, and ask it for average prices."""

    @task.bash(cwd="{{ params.folder }}")
    def convert() -> str:
        # Exit code 3: done, with errors in `problems`. The next task judges them; any other code fails this one.
        return "parquetry convert docs -o out --incremental --layout files --report report.json || test $? -eq 3"

    @task
    def check(params=None) -> dict:
        """Warn of each kind of problem; fail, with no retry, where too many sources could not be read."""
        report = json.loads(Path(params["folder"], "report.json").read_text())
        for code, count in report["problem_codes"].items():
            logging.warning("%d times %s", count, code)
        if report["failed"] > params["share_failed"] * report["sources"]:
            raise AirflowFailException(f"{report['failed']} of {report['sources']} sources could not be read")
        return report["rows"]

    @task
    def average_prices(params=None) -> list:
        import duckdb

        return duckdb.sql(f"""
            select product, avg(price_eur)
            from '{params["folder"]}/out/datasets/price_eur__product__sold_on.parquet'
            group by product order by product
        """).fetchall()

    convert() >> check() >> average_prices()


documents()
