"""Try a request: the saved rules, asked of a real HAProxy in a sandbox."""

import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.changes import trying
from apps.changes.candidate import load
from apps.changes.errands import ErrandRefused
from apps.changes.models import Errand
from apps.haproxy.config import Config
from apps.haproxy.sandbox import sandbox
from apps.services.models import HeaderRule, ManualConfiguration, RealServer, State, VirtualService
from apps.system import sandbox as machine
from lbadmin.celery import app
from tests.rules.conftest import pages, rule

ASKED = {"method": "GET", "url": "www.example.com/a?b=c", "headers": [], "sni": "", "source": "192.0.2.1"}


def tried(service: VirtualService, **given: Any) -> dict[str, Any]:
    return trying.find_out(ASKED | given | {"service": service.pk})


def fired(answer: dict[str, Any]) -> list[int]:
    return [found["number"] for found in answer["rules"] if found["fired"]]


def test_a_request_that_no_rule_takes_goes_to_a_real_server(service: VirtualService) -> None:
    rule(service, "deny", "", ("path", "/other"))
    answer = tried(service)
    assert answer["sentence"] in {"It goes to Real Server one.", "It goes to Real Server two."}
    assert answer["request"][0] == "GET /a?b=c"
    assert {"host: www.example.com", "x-forwarded-for: 192.0.2.1"} <= set(answer["request"])
    assert answer["rules"][0]["why"] == "Its conditions do not hold."


@pytest.mark.parametrize(
    ("action", "value", "sentence"),
    [
        ("url_loc", "/new", "shop sends the client to /new (status 302)."),
        ("url_pre", "http://x", "shop sends the client to http://x/a?b=c (status 302)."),
        ("deny", "", "It is refused with status 403."),
        ("tarpit", "", "It is held for a while, then refused with status 500."),
        ("backend", "images", "It goes to the fallback server of images."),
        ("use_server", "two", "It goes to Real Server two."),
    ],
)
def test_the_page_says_what_a_rule_does(service: VirtualService, action: str, value: str, sentence: str) -> None:
    rule(service, action, value)
    answer = tried(service)
    assert (answer["sentence"], fired(answer)) == (sentence, [1])


def test_what_rules_and_headers_made_of_the_request_is_shown(service: VirtualService) -> None:
    rule(service, "set_path", "/new", ("header", "curl", "User-Agent"))
    HeaderRule.objects.create(service=service, option="del", name="X-Secret")
    HeaderRule.objects.create(service=service, position=2, name="X-Seen", value="yes", side="response")
    answer = tried(service, headers=[["User-Agent", "curl/8"], ["X-Secret", "%0D%0A x"]])
    assert answer["request"][:3] == ["GET /new?b=c", "host: www.example.com", "user-agent: curl/8"]
    assert not any("secret" in line for line in answer["request"])
    assert "x-seen: yes" in answer["answer"]


def test_each_condition_says_whether_it_holds(service: VirtualService) -> None:
    rule(service, "deny", "", ("path_beg", "/a"), ("src_blk", "10.0.0.0/8"), ("method", "POST", "or", "not"))
    terms = tried(service)["rules"][0]["terms"]
    assert [(term["join"], term["holds"]) for term in terms] == [("", True), ("AND", False), ("OR", True)]


def test_rules_behind_the_one_that_answers_are_not_asked(service: VirtualService) -> None:
    for action, value in [("flag", "f"), ("deny", ""), ("url_loc", "/x")]:
        rule(service, action, value)
    answer = tried(service)
    assert fired(answer) == [1, 2]
    assert answer["rules"][2]["why"] == "Not asked: rule 2 has answered."


def test_of_two_rules_that_choose_a_server_the_first_counts(service: VirtualService) -> None:
    rule(service, "use_server", "two")
    rule(service, "use_server", "one")
    answer = tried(service)
    assert answer["sentence"] == "It goes to Real Server two."
    assert answer["rules"][1]["why"] == "Its conditions hold, but rule 1 was first."


@pytest.mark.parametrize(("source", "is_refused"), [("10.1.2.3", True), ("2001:db8::5", True), ("192.0.2.1", False)])
def test_the_source_is_whom_one_says(service: VirtualService, source: str, is_refused: bool) -> None:
    rule(service, "deny", "", ("src_blk", "10.0.0.0/8 2001:db8::/32"))
    assert (tried(service, source=source)["sentence"] == "It is refused with status 403.") == is_refused


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_every_method_is_answered(service: VirtualService, method: str) -> None:
    assert tried(service, method=method)["request"][0] == f"{method} /a?b=c"


def test_tcp_mode_is_asked_with_a_handshake(service: VirtualService) -> None:
    mail = VirtualService.objects.get(label="mail")
    for label in ("one", "two"):
        RealServer.objects.create(service=mail, label=label, address="192.0.2.1", port=25)
    rule(mail, "deny", "", ("src_blk", "10.0.0.0/8"))
    rule(mail, "use_server", "two", ("sni", "a.example"))
    assert tried(mail, sni="a.example")["sentence"] == "It goes to Real Server two."
    assert fired(tried(mail, sni="b.example")) == []
    refused = tried(mail, sni="a.example", source="10.0.0.1")
    assert (refused["sentence"], fired(refused)) == ("The connection is refused.", [1])


def test_http_2_mode_asks_for_the_host_in_the_handshake(service: VirtualService) -> None:
    VirtualService.objects.filter(pk=service.pk).update(protocol="http2")
    rule(service, "deny", "", ("sni", "www.example.com"))
    assert tried(service)["sentence"] == "It is refused with status 403."
    assert fired(tried(service, url="other.example/")) == []


def test_a_halted_server_takes_nothing(service: VirtualService) -> None:
    service.servers.filter(label="one").update(state=State.HALT)
    assert {tried(service)["sentence"] for _ in range(2)} == {"It goes to Real Server two."}
    service.servers.update(state=State.DRAIN)
    assert tried(service)["sentence"] != "It goes to Real Server two."


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"force_https": True}, "shop sends the client to https://www.example.com/a?b=c (status 302)."),
        ({"backend_only": True, "address": "", "ports": ""}, "It goes to Real Server "),
        ({"persistence": "xff"}, "It goes to Real Server "),
        ({"persistence": "http_ip"}, "It goes to Real Server "),
        ({"persistence": "appsession", "application_cookie": "JSESSIONID"}, "It goes to Real Server "),
        ({"check_type": "negotiate_http", "check_response": "ok"}, "It goes to Real Server "),
        ({"send_proxy": "send-proxy-v2", "transparent": True, "hsts": True}, "It goes to Real Server "),
        ({"compression": True, "name_header": True, "pipeline": "http_close"}, "It goes to Real Server "),
    ],
)
def test_whatever_the_service_is_set_to(service: VirtualService, fields: dict[str, Any], sentence: str) -> None:
    VirtualService.objects.filter(pk=service.pk).update(**fields)
    assert tried(service)["sentence"].startswith(sentence)


def test_a_target_configured_by_hand_is_named(service: VirtualService) -> None:
    ManualConfiguration.objects.create(pk=1, text="backend images\n    server a 192.0.2.1:80\n")
    VirtualService.objects.filter(label="images").update(manual=True)
    rule(service, "backend", "images")
    assert tried(service)["sentence"] == "It goes to images, which is configured by hand."


def test_rules_that_haproxy_refuses_are_told_as_such(service: VirtualService) -> None:
    HeaderRule.objects.create(service=service, name="X", value="%[nonsense]")
    with pytest.raises(ErrandRefused, match="nonsense"):
        tried(service)


def test_nothing_is_left_behind(service: VirtualService) -> None:
    before = set(Path(tempfile.gettempdir()).glob("lbadmin-try-*"))
    tried(service)
    assert not set(Path(tempfile.gettempdir()).glob("lbadmin-try-*")) - before


def test_what_runs_is_not_touched(service: VirtualService) -> None:
    """No socket, no port, no peer and no file of the running HAProxy is named."""
    config: Config = load()
    text = sandbox(config, next(item for item in config.services if item.vip.pk == service.pk), Path("/x"), "haproxy")
    host = config.host
    ours = [host.admin_socket, host.stats_socket, host.server_state, host.scripts]
    assert not [path for path in map(str, ours) if path in text]
    binds = [line.split()[1] for line in text.splitlines() if line.strip().startswith("bind")]
    assert binds == ["unix@/x/stand-in", "unix@/x/entry"]
    assert "peers" not in text


def test_an_haproxy_that_says_nothing_is_ended_in_time() -> None:
    began = time.monotonic()

    def render(directory: Path, user: str) -> str:
        waits = "".join(f"    timeout {name} 1m\n" for name in ("client", "connect", "server", "tarpit"))
        bind = f"    bind unix@{directory}/entry accept-proxy\n"
        return f"frontend x\n    mode http\n{waits}{bind}    http-request tarpit\n"

    client = machine.Client("192.0.2.1", "192.0.2.10", 80)
    outcome = machine.try_out(render, machine.Files("entry"), client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", patience=0.5)
    assert outcome.answer == ""
    assert time.monotonic() - began < 3


@pytest.fixture
def _at_once() -> Any:
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.mark.usefixtures("_at_once")
def test_the_page_asks_and_shows_the_answer(operator: Client, service: VirtualService) -> None:
    rule(service, "url_loc", "/new", ("hdr_host", "www.example.com"))
    assert "Try a request" in operator.get(pages(service)).content.decode()
    data = {"method": "GET", "url": "https://www.example.com/old", "headers": "Accept: */*", "source": "192.0.2.1"}
    asked = operator.post(f"/lbadmin/commit/try/{service.pk}/", data).content.decode()
    assert 'value="https://www.example.com/old"' in asked
    shown = operator.get(f"/lbadmin/commit/errand/{Errand.objects.get().pk}/").content.decode()
    assert "shop sends the client to /new (status 302)." in shown
    assert "Fires" in shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": ""}, "Enter URL."),
        ({"url": "a b/c"}, "Enter an address such as"),
        ({"url": "http://x:99999999/"}, "Enter an address such as"),
        ({"headers": "nonsense"}, "nonsense is no header."),
        ({"headers": "Host: x"}, "Host is set from the URL"),
        ({"headers": "X-A: é"}, "has characters that a header cannot have"),
        ({"source": "x"}, "Enter the IPv4 or IPv6 address of a client"),
        ({"method": "TRACE"}, "Select a valid choice"),
    ],
)
def test_a_request_that_cannot_be_is_refused(
    operator: Client, service: VirtualService, change: dict[str, str], words: str
) -> None:
    data = {"method": "GET", "url": "www.example.com", "headers": "", "source": "192.0.2.1"} | change
    answer = operator.post(f"/lbadmin/commit/try/{service.pk}/", data)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_a_worker_that_cannot_be_reached_is_told_of(operator: Client, service: VirtualService) -> None:
    data = {"method": "GET", "url": "www.example.com", "source": "192.0.2.1"}
    assert "The worker cannot be reached" in operator.post(f"/lbadmin/commit/try/{service.pk}/", data).content.decode()


def test_a_service_that_is_gone_is_told_of(service: VirtualService) -> None:
    with pytest.raises(ErrandRefused, match="no rules that could be tried"):
        trying.find_out(ASKED | {"service": 4711})
