"""What the environment may say. Wrong values stop the start with the variable's name."""

import os
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]


class EnvironmentProblem(Exception):
    """A variable of the environment has a value that cannot be used."""


@dataclass(frozen=True)
class Environment:
    home: Path
    webui_address: str
    webui_port: int
    fallback_port: int
    peers_port: int


def read() -> Environment:
    return Environment(
        home=Path(os.environ.get("LBADMIN_HOME") or BASE / "var").resolve(),
        webui_address=os.environ.get("LBADMIN_WEBUI_ADDRESS", "0.0.0.0"),  # noqa: S104 - the brief's default
        webui_port=_port("LBADMIN_WEBUI_PORT", 9443),
        fallback_port=_port("LBADMIN_FALLBACK_PORT", 9081),
        peers_port=_port("LBADMIN_PEERS_PORT", 7778),
    )


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise EnvironmentProblem(f"{name}={text!r} is not a port. Use a number from 1 to 65535.")
    return int(text)
