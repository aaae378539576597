"""Running the application on an address of this machine."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Timer
from urllib.parse import quote

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.web.security import require_safe_host

# Browsers that follow a job would hold the server up for ever, s.
_GRACE_S = 2
_BACKLOG = 256


def serve(
    folder: Path,
    *,
    host: str,
    port: int,
    token: str | None,
    opens: bool,
    tell: Callable[[str], None],
) -> None:
    """Run the page until it is interrupted.

    Parameters
    ----------
    folder
        Where jobs and other files of the page are kept.
    host, port
        Where it listens; port 0 is any that is free.
    token
        What whoever opens the page must know; needed where `host` is not this machine's own.
    opens
        Whether to open it in the browser of this machine.
    tell
        Is given the line that says where the page is.

    Raises
    ------
    InputError
        If the address cannot be used.
    """
    uvicorn = import_optional("uvicorn")
    require_safe_host(host, token)
    from electrolyte_ml.web.app import create_app

    with _listening(host, port) as listening:
        config = uvicorn.Config(
            create_app(folder, token=token),
            log_level="warning",
            timeout_graceful_shutdown=_GRACE_S,
            server_header=False,
        )
        address = _address(host, listening.getsockname()[1], token)
        tell(f"The page is at {address} (files in {folder}); Ctrl-C ends it.")
        if opens:
            Timer(0.5, webbrowser.open, [address]).start()
        with suppress(KeyboardInterrupt):  # that is how the page is ended
            uvicorn.Server(config).run(sockets=[listening])


def _address(host: str, port: int, token: str | None) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={quote(token)}" if token else "")


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens at an address."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(found[0], socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(found[4])
        bound.listen(_BACKLOG)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(
            f"the page cannot listen at {host}:{port}: {why}; choose another with --port"
        ) from error
    return bound
