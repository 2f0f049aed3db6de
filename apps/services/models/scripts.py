"""Health check scripts: programs of the administrator's that tell whether a real server is healthy."""

from django.core.exceptions import ValidationError
from django.db import models

from apps.common.option_kinds import LabelOption
from apps.common.text_kinds import ProgramOption


class HealthCheckScript(models.Model):
    label = LabelOption(
        "Name",
        section="Health Check Script",
        on_add=True,
        unique=True,
        error_messages={"unique": "Another script has this name. Choose a different one."},
        help="The name in the drop-down External Script.",
    )
    content = ProgramOption(
        "Script",
        section="Health Check Script",
        on_add=True,
        help="Begins with #! and the program that runs it. It gets four arguments: address and port of the Virtual "
        "Service, address and check port of the Real Server (0 when there is none). Exit code 0 means healthy, any "
        "other failed. It has to end within Interval; what it prints is shown by a test only. HAProxy: external-check "
        "command.",
    )

    class Meta:
        ordering = ["label"]
        verbose_name = "Health Check Script"

    def __str__(self) -> str:
        return str(self.label)

    def clean(self) -> None:
        if not self.content.startswith("#!/"):
            raise ValidationError({"content": "Begin the first line with #! and a program, for example #!/bin/sh."})
