from django.urls import path

from apps.overview import bulk, lists
from apps.overview.ticked import KINDS
from apps.services.models import State

urlpatterns = [
    path("virtual-services/", lists.virtual_services, name="virtual-services"),
    path("real-servers/", lists.real_servers, name="real-servers"),
    *(
        path(f"{kind}/{state}/", bulk.change_states, {"kind": kind, "state": state}, name=f"{state}-{kind}")
        for kind in sorted(KINDS)
        for state in State
    ),
    *(path(f"{kind}/weight/", bulk.change_weights, {"kind": kind}, name=f"weigh-{kind}") for kind in sorted(KINDS)),
    path("virtual-services/delete/", bulk.delete_services, name="delete-virtual-services"),
    path("real-servers/delete/", bulk.delete_servers, name="delete-real-servers"),
]
