"""Layer 7 – Manual Configuration, and what it has in common with Advanced Configuration: one row."""

from typing import Self

from django.db import models

from apps.common.text_kinds import ProgramOption


class Single(models.Model):
    """One row; before it was ever saved, the defaults."""

    class Meta:
        abstract = True

    @classmethod
    def get(cls) -> Self:
        return cls._default_manager.filter(pk=1).first() or cls(pk=1)


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
