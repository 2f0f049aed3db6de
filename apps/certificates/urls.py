from django.urls import path

from apps.certificates import views

urlpatterns = [
    path("", views.certificates, name="certificates"),
    path("add/", views.add_certificate, name="add-certificate"),
    path("<int:pk>/", views.certificate, name="certificate"),
    path("<int:pk>/delete/", views.delete_certificate, name="delete-certificate"),
]
