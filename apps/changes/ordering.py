"""Certificates by ACME: what is due is ordered, proven, made live, and ordered again in time.

Each run of the task takes one short step with one order, as the worker has other things to do meanwhile. All that has
to be known for the next step is in the database: whoever is killed half way is followed by one who goes on. Of an order
whose address was not saved yet the authority forgets by itself.
"""

import logging
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.certificates import acme_words, actions
from apps.certificates.models import AcmeAccount, AcmeOrder, Certificate
from apps.certificates.problems import CertificateRefused
from apps.certificates.reading import Prepared
from apps.certificates.signed import join
from apps.certificates.vault import KeyUnreadable, unseal
from apps.changes import candidate, pending
from apps.changes.models import Job, JobState, Kind, Running
from apps.common.models import Edit, Generation
from apps.haproxy.acme import thumbprint_in
from apps.haproxy.render import CONFIG_FILE
from apps.services.acme import answers
from apps.services.lock import is_locked
from apps.system import acme
from apps.system.acme import Trouble

logger = logging.getLogger(__name__)
NAME = "ACME"  # as whom it stands in the history
MOMENT = timedelta(minutes=1)
NOT_ANSWERED = (
    "HAProxy does not answer this account's authority yet. Press Reload HAProxy in the Commit changes box; the order "
    "begins within a minute then."
)


def jobs_to_send() -> list[int]:
    """Commits that were decided on, and perhaps never told to the worker. One that is told twice is done once."""
    return list(Job.objects.filter(user=NAME, state=JobState.QUEUED).values_list("pk", flat=True))


def step() -> float | None:
    """Go on with what is due: the order under way, else the next one. How many seconds to wait for the next step."""
    order = _due()
    if order is None:
        return None
    try:
        return _step(order)
    except Trouble as trouble:
        if trouble.kind == "accountDoesNotExist":
            AcmeAccount.objects.filter(pk=order.account_id).update(uri="")
        problem = acme_words.sentence(trouble, order.account.address)
        order.fail(problem, timedelta(seconds=trouble.retry_after))
    except (CertificateRefused, KeyUnreadable) as refused:
        order.fail(str(refused))
    except Exception:
        order.fail(acme_words.BROKEN)  # a defect of ours goes on to the log, but must not come again at once
        raise
    logger.warning("ACME: %s was not given: %s", order.certificate, order.problem)
    return 0


def _due() -> AcmeOrder | None:
    orders = AcmeOrder.objects.select_related("certificate", "account")
    found = orders.exclude(began=None).first() or orders.order_by("next_try").first()
    return found if found and found.next_try <= timezone.now() else None


def _step(order: AcmeOrder) -> float:
    if order.is_overdue:
        order.fail(acme_words.LATE)
        return 0
    if not order.url and not _is_answered(order.account):
        order.put_off(NOT_ANSWERED, MOMENT)
        return 0
    if not order.certificate.request:
        actions.ask_again(order.certificate)
        order.certificate.save(update_fields=["request", "encrypted_request_key"])
    with acme.connect(_account(order.account)) as authority:
        _register(order.account, authority)
        if not order.url:
            order.begin(authority.order(order.certificate.request))
        progress = authority.advance(order.url, order.certificate.request)
    if progress.chain:
        _install(order, progress.chain)
        return 0
    order.look_again(timedelta(seconds=progress.wait))
    return progress.wait + 0.1


def _account(stored: AcmeAccount) -> acme.Account:
    return acme.Account(
        directory=stored.address,
        key=_open(stored, stored.encrypted_key),
        email=stored.email,
        uri=stored.uri,
        roots=stored.roots,
        eab_kid=stored.eab_kid,
        eab_key=_open(stored, stored.encrypted_eab_key) if stored.encrypted_eab_key else "",
    )


def _open(stored: AcmeAccount, sealed: str) -> str:
    try:
        return unseal(sealed)
    except InvalidToken:
        raise KeyUnreadable(
            f"The keys of the ACME account {stored} cannot be decrypted: {settings.DATA_KEY_FILE.name} is not the file "
            "they were encrypted with. Put that file back, or use a new account."
        ) from None


def _register(stored: AcmeAccount, authority: acme.Authority) -> None:
    if not stored.uri:
        stored.uri = authority.register()
        stored.save(update_fields=["uri"])


def _is_answered(account: AcmeAccount) -> bool:
    """HAProxy runs with what this account's challenges are answered with. Without anything on port 80 here it is not
    this appliance that answers them.
    """
    running = Running.get()
    told = thumbprint_in(running.revision.files[CONFIG_FILE]) if running else ""
    return told == account.thumbprint or not any(
        answers(service.vip) for service in candidate.load_services() if not service.vip.manual
    )


def _install(order: AcmeOrder, chain: str) -> None:
    """Served from the commit on that follows at once, unless somebody else's changes would be committed with it."""
    generation = Generation.current()
    is_clean = pending.difference(generation) is None and not is_locked()
    is_used = order.certificate_id in candidate.load().certificates
    with transaction.atomic():
        certificate = Certificate.objects.get(pk=order.certificate_id)
        is_clean = is_clean and Generation.current() == generation
        _take(certificate, join(certificate, {"file": [chain.encode()]}))
        order.certificate = certificate
        order.succeed(waits=is_used and not is_clean)
        if is_used and is_clean:
            Job.objects.create(kind=Kind.RELOAD, user=NAME, reason=f"Renewed {certificate}")


def _take(certificate: Certificate, prepared: Prepared) -> None:
    actions.take_signed(certificate, prepared)
    certificate.save()
    Edit.record(NAME, certificate, "changed")
    Generation.touch()
