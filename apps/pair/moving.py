"""Which unit holds the floating IPs, and restarting the heartbeat of both."""

from django.conf import settings

from apps.changes import heartbeat as wanted
from apps.changes import versions
from apps.pair.link import Link, PeerRefuses, Stranger, Unreachable, connected
from apps.pair.models import What
from apps.pair.pushing import NotTaken, push
from apps.pair.working import NotDone, done_here
from apps.system import heartbeat, network
from apps.unit.models import Peer

ALONE = "This is a single unit: there is no other one. Create a Clustered Pair first."
RESTARTED = "Heartbeat was restarted. Floating IPs stayed where they are."
STANDS_BY = "Heartbeat was restarted. This unit stands by until somebody presses Restart Heartbeat on {}."
ON_BOTH = "Heartbeat was restarted on both units. Floating IPs stayed where they are."
PEER_AWAY = "{} Heartbeat was restarted on this unit only: press Restart Heartbeat again once the other one is back."


def take_over(user: str) -> str:
    """Raises NotDone."""
    if Peer.paired() is None:
        raise NotDone(ALONE)
    return "This unit is active already." if network.is_active() else done_here(What.TAKE_OVER, user)


def become_active() -> str:
    """This unit's part. Raises HeartbeatProblem."""
    heartbeat.take_over(settings.PATHS)
    return "This unit is active now. The other one served until then."


def give_away(user: str) -> str:
    """The other unit takes over; this one serves until then. Raises NotDone."""
    peer = Peer.paired()
    if peer is None:
        raise NotDone(ALONE)
    if not network.is_active():
        return "This unit is passive already."
    try:
        with connected(peer) as link:
            link.ask("do", what=What.TAKE_OVER)
    except (Unreachable, Stranger, PeerRefuses) as problem:
        raise NotDone(f"{problem} This unit stays active.") from problem
    return f"{peer.hostname} is active now."


def restart_heartbeat(user: str) -> str:
    """Of both units, started on the Primary; of this one alone on a single unit or a Secondary. Raises NotDone."""
    peer = Peer.paired()
    if peer is None or not peer.is_primary:
        return _restart_here(peer, user)
    try:
        push(peer)  # the other unit needs the settings first
        with connected(peer) as link:
            _restart_both(link, user)
    except (NotTaken, Unreachable, Stranger, PeerRefuses) as problem:
        _restart_here(peer, user)
        return PEER_AWAY.format(problem)
    return ON_BOTH


def _restart_here(peer: Peer | None, user: str) -> str:
    """A unit that stands by does so until both were restarted; once the other one is away, that is never."""
    done_here(What.RESTART, user)
    if peer and heartbeat.is_held(settings.PATHS) and _answers(peer):
        return STANDS_BY.format(peer)
    done_here(What.RELEASE, user)
    return RESTARTED


def _answers(peer: Peer) -> bool:
    try:
        with connected(peer):
            return True
    except (Unreachable, Stranger, PeerRefuses):
        return False


def _restart_both(link: Link, user: str) -> None:
    """The passive one stands by meanwhile: while the two do not hear each other it must not become active."""
    if link.ask("state")["active"] and not network.is_active():
        done_here(What.HOLD, user)
        link.ask("do", what=What.RESTART)
        done_here(What.RESTART, user)
        done_here(What.RELEASE, user)
    else:
        link.ask("do", what=What.HOLD)
        done_here(What.RESTART, user)
        link.ask("do", what=What.RESTART)
        link.ask("do", what=What.RELEASE)


def apply_settings() -> None:
    """What is saved, on this unit. Raises NotDone."""
    try:
        heartbeat.configure(settings.PATHS, wanted.wanted(), versions.current_addresses(), wanted.shielded())
    except heartbeat.HeartbeatProblem as problem:
        raise NotDone(str(problem)) from problem
