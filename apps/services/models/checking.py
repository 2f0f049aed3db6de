"""How a real server's health is found out: the sections Health Checks and Feedback Method."""

from django.db import models

from apps.common.option_kinds import AddressOption, ChoiceOption, DurationOption, NumberOption, RelationOption
from apps.common.text_kinds import ExpressionOption, NameOption, PathOption, TokenOption
from apps.services.models.choices import CHECKS, NEGOTIATE, WITH_BODY, Check, Feedback

ANY = {"check_type": CHECKS}
GLOBAL = "Blank: as under Layer 7 – Advanced Configuration"


class Checking(models.Model):
    check_type = ChoiceOption(
        "Health Checks",
        section="Health Checks",
        choices=Check,
        default=Check.CONNECT,
        help="A Real Server is healthy while this check succeeds. Connect to Port opens a connection, with "
        "Re-Encrypt to Backend one of TLS, nothing more; Negotiate asks for a page and looks at the answer. "
        "HAProxy: server … check.",
    )
    check_request = PathOption(
        "Request to send",
        section="Health Checks",
        when={"check_type": NEGOTIATE},
        default="/",
        hint="For example /.healthCheck or check.txt",
        help="The page that is asked for. HAProxy: http-check send uri.",
    )
    check_response = ExpressionOption(
        "Response expected",
        section="Health Checks",
        when={"check_type": WITH_BODY},
        blank=True,
        default="",
        hint="Blank: any answer with a status from 200 to 399",
        help="A text that has to be in the answer, or a regular expression. HAProxy: http-check expect rstring.",
    )
    check_host = NameOption(
        "Host Header",
        section="Health Checks",
        when={"check_type": NEGOTIATE},
        blank=True,
        default="",
        help="The name the page is asked under; with HTTPS also the server name of the TLS handshake (SNI). "
        "HAProxy: http-check send hdr Host, check-sni.",
    )
    check_port = NumberOption(
        "Check Port",
        section="Health Checks",
        when=ANY,
        null=True,
        blank=True,
        least=1,
        most=65535,
        hint="Blank: Real Server Port",
        help="The port that is checked, where it is not the one that carries the traffic. HAProxy: server … port.",
    )
    check_user = TokenOption(
        "Username",
        section="Health Checks",
        when={"check_type": {Check.MYSQL}},
        default="mysql",
        help="A user of the database without a password and without rights. HAProxy: option mysql-check user.",
    )
    check_script = RelationOption(
        "External Script",
        section="Health Checks",
        when={"check_type": {Check.EXTERNAL}},
        to="services.HealthCheckScript",
        on_delete=models.PROTECT,
        related_name="virtual_services",
        null=True,
        blank=True,
        empty_label="Choose a script",
        help="A script of Cluster Configuration > Health Check Scripts. It gets four arguments: address and port of "
        "the Virtual Service, address and check port of the Real Server; exit code 0 means healthy. "
        "HAProxy: external-check command.",
    )
    check_source = AddressOption(
        "Source IP address",
        section="Health Checks",
        advanced=True,
        when=ANY,
        blank=True,
        default="",
        hint="Blank: chosen by routing",
        help="The address of this appliance that checks come from. Without Transparent Proxy HAProxy has one source "
        "for checks and traffic. HAProxy: server … source.",
    )
    check_interval = DurationOption(
        "Interval",
        section="Health Checks",
        advanced=True,
        when=ANY,
        blank=True,
        default="",
        hint=GLOBAL,
        help="The time from one check to the next. HAProxy: server … inter.",
    )
    check_rise = NumberOption(
        "Rise",
        section="Health Checks",
        advanced=True,
        when=ANY,
        null=True,
        blank=True,
        least=1,
        most=100,
        hint=GLOBAL,
        help="So many good checks in a row bring a Real Server back. HAProxy: server … rise.",
    )
    check_fall = NumberOption(
        "Fall",
        section="Health Checks",
        advanced=True,
        when=ANY,
        null=True,
        blank=True,
        least=1,
        most=100,
        hint=GLOBAL,
        help="So many failed checks in a row take a Real Server out. HAProxy: server … fall.",
    )
    slow_start = DurationOption(
        "Slow Start Time",
        section="Health Checks",
        advanced=True,
        when=ANY,
        blank=True,
        default="",
        hint=GLOBAL,
        help="A Real Server that comes back gets its full share only after this time. HAProxy: server … slowstart.",
    )
    feedback = ChoiceOption(
        "Feedback Method",
        section="Feedback Method",
        choices=Feedback,
        default=Feedback.NONE,
        help="Agent asks a program on each Real Server how busy it is, and sets the weight by its answer: "
        "a percentage, or words such as drain, maint, up. HAProxy: server … agent-check.",
    )
    feedback_port = NumberOption(
        "Feedback Agent Port",
        section="Feedback Method",
        when={"feedback": {Feedback.AGENT}},
        default=3333,
        least=1,
        most=65535,
        help="The port the agent listens on. HAProxy: server … agent-port.",
    )

    class Meta:
        abstract = True
