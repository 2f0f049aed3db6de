"""Layer 7 – Manual Configuration."""

import re
from typing import TYPE_CHECKING

from apps.common.models import Single
from apps.common.text_kinds import ProgramOption

if TYPE_CHECKING:
    from apps.services.models.virtual_service import VirtualService


class ManualConfiguration(Single):
    """Sections that the administrator writes; they stand behind the generated ones."""

    text = ProgramOption(
        "Manual Configuration",
        section="Manual Configuration",
        blank=True,
        default="",
        help="Sections as HAProxy reads them, such as listen, frontend, backend. A Virtual Service with Manual "
        "Configuration is matched by its label and the labels of its Real Servers.",
    )

    class Meta:
        verbose_name = "Layer 7 – Manual Configuration"

    def __str__(self) -> str:
        return "Layer 7 – Manual Configuration"

    @classmethod
    def target_problem(cls, service: "VirtualService") -> str:
        """Why nothing can be passed to this virtual service: its section is to be written here, but is not."""
        section = rf"^\s*(?:listen|backend)\s+{re.escape(service.label)}\s*$"
        if not service.manual or re.search(section, cls.get().text, re.MULTILINE):
            return ""
        return f"{service} is configured by hand, but {cls.get()} has no section {service}."
