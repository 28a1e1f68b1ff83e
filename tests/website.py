"""Servers of web pages and images, for what reads them at an address."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Quiet:
    """Makes a handler of requests print none."""

    def log_message(self, *_: object) -> None: ...


class _Folder(Quiet, SimpleHTTPRequestHandler):
    """Answers with the files of a folder."""


@contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def folder_site(folder: Path) -> AbstractContextManager[str]:
    """The address of a folder's files, as a context."""
    return serving(partial(_Folder, directory=str(folder)))
