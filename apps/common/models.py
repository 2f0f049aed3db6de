"""What accompanies every edit: the counter that tells that one happened, and the row that tells whose it was."""

from typing import Self

from django.db import models
from django.db.models import F
from django.dispatch import Signal
from django.utils import timezone


class Refused(Exception):
    """Nothing may be saved now; the message says why and what to do."""


touched = Signal()  # configuration is being saved, in a transaction that may not have ended yet; may raise Refused


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
        touched.send(cls)


class Edit(models.Model):
    """Who changed what and when: a row beside every saved change, in the same transaction."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    user = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)  # the object's name in the UI, such as Virtual Service
    number = models.PositiveIntegerField()  # its primary key
    label = models.CharField(max_length=64)
    what = models.CharField(max_length=8)  # added, changed, removed

    class Meta:
        ordering = ["-pk"]
        verbose_name = "Edit"

    def __str__(self) -> str:
        return f"{self.kind} {self.label} {self.what} by {self.user}"

    @classmethod
    def record(cls, user: str, instance: models.Model, what: str) -> None:
        kind = str(instance._meta.verbose_name)
        cls.objects.create(user=user, kind=kind, number=instance.pk, label=str(instance)[:64], what=what)


class Single(models.Model):
    """One row; before it was ever saved, the defaults."""

    class Meta:
        abstract = True

    @classmethod
    def get(cls) -> Self:
        return cls._default_manager.filter(pk=1).first() or cls(pk=1)
