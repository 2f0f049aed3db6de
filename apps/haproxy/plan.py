"""What turns one configuration into another: steps in the running HAProxy, or the reasons why it is reloaded."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from apps.common.options import Option, option, options
from apps.haproxy import terminations
from apps.haproxy.config import Config, Service
from apps.haproxy.general import default_server, layer7_text
from apps.haproxy.listen import pem_file
from apps.haproxy.render import addresses, certificates_of, render
from apps.haproxy.servers import server_words
from apps.services.acme import answers
from apps.services.models import Balance, Check, Feedback, RealServer, SniRule, SslTermination, VirtualService

GENERAL = "general settings changed"
ACME = "HAProxy answers for another ACME account"
VIP_OPTIONS = options(VirtualService)
RIP_OPTIONS = options(RealServer)
TERMINATION_OPTIONS = options(SslTermination)
SNI_VALUES = attrgetter("pk", *(option.attname for option in options(SniRule)))
WEIGHT = option(RealServer, "weight")
DYNAMIC = {Balance.LEASTCONN, Balance.ROUNDROBIN}  # to other methods HAProxy adds no server while it runs
POOL = ("pool-max-conn", "-1", "pool-purge-delay", "5s")  # HAProxy's own defaults for keeping connections


@dataclass(frozen=True)
class ReplaceCertificate:
    certificate: int  # primary key
    file: str


@dataclass(frozen=True)
class AddServer:
    service: str
    server: str
    words: tuple[str, ...]  # its address, then what is said of it
    weight: int
    state: str

    @property
    def is_checked(self) -> bool:
        return "check" in self.words[1:]


@dataclass(frozen=True)
class SetWeight:
    service: str
    server: str
    weight: int


@dataclass(frozen=True)
class RemoveServer:
    service: str
    server: str


@dataclass(frozen=True)
class AddAddress:
    address: str

    def __str__(self) -> str:
        return f"{self.address} is added to this host."


@dataclass(frozen=True)
class RemoveAddress:
    address: str

    def __str__(self) -> str:
        return f"{self.address} is removed from this host."


OfServer = AddServer | SetWeight | RemoveServer
OfAddress = AddAddress | RemoveAddress
Step = ReplaceCertificate | OfServer | OfAddress
# What is needed comes before what goes.
ORDER = [AddAddress, ReplaceCertificate, AddServer, SetWeight, RemoveServer, RemoveAddress]


@dataclass(frozen=True)
class Plan:
    """`steps` count only without `reasons`, which are in the UI's words and follow "reload, because"."""

    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def addresses(self) -> list[OfAddress]:
        """What is done to the host. HAProxy need not be told."""
        return [step for step in self.steps if isinstance(step, OfAddress)]

    @property
    def is_about_addresses(self) -> bool:
        return bool(self.steps) and len(self.addresses) == len(self.steps)


def plan(old: Config, new: Config) -> Plan:
    """Administrative states are no part of it: they act at once, on their own way."""
    found = [*_general(old, new), *_services(old, new), *_terminations(old, new), *_certificates(old, new)]
    steps = [item for item in found if not isinstance(item, str)]
    reasons = [item for item in found if isinstance(item, str)]
    steps += [] if reasons else _addresses(old, new)
    return Plan(tuple(sorted(steps, key=lambda step: ORDER.index(type(step)))), tuple(dict.fromkeys(reasons)))


def _addresses(old: Config, new: Config) -> Iterator[Step]:
    """The host's, not HAProxy's: on their own they need no reload."""
    before, now = addresses(old), addresses(new)
    yield from (AddAddress(address) for address in sorted(now - before))
    yield from (RemoveAddress(address) for address in sorted(before - now))


def _general(old: Config, new: Config) -> Iterator[str]:
    if replace(old.host, acme=new.host.acme) != new.host:
        yield GENERAL
    elif old.host != new.host and any(answers(service.vip) for service in new.services):
        yield ACME
    every = options(new.layer7)
    if changed := _that_matter(every, old.layer7, new.layer7, lambda layer7: layer7_text(new.host, layer7)):
        yield f"{_listed(changed)} changed in {new.layer7}"
    if old.manual.text != new.manual.text:
        yield f"{new.manual} changed"
    for pk, script in new.scripts_used.items():
        earlier = old.scripts_used.get(pk, script)
        if (earlier.content, earlier.label) != (script.content, script.label):
            yield f"the Health Check Script {script.label} changed"
    if old.revocations != new.revocations:
        yield "a revocation list changed"


def _services(old: Config, new: Config) -> Iterator[Step | str]:
    scripts = {script.pk: script for script in (*old.scripts, *new.scripts)}
    known = replace(new, services=(), certificates=old.certificates | new.certificates, scripts=tuple(scripts.values()))
    before = {service.vip.pk: service for service in old.services}
    for service in new.services:
        earlier = before.pop(service.vip.pk, None)
        if earlier is None:
            yield f"{service.vip.label} was added"
        elif earlier.key != service.key and earlier.values != service.values:  # keys are at hand
            yield from _Comparison(earlier, service, known).all()
    yield from (f"{service.vip.label} was removed" for service in before.values())


def _terminations(old: Config, new: Config) -> Iterator[str]:
    """Listeners and crt-lists are made at a reload."""
    before = {termination.item.pk: termination for termination in old.terminations}
    for termination in new.terminations:
        item, earlier = termination.item, before.pop(termination.item.pk, None)
        if earlier is None:
            yield f"{item.label} was added"
            continue
        changed = [each for each in TERMINATION_OPTIONS if _value(earlier.item, each) != _value(item, each)]
        if changed:
            yield f"{_listed(changed)} changed on {item.label}"
        if [*map(SNI_VALUES, earlier.rules)] != [*map(SNI_VALUES, termination.rules)]:
            yield f"SNI Rules changed on {item.label}"
    yield from (f"{termination.item.label} was removed" for termination in before.values())


def _value(item: Any, option: Option) -> Any:
    return getattr(item, option.attname)


@dataclass(frozen=True)
class _Comparison:
    """Of one virtual service, then and now. What makes no difference to the rendering counts for nothing."""

    old: Service
    new: Service
    known: Config

    def all(self) -> Iterator[Step | str]:
        if changed := _that_matter(VIP_OPTIONS, self.old.vip, self.new.vip, self._with_vip):
            yield f"{_listed(changed)} changed on {self.new.vip.label}"
        for kind, before, after in (
            ("ACL Rules", self.old.acl_rules, self.new.acl_rules),
            ("Header Rules", self.old.header_rules, self.new.header_rules),
        ):
            if before != after:
                yield f"{kind} changed on {self.new.vip.label}"
        if self._servers_matter():
            yield from self._servers()

    def _with_vip(self, vip: VirtualService) -> object:
        return self._rendered(replace(self.new, vip=vip))

    def _servers_matter(self) -> bool:
        """They differ, and are rendered at all."""
        earlier = replace(self.new, servers=self.old.servers)
        return earlier.values != self.new.values and self._rendered(earlier) != self._rendered(self.new)

    def _rendered(self, service: Service) -> object:
        about = tuple(item for item in self.known.terminations if service.vip.pk in item.services)
        rendering = render(replace(self.known, services=(service,), terminations=about))
        return rendering.files, rendering.parts

    def _servers(self) -> Iterator[Step | str]:
        before = {server.pk: server for server in self.old.servers}
        now = {server.pk: server for server in self.new.servers}
        gone = {pk: server for pk, server in before.items() if pk not in now}
        for pk, server in now.items():
            if pk in before:
                yield from self._server(before[pk], server)
            elif any(server.label == other.label for other in gone.values()):
                yield f"{server.label} of {self.new.vip.label} was replaced"
            else:
                yield self._added(server)
        yield from (RemoveServer(self.new.vip.label, server.label) for server in gone.values())

    def _server(self, old: RealServer, new: RealServer) -> Iterator[Step | str]:
        vip = self.new.vip
        changed = _that_matter(RIP_OPTIONS, old, new, lambda server: server_words(vip, server))
        # An agent's percentages are of the weight that HAProxy began with.
        at_once = [WEIGHT] if WEIGHT in changed and vip.feedback != Feedback.AGENT else []
        if at_once:
            yield SetWeight(vip.label, new.label, new.weight)
        if others := [item for item in changed if item not in at_once]:
            yield f"{_listed(others)} changed on {new.label} of {vip.label}"

    def _added(self, server: RealServer) -> Step | str:
        vip = self.new.vip
        _, _, address, *said = server_words(vip, server)
        added = f"{server.label} of {vip.label} was added and"
        if "cookie" in said:
            return f"{added} {vip.label} keeps clients by {_words(vip, 'persistence')}"
        if "redir" in said:
            return f"{added} has a {option(RealServer, 'redirect_url').label}"
        if vip.balance not in DYNAMIC:
            return f"{added} {vip.label} is balanced by {_words(vip, 'balance')}"
        if "resolvers" in said:
            return f"{added} {server.address} is a name"
        # HAProxy 2.6 dies of a script that checks an added server; and to an agent's percentages it is down.
        if vip.check_type == Check.EXTERNAL or "agent-check" in said:
            name = "check_type" if vip.check_type == Check.EXTERNAL else "feedback"
            return f"{added} {vip.label} is checked by {_words(vip, name)}"
        # A server that is added takes nothing from default-server.
        said = [*default_server(self.known.layer7), *_with_check_ssl(said), *POOL]
        return AddServer(vip.label, server.label, (address, *said), server.weight, server.state)


def _with_check_ssl(said: list[str]) -> list[str]:
    """In the file, checks speak TLS where the traffic does, unless they go to another port or it is said that they do
    not. Of an added server they only do what is said, and HAProxy refuses to be told what they do not.
    """
    said_of_checks = {"port", "check-ssl", "no-check-ssl"}
    if {"ssl", "check"} <= {*said} and not said_of_checks.intersection(said):
        return [*said, "check-ssl"]
    return [word for word in said if word != "no-check-ssl"]


def _certificates(old: Config, new: Config) -> Iterator[Step | str]:
    """Certificates with a new content under the same number."""
    changed = {pk for pk, content in new.certificates.items() if old.certificates.get(pk, content) != content}
    if not changed:
        return
    served: set[int] = set()
    for service in new.services:
        used = certificates_of(service.vip)
        served.update(used[:1])
        if changed.intersection(used[1:]):
            yield f"{option(VirtualService, 'authority').label} of {service.vip.label} was replaced"
    served.update(pk for termination in new.terminations for pk in terminations.certificates_of(termination))
    yield from (ReplaceCertificate(pk, pem_file(pk)) for pk in sorted(changed & served))


def _that_matter(declared: list[Option], old: Any, new: Any, rendered: Callable[[Any], object]) -> list[Option]:
    """The changed options without which the rendering would be another; all of them, where it takes several."""
    changed = [item for item in declared if getattr(old, item.attname) != getattr(new, item.attname)]
    if not changed:
        return []
    now = rendered(new)
    matter = [item for item in changed if rendered(_with(new, item, old)) != now]
    return matter or (changed if rendered(old) != now else [])


def _with(item: Any, changed: Option, source: Any) -> Any:
    """A copy of a row or an instance with one option as `source` has it."""
    value = getattr(source, changed.attname)
    if hasattr(item, "_replace"):  # a row
        return item._replace(**{changed.attname: value})
    twin = copy(item)
    setattr(twin, changed.attname, value)
    return twin


def _words(vip: VirtualService, name: str) -> str:
    return option(VirtualService, name).words(getattr(vip, name))


def _listed(changed: list[Option]) -> str:
    *first, last = [item.label for item in changed]
    return f"{', '.join(first)} and {last}" if first else last
