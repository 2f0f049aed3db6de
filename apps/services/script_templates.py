"""What a new health check script can begin with. They use what Debian always has, or what ./appliance installs."""

from dataclasses import dataclass

HEAD = """\
#!/bin/sh
# {title}
# $1 Virtual Service address   $2 Virtual Service port
# $3 Real Server address       $4 Check Port, 0 when there is none
# HAProxy also tells: HAPROXY_SERVER_PORT, HAPROXY_SERVER_NAME, HAPROXY_PROXY_NAME
# Exit code 0 means healthy. The script must end within Interval.
"""
PORT = """\
port=$4
[ "$port" != 0 ] || port=${HAPROXY_SERVER_PORT:-0}
[ "$port" != 0 ] || port=$2
"""
TCP = """
exec timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$3" "$port"
"""
HTTP = """path=/
expected=200
case $3 in *:*) host="[$3]" ;; *) host=$3 ;; esac

status=$(curl --silent --insecure --max-time 3 --output /dev/null --write-out '%{http_code}' "http://$host:$port$path")
echo "$path answered $status"
[ "$status" = "$expected" ]
"""
BANNER = """expected={expected}

banner=$(timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1" && IFS= read -r line <&3 && echo "$line"' "$3" "$port")
echo "$banner"
case $banner in "$expected"*) exit 0 ;; esac
exit 1
"""
LDAP = '''\
#!/usr/bin/python3
"""LDAP: an anonymous bind succeeds.

Arguments: Virtual Service address and port, Real Server address, Check Port (0 when there is none).
Exit code 0 means healthy. The script must end within Interval.
"""

import os
import socket
import sys

BIND = bytes.fromhex("300c020101600702010304008000")
SUCCESS = b"\\x0a\\x01\\x00"  # resultCode 0

_, port, address, check_port = sys.argv[1:5]
if check_port == "0":
    check_port = os.environ.get("HAPROXY_SERVER_PORT", "0")
with socket.create_connection((address, int(check_port) or int(port)), timeout=3) as link:
    link.sendall(BIND)
    answer = link.recv(1024)
print(answer.hex())
sys.exit(0 if SUCCESS in answer else 1)
'''
PING = """
exec ping -n -c 1 -W 2 "$3"
"""


@dataclass(frozen=True)
class Template:
    name: str
    title: str
    content: str


def _shell(name: str, title: str, body: str) -> Template:
    return Template(name, title, HEAD.replace("{title}", title) + body)


TEMPLATES = (
    _shell("tcp", "TCP: the port accepts connections", PORT + TCP),
    _shell("http", "HTTP: a page answers with a status", PORT + HTTP),
    _shell("smtp", "SMTP: the server greets with 220", PORT + BANNER.replace("{expected}", "220")),
    _shell("imap", "IMAP: the server greets with * OK", PORT + BANNER.replace("{expected}", "'* OK'")),
    Template("ldap", "LDAP: an anonymous bind succeeds", LDAP),
    _shell("ping", "Ping: the host answers", PING),
)


def template(name: str) -> Template | None:
    return next((item for item in TEMPLATES if item.name == name), None)
