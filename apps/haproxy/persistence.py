"""How a client is kept on its real server, as lines of a virtual service."""

from collections.abc import Callable, Iterator

from apps.haproxy.general import PEERS
from apps.services.models import Persistence, Protocol, VirtualService

Line = tuple[str, ...]
HELLO = "{ req.ssl_hello_type 1 }"
FORWARDED = "var(txn.forwarded)"
BY_COOKIE = {Persistence.COOKIE, Persistence.COOKIE_SOURCE}


def lines(vip: VirtualService) -> Iterator[Line]:
    """Nothing for a mode that does not go with the protocol."""
    kinds = WEB if vip.protocol != Protocol.TCP else TCP
    if make := (ANY | kinds).get(vip.persistence):
        yield from make(vip)


def early_lines(vip: VirtualService) -> Iterator[Line]:
    """What persistence has to see of a request before HAProxy adds the client's own address to its headers."""
    if vip.persistence == Persistence.FORWARDED and vip.protocol != Protocol.TCP:
        told = f"req.hdr_ip(X-Forwarded-For,{vip.forwarded_position})"
        yield (f"http-request set-{FORWARDED}", told)


def has_cookie(vip: VirtualService) -> bool:
    """Whether real servers are told by a cookie of ours."""
    return vip.persistence in BY_COOKIE and vip.protocol != Protocol.TCP


def _cookie(vip: VirtualService) -> Iterator[Line]:
    secure = ["secure"] if vip.protocol == Protocol.HTTP2 else []
    words = [vip.cookie, "insert", "indirect", "nocache", "httponly", *secure]
    yield ("cookie", *words, "maxidle", vip.cookie_idle, "maxlife", vip.cookie_life)


def _source(vip: VirtualService) -> Iterator[Line]:
    """Where a proxy in front or another service tells who the client is, it may be of either kind."""
    is_ipv4 = vip.address and ":" not in vip.address and not vip.accept_proxy
    yield _table(vip, "ip" if is_ipv4 else "ipv6")
    yield ("stick on", "src")


def _cookie_and_source(vip: VirtualService) -> Iterator[Line]:
    yield from _cookie(vip)
    yield from _source(vip)


def _application(vip: VirtualService) -> Iterator[Line]:
    """Sessions are kept as hashes: long ones may begin alike, and neither peers nor reports need to see secrets."""
    yield _table(vip, "binary", "len", "20")
    yield ("stick store-response", f"res.cook({vip.application_cookie}),sha1")
    yield ("stick on", f"req.cook({vip.application_cookie}),sha1")


def _forwarded(vip: VirtualService) -> Iterator[Line]:
    """IPv6 tables hold both kinds of addresses."""
    yield _table(vip, "ipv6")
    yield ("stick on", FORWARDED, "if", "{", FORWARDED, "-m", "found", "}")
    yield ("stick on", "src", "unless", "{", FORWARDED, "-m", "found", "}")


def _last(vip: VirtualService) -> Iterator[Line]:
    """One entry for all clients: the server that works, until it fails. A request that waits for its answer takes room
    for another, and without room could not tell that the server is a new one; the entry is never dropped for them.
    """
    yield ("stick-table", "type", "integer", "size", "10240", "nopurge", "peers", PEERS)
    yield ("stick on", "int(1)")


def _session_id(vip: VirtualService) -> Iterator[Line]:
    """HAProxy has to be told to wait for the server's hello: before it there is no session id to learn."""
    answered = ("if", "{", "res.ssl_hello_type", "2", "}")
    yield ("tcp-response inspect-delay", "5s")
    yield ("tcp-response content accept", *answered)
    yield _table(vip, "binary", "len", "32")
    yield ("stick on", "payload_lv(43,1)", "if", *HELLO.split())
    yield ("stick store-response", "payload_lv(43,1)", *answered)


def _broker(vip: VirtualService) -> Iterator[Line]:
    yield ("persist rdp-cookie",)


def _rdp_cookie(vip: VirtualService) -> Iterator[Line]:
    yield _table(vip, "string", "len", "64")
    yield ("stick on", "req.rdp_cookie(mstshash)")


def _table(vip: VirtualService, *kind: str) -> Line:
    expire = ("expire", vip.persistence_timeout)
    return ("stick-table", "type", *kind, "size", str(vip.table_size), *expire, "peers", PEERS)


ANY: dict[str, Callable[[VirtualService], Iterator[Line]]] = {
    Persistence.SOURCE: _source,
    Persistence.LAST: _last,
}
WEB: dict[str, Callable[[VirtualService], Iterator[Line]]] = {
    Persistence.COOKIE: _cookie,
    Persistence.COOKIE_SOURCE: _cookie_and_source,
    Persistence.APPLICATION: _application,
    Persistence.FORWARDED: _forwarded,
}
TCP: dict[str, Callable[[VirtualService], Iterator[Line]]] = {
    Persistence.SESSION_ID: _session_id,
    Persistence.BROKER: _broker,
    Persistence.RDP_COOKIE: _rdp_cookie,
}
