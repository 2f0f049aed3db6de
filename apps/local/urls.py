from django.urls import path

from apps.local import views

urlpatterns = [
    path("security/", views.security, name="security"),
    path("service-socket-addresses/", views.service_sockets, name="service-sockets"),
    path("trial/<int:pk>/keep/", views.keep_trial, name="keep-trial"),
    path("trial/<int:pk>/return/", views.return_trial, name="return-trial"),
]
