"""A process that becomes the command line again and again: it imports it once, and forks for each run.

A run has its own process, with its own working folder, environment, pipes and exit code, as from a shell, but takes a
tenth of the processor time: most of that of a small run is imports. `tests/support/commands.py` starts the server. It
reads requests from the socket whose number is its argument. Arguments `-c CODE` run Python code instead.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import socket
import sys
from importlib import import_module


def next_run(requests: socket.socket) -> list[str] | None:
    """Answer requests with the number of a process and its exit code; in that process, return its arguments."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(requests, 1 << 20, 3)
        if not data:
            return None
        request = json.loads(data)
        process = os.fork()
        if not process:
            requests.close()
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.chdir(request["cwd"])
            if request["file_size"] is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"], request["file_size"]))
            os.environ.clear()
            os.environ.update(request["environment"])
            sys.path[0] = os.getcwd()  # as for `python -m`
            arguments: list[str] = request["arguments"]
            return arguments
        for descriptor in descriptors:
            os.close(descriptor)
        requests.sendall(f"{process}\n".encode())
        _, status = os.waitpid(process, 0)
        requests.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    from converter.engine.process import set_up

    set_up()
    import typer.main

    from converter.cli import COMMANDS, app
    from converter.config import Options
    from converter.engine.conversion import convert_batch
    from converter.model.source import Source

    for module in ("converter.engine.lineage", "converter.engine.one_file", "converter.engine.run", "duckdb"):
        with contextlib.suppress(ImportError):  # DuckDB is an extra
            import_module(module)
    commands = typer.main.get_group(app)
    for name in COMMANDS:
        commands.get_command(None, name)  # type: ignore[arg-type]
    app(["rules", "chrome"], standalone_mode=False)  # typer imports half of itself when a command runs
    convert_batch([Source("a.md", b"# A\n\n- b\n\n| c |\n|---|\n| 1 |\n")], Options())

    gc.freeze()  # what is imported is neither searched for garbage nor freed in a run
    arguments = next_run(socket.socket(fileno=int(sys.argv[1])))
    if arguments is not None and arguments[:1] == ["-c"]:
        exec(compile(arguments[1], "<code>", "exec"), {"__name__": "__main__"})
    elif arguments is not None:
        from converter import __main__

        sys.modules["__main__"].__package__ = "converter"  # typer then names the command as for `python -m`
        sys.argv = [str(__main__.__file__), *arguments]
        __main__.main()
