"""Maintenance > Configuration History: every commit, what it changed, and any two beside each other."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.changes import candidate
from apps.changes.document import document
from apps.changes.models import Job, JobState, Kind
from apps.changes.xml import from_xml
from apps.services.models import VirtualService
from tests.changes.recorded import WEB, commit, text, touched

HISTORY = "/lbadmin/maintenance/configuration-history/"


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    candidate._fingerprints.cache_clear()
    yield
    candidate._fingerprints.cache_clear()


@pytest.fixture
def three(db: None) -> list[Job]:
    """Nothing; then web, refused and done; then shop, with a reason."""
    jobs = [commit(reason="First start", user="")]
    web = VirtualService.objects.create(**WEB)
    said = "[ALERT] <b>no such mode</b>"
    jobs.append(commit(JobState.REFUSED, sentence="HAProxy refused web · Balance Mode.", said=said))
    jobs.append(commit())
    VirtualService.objects.filter(pk=web.pk).update(balance="roundrobin")
    VirtualService.objects.create(**WEB | {"label": "shop", "ports": "81"})
    jobs.append(commit(user="a.meyer", reason="CHG-4711", kind=Kind.RESTART))
    touched()
    return jobs


def test_before_the_first_commit_it_says_so(viewer: Client) -> None:
    assert "Nothing was committed yet." in text(viewer, HISTORY)
    assert "Nothing was committed yet." in text(viewer, f"{HISTORY}compare/")


def test_the_newest_stands_first_with_who_and_what(viewer: Client, three: list[Job]) -> None:
    page = text(viewer, HISTORY)
    first, refused, done, newest = [f"Revision {job.pk} " for job in three]
    assert page.index(newest) < page.index(done) < page.index(refused) < page.index(first)
    assert f"{newest}running Done CHG-4711 shop added, web changed Restart HAProxy" in page
    assert f"{refused}Refused web added" in page
    assert f"{done}Done web added" in page
    assert f"{first}Done First start no Virtual Services" in page
    assert "a.meyer 0.4 s" in page
    assert "appliance 0.4 s" in page


def test_a_commit_that_changed_nothing_says_so(viewer: Client, three: list[Job]) -> None:
    commit(kind=Kind.RESTART)
    assert "Done the same configuration Restart HAProxy" in text(viewer, HISTORY)


def test_fifty_stand_on_a_page(
    viewer: Client, three: list[Job], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Job.objects.bulk_create(Job(kind=Kind.RELOAD, user="bob", state=JobState.ROLLED_BACK) for _ in range(60))
    viewer.get(HISTORY)
    with django_assert_max_num_queries(16):
        page = text(viewer, HISTORY)
    assert page.count("Rolled back") == 50
    assert "1 to 50 of 64 Older" in page
    older = text(viewer, HISTORY, page="2")
    assert "51 to 64 of 64 Newer" in older
    assert "web added" in older


def test_the_oldest_of_a_page_is_compared_with_the_newest_of_the_next(viewer: Client, three: list[Job]) -> None:
    Job.objects.bulk_create(Job(kind=Kind.RELOAD, user="bob", state=JobState.ROLLED_BACK) for _ in range(49))
    assert "shop added, web changed" in text(viewer, HISTORY)


def test_a_revision_is_compared_with_the_one_that_ran_before(viewer: Client, three: list[Job]) -> None:
    """Not with one that was refused in between."""
    done = three[2]
    page = text(viewer, f"{HISTORY}{done.pk}/")
    assert "Compared with the revision before: 1 change to 1 object" in page
    assert f"Field Revision {three[0].pk} Revision {done.pk}" in page
    assert "web Virtual Service · added IP Address – 192.0.2.10" in page
    assert "haproxy.cfg 13 lines added" in page
    assert "Whole haproxy.cfg global default-path config" in page


def test_a_refused_revision_has_haproxys_words(viewer: Client, three: list[Job]) -> None:
    answer = viewer.get(f"{HISTORY}{three[1].pk}/").content.decode()
    assert "HAProxy refused web · Balance Mode." in answer
    assert "[ALERT] &lt;b&gt;no such mode&lt;/b&gt;" in answer


def test_a_job_that_has_not_begun_has_a_page(viewer: Client, three: list[Job]) -> None:
    job = Job.objects.create(kind=Kind.RELOAD, user="bob")
    page = text(viewer, f"{HISTORY}{job.pk}/")
    assert "Outcome Queued" in page
    assert "No configuration was made." in page
    assert "Download XML" not in page
    assert f"Revision {job.pk} Queued" in text(viewer, HISTORY)


def test_the_document_and_the_file_can_be_kept(viewer: Client, three: list[Job]) -> None:
    pk = three[3].pk
    xml = viewer.get(f"{HISTORY}{pk}/lb_config.xml")
    assert xml["Content-Disposition"] == f'attachment; filename="lb_config-{pk}.xml"'
    assert from_xml(xml.content.decode()) == document(candidate.load())
    config = viewer.get(f"{HISTORY}{pk}/haproxy.cfg")
    assert config["Content-Disposition"] == 'attachment; filename="haproxy.cfg"'
    assert "\nlisten shop\n" in config.content.decode()
    assert viewer.get(f"{HISTORY}999/haproxy.cfg").status_code == 404


def test_any_two_are_compared(viewer: Client, three: list[Job]) -> None:
    first, refused, done, newest = [str(job.pk) for job in three]
    page = text(viewer, f"{HISTORY}compare/", before=newest, after=first)
    assert f"Field Revision {newest} Revision {first}" in page
    assert "web Virtual Service · removed" in page
    assert "shop Virtual Service · removed" in page
    page = text(viewer, f"{HISTORY}compare/", before=refused, after=done)
    assert "Nothing differs." in page


@pytest.mark.parametrize("asked", [{}, {"before": "99999", "after": "x"}])
def test_without_a_choice_the_last_two_that_ran_are_compared(
    viewer: Client, three: list[Job], asked: dict[str, str]
) -> None:
    page = text(viewer, f"{HISTORY}compare/", **asked)
    assert f"Field Revision {three[2].pk} Revision {three[3].pk}" in page
    assert "Balance Mode Weighted Least Connection Weighted Round Robin" in page
    assert "- balance leastconn + balance roundrobin" in page


def test_a_page_costs_few_queries_with_hundreds_of_services(
    admin: Client, three: list[Job], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    VirtualService.objects.bulk_create(
        VirtualService(label=f"s{number}", address="192.0.2.10", ports=str(2000 + number)) for number in range(300)
    )
    touched()
    job = commit()
    admin.get(HISTORY)
    for page in (f"{job.pk}/", "compare/", f"{three[2].pk}/roll-back/"):
        with django_assert_max_num_queries(17):
            assert admin.get(HISTORY + page).status_code == 200
