"""Trials of settings that can cut the administrator off, and where the WebUI listens."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from apps.certificates.models import Certificate
from apps.common.option_kinds import ChoiceOption, NumberOption, RelationOption, port_spans
from apps.common.options import option
from apps.services.models import Layer7, SslTermination, VirtualService
from apps.system import host, network, webui

ALL = "0.0.0.0"  # noqa: S104 - a choice on the page


class TrialState(models.TextChoices):
    TRYING = "trying", "Trying"
    RETURNING = "returning", "Returning"
    KEPT = "kept", "Kept"
    RETURNED = "returned", "Returned"


UNDER_WAY = [TrialState.TRYING, TrialState.RETURNING]


class Trial(models.Model):
    """A change that returns by itself unless it is kept before the deadline. It is its own journal after a crash."""

    PERIOD = timedelta(minutes=2)

    kind = models.CharField(max_length=16)  # a key of settings.TRIALS
    old = models.JSONField()
    new = models.JSONField()
    user = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=TrialState, default=TrialState.TRYING)
    started = models.DateTimeField(default=timezone.now)
    applied = models.DateTimeField(null=True)  # the new value is in force, and was seen to be
    deadline = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)  # why it returned

    class Meta:
        ordering = ["-pk"]
        verbose_name = "Trial"

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @classmethod
    def running(cls) -> "Trial | None":
        return cls.objects.filter(state__in=UNDER_WAY).first()

    @property
    def is_returning(self) -> bool:
        return self.state == TrialState.RETURNING

    @property
    def has_returned(self) -> bool:
        return self.state == TrialState.RETURNED

    def move(self, source: TrialState, target: TrialState, **fields: Any) -> bool:
        """Change the state, at once and only from `source`: of two who want to, one does."""
        moved = Trial.objects.filter(pk=self.pk, state=source).update(state=target, **fields)
        self.refresh_from_db()
        return bool(moved)

    def give_up(self, sentence: str, at: datetime) -> bool:
        """Have the old value back at this time."""
        return self.move(TrialState.TRYING, TrialState.RETURNING, sentence=sentence, deadline=at)


def places() -> list[tuple[str, str]]:
    """Where a program of this host can listen: everywhere, or on an address that stays here."""
    chosen = webui.chosen(settings.PATHS, settings.ENVIRONMENT)
    default = webui.default(settings.ENVIRONMENT)
    everywhere = next((item.address for item in (chosen, default) if item.is_everywhere), ALL)
    here = [item.address for item in network.addresses() if not item.ours and not item.address.startswith("fe80:")]
    gone = {} if chosen.is_everywhere or chosen.address in here else {chosen.address: f"{chosen.address} (gone)"}
    return list(({everywhere: "All"} | {address: address for address in here} | gone).items())


class PlaceOption(ChoiceOption):
    """An address of this host to listen on, or all of them."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, **{"choices": places, "max_length": 45, **kwargs})

    def words(self, value: Any) -> str:
        return "All" if value in webui.SAME_HOST else str(value)


def default_address() -> str:
    return webui.default(settings.ENVIRONMENT).address


def default_port() -> int:
    return webui.default(settings.ENVIRONMENT).port


class WebUISocket(models.Model):
    """No table: the file that gunicorn reads is where it is kept."""

    address = PlaceOption(
        "Address",
        section="WebUI (HTTPS)",
        default=default_address,
        help="The address on which the WebUI listens. All means every address of this host, floating IPs included. "
        "After a change of the address, log in again there.",
    )
    port = NumberOption(
        "Port",
        section="WebUI (HTTPS)",
        default=default_port,
        least=1024,
        most=65535,
        help="The TCP port on which the WebUI listens with https. Virtual services cannot have it.",
    )

    class Meta:
        managed = False
        verbose_name = "WebUI socket"

    def __str__(self) -> str:
        return f"{'all addresses' if self.address in webui.SAME_HOST else self.address}, port {self.port}"

    @classmethod
    def current(cls) -> "WebUISocket":
        """Where the administrator wants it now; in a trial, what is tried."""
        chosen = webui.chosen(settings.PATHS, settings.ENVIRONMENT)
        return cls(pk=1, address=chosen.address, port=chosen.port)

    def clean(self) -> None:
        if self._has_good_port() and (problem := self._own_clash() or self._service_clash() or self._other_program()):
            raise ValidationError({"port": problem})

    def _has_good_port(self) -> bool:
        """Django calls `clean` even when a field was refused."""
        try:
            option(self, "port").clean(self.port, self)
        except ValidationError:
            return False
        return True

    def _own_clash(self) -> str:
        purpose = (settings.OWN_PORTS | Layer7.get().ports).get(self.port)
        return f"Port {self.port} is used by the appliance itself ({purpose}). Choose another port." if purpose else ""

    def _service_clash(self) -> str:
        services = VirtualService.objects.values_list("label", "address", "ports")
        ended = SslTermination.objects.annotate(ports=Cast("port", models.CharField()))
        for label, address, ports in (*services, *ended.values_list("label", "address", "ports")):
            meets = self.address in webui.SAME_HOST or self.address == address
            if meets and any(first <= self.port <= last for first, last in port_spans(ports)):
                return f"Port {self.port} on {address} is already used by {label}. Choose another port or address."
        return ""

    def _other_program(self) -> str:
        if self.port == WebUISocket.current().port:
            return ""  # the WebUI itself is there
        problem = host.bind_problem(self.address, self.port)
        return f"{problem[0].upper()}{problem[1:]}. Choose another port or address." if problem else ""


class WebUICertificate(models.Model):
    """No table: the file that gunicorn reads is where it is kept."""

    certificate = RelationOption(
        "WebUI: SSL certificate",
        section="WebUI",
        to="certificates.Certificate",
        on_delete=models.DO_NOTHING,  # apps.local.webui_certificate.uses keeps it from being removed
        related_name="+",
        limit_choices_to=models.Q(is_authority=False) & ~models.Q(chain=""),
        empty_label="Choose a certificate",
        help="The certificate that browsers see on this page. Add one that they trust under Cluster Configuration > "
        "SSL Certificate; the built-in one is self-signed.",
    )

    class Meta:
        managed = False
        verbose_name = "WebUI certificate"

    def __str__(self) -> str:
        return str(self.certificate) if self.certificate_id else "of its own"

    @classmethod
    def current(cls) -> "WebUICertificate":
        """What was chosen, else the built-in one; in a trial, what is tried."""
        chosen = Certificate.objects.filter(pk=webui.choice(settings.PATHS).get("certificate", 0)).first()
        return cls(pk=1, certificate=chosen or Certificate.objects.filter(is_built_in=True).first())
