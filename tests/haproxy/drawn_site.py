"""A whole configuration drawn at random, saved through the forms of its options as an administrator would."""

from collections import Counter
from collections.abc import Iterator
from copy import copy
from random import Random
from typing import Any

from django.db import models
from django.forms import modelform_factory

from apps.common.forms import Draft, OptionForm
from apps.common.options import options
from apps.services.models import (
    AclRule,
    FloatingIP,
    HeaderRule,
    HealthCheckScript,
    Layer7,
    ManualConfiguration,
    RealServer,
    SniRule,
    SslTermination,
    State,
    VirtualService,
)
from tests.haproxy.typed import typed

INNER = (RealServer, AclRule, HeaderRule, SniRule)
ALL = (SslTermination, VirtualService, HealthCheckScript, FloatingIP, Layer7, ManualConfiguration)
FORMS: dict[type[models.Model], type[OptionForm]] = {
    model: modelform_factory(model, OptionForm, fields=[option.name for option in options(model)])  # type: ignore[misc]
    for model in (*ALL, *INNER)
}
TRIES = 4


def clear() -> None:
    for model in ALL:
        model._default_manager.all().delete()


def draw(number: int) -> Counter[type[models.Model]]:
    """The same number makes the same configuration. Answers how many objects of each kind the forms accepted."""
    random = Random(number)
    clear()
    accepted = list(_accepted(random))
    return Counter(type(instance) for instance in accepted)


def _accepted(random: Random) -> Iterator[models.Model]:
    """In the order in which they need each other."""
    yield from _some(random, [Layer7(pk=1)])
    for model in (HealthCheckScript, FloatingIP):
        yield from _some(random, [model() for _ in range(random.randint(0, 2))])
    services: list[Any] = list(_some(random, [VirtualService() for _ in range(random.randint(1, 8))]))
    yield from services
    for service in services:
        states = random.choices(State.values, k=random.randint(0, 3))
        yield from _some(random, [RealServer(service=service, state=state) for state in states])
    yield from _some(random, [ManualConfiguration(pk=1)])
    terminations: list[Any] = list(_some(random, [SslTermination() for _ in range(random.randint(0, 2))]))
    yield from terminations
    for termination in terminations:
        yield from _some(random, [SniRule(termination=termination) for _ in range(random.randint(0, 3))])
    for service in services:
        for rule in (AclRule, HeaderRule):
            yield from _some(random, [rule(service=service) for _ in range(random.randint(0, 4))])


def _some(random: Random, instances: list[Any]) -> Iterator[models.Model]:
    return (instance for instance in instances if save(random, instance))


def save(random: Random, instance: models.Model) -> bool:
    """What is refused is typed anew, a few times."""
    model, draft = type(instance), Draft(instance)
    for name, option in (wanted := {option.name: option for option in options(model)}).items():
        draft.sent[name] = typed(random, option, draft)
    for _ in range(TRIES):
        form: Any = FORMS[model](draft.sent, instance=copy(instance))  # a refused form has changed its instance
        if form.is_valid():
            vars(instance).update(vars(form.save()))
            return True
        for name in [name for name in wanted if name in form.errors]:
            draft.sent[name] = typed(random, wanted[name], draft)
    return False
