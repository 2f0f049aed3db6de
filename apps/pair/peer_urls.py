"""What only the other unit asks, below /lbadmin/pair/."""

from django.urls import path

from apps.pair import peer_views

urlpatterns = [
    path("hello/", peer_views.hello),
    path("invite/", peer_views.invite),
    path("join/", peer_views.join),
    path("state/", peer_views.state),
    path("push/", peer_views.push),
    path("facts/", peer_views.facts),
    path("do/", peer_views.do),
]
