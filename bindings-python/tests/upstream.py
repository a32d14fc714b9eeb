"""A real HTTP server on a free loopback port, with answers that a test picks by path."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Upstream:
    """`/status/503` answers 503; `/stream` sends `one`, waits for `go`, sends `two`; `/silent` waits before it answers;
    `/flaky` fails as often as `flaky` says."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.headers: dict[str, str] = {}
        self.flaky = 0
        self.go = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                outer.requests.append(self.path)
                outer._answer(self)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path
        if path == "/stream":
            self._stream(handler)
            return
        if path == "/silent":
            self.go.wait(30)
        status = int(path.rsplit("/", 1)[1]) if path.startswith("/status/") else 200
        if path == "/flaky" and self.flaky:
            self.flaky -= 1
            status = 503
        body = f"answer {status}".encode()
        try:
            handler.send_response(status)
            handler.send_header("content-length", str(len(body)))
            for name, value in self.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True

    def _stream(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.send_response(200)
            handler.send_header("transfer-encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"3\r\none\r\n")
            handler.wfile.flush()
            self.go.wait(30)
            handler.wfile.write(b"3\r\ntwo\r\n0\r\n\r\n")
        except OSError:
            handler.close_connection = True

    def close(self) -> None:
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
