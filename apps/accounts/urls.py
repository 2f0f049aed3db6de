from django.contrib.auth import views as auth
from django.urls import path

from apps.accounts import views
from apps.accounts.roles import needs, public
from apps.accounts.models import Group

urlpatterns = [
    path("login/", public(auth.LoginView.as_view(template_name="accounts/login.html")), name="login"),
    path("logout/", needs(Group.REPORT)(auth.LogoutView.as_view()), name="logout"),
    path("maintenance/passwords/", views.passwords, name="passwords"),
]
