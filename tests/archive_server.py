"""A server of archives on this machine, which misbehaves as it is told, and notes what is asked."""

import re
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Served:
    """One file of the server, and how it is handed out.

    `cuts` are numbers of bytes after which the connection of the next answers is dropped; of each
    the first is taken. `statuses` are given, one an answer, before the file is. `ranges`: answer
    them, "refused" (all is sent) or "elsewhere" (another range than was asked). `changes` are the
    content and the ETag that hold from the next answer on.
    """

    def __init__(self, content, etag='"1"', *, ranges=True, sized=True):
        self.content, self.etag, self.ranges, self.sized = content, etag, ranges, sized
        self.cuts, self.statuses, self.changes = [], [], []
        self.content_type, self.headers = "application/zip", {}
        self.location = None
        self.pause = None  # (bytes, seconds): how long nothing comes after so many bytes


class ArchiveServer(ThreadingHTTPServer):
    """Serves `files`, by their name; `asked` has (path, headers) of every request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.asked = {}, []
        self.over = threading.Event()
        self.scheme = "http"

    def speak_tls(self, certificate):
        """Prove who it is by a file of certificate and key, from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"

    def url(self, name):
        return f"{self.scheme}://127.0.0.1:{self.server_port}/{name}"

    def serve(self, name, content, etag='"1"', **options):
        self.files[name] = Served(content, etag, **options)
        return self.files[name]

    def ranges_asked(self):
        return [headers.get("Range") for _, headers in self.asked]

    def handle_error(self, *_):
        """A reader that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.asked.append((name, dict(self.headers)))
        served = self.server.files.get(name)
        if served is None:
            return self._plain(404)
        if served.statuses:
            return self._plain(served.statuses.pop(0), served.headers)
        if served.location:
            return self._plain(302, {"Location": served.location})
        if len(self.server.asked) > 1 and served.changes:
            served.content, served.etag = served.changes.pop(0)
        self._send(served)

    def _send(self, served):
        start, size = self._start(served), len(served.content)
        if start is not None and start >= size:
            return self._plain(416, {"Content-Range": f"bytes */{size}"})
        self.send_response(200 if start is None else 206)
        first = start or 0
        if start is not None:
            stated = first + (served.ranges == "elsewhere")
            self.send_header("Content-Range", f"bytes {stated}-{size - 1}/{size}")
        if served.etag:
            self.send_header("ETag", served.etag)
        self.send_header("Content-Type", served.content_type)
        body = served.content[first:]
        if served.sized:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        cut = served.cuts.pop(0) if served.cuts else len(body)
        n_first, seconds = served.pause or (0, 0.0)
        self.wfile.write(body[:n_first])
        self.server.over.wait(seconds)
        self.wfile.write(body[n_first:cut])
        if cut < len(body):
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)

    def _start(self, served):
        """Where an answer starts; None where all is sent."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or not served.ranges or served.ranges == "refused":
            return None
        condition = self.headers.get("If-Range")
        return None if condition and condition != served.etag else int(asked[1])

    def _plain(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Nothing is said."""


@contextmanager
def archive_server(certificate=None):
    with ArchiveServer() as server:
        if certificate:
            server.speak_tls(certificate)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
