"""Asking the responder of a certificate authority whether a certificate is revoked (OCSP over HTTP, RFC 6960)."""

import queue
import threading
import time
from urllib.parse import urljoin, urlsplit

import requests

SILENCE = 5  # seconds without a byte
WHOLE = 15  # seconds for everything
MOST_BYTES = 10 * 1024  # in base64, HAProxy takes no more in one command
MOST_REDIRECTS = 3
SCHEMES = {"http", "https"}
REDIRECTS = {301, 302, 307, 308}
HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response", "User-Agent": "lbadmin"}


class NoResponse(Exception):
    """Why there is none, in words for the page."""


def ask(url: str, request: bytes) -> bytes:
    """The responder's answer, as it came: who calls has to verify it. Raises NoResponse."""
    answers: queue.SimpleQueue[bytes | NoResponse] = queue.SimpleQueue()
    # A thread, because the timeouts of a socket are for each piece: one who sends a byte now and then has them all.
    threading.Thread(target=lambda: answers.put(_answer(url, request)), daemon=True).start()
    try:
        answer = answers.get(timeout=WHOLE)
    except queue.Empty:
        raise NoResponse(f"The responder did not answer within {WHOLE} seconds.") from None
    if isinstance(answer, NoResponse):
        raise answer
    return answer


def _answer(url: str, request: bytes) -> bytes | NoResponse:
    try:
        with requests.Session() as session:
            return _follow(session, url, request)
    except NoResponse as reason:
        return reason
    except requests.exceptions.SSLError:
        return NoResponse("The TLS certificate of the responder is not trusted.")
    except (requests.exceptions.RequestException, ValueError):  # also of an address that is none
        return NoResponse("The responder cannot be reached. Check DNS, and that this appliance may connect to it.")


def _follow(session: requests.Session, url: str, request: bytes) -> bytes:
    """Redirected requests stay as they are, and what began as http or https goes on as that."""
    scheme = urlsplit(url).scheme
    for _ in range(MOST_REDIRECTS + 1):
        if urlsplit(url).scheme not in SCHEMES:
            raise NoResponse("The address of the responder begins with neither http:// nor https://.")
        if urlsplit(url).scheme != scheme:
            raise NoResponse(f"The responder leads from {scheme} to another kind of address, which is not followed.")
        with session.post(
            url, request, headers=HEADERS, timeout=SILENCE, stream=True, allow_redirects=False
        ) as response:
            if response.status_code not in REDIRECTS:
                return _content(response)
            url = urljoin(url, response.headers.get("Location", ""))
    raise NoResponse(f"The responder leads on more than {MOST_REDIRECTS} times.")


def _content(response: requests.Response) -> bytes:
    if response.status_code != requests.codes.ok:
        raise NoResponse(f"The responder answered with HTTP status {response.status_code}.")
    deadline, content = time.monotonic() + WHOLE, b""
    for piece in response.iter_content(512):
        content += piece
        if len(content) > MOST_BYTES:
            raise NoResponse(f"The responder sent more than {MOST_BYTES // 1024} kB, which is no answer of OCSP.")
        if time.monotonic() > deadline:  # nobody waits for it any more
            raise NoResponse("")
    return content
