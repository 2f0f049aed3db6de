from django.urls import path

from apps.accounts import views

urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("logout/", views.log_out, name="logout"),
    path("maintenance/passwords/", views.passwords, name="passwords"),
    path("maintenance/passwords/add/", views.add_user, name="add-user"),
    path("maintenance/passwords/own/", views.own_password, name="own-password"),
    path("maintenance/passwords/<int:pk>/", views.modify_user, name="modify-user"),
    path("maintenance/passwords/<int:pk>/delete/", views.delete_user, name="delete-user"),
]
