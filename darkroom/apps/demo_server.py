"""A page on this machine alone, and the answers to the pictures that are dropped into it.

It listens to 127.0.0.1, answers what a browser here asks under that name, and asks nobody anything.
"""

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from darkroom.core.errors import UserError
from darkroom.core.program import describe

HOST = "127.0.0.1"
MARK = "X-Darkroom"
"""The header that the page sends with a picture; a page of another origin may not."""
LARGEST = 64 << 20
"""Bytes of a picture."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
Answer = Callable[[bytes], dict[str, Any]]


class Server(ThreadingHTTPServer):
    """The page, and a function that answers pictures, one at a time."""

    daemon_threads = True

    def __init__(self, port: int, page: str, policy: str, answer: Answer) -> None:
        """Listen to ``port`` of this machine, or to any that is free for 0; ``policy`` is what the page may load.

        Raises:
            UserError: another program listens there, or it may not be listened to.
        """
        self.page, self.policy, self.answer, self.turn = page.encode("utf-8"), policy, answer, threading.Lock()
        try:
            super().__init__((HOST, port), Handler)
        except (OSError, OverflowError) as error:
            raise UserError(f"--port {port}: {error}; give another one, or 0 for any that is free") from None

    def server_bind(self) -> None:
        """Take the port, without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a browser leave before its answer came; say of anything else where it came from."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def hosts(self) -> set[str]:
        """The names by which a browser on this machine asks."""
        return {f"{name}:{self.server_port}" for name in (HOST, "localhost")}


class Handler(BaseHTTPRequestHandler):
    """An answer to a request."""

    server: Server
    server_version, sys_version = "darkroom", ""
    timeout = 60

    def do_GET(self) -> None:
        """Send the page."""
        if self.is_ours():
            found = self.path == "/"
            self.send(200 if found else 404, "text/html" if found else "text/plain", self.server.page if found else b"")

    def do_POST(self) -> None:
        """Answer a picture."""
        if not self.is_ours():
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/predict" or self.headers.get(MARK) is None or not length.isdecimal():
            self.send_problem(400, "not a picture from this page")
        elif int(length) > LARGEST:
            self.send_problem(413, f"this picture has more than {LARGEST >> 20} MiB")
        else:
            content = self.rfile.read(int(length))
            try:
                with self.server.turn:
                    answer = self.server.answer(content)
            except Exception as error:
                self.send_problem(422 if isinstance(error, UserError) else 500, describe(error))
            else:
                self.send(200, "application/json", json.dumps(answer).encode())

    def is_ours(self) -> bool:
        """Return whether the request is to this machine by its own name, as from no page elsewhere; else refuse it."""
        if self.headers.get("Host") in self.server.hosts:
            return True
        self.send_problem(403, "this page is for this machine")
        return False

    def send_problem(self, status: int, problem: str) -> None:
        """Send what is wrong, in a line."""
        self.close_connection = True
        self.send(status, "application/json", json.dumps({"problem": problem}).encode())

    def send(self, status: int, kind: str, content: bytes) -> None:
        """Send an answer whose type is ``kind``."""
        self.send_response(status)
        about = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(content))}
        for name, value in {**about, **HEADERS, "Content-Security-Policy": self.server.policy}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing on the terminal."""
