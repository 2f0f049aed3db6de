"""What HAProxy runs, as far as the next commit needs it."""

from dataclasses import dataclass, field, replace

from apps.changes import candidate, versions
from apps.changes.document import config_of
from apps.changes.models import Revision, Running
from apps.changes.xml import from_xml
from apps.common.kept import Kept
from apps.haproxy.acme import thumbprint_in
from apps.haproxy.config import Config
from apps.haproxy.plan import GENERAL, Plan, plan
from apps.haproxy.render import CONFIG_FILE, render
from apps.unit.follow import follow


@dataclass(frozen=True)
class Run:
    """`is_exact`: this version of the product renders `config` just as it runs. An update may have changed that."""

    config: Config
    version: str = ""  # blank while nothing runs
    parts: dict[str, str] = field(default_factory=dict)
    is_exact: bool = False

    def plan(self, new: Config) -> Plan:
        return plan(self.config, new) if self.is_exact else Plan(reasons=(GENERAL,))

    def changed(self, parts: dict[str, str]) -> set[str]:
        """Labels of the virtual services that are not as they run."""
        return {label for label, part in parts.items() if self.parts.get(label) != part}


RUNS = Kept[Run](most=2)  # the worker that committed a revision still knows it: reading its XML takes long


def current() -> Run:
    known = Running.objects.filter(pk=1).values_list("revision_id", "revision__fingerprint").first()
    return RUNS.get(known, lambda: _read(known[0])) if known else Run(Config(candidate.host()))


def record(revision: Revision, config: Config) -> None:
    """Proven: this revision runs."""
    Running.record(revision)
    follow()
    run = Run(config, versions.name_of(revision.pk), revision.parts, is_exact=True)
    RUNS.get((revision.pk, revision.fingerprint), lambda: run)


def _read(pk: int) -> Run:
    revision = Revision.objects.get(pk=pk)
    host = replace(candidate.host(), acme=thumbprint_in(revision.files[CONFIG_FILE]))
    config = config_of(from_xml(revision.document), host)
    return Run(config, versions.name_of(pk), revision.parts, is_exact=render(config).files == revision.files)
