"""How long a certificate is good for, as a state and its words: quiet when well, loud when not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

SOON = timedelta(days=30)
URGENT = timedelta(days=1)


@dataclass(frozen=True)
class Expiry:
    state: str  # "ok", "warn", "down" or "idle"
    words: str
    day: str  # the one that counts
    advice: str = ""  # what to do, as the end of a sentence that begins with the certificate's label


PENDING = Expiry("idle", "CSR pending", "")


def expiry(valid_from: datetime, valid_to: datetime) -> Expiry:
    now, day = timezone.now(), f"{valid_to:%Y-%m-%d}"
    if now < valid_from:
        advice = (
            f"is not valid before {valid_from:%Y-%m-%d %H:%M} UTC: until then clients refuse it. "
            "Check the clock of this appliance, or upload one that is valid now."
        )
        return Expiry("down", "not valid yet", f"from {valid_from:%Y-%m-%d}", advice)
    if now >= valid_to:
        ago = f"expired {days(now - valid_to)} ago"
        advice = f"{ago}, on {day}: clients refuse it. Upload a renewed one."
        return Expiry("down", ago, day, advice)
    left = days(valid_to - now)
    if valid_to - now <= SOON:
        advice = f"expires in {left}, on {day}. Upload a renewed one before that day."
        return Expiry("warn", left, day, advice)
    return Expiry("ok", left, day)


def revoked(at: datetime) -> Expiry:
    day = f"{at:%Y-%m-%d}"
    advice = f"was revoked by its authority on {day}: clients that check this refuse it. Replace it."
    return Expiry("down", "revoked", day, advice)


def days(span: timedelta) -> str:
    if span < timedelta(days=1):
        return "less than a day"
    return f"{span.days} day{'s' * (span.days != 1)}"
