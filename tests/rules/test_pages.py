"""Edit ACL Rules and Edit Header Rules: add, modify, delete, and what is refused."""

from typing import Any

import pytest
from django.test import Client

from apps.common.models import Edit, Generation
from apps.services.conditions import Condition
from apps.services.models import AclRule, HeaderRule, VirtualService
from tests.rules.conftest import page, pages, rule
from tests.rules.making import condition

ROW = {"join": ["and"], "match": ["path_beg"], "name": [""], "negate": ["equal"], "text": ["/old"]}
RULE = ROW | {"action": "url_loc", "value": "https://www.example.com/"}
TWO: dict[str, Any] = {
    "join": ["or", "or"],
    "match": ["path_beg", "header"],
    "name": ["", "User-Agent"],
    "negate": ["equal", "notequal"],
    "text": ["/old", "curl"],
}
HEADER = {"side": "response", "option": "set", "name": "X-Frame-Options", "value": "DENY"}


def test_an_administrator_adds_a_rule_with_two_conditions(admin: Client, service: VirtualService) -> None:
    before = Generation.current()
    assert admin.post(f"{pages(service)}add/", RULE | TWO).status_code == 302
    found = AclRule.objects.get()
    assert found.terms == [condition("path_beg", "/old"), condition("header", "curl", "not", "or", "User-Agent")]
    assert (found.position, found.action, found.value) == (1, "url_loc", "https://www.example.com/")
    assert Generation.current() == before + 1
    assert str(Edit.objects.get()) == "ACL Rule 1 of shop added by config-user"
    shown = admin.get(pages(service)).content.decode()
    assert "header User-Agent Not equal curl" in shown
    assert "Redirect Location" in shown


def test_new_rules_come_last(admin: Client, service: VirtualService) -> None:
    for _ in range(3):
        admin.post(f"{pages(service)}add/", RULE)
    assert list(AclRule.objects.values_list("position", flat=True)) == [1, 2, 3]


def test_blank_rows_do_not_count(admin: Client, service: VirtualService) -> None:
    blank = {name: [*values, *[""] * 3] for name, values in ROW.items()}
    admin.post(f"{pages(service)}add/", RULE | blank | {"join": ["and"] * 4, "negate": ["equal"] * 4})
    assert AclRule.objects.get().terms == [Condition("and", False, "path_beg", "", "/old")]


@pytest.mark.parametrize(
    ("change", "control", "words"),
    [
        ({"text": [" "]}, "text-1-error", "Enter a text to compare with."),
        ({"match": ["path_reg"], "text": ["("]}, "text-1-error", "This is no regular expression"),
        ({"match": ["src_blk"], "text": ["10.0.0.0/8 x"]}, "text-1-error", "x is no address and no network."),
        ({"match": ["method"], "text": ["get"]}, "text-1-error", "Enter methods in capitals"),
        ({"match": ["flag"], "text": ["a b"]}, "text-1-error", "letters, digits and underscores"),
        ({"match": ["header"]}, "name-1-error", "Enter the header&#x27;s name"),
        ({"match": [""]}, "match-1-error", "Choose a Type."),
        ({"match": ["sni"]}, "match-1-error", "SNI does not apply to shop."),
        ({"match": [""], "text": [""]}, "id_conditions-error", "Enter at least one condition"),
        ({"value": ""}, "id_value-error", "Enter an address that begins with https://"),
        ({"value": "javascript:x"}, "id_value-error", "Enter an address that begins with https://"),
        ({"action": "set_path", "value": "x"}, "id_value-error", "Enter a path that begins with a slash"),
        ({"action": "flag", "value": "a-b"}, "id_value-error", "Enter a name of letters, digits"),
        ({"action": "use_server", "value": "three"}, "id_value-error", "shop has no Real Server three."),
        ({"action": "backend", "value": "shop"}, "id_value-error", "There is no other Virtual Service shop."),
        ({"action": "backend", "value": "mail"}, "id_value-error", "mail speaks TCP Mode, shop does not."),
        ({"action": "nonsense"}, "id_action-error", "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_where_it_is(
    admin: Client, service: VirtualService, change: dict[str, Any], control: str, words: str
) -> None:
    answer = admin.post(f"{pages(service)}add/", RULE | change)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert words in shown.partition(f'id="{control}"')[2][:400], shown
    assert not AclRule.objects.exists()


def test_nothing_that_was_typed_is_lost(admin: Client, service: VirtualService) -> None:
    shown = admin.post(f"{pages(service)}add/", RULE | TWO | {"value": "nonsense"}).content.decode()
    assert 'value="nonsense"' in shown
    assert 'value="User-Agent"' in shown
    assert 'value="notequal" selected' in shown
    assert 'value="header" selected' in shown


def test_without_script_there_are_spare_rows_and_more_of_them(admin: Client, service: VirtualService) -> None:
    assert admin.get(f"{pages(service)}add/").content.decode().count("<fieldset") == 4
    more = admin.post(f"{pages(service)}add/", RULE | TWO | {"value": "nonsense", "more": "1"})
    assert more.status_code == 200
    assert more.content.decode().count("<fieldset") == 5
    assert "lb-err" not in more.content.decode()
    assert 'value="nonsense"' in more.content.decode()
    assert not AclRule.objects.exists()


def test_more_than_twenty_conditions_are_refused(admin: Client, service: VirtualService) -> None:
    many = {name: values * 21 for name, values in ROW.items()}
    assert "Use at most 20 conditions" in admin.post(f"{pages(service)}add/", RULE | many).content.decode()


def test_only_what_applies_is_offered(admin: Client, service: VirtualService) -> None:
    mail = VirtualService.objects.get(label="mail")
    form = admin.get(f"{pages(mail)}add/").context["form"]
    assert {match.value for row in form.condition_rows for match in row.types} == {"src_blk", "sni"}
    assert [value for value, _ in form.fields["action"].choices] == ["backend", "use_server", "deny"]
    assert form["action"].value() == "deny"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"action": "tarpit"}, "Tarpit"),
        ({"action": "deny"}, "path_beg does not apply to mail."),
    ],
)
def test_what_does_not_apply_is_refused(
    admin: Client, service: VirtualService, change: dict[str, str], words: str
) -> None:
    mail = VirtualService.objects.get(label="mail")
    answer = admin.post(f"{pages(mail)}add/", RULE | change)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_what_another_saved_meanwhile_is_not_overwritten(admin: Client, service: VirtualService) -> None:
    found = rule(service, "url_loc", "/mine")
    stamp = admin.get(page(found)).context["form"].stamp
    AclRule.objects.update(value="/theirs")
    assert "somebody saved another version" in admin.post(page(found), RULE | {"stamp": stamp}).content.decode()
    assert AclRule.objects.get().value == "/theirs"


def test_deleting_asks_first_and_closes_the_gap(admin: Client, service: VirtualService) -> None:
    first, second = rule(service), rule(service, "tarpit")
    assert "If path_beg Equals /: Deny" in admin.get(f"{page(first)}delete/").content.decode()
    assert AclRule.objects.count() == 2
    assert admin.post(f"{page(first)}delete/").status_code == 302
    second.refresh_from_db()
    assert second.position == 1
    assert str(Edit.objects.get()) == "ACL Rule 1 of shop removed by config-user"


def test_an_administrator_adds_and_modifies_a_header_rule(admin: Client, service: VirtualService) -> None:
    assert admin.post(f"{pages(service, 'header')}add/", HEADER).status_code == 302
    found = HeaderRule.objects.get()
    assert (found.side, found.option, found.name, found.value) == ("response", "set", "X-Frame-Options", "DENY")
    address = f"/lbadmin/cluster/virtual-services/header-rules/{found.pk}/"
    admin.post(address, HEADER | {"option": "del", "value": "ignored"})
    found.refresh_from_db()
    assert (found.option, found.words) == ("del", "Response: Delete X-Frame-Options")


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"value": ""}, "value", "Enter Header Value."),
        ({"value": "100%"}, "value", "Write %% for a percent sign"),
        ({"name": "X Y"}, "name", "without blanks"),
        ({"option": "replace"}, "match", "Enter what the value has to match"),
        ({"option": "replace", "match": "("}, "match", "This is no regular expression"),
    ],
)
def test_a_wrong_header_rule_gets_a_message_at_its_field(
    admin: Client, service: VirtualService, change: dict[str, str], field: str, words: str
) -> None:
    answer = admin.post(f"{pages(service, 'header')}add/", HEADER | change)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])


def test_the_modify_page_tells_the_rules_in_words(admin: Client, service: VirtualService) -> None:
    rule(service, "url_loc", "/new", ("path", "/a"), ("method", "GET", "not"))
    HeaderRule.objects.create(service=service, name="X-A", value="b")
    shown = admin.get(f"/lbadmin/cluster/virtual-services/{service.pk}/").content.decode()
    places = [
        shown.index(f'id="{name}"') for name in ("feedback-method", "acl-rules", "header-rules", "fallback-server")
    ]
    assert places == sorted(places)
    assert "If path Equals /a AND method Not equal GET: Redirect Location /new" in shown
    assert "Request: Set X-A b" in shown
    assert f'href="{pages(service)}">Edit ACL Rules</a>' in shown
    assert f'href="{pages(service, "header")}">Edit Header Rules</a>' in shown


def test_a_viewer_sees_rules_and_nothing_to_change_them(viewer: Client, service: VirtualService) -> None:
    rule(service)
    shown = viewer.get(pages(service)).content.decode()
    assert "path_beg Equals /" in shown
    assert not {word for word in ("Modify<", "Delete<", "Up<", "Add a new", "Try a request") if word in shown}
