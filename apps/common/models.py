"""The counter that tells whether the configuration was edited since something was computed from it."""

from django.db import models
from django.db.models import F


class Generation(models.Model):
    """One row. Whoever saves configuration calls `touch` in the same transaction."""

    number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "Generation"

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        return cls.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @classmethod
    def touch(cls) -> None:
        if not cls.objects.filter(pk=1).update(number=F("number") + 1):
            cls.objects.create(pk=1, number=1)
