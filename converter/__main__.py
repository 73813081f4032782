"""Entry point of `python -m converter` and of the command `parquetry`."""

from converter.engine.interruption import end_at_once

end_at_once()  # before the imports below, which take most of the startup time


def main() -> None:
    """Run the command line."""
    from converter.cli import main as run

    run()


if __name__ == "__main__":
    main()
