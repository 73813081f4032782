"""python -m tests.benchmarks.kills [KILLS]: end runs by SIGKILL at random moments and check their outputs.

Each run brings an output from one state of a folder of documents to the next. After the kill the output must be either
state, complete, by its manifest and its rows; after the same command again it must be the next state. If other files
prevent exchanging the folder in one step, only the second is guaranteed; the intermediate state is printed.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from converter.output import read_manifest, verify
from tests.benchmarks.documents import generate_articles

Content = Mapping[str, object]
"""Of each document its hash, and of each record how many rows."""

KINDS: dict[str, list[str]] = {
    "a new output": ["--jobs", "1"],
    "overwrite": ["--overwrite", "--jobs", "1"],
    "overwrite, two jobs": ["--overwrite", "--jobs", "2"],
    "incremental": ["--incremental", "--jobs", "1"],
    "incremental, large": ["--incremental", "--jobs", "1", "--file-size", "1"],
    "overwrite, other files": ["--overwrite", "--jobs", "1"],
}


def content(out: Path) -> Content | None:
    """Return the content of the output, None if none exists.

    Raises:
        AssertionError: it differs from its manifest.
    """
    manifest = read_manifest(out) if out.exists() else None
    if manifest is None:
        assert not out.exists() or not list(out.rglob("*.parquet")), f"{out} holds files without a manifest"
        return None
    assert verify(out) == [], f"{out} is not as its manifest says"
    hashes: dict[str, object] = {}
    rows: Counter[str] = Counter()
    for file in manifest.files:
        table = pq.read_table(out / file.path)
        assert table.num_rows == file.rows
        rows[file.record] += file.rows
        if file.record == "documents":
            hashes |= zip(table["source"].to_pylist(), table["sha256"].to_pylist(), strict=True)
    return {**hashes, "": dict(rows)}


def kill_runs(kills: int, folder: Path, seed: int = 0, documents: int = 300) -> dict[str, Counter[str]]:
    """Kill this many runs over this many documents; return for each kind how often its output was found in each state.

    Raises:
        AssertionError: an output was partial, or wrong after the following run.
    """
    chance = random.Random(seed)
    texts = list(generate_articles(documents * 6 // 5, seed))
    states = [dict(enumerate(texts[:documents])), {**dict(enumerate(texts[-documents:])), 5: "# changed\n"}]
    for name, state in zip("ab", states, strict=True):
        (folder / name).mkdir()
        for number, text in state.items():
            (folder / name / f"{number}.md").write_text(text, encoding="utf-8")
    outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    expected: dict[str, tuple[Content | None, Content | None]] = {}
    durations: dict[str, float] = {}

    def start_run(kind: str, state: str, out: Path) -> subprocess.Popen[bytes]:
        (folder / "in").unlink(missing_ok=True)
        (folder / "in").symlink_to(state, target_is_directory=True)
        command = [sys.executable, "-m", "converter", "convert", "in", "-o", str(out), "-q", *KINDS[kind]]
        return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)

    def finish_run(kind: str, state: str, out: Path) -> Content | None:
        process = start_run(kind, state, out)
        _, error = process.communicate()
        assert process.returncode == 0, error.decode()
        return content(out)

    for number in range(kills):
        kind = list(KINDS)[number % len(KINDS)]
        out = folder / kind.replace(" ", "-") / "out"
        base = out.parent / "base"
        if kind not in expected:
            out.parent.mkdir()
            old_content = None
            if kind != "a new output":
                old_content = finish_run(kind, "a", out)
                if kind.endswith("other files"):
                    (out / "mine.txt").write_text("mine", encoding="utf-8")
                shutil.copytree(out, base)
            start = time.monotonic()
            expected[kind] = old_content, finish_run(kind, "b", out)
            durations[kind] = time.monotonic() - start
        shutil.rmtree(out)
        if base.exists():
            shutil.copytree(base, out)
        process = start_run(kind, "b", out)
        try:
            process.communicate(timeout=chance.uniform(0, 1.1 * durations[kind]))
            is_killed = False
        except subprocess.TimeoutExpired:
            is_killed = True
            process.kill()
            process.communicate()
        old_content, new_content = expected[kind]
        try:
            current_content = content(out)
        except AssertionError:
            if not kind.endswith("other files"):
                raise
            outcomes[kind]["partly in place"] += 1
        else:
            assert current_content in (old_content, new_content), (
                f"{kind}: the output is neither the old nor the new one"
            )
            outcomes[kind][
                "ended by itself" if not is_killed else "old" if current_content == old_content else "new"
            ] += 1
        start = time.monotonic()
        final_content = finish_run(kind, "b", out) if kind != "a new output" or not out.exists() else content(out)
        if "overwrite" in kind:  # others may have nothing left to do
            durations[kind] = time.monotonic() - start
        assert final_content == new_content, f"{kind}: documents are lost or duplicated after the next run"
        leftovers = [path.name for path in out.parent.iterdir() if path.name not in ("out", "base")]
        assert not leftovers, f"{kind}: left over: {leftovers}"
        assert not kind.endswith("other files") or (out / "mine.txt").exists()
    return outcomes


def main() -> None:
    """Kill runs and print the findings."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        for kind, count in kill_runs(kills, Path(folder)).items():
            print(f"{kind:24} {dict(count)}")


if __name__ == "__main__":
    main()
