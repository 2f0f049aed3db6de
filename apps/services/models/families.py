"""IPv4 and IPv6 do not mix where real servers see the clients' own addresses."""

from apps.common.text_kinds import is_address


def foreign(vip: str, server: str) -> str:
    """What is wrong with a transparent service and a real server at these addresses; nothing when they go together."""
    if not vip or not is_address(server) or (":" in vip) == (":" in server):
        return ""
    return (
        f"With Transparent Proxy (TProxy) {server} would have to answer clients with {_kind(vip)} addresses, which it "
        f"cannot reach. Use a Real Server with an {_kind(vip)} address, or leave Transparent Proxy off."
    )


def _kind(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"
