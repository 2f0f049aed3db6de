"""Why an authority gave no certificate, in words that say what to do."""

from apps.system.acme import ACCOUNT, EAB_REQUIRED, NO_DIRECTORY, UNREACHABLE, UNTRUSTED, Trouble

BROKEN = "This ended with an error that was not expected: the log of the worker says more."
LATE = "The authority did not finish in time. It is asked again later."
NAMES = (
    "Each name has to lead, in public DNS, to an address of a Virtual Service in HTTP Mode on port 80, and the way "
    "there has to be open."
)
SENTENCES = {
    UNREACHABLE: "{directory} cannot be reached. Check the address, DNS, and that this appliance may connect to it.",
    UNTRUSTED: (
        "The TLS certificate of {directory} is not trusted. For an authority of your own, enter its certificate as "
        "Custom CA in the ACME account."
    ),
    NO_DIRECTORY: "{directory} did not answer as an ACME directory does. Check the Directory URL in the ACME account.",
    EAB_REQUIRED: (
        "This authority asks for an external account binding. Enter the Key ID and the HMAC key that it gave you in "
        "the ACME account."
    ),
    ACCOUNT: "The authority refused the ACME account: {said}. Check its e-mail, Key ID and HMAC key.",
    "unauthorized": f"The authority could not confirm a name: {{said}}. {NAMES}",
    "connection": f"The authority could not connect: {{said}}. {NAMES}",
    "dns": "The authority found no address for a name: {said}. Enter the name in public DNS, then press Renew now.",
    "rateLimited": "The authority wants fewer orders: {said}. It is asked again when it allows that.",
    "rejectedIdentifier": "The authority gives no certificate for a name: {said}. Remove it, or use another authority.",
    "caa": "DNS forbids this authority by a CAA record: {said}. Allow it there, or use another authority.",
    "accountDoesNotExist": "The authority did not know the account any more. It is registered anew at the next try.",
    "userActionRequired": "The authority wants you to do something first: {said}.",
    "noHttp01": "The authority cannot prove {said} over HTTP. Leave the name out, or get the certificate another way.",
}
OTHER = "The authority refused: {said}. The ACME account or the names have to change before it works."


def sentence(trouble: Trouble, directory: str) -> str:
    said = trouble.said.rstrip(".") or trouble.kind
    return SENTENCES.get(trouble.kind, OTHER).format(directory=directory, said=said)
