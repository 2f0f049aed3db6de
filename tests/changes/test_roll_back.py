"""Roll back: a former revision is saved and committed, in one step and after a look."""

import http.client
import subprocess
from collections.abc import Iterator

import pytest
from django.test import Client

from apps.changes import activate, candidate
from apps.changes.models import Job, JobState, Running
from apps.common.models import Edit
from apps.services.models import RealServer, State, VirtualService
from tests.changes.conftest import PORT
from tests.changes.recorded import WEB, Words, certificate, commit, text, touched

HISTORY = "/lbadmin/maintenance/configuration-history/"


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    yield
    candidate._fingerprints.cache_clear()


@pytest.fixture
def former(db: None) -> Job:
    """With web alone; shop came later."""
    service = VirtualService.objects.create(**WEB)
    RealServer.objects.create(service=service, label="one", address="192.0.2.1", port=80)
    job = commit()
    VirtualService.objects.update(balance="roundrobin")
    VirtualService.objects.create(**WEB | {"label": "shop", "ports": "81"})
    commit()
    touched()
    return job


def roll_back(browser: Client, job: Job, seen: str | None = None) -> str:
    """Look, then press the button; what the next page says."""
    address = f"{HISTORY}{job.pk}/roll-back/"
    sent = {"seen": browser.get(address).context["seen"] if seen is None else seen}
    return str(Words(browser.post(address, sent, follow=True).content.decode()))


def test_it_shows_first_what_changes_and_what_it_costs(admin: Client, former: Job) -> None:
    page = text(admin, f"{HISTORY}{former.pk}/roll-back/")
    assert f"Field Running Revision {former.pk}" in page
    assert "Balance Mode Weighted Round Robin Weighted Least Connection" in page
    assert "shop Virtual Service · removed" in page
    assert "HAProxy: reload, because" in page
    assert "not committed are lost" not in page
    assert VirtualService.objects.count() == 2


def test_it_warns_when_saved_changes_are_lost(admin: Client, former: Job) -> None:
    RealServer.objects.update(weight=5)
    touched()
    assert "Changes that are saved but not committed are lost." in text(admin, f"{HISTORY}{former.pk}/roll-back/")


def test_it_warns_of_a_revision_that_never_ran(admin: Client, former: Job) -> None:
    VirtualService.objects.update(balance="leastconn")
    refused = commit(JobState.REFUSED, sentence="HAProxy refused web.")
    page = text(admin, f"{HISTORY}{refused.pk}/roll-back/")
    assert "This revision never came to run: HAProxy refused web." in page


def test_haproxy_serves_what_it_served(
    admin: Client, service: VirtualService, running: subprocess.Popen[bytes], at_once: None
) -> None:
    good = Running.objects.get().revision.job
    VirtualService.objects.update(label="renamed", ports=str(PORT + 7))
    RealServer.objects.filter(label="one").update(state=State.DRAIN)
    touched()
    admin.post("/lbadmin/commit/reload/", {"origin": HISTORY})
    assert get(PORT + 7) == 200
    page = roll_back(admin, good)
    job = Job.objects.first()
    assert job
    assert (job.state, job.user, job.reason) == (JobState.DONE, "config-user", f"Roll back to revision {good.pk}")
    assert get(PORT) == 200
    assert activate.running_version() == f"revision-{job.pk}"
    assert f"Revision {job.pk} running Done Roll back to revision {good.pk} web added, renamed removed" in page
    assert VirtualService.objects.get().label == "web"
    assert RealServer.objects.get(label="one").state == State.DRAIN
    assert Edit.objects.filter(user="config-user", label="web", what="changed").exists()


def get(port: int) -> int:
    link = http.client.HTTPConnection("127.0.0.9", port, timeout=5)
    link.request("GET", "/")
    return link.getresponse().status


def test_without_a_worker_it_is_saved_and_the_message_says_so(admin: Client, former: Job) -> None:
    page = roll_back(admin, former)
    assert f"Revision {former.pk} is saved, but does not run yet: press Reload HAProxy in a minute." in page
    assert "Saved, not running yet: web changed, shop removed" in page
    assert VirtualService.objects.get().balance == "leastconn"
    assert not Job.objects.filter(reason__startswith="Roll back").exists()


def test_a_certificate_that_is_gone_refuses_it_whole(admin: Client, former: Job) -> None:
    site = certificate()
    VirtualService.objects.filter(label="shop").update(protocol="http2", certificate=site)
    with_site = commit()
    VirtualService.objects.filter(label="shop").update(protocol="http", certificate=None)
    site.delete()
    commit()
    touched()
    page = roll_back(admin, with_site)
    assert "Nothing was changed. shop needs the SSL Certificate site, which does not exist." in page
    assert VirtualService.objects.get(label="shop").protocol == "http"


def test_what_somebody_saved_meanwhile_is_not_lost_unseen(admin: Client, former: Job) -> None:
    assert "somebody saved another change meanwhile" in roll_back(admin, former, seen="before")
    assert VirtualService.objects.count() == 2


def test_only_group_config_is_offered_it(admin: Client, operator: Client, former: Job) -> None:
    address = f"{HISTORY}{former.pk}/"
    assert "Roll back" in text(admin, address)
    assert "Roll back" in text(admin, HISTORY)
    assert "Roll back" not in text(operator, address)
    assert "Roll back" not in text(operator, HISTORY)


def test_the_running_revision_offers_no_way_to_itself(admin: Client, former: Job) -> None:
    running = Running.objects.get().revision
    assert "Roll back" not in text(admin, f"{HISTORY}{running.pk}/")
