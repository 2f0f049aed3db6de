"""What the responder of a certificate's authority said of it: the answer that HAProxy shows to clients."""

from datetime import datetime, timedelta

from cryptography import x509
from django.db import models
from django.utils import timezone

from apps.certificates import ocsp
from apps.certificates.models.certificate import Certificate

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=6)
SOONEST = timedelta(minutes=5)  # between two questions that were answered
UNKNOWN = "The responder does not know this certificate."


class Status(models.TextChoices):
    GOOD = "good", "good"
    REVOKED = "revoked", "revoked"
    UNKNOWN = "unknown", "unknown"


class Staple(models.Model):
    """All of it is about the certificate with this fingerprint: of one that was renewed since, it says nothing.

    It is no configuration: in no document, and nothing of it is ever pending.
    """

    certificate = models.OneToOneField(Certificate, on_delete=models.CASCADE, primary_key=True, related_name="staple")
    fingerprint = models.CharField(max_length=64)
    url = models.CharField(max_length=1024, blank=True)  # of the responder; blank: nobody can be asked
    response = models.BinaryField(default=bytes)  # DER: the last good one, while it is good
    response_until = models.DateTimeField(null=True)
    status = models.CharField(max_length=16, choices=Status, blank=True)  # of the last answer; so are these four
    answered = models.DateTimeField(null=True)
    this_update = models.DateTimeField(null=True)
    next_update = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=64, blank=True)  # of the revocation
    next_try = models.DateTimeField(default=timezone.now, db_index=True)
    failures = models.PositiveIntegerField(default=0)  # since it worked last
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)  # what went wrong last
    refusal = models.TextField(blank=True)  # HAProxy's own words, when it does not take the response

    class Meta:
        verbose_name = "OCSP response"

    def __str__(self) -> str:
        return f"{self.certificate}: {self.status or 'not answered'}"

    @classmethod
    def begin(cls, certificate: Certificate) -> "Staple":
        """Of one that was never asked for, or is another certificate since."""
        chain = x509.load_pem_x509_certificates(certificate.chain.encode())
        url = ocsp.responder(chain[0]) if ocsp.issuer_in(chain) else ""
        made = cls(certificate=certificate, fingerprint=certificate.fingerprint, url=url)
        made.save()
        return made

    @property
    def is_busy(self) -> bool:
        return bool(self.url) and self.next_try <= timezone.now()

    @property
    def valid_response(self) -> bytes:
        """What clients may be shown now; empty when there is nothing."""
        is_valid = self.response_until is not None and self.response_until > timezone.now()
        return bytes(self.response) if is_valid else b""

    def ask_now(self) -> None:
        Staple.objects.filter(pk=self.pk).update(next_try=timezone.now())

    def take(self, answer: ocsp.Answer) -> None:
        """A response that says unknown takes the place of no good one: that one is still true, as it says itself."""
        self.status, self.answered = answer.status, timezone.now()
        self.this_update, self.next_update = answer.since, answer.until
        self.revoked_at, self.reason = answer.revoked_at, answer.reason
        if answer.status == Status.UNKNOWN:
            self.fail(UNKNOWN)
            return
        is_good = answer.status == Status.GOOD
        self.response, self.response_until = (answer.content, answer.until) if is_good else (b"", None)
        self.failures, self.failing_since, self.problem, self.refusal = 0, None, "", ""
        self.next_try = self._half_way()
        self.save()

    def _half_way(self) -> datetime:
        """Of the validity. Responders that make their answers beforehand may give the same one again."""
        now = timezone.now()
        if self.this_update is None or self.next_update is None:
            return now + LONGEST_WAIT
        half = self.this_update + (self.next_update - self.this_update) / 2
        return half if half > now + SOONEST else now + max((self.next_update - now) / 2, SOONEST)

    def fail(self, problem: str) -> None:
        """Tried again later, and later each time, but before the response that is there ends."""
        now = timezone.now()
        wait = min(FIRST_WAIT * 2 ** min(self.failures, 10), LONGEST_WAIT)
        if self.valid_response and self.response_until:
            wait = min(wait, max((self.response_until - now) / 2, FIRST_WAIT))
        self.failures += 1
        self.failing_since = self.failing_since or now
        self.problem, self.next_try = problem, now + wait
        self.save()

    def refuse(self, said: str) -> None:
        self.refusal = said
        Staple.objects.filter(pk=self.pk).update(refusal=said)
