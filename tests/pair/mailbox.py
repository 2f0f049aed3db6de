"""A mail server that keeps what it is told, run by the host's own python3: `mailbox.py PORT FILE`."""

import socketserver
import sys


class Mail(socketserver.StreamRequestHandler):
    file = ""

    def handle(self) -> None:
        self._say("220 mailbox")
        in_text = False
        with open(self.file, "a", buffering=1) as kept:  # noqa: PTH123 - the host's own python3 runs this
            for line in iter(self.rfile.readline, b""):
                text = line.decode(errors="replace").rstrip()
                kept.write(f"{text}\n")
                if in_text:
                    in_text = text != "."
                    if not in_text:
                        self._say("250 kept")
                elif text.upper() == "DATA":
                    in_text = True
                    self._say("354 go on")
                else:
                    self._say("221 bye" if text.upper() == "QUIT" else "250 fine")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def main(port: str, file: str) -> None:
    Mail.file = file
    open(file, "a").close()  # noqa: PTH123
    with socketserver.ThreadingTCPServer(("", int(port)), Mail) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
