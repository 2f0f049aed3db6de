"""HTTP-01: how HAProxy answers the challenges of ACME by itself, for all orders there will ever be.

The answer is the last part of the path and the thumbprint of the account's key. So an order changes no file.
"""

import re

from apps.haproxy.persistence import Line

PLACE = "/.well-known/acme-challenge/"
IS_CHALLENGE = ("{", "path_beg", PLACE, "}", "{", "path_reg", "^/[.]well-known/[^/]+/[A-Za-z0-9_-]+$", "}")
TOLD = re.compile(r"lf-string '?%\[path,field\(-1,/\)\]\.([A-Za-z0-9_-]+)")


def answer(thumbprint: str) -> Line:
    told = ("lf-string", f"%[path,field(-1,/)].{thumbprint}")
    return ("http-request return", "status", "200", "content-type", "text/plain", *told, "if", *IS_CHALLENGE)


def thumbprint_in(text: str) -> str:
    """The one that a haproxy.cfg of ours answers with; blank when it answers nothing."""
    found = TOLD.search(text)
    return found[1] if found else ""
