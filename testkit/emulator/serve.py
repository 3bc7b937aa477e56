"""An emulator of Snowflake's server: `python serve.py` listens on a free port of the loopback address, prints the port
as one line, and lives until its input ends. README.md says what it does, and what it only seems to do."""

import os
import sys
import threading
from http.server import ThreadingHTTPServer

from protocol import Handler


def die_with_parent():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # As many clients as a test may have wait at once.
    request_queue_size = 256

    def handle_error(self, request, client_address):
        # A client that goes away is no news.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=die_with_parent, daemon=True).start()
    server.serve_forever()
