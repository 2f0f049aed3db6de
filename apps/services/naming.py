"""ACL rules name virtual services and real servers by their labels: what they name cannot be deleted."""

from collections.abc import Sequence

from django.db.models import Model, ProtectedError

from apps.services.models import AclAction, AclRule, RealServer, VirtualService


def protect(items: Sequence[Model]) -> None:
    """Raises ProtectedError with the rules that name one of these and would be left behind."""
    services = [item for item in items if isinstance(item, VirtualService)]
    servers = {(item.service_id, item.label) for item in items if isinstance(item, RealServer)}
    named: set[Model] = {*AclRule.passing_to(services)} if services else set()
    if servers:
        using = AclRule.objects.filter(action=AclAction.SERVER, service__in={pk for pk, _ in servers})
        named |= {rule for rule in using.select_related("service") if (rule.service_id, rule.value) in servers}
    if named:
        raise ProtectedError("ACL rules name these.", named)
