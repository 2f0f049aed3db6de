"""The Primary's side: it sends what the Secondary has not, notes why that does not work, and is no nuisance."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from apps.pair import bundle, pairing, pushing, tasks
from apps.pair.models import Step, Undertaking, What
from apps.pair.pushing import NotTaken
from apps.unit.models import Peer, Role
from tests.pair.far_end import FarEnd, far_end
from tests.pair.filled import fill
from tests.pair.other import Other

SENT = ["hello", "state", "push", "state"]
WHY = "Port 80 is used by another program."

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unit")]


@pytest.fixture
def far(tmp_path: Path, unit: None) -> Iterator[FarEnd]:
    fill()
    with far_end(tmp_path) as found:
        found.runs(bundle.make())
        yield found
    settings.PATHS.fallback_page.unlink()


def pushed(far: FarEnd) -> str:
    """Why it was not taken; blank if it was."""
    far.asked.clear()
    try:
        pushing.push(Peer.objects.get())
    except NotTaken as problem:
        return str(problem)
    return ""


def test_what_it_has_not_is_sent_once(far: FarEnd) -> None:
    far.become_peer()
    assert pushed(far) == ""
    assert far.asked == SENT
    peer = Peer.objects.get()
    assert (peer.digest, peer.problem, peer.unreachable) == (bundle.make().digest, "", None)
    assert peer.synchronised
    assert pushed(far) == ""
    assert far.asked == SENT[:2]


def test_one_that_runs_something_else_is_not_in_sync(far: FarEnd) -> None:
    far.become_peer()
    far.document = "0" * 64
    assert pushed(far) == "It took the configuration, but its HAProxy runs another one."


def test_why_it_refuses_is_kept_and_the_same_is_not_sent_again_at_once(far: FarEnd) -> None:
    far.become_peer()
    far.refuses = WHY
    assert pushed(far) == Peer.objects.get().problem == WHY
    assert pushed(far) == WHY  # once more, as it may have been a moment's
    assert pushed(far) == WHY
    assert far.asked == SENT[:2]
    far.refuses = ""
    settings.PATHS.fallback_page.write_text("another")
    assert pushed(far) == Peer.objects.get().problem == ""


def test_what_was_refused_is_tried_again_later(far: FarEnd) -> None:
    far.become_peer()
    far.refuses = WHY
    for _ in range(3):
        pushed(far)
    cache.clear()  # a minute later
    far.refuses = ""
    assert pushed(far) == ""


def test_somebody_else_at_its_address_gets_nothing(far: FarEnd) -> None:
    far.become_peer()
    far.other = Other()
    assert "somebody stands between" in pushed(far)
    assert far.asked == ["hello"]


def test_somebody_who_stands_between_gets_nothing(far: FarEnd) -> None:
    """The peer signs the certificate that it shows itself."""
    far.become_peer()
    far.fingerprint = "0" * 64
    assert "somebody stands between" in pushed(far)
    assert far.asked == ["hello"]


def test_one_that_is_away_is_asked_more_and_more_seldom(far: FarEnd) -> None:
    peer = far.become_peer()
    assert pushing.is_due(peer)
    Peer.objects.update(port=1)
    assert "does not answer" in pushed(far)
    peer = Peer.objects.get()
    assert (peer.problem, pushing.is_due(peer), pushing.is_due(peer)) == ("", True, False)
    for away, wait in ((1, 5), (60, 15), (3600, 60)):
        cache.clear()
        peer.unreachable = timezone.now() - timedelta(seconds=away)
        pushing.is_due(peer)
        left = cache._cache.get_client().ttl(cache.make_key("pair:tried"))  # type: ignore[attr-defined]
        assert left in {wait - 1, wait}


class TestAddNewNode:
    def asked(self, far: FarEnd, step: Step = Step.WAITING) -> Undertaking:
        return Undertaking.objects.create(
            what=What.PAIR, step=step, address="127.0.0.1", own_address="127.0.0.1", port=far.port, user="bob"
        )

    def test_goes_on_after_it_was_cut_off(self, far: FarEnd) -> None:
        far.become_peer(paired=False)
        undertaking = self.asked(far, Step.COPYING)
        tasks.resume()
        undertaking.refresh_from_db()
        assert (undertaking.step, undertaking.hostname) == (Step.DONE, "lb2")
        assert Peer.paired()

    def test_without_its_password_is_over(self, far: FarEnd) -> None:
        undertaking = self.asked(far, Step.ASKING)
        tasks.resume()
        undertaking.refresh_from_db()
        assert (undertaking.step, undertaking.sentence) == (Step.FAILED, pairing.FORGOTTEN)

    @pytest.mark.parametrize(("role", "paired"), [(Role.SECONDARY, False), (Role.SECONDARY, True)])
    def test_is_refused_to_a_unit_that_another_one_has_added(self, far: FarEnd, role: Role, paired: bool) -> None:
        far.become_peer(role, paired=paired)
        undertaking = self.asked(far)
        tasks.undertake(undertaking.pk)
        undertaking.refresh_from_db()
        assert (undertaking.step, far.asked) == (Step.FAILED, [])
        assert undertaking.sentence == "This unit is Secondary of a pair with lb2 (127.0.0.1) already."
        assert Peer.objects.exists()

    def test_is_refused_to_a_primary_of_another_pair(self, far: FarEnd) -> None:
        far.become_peer()
        undertaking = self.asked(far)
        Undertaking.objects.update(address="10.10.40.99")
        tasks.undertake(undertaking.pk)
        undertaking.refresh_from_db()
        assert (undertaking.step, far.asked) == (Step.FAILED, [])
        assert Peer.paired()

    def test_that_the_peer_refuses_leaves_both_as_they_were(self, far: FarEnd) -> None:
        far.become_peer(paired=False)
        far.refuses = WHY
        undertaking = self.asked(far, Step.COPYING)
        tasks.resume()
        undertaking.refresh_from_db()
        assert undertaking.sentence == f"{WHY} Both units are as they were before."
        assert far.asked[-1] == "do"
        assert not Peer.objects.exists()

    def test_does_not_promise_what_it_cannot_know(self, far: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pairing, "PATIENCE", 0)
        far.become_peer(paired=False)
        Peer.objects.update(port=1)
        undertaking = self.asked(far, Step.COPYING)
        tasks.resume()
        undertaking.refresh_from_db()
        assert "Both units are as they were" not in undertaking.sentence
        assert "This unit is as it was before. lb2 (127.0.0.1) could not be told" in undertaking.sentence


class TestAfterAStart:
    def test_what_had_begun_is_over(self, unit: None) -> None:
        undertaking = Undertaking.objects.create(what=What.TAKE_OVER, step=Step.WORKING)
        tasks.resume()
        undertaking.refresh_from_db()
        assert (undertaking.step, undertaking.sentence) == (Step.FAILED, tasks.CUT_OFF)

    def test_what_had_not_begun_is_done(self, unit: None) -> None:
        """Redis forgets its messages with the host; nothing else could be done as long as this seems to run."""
        undertaking = Undertaking.objects.create(what=What.TAKE_OVER)
        tasks.resume()
        undertaking.refresh_from_db()
        assert undertaking.step == Step.FAILED
        assert "This is a single unit" in undertaking.sentence
        assert Undertaking.running() is None

    def test_what_has_ended_is_not_done_again(self, unit: None) -> None:
        undertaking = Undertaking.objects.create(what=What.TAKE_OVER, step=Step.FAILED, sentence="No.")
        tasks.undertake(undertaking.pk)
        undertaking.refresh_from_db()
        assert (undertaking.step, undertaking.sentence) == (Step.FAILED, "No.")
