"""Config in, files out. No database, no machine: the same config gives the same text, byte for byte."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from apps.common.kept import Kept
from apps.haproxy import external, general, terminations
from apps.haproxy.config import Config, Service, Termination
from apps.haproxy.listen import Around, crl_file, list_file, listen, pem_file
from apps.haproxy.words import Owner, Section, owners, text
from apps.services.models import Protocol, VirtualService

CONFIG_FILE = "haproxy.cfg"
ADDRESSES_FILE = "addresses"
TRANSPARENT_FILE = "transparent"  # for which kinds of addresses the host has to take packets that are not for it
SCRIPTS = "scripts"
SECTIONS = Kept[Section](most=5000)
MANUAL = Owner("ManualConfiguration", 1, "Layer 7 – Manual Configuration", "text")


@dataclass(frozen=True)
class Rendering:
    """Every file but those with private keys, by its name, and what is known of them.

    `certificates` are the files still to be written: name → primary key of the certificate. `sections` are those of
    haproxy.cfg. `parts` has each virtual service's own part by its label.
    """

    files: dict[str, str]
    certificates: dict[str, int]
    sections: list[Section]
    parts: dict[str, str]

    @cached_property
    def owners(self) -> list[Owner | None]:
        """Whose each line of haproxy.cfg is (index 0 is line 1)."""
        return owners(self.sections)


def render(config: Config) -> Rendering:
    written = [service for service in config.services if not service.vip.manual]
    passed_to = terminations.services_of(config)
    more = terminations.binds_of(config, passed_to)
    listens = [_listen(service, config, service.vip.pk in passed_to, more) for service in written]
    ended = [*terminations.sections(config, passed_to)]
    in_front = [section for _, made in ended for section in made]
    sections = [*general.sections(config), *listens, *in_front, *_manual(config)]
    floating = "".join(f"{address}\n" for address in sorted(addresses(config)))
    rendering = Rendering({CONFIG_FILE: text(sections), ADDRESSES_FILE: floating}, {}, sections, {})
    if config.transparent:
        rendering.files[TRANSPARENT_FILE] = "".join(f"{family}\n" for family in sorted(config.transparent))
    for name, content in external.script_files(config):
        rendering.files[f"{SCRIPTS}/{name}"] = content
    for service, section in zip(written, listens, strict=True):
        rendering.parts[service.vip.label] = section.text
        if certificates := certificates_of(service.vip):
            _add_certificates(rendering, service.vip, certificates, config)
    for termination, made in ended:
        texts = [terminations.bind_text(termination, passed_to), *(section.text for section in made)]
        _add_termination(rendering, termination, texts, config)
    return rendering


def _add_certificates(rendering: Rendering, vip: VirtualService, found: list[int], config: Config) -> None:
    rendering.certificates.update({pem_file(pk): pk for pk in found})
    rendering.files[list_file(vip)] = f"{pem_file(found[0])}\n"
    if len(found) > 1 and found[1] in config.revocations:
        rendering.files[crl_file(found[1])] = config.revocations[found[1]]
    rendering.parts[vip.label] = "\n".join([rendering.parts[vip.label], *(config.certificates[pk] for pk in found)])


def _add_termination(rendering: Rendering, termination: Termination, texts: list[str], config: Config) -> None:
    served, listed = terminations.certificates_of(termination), terminations.crt_list(termination)
    rendering.certificates.update({pem_file(pk): pk for pk in served})
    rendering.files[terminations.list_file(termination.item)] = listed
    own = [*texts, listed, *(config.certificates[pk] for pk in served)]
    rendering.parts[termination.item.label] = "\n".join(own)


def named(text: str, version: str) -> str:
    """The file with the version's name in it, which HAProxy tells as its description: `show info` proves what runs."""
    return f"{text}global\n    description {version}\n"


def _listen(service: Service, config: Config, terminated: bool, more: Mapping[int, terminations.Binds]) -> Section:
    around = Around(
        config.host.fallback_port,
        config.layer7.logging,
        external.command(service.vip, config),
        service.vip.authority_id in config.revocations,
        config.host.acme,
        terminated,
    )
    also = more.get(service.vip.pk, ())
    return SECTIONS.get((around, also, service.key), lambda: listen(service, around, also))


def _manual(config: Config) -> Iterator[Section]:
    if config.manual.text:
        section = Section((), MANUAL)
        # Not as words: in quotes it would be no comment.
        section.texts[0] = "# Layer 7 – Manual Configuration"
        for line in config.manual.text.split("\n"):
            section.put(line, MANUAL)
        yield section


def addresses(config: Config) -> set[str]:
    """The floating IPs: of virtual services, also of those that the administrator writes, and the extra ones."""
    found = {service.vip.address for service in config.services if not service.vip.backend_only}
    found |= {item.address for item in config.floating}
    found |= {termination.item.address for termination in config.terminations}
    return found - {""}


def certificates_of(vip: VirtualService) -> list[int]:
    """The one that is served, then the authority that vouches for clients, if any."""
    if vip.protocol != Protocol.HTTP2 or not vip.certificate_id or vip.manual or vip.backend_only:
        return []
    return [vip.certificate_id, *([vip.authority_id] if vip.authority_id else [])]


def scripts_of(files: dict[str, str]) -> dict[str, str]:
    """The health check scripts among a rendering's files, by their own names."""
    return {Path(name).name: text for name, text in files.items() if name.startswith(f"{SCRIPTS}/")}
