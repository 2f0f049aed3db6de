"""Every label of the reference is there: in its section, behind [Advanced +] or not, with its default and its choices.

People follow vendors' guides here, which name fields by these words. The tables are the reference's; what an option of
ours adds beyond them is told in OURS.
"""

from typing import Any

import pytest

from apps.common.options import Option, options
from apps.services.models import (
    AclAction,
    AclRule,
    FloatingIP,
    HeaderRule,
    HealthCheckScript,
    Layer7,
    ManualConfiguration,
    RealServer,
    SniRule,
    SslTermination,
    VirtualService,
)

BLANK = "blank"

# Label → default, as the reference says it, and whether [Advanced +] hides it.
Table = dict[str, dict[str, tuple[str, bool]]]
PLAIN, ADVANCED = False, True

VIRTUAL_SERVICE: Table = {
    "Virtual Service": {
        "Label": (BLANK, PLAIN),
        "IP Address": (BLANK, PLAIN),
        "Ports": (BLANK, PLAIN),
        "Manual Configuration": ("off", ADVANCED),
        "Create HAProxy Backend Only": ("off", ADVANCED),
    },
    "Protocol": {
        "Layer 7 Protocol": ("HTTP Mode", PLAIN),
        "SSL Certificate": ("Choose a certificate", PLAIN),
        "CA Certificate": ("Do not validate clients", PLAIN),
        "CA Certificate Verification": ("Required", PLAIN),
        "HTTP Pipeline Mode": ("Keep-alive both sides", ADVANCED),
        "Work around broken Connection: close": ("off", ADVANCED),
        "Accept invalid HTTP requests": ("off", ADVANCED),
        "HTTP request timeout (Slowloris protection)": ("on", ADVANCED),
        "Reuse idle HTTP connections": ("off", ADVANCED),
    },
    "Connection Distribution Method": {"Balance Mode": ("Weighted Least Connection", PLAIN)},
    "Persistence": {
        "Persistence Mode": ("HTTP Cookie", PLAIN),
        "HTTP Cookie Name": ("SERVERID", PLAIN),
        "Application Cookie Name": (BLANK, PLAIN),
        "Persistence Timeout": ("30m", PLAIN),
        "Persistence Table Size": ("10240", ADVANCED),
        "Cookie Max Idle Duration": ("30m", ADVANCED),
        "Cookie Max Life Duration": ("12h", ADVANCED),
        "XFF IP position": ("-1", ADVANCED),
        "Clear Stick Table on Drain": ("off", ADVANCED),
        "Redispatch": ("on", ADVANCED),
    },
    "Health Checks": {
        "Health Checks": ("Connect to Port", PLAIN),
        "Request to send": ("/", PLAIN),
        "Response expected": (BLANK, PLAIN),
        "Host Header": (BLANK, PLAIN),
        "Check Port": (BLANK, PLAIN),
        "Username": ("mysql", PLAIN),
        "External Script": ("Choose a script", PLAIN),
        "Source IP address": (BLANK, ADVANCED),
    },
    "Feedback Method": {"Feedback Method": ("None", PLAIN), "Feedback Agent Port": ("3333", PLAIN)},
    "Fallback Server": {
        "IP Address": ("127.0.0.1", PLAIN),
        "Port": ("9081", PLAIN),
        "Persistent": ("off", PLAIN),
        "Encrypted (TLS) connection": ("off", PLAIN),
    },
    "SSL": {"Enable Backend Encryption": ("off", PLAIN)},
    "Other": {
        "Force to HTTPS": ("off", PLAIN),
        "HTTPS Redirect Code": ("302 (Found)", PLAIN),
        "Set X-Forward-For header": ("on", PLAIN),
        "Enable HSTS": ("off", PLAIN),
        "HSTS period (months)": ("6", PLAIN),
        "Set Source Address": (BLANK, PLAIN),
        "Timeout": ("off", ADVANCED),
        "Client Timeout": ("12h", ADVANCED),
        "Real Server Timeout": ("12h", ADVANCED),
        "Maximum Connections": ("40000", ADVANCED),
        "Enable Compression": ("off", ADVANCED),
        "Send Proxy Protocol": ("None", ADVANCED),
        "Accept Proxy Protocol (STunnel proxy)": ("off", ADVANCED),
        "Transparent Proxy (TProxy)": ("off", ADVANCED),
        "Enable TCP Keep-alive": ("off", ADVANCED),
        "WebSocket tunnel timeout": (BLANK, ADVANCED),
        "Send Real Server name as Host header": ("off", ADVANCED),
    },
}
REAL_SERVER: Table = {
    "Real Server": {
        "Label": (BLANK, PLAIN),
        "Real Server IP Address": (BLANK, PLAIN),
        "Real Server Port": (BLANK, PLAIN),
        "Re-Encrypt to Backend": ("off", PLAIN),
        "Redirect URL": (BLANK, PLAIN),
        "Weight": ("100", PLAIN),
        "Minimum Connections": ("0", ADVANCED),
        "Maximum Connections": ("0", ADVANCED),
    }
}
LAYER_7 = {  # no sections in the reference
    "Lock HAProxy Configuration": "off",
    "Logging": "off",
    "Log Only Errors": "off",
    "Redispatch": "on",
    "Connection Timeout": "4000ms",
    "Client Timeout": "42000ms",
    "Real Server Timeout": "43000ms",
    "Maximum Connections": "40000",
    "Ulimit": "81000",
    "Abort on Close": "on",
    "Transparent Proxy": "off",
    "Interval": "4000ms",
    "Rise": "2",
    "Fall": "2",
    "Slow Start Time": "8000ms",
    "Feedback Agent Interval": "4000ms",
    "Statistics Password": "not set",  # a known one would be open to everybody
    "Statistics Port": "7777",
    "Advanced Stats": "on",
    "Request Buffer Length": "16384",
    "Header Buffer Length": "1024",
    "Persistence Table Replication": "off",
    "Persistence Table Replication Port": "7778",
    "Enable Multithreading": "on",
    "Number of Threads": BLANK,
    "E-mail Alert From": BLANK,
    "E-mail Alert To": BLANK,
    "E-mail Server": BLANK,
    "E-mail Server Port": "25",
    "Default TLS options": "on",
}
RULES: dict[type[Any], set[str]] = {
    AclRule: {"Conditions", "Action", "Location/Value"},  # Type, Bool and URL/Text are columns of Conditions
    HeaderRule: {"Type", "Option", "Header Name", "Header Value"},
    ManualConfiguration: {"Manual Configuration"},
    FloatingIP: {"New Floating IP"},
    HealthCheckScript: {"Name", "Script"},
    SniRule: {"Name", "Rule", "Certificate", "Back-end service", "Proxy protocol"},
}
SSL_TERMINATION = {  # no sections in the reference, and no default for most
    "Label": BLANK,
    "Associated Virtual Service": "Custom",
    "Virtual Service IP": BLANK,
    "Virtual Service Port": "443",
    "Backend IP": BLANK,
    "Backend Port": BLANK,
    "SSL Operation Mode": "High Security",
    "SSL Certificate": "Choose a certificate",  # the page begins with the built-in one
    "Source IP address": BLANK,
    "Enable Proxy Protocol": "off",  # an associated Virtual Service always knows the client; Custom begins without
    "Ciphers": BLANK,
    "Server cipher preference": "on",
    "Disable TLSv1": "on",
    "Disable TLSv1.1": "on",
    "Disable TLSv1.2": "off",
    "Disable TLSv1.3": "off",
}

# Drop-downs whose choices the reference lists, in any order.
CHOICES: dict[tuple[type[Any], str], set[str]] = {
    (VirtualService, "Layer 7 Protocol"): {"HTTP Mode", "HTTP/2 Mode", "TCP Mode"},
    (VirtualService, "CA Certificate Verification"): {"Required", "Optional"},
    (VirtualService, "HTTP Pipeline Mode"): {
        "Keep-alive both sides",
        "Close both",
        "Keep-alive client only",
        "Force close",
    },
    (VirtualService, "Balance Mode"): {"Weighted Least Connection", "Weighted Round Robin"},
    (VirtualService, "Persistence Mode"): {
        "HTTP Cookie",
        "Application Cookie",
        "SSL Session ID",
        "MS Session Broker",
        "RDP Client Cookie",
        "Source IP",
        "HTTP Cookie and Source IP",
        "X-Forwarded-For and Source IP",
        "Last Successful",
        "None",
    },
    (VirtualService, "Health Checks"): {
        "Negotiate HTTP (GET)",
        "Negotiate HTTP (HEAD)",
        "Negotiate HTTP (OPTIONS)",
        "Negotiate HTTPS (GET)",
        "Negotiate HTTPS (HEAD)",
        "Negotiate HTTPS (OPTIONS)",
        "Connect to Port",
        "External script",
        "MySQL",
        "No checks, always On",
    },
    (VirtualService, "Feedback Method"): {"None", "Agent"},
    (VirtualService, "HTTPS Redirect Code"): {
        "301 (Moved Permanently)",
        "302 (Found)",
        "303 (See Other)",
        "307 (Temporary Redirect)",
        "308 (Permanent Redirect)",
    },
    (VirtualService, "Send Proxy Protocol"): {
        "None",
        "Send Proxy V1",
        "Send Proxy V2",
        "Send Proxy V2 SSL",
        "Send Proxy V2 SSL CN",
    },
    (SslTermination, "SSL Operation Mode"): {"High Security", "FIPS Compliant", "Compatible", "Custom", "Modern"},
    (HeaderRule, "Type"): {"Request", "Response"},
    (HeaderRule, "Option"): {"Add", "Set", "Delete", "Replace"},
}
ACTIONS = {"Redirect Location", "Redirect Prefix", "Use Backend", "Use Server"}  # newer builds have more

# Beyond the reference.
OURS: dict[type[Any], set[str]] = {
    VirtualService: {
        *("Interval", "Rise", "Fall", "Slow Start Time"),  # the global ones, for one service
        "Pass client certificate subject in header",
    },
    SniRule: {"Position", "Back-end IP", "Back-end port"},
    AclRule: {"Position"},
    HeaderRule: {"Position", "Match"},
}


def default_words(option: Option) -> str:
    return option.words(option.get_default()) if option.has_default() else option.words("")


def declared(model: type[Any]) -> Table:
    found: Table = {}
    for option in options(model):
        if option.label not in OURS.get(model, ()):
            found.setdefault(option.section, {})[option.label] = (default_words(option), option.advanced)
    return found


@pytest.mark.parametrize(("model", "table"), [(VirtualService, VIRTUAL_SERVICE), (RealServer, REAL_SERVER)])
def test_sections_labels_defaults_and_what_is_advanced_are_the_references(model: type[Any], table: Table) -> None:
    assert declared(model) == table
    assert list(declared(model)) == list(table)  # sections in its order


def test_advanced_configuration_has_every_label_with_its_default() -> None:
    assert {option.label: default_words(option) for option in options(Layer7)} == LAYER_7


def test_terminations_have_every_label_that_haproxy_has_a_meaning_for() -> None:
    assert {option.label: default_words(option) for option in options(SslTermination)} == SSL_TERMINATION


@pytest.mark.parametrize("model", RULES)
def test_other_pages_have_every_label(model: type[Any]) -> None:
    assert {option.label for option in options(model)} - OURS.get(model, set()) == RULES[model]


@pytest.mark.parametrize(("model", "label"), CHOICES)
def test_drop_downs_offer_the_references_choices(model: type[Any], label: str) -> None:
    [option] = [option for option in options(model) if option.label == label]
    assert {str(words) for _, words in option.flatchoices} == CHOICES[model, label]


def test_every_drop_down_is_compared() -> None:
    """One that is added later has to be looked up in the reference."""
    offered = {
        (model, option.label)
        for model in (VirtualService, RealServer, Layer7, HeaderRule, SslTermination, SniRule)
        for option in options(model)
        if option.flatchoices
    }
    assert offered == set(CHOICES)


def test_acl_rules_can_do_what_the_references_can() -> None:
    assert {action.label for action in AclAction} >= ACTIONS


def test_persistence_begins_as_the_protocol_wants_it() -> None:
    """The brief's table names both without a step that sets them."""
    [option] = [option for option in options(VirtualService) if option.label == "Persistence Mode"]
    begins = {protocol: option.default_for(VirtualService(protocol=protocol)) for protocol in ("http", "http2", "tcp")}
    assert begins == {"http": "http", "http2": "http", "tcp": "ip"}
