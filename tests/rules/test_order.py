"""Moving rules: one step, far, at the ends, and while somebody else moves them too."""

import pytest
from django.test import Client

from apps.common.models import Edit, Generation
from apps.services.models import AclRule, VirtualService
from tests.rules.conftest import page, pages, rule


@pytest.fixture
def rules(service: VirtualService) -> list[AclRule]:
    return [rule(service, action) for action in ("deny", "tarpit", "deny", "tarpit")]


def order() -> list[int]:
    assert list(AclRule.objects.values_list("position", flat=True)) == list(range(1, AclRule.objects.count() + 1))
    return list(AclRule.objects.values_list("pk", flat=True))


def seen(rules: list[AclRule]) -> str:
    return ",".join(str(item.pk) for item in rules)


def press(browser: Client, found: AclRule, to: int, shown: list[AclRule]) -> str:
    answer = browser.post(f"{page(found)}move/", {"to": to, "seen": seen(shown)}, follow=True)
    return answer.content.decode()


@pytest.mark.parametrize(
    ("which", "to", "expected"),
    [
        (1, 1, [1, 0, 2, 3]),
        (1, 3, [0, 2, 1, 3]),
        (0, 4, [1, 2, 3, 0]),
        (3, 1, [3, 0, 1, 2]),
        (0, 0, [0, 1, 2, 3]),
        (3, 5, [0, 1, 2, 3]),
    ],
)
def test_a_rule_gets_the_place_it_was_moved_to(
    admin: Client, rules: list[AclRule], which: int, to: int, expected: list[int]
) -> None:
    press(admin, rules[which], to, rules)
    assert order() == [rules[number].pk for number in expected]


def test_moving_is_one_edit_with_its_author(admin: Client, rules: list[AclRule]) -> None:
    before = Generation.current()
    shown = press(admin, rules[2], 1, rules)
    assert "ACL Rule 3 is now number 1." in shown
    assert str(Edit.objects.get()) == "ACL Rule 1 of shop changed by config-user"
    assert Generation.current() == before + 1


def test_at_the_end_nothing_happens_and_the_page_says_so(admin: Client, rules: list[AclRule]) -> None:
    before = Generation.current()
    assert "ACL Rule 1 is first already." in press(admin, rules[0], 0, rules)
    assert "ACL Rule 4 is last already." in press(admin, rules[3], 5, rules)
    assert Generation.current() == before
    assert not Edit.objects.exists()


def test_what_somebody_else_moved_is_not_moved_again_unseen(admin: Client, rules: list[AclRule]) -> None:
    press(admin, rules[3], 1, rules)
    shown = press(admin, rules[0], 3, rules)
    assert "Somebody else changed these rules meanwhile, so nothing was moved." in shown
    assert order() == [rules[number].pk for number in (3, 0, 1, 2)]


def test_with_script_the_list_alone_comes_back(admin: Client, rules: list[AclRule]) -> None:
    data = {"to": 2, "seen": seen(rules)}
    shown = admin.post(f"{page(rules[0])}move/", data, headers={"HX-Request": "true"}).content.decode()
    assert shown.lstrip().startswith('<section class="card" id="rules"')
    assert "ACL Rule 1 is now number 2." in shown


@pytest.mark.parametrize("data", [{}, {"to": "x", "seen": "1"}, {"to": "1", "seen": "a,b"}])
def test_a_move_to_nowhere_moves_nothing(admin: Client, rules: list[AclRule], data: dict[str, str]) -> None:
    assert "Nothing was moved" in admin.post(f"{page(rules[0])}move/", data, follow=True).content.decode()
    assert order() == [item.pk for item in rules]


def test_other_services_and_kinds_keep_their_order(admin: Client, rules: list[AclRule]) -> None:
    other = VirtualService.objects.get(label="images")
    kept = [rule(other), rule(other, "tarpit")]
    press(admin, rules[0], 4, rules)
    assert [(item.pk, item.position) for item in other.acl_rules.all()] == [(kept[0].pk, 1), (kept[1].pk, 2)]
    assert pages(other) != pages(rules[0].service)
