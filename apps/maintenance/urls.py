from django.urls import path

from apps.maintenance import views

urlpatterns = [
    path("restart-services/", views.restart_services, name="restart-services"),
]
