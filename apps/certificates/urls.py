from django.urls import path

from apps.certificates import views

urlpatterns = [
    path("", views.certificates, name="certificates"),
]
