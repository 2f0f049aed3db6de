from django.urls import path

from apps.overview import views

urlpatterns = [
    path("", views.overview, name="overview"),
    path("overview/toggle/", views.toggle, name="overview-toggle"),
    path("overview/changes/", views.changes, name="overview-changes"),
    path("overview/<int:pk>/drain/", views.drain, name="drain"),
    path("overview/<int:pk>/halt/", views.halt, name="halt"),
    path("overview/<int:pk>/online/", views.online, name="online"),
]
