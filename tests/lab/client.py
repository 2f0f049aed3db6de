"""A small TCP client, run by the host's own python3: `client.py FROM TO PORT`, words to send on stdin.

Prints the line the server begins with, then what came back for each line of stdin.
Ends with 1 when the connection breaks.
"""

import socket
import sys


def main(source: str, address: str, port: str) -> None:
    with socket.create_connection((address, int(port)), timeout=10, source_address=(source, 0)) as connection:
        stream = connection.makefile("rw")
        print(read_line(stream.readline()), flush=True)
        for line in sys.stdin:
            stream.write(line)
            stream.flush()
            print(read_line(stream.readline()), flush=True)


def read_line(line: str) -> str:
    if not line.endswith("\n"):
        sys.exit("the connection was closed")
    return line.rstrip("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
