"""The pages of the clustered pair, below /lbadmin/cluster/."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from apps.pair import settings_views, views
from apps.pair.models import What


class WhatConverter(StringConverter):
    """What a button begins without a form of its own."""

    regex = "|".join([What.TAKE_OVER, What.GIVE_AWAY, What.HEARTBEAT])


register_converter(WhatConverter, "what")

urlpatterns = [
    path("heartbeat/", settings_views.heartbeat, name="heartbeat"),
    path("high-availability/", views.high_availability, name="high-availability"),
    path("high-availability/add/", views.add_node, name="add-node"),
    path("high-availability/break/", views.break_pair, name="break-pair"),
    path("high-availability/compare/", settings_views.compare, name="compare-units"),
    path("high-availability/status/", views.status, name="pair-header"),
    path("high-availability/undertaking/<int:pk>/", views.follow, name="follow-undertaking"),
    path("high-availability/<what:what>/", views.undertake, name="undertake"),
]
