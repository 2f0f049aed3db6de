"""Speaking to a certificate authority by ACME (RFC 8555). Each call is a short step; nothing waits here."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import requests
from acme import challenges, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from josepy.b64 import b64encode
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWK, JWKEC

from apps.system.trust import BUNDLE

TIMEOUT = 10  # seconds for one answer
LEAST_WAIT, MOST_WAIT = 1, 60  # seconds between two looks at an order
LONGEST_SAID = 500
TRIES = 4  # of a request whose nonce is not accepted

# Kinds of trouble beside the error codes of the protocol.
UNREACHABLE, UNTRUSTED, NO_DIRECTORY, ACCOUNT = "unreachable", "untrusted", "noDirectory", "account"
EAB_REQUIRED = "externalAccountRequired"


class Trouble(Exception):
    """The authority could not be asked, or refused. `kind` is a constant above or an error code of the protocol."""

    def __init__(self, kind: str, said: str = "", retry_after: int = 0) -> None:
        super().__init__(f"{kind}: {said}")
        self.kind = kind
        self.said = " ".join(said.split())[:LONGEST_SAID]
        self.retry_after = retry_after  # seconds


@dataclass(frozen=True)
class Account:
    directory: str
    key: str = field(repr=False)  # PEM
    email: str = ""
    uri: str = ""  # blank before it was registered
    roots: str = ""  # PEM: who may vouch for the directory; blank: whom this host knows
    eab_kid: str = ""
    eab_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Progress:
    chain: str = ""  # PEM, when the certificate is there
    wait: int = LEAST_WAIT  # seconds until it is worth while to look again


def new_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def thumbprint(key: str) -> str:
    """What stands behind the dot of every answer to an HTTP-01 challenge. Anybody may know it."""
    return b64encode(_load(key).thumbprint()).decode()


def _load(key: str) -> JWKEC:
    return cast(JWKEC, JWK.load(key.encode()))


@contextmanager
def connect(account: Account) -> Iterator["Authority"]:
    """Raises Trouble, also from what is done with the authority."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as roots:
        roots.write(account.roots)
        roots.flush()
        trusted = roots.name if account.roots else str(BUNDLE)
        # The library knows only of switching it off; to `requests` below it this is whom to trust.
        net = _Network(
            _load(account.key), alg=ES256, verify_ssl=cast(Any, trusted), user_agent="lbadmin", timeout=TIMEOUT
        )
        last = _LastAnswer()
        net.session.hooks["response"].append(last.note)
        if account.uri:
            net.account = messages.RegistrationResource(uri=account.uri, body=messages.Registration())
        try:
            with _in_our_words(last):
                yield Authority(account, ClientV2(ClientV2.get_directory(account.directory, net), net), last)
        finally:
            net.session.close()


class _Network(ClientNetwork):
    """Busy authorities forget what they handed out a moment ago; the library tries once more, which may be too few."""

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        for _ in range(TRIES - 1):
            try:
                return super().post(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)


class _LastAnswer:
    """How long the authority asks to wait."""

    def __init__(self) -> None:
        self.retry_after = 0

    def note(self, response: requests.Response, *args: Any, **kwargs: Any) -> None:
        told = response.headers.get("Retry-After", "")
        self.retry_after = _seconds(response) if told else 0


def _seconds(response: requests.Response) -> int:
    """Told as a number or as a date."""
    until = ClientV2.retry_after(response, 0)
    return max(0, round((until - type(until).now()).total_seconds()))


@contextmanager
def _in_our_words(last: _LastAnswer) -> Iterator[None]:
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise Trouble(UNTRUSTED, str(error)) from error
    except requests.exceptions.RequestException as error:
        raise Trouble(UNREACHABLE, str(error)) from error
    except messages.Error as error:
        raise Trouble(error.code or "refused", error.detail or "", last.retry_after) from error
    except (errors.Error, JoseError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise Trouble(NO_DIRECTORY, str(error), last.retry_after) from error


class Authority:
    """One that was reached, seen from one account."""

    def __init__(self, account: Account, client: ClientV2, last: _LastAnswer) -> None:
        self._account = account
        self._client = client
        self._last = last

    def register(self) -> str:
        """The account's address there, also when it is registered already. The terms have been agreed to."""
        has_binding = self._account.eab_kid and self._account.eab_key
        if self._client.external_account_required() and not has_binding:
            raise Trouble(EAB_REQUIRED)
        new = messages.NewRegistration.from_data(
            email=self._account.email or None,
            external_account_binding=self._binding() if has_binding else None,
            terms_of_service_agreed=True,
        )
        try:
            registered = self._client.new_account(new)
        except errors.ConflictError as known:
            registered = messages.RegistrationResource(uri=known.location, body=messages.Registration())
            self._client.net.account = registered
        except messages.Error as error:
            if error.code == "rateLimited":
                raise
            raise Trouble(ACCOUNT, error.detail or "", self._last.retry_after) from error
        return str(registered.uri)

    def _binding(self) -> dict[str, Any]:
        return messages.ExternalAccountBinding.from_data(
            _load(self._account.key).public_key(),
            self._account.eab_kid,
            self._account.eab_key,
            self._client.directory,
        )

    def order(self, request: str) -> str:
        """Begin an order for the names of a signing request. What proves them is served already: say so at once."""
        order = self._client.new_order(request.encode())
        for authorization in order.authorizations:
            if authorization.body.status == messages.STATUS_PENDING:
                self._answer(authorization.body)
        return str(order.uri)

    def _answer(self, authorization: messages.Authorization) -> None:
        name = authorization.identifier.value
        challenge = next((one for one in authorization.challenges if isinstance(one.chall, challenges.HTTP01)), None)
        if challenge is None:
            raise Trouble("noHttp01", name)
        self._client.answer_challenge(challenge, challenge.response(self._client.net.key))

    def advance(self, url: str, request: str) -> Progress:
        """Do what can be done for an order now."""
        body = messages.Order.from_json(self._fetch(url).json())
        wait = min(max(self._last.retry_after, LEAST_WAIT), MOST_WAIT)
        if body.status == messages.STATUS_READY:
            self._client.begin_finalization(
                messages.OrderResource(body=body, uri=url, csr_pem=request.encode(), authorizations=())
            )
        elif body.status == messages.STATUS_VALID:
            return Progress(self._fetch(body.certificate).text)
        elif body.status == messages.STATUS_INVALID:
            raise self._why(body)
        return Progress(wait=wait)

    def _why(self, order: messages.Order) -> Trouble:
        """Of an order that ended without a certificate: the first name that could not be proven, else its own error."""
        for url in order.authorizations or ():
            authorization = messages.Authorization.from_json(self._fetch(url).json())
            if error := next(_errors(authorization.challenges), None):
                return Trouble(error.code or "unauthorized", f"{authorization.identifier.value}: {error.detail}")
        error = order.error
        return Trouble((error.code if error else "") or "refused", (error.detail if error else "") or "")

    def _fetch(self, url: str) -> requests.Response:
        return self._client.net.post(url, None, new_nonce_url=self._client.directory.newNonce)


def _errors(found: Iterable[messages.ChallengeBody]) -> Iterator[messages.Error]:
    yield from (challenge.error for challenge in found if challenge.error is not None)
