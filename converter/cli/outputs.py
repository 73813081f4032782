"""parquetry outputs."""

from __future__ import annotations

from typing import Annotated

import typer

from converter.cli.console import one_safe_line, say, write_text

outputs = typer.Typer(no_args_is_help=True, help="Outputs of earlier runs: verify.")


@outputs.callback()
def _group() -> None:
    """Outputs of earlier runs."""


@outputs.command()
def verify(
    place: Annotated[
        str, typer.Argument(metavar="PLACE", help="An output folder, or a folder in a store: s3://BUCKET/FOLDER.")
    ],
) -> None:
    """Compare each file with the manifest, by size and hash; print what differs, with exit code 1."""
    from converter.output.stored import differences

    lines = differences(place)
    for line in lines:
        write_text(f"{one_safe_line(line)}\n")
    if lines:
        raise typer.Exit(1)
    say("every file is as the manifest says")
