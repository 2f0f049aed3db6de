"""The undertaking that a page tells of."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from apps.pair.models import Step, Undertaking

LATE = timedelta(seconds=5)  # longer than a worker needs to wake up


def asked(request: HttpRequest) -> Undertaking | None:
    """That of the page's address: whoever pressed a button is led there."""
    number = request.GET.get("undertaking", "")
    return Undertaking.objects.filter(pk=int(number), is_part=False).first() if number.isdecimal() else None


def is_late(undertaking: Undertaking | None) -> bool:
    """The worker has not begun."""
    return bool(undertaking and undertaking.step == Step.WAITING and timezone.now() - undertaking.asked > LATE)
