from django.urls import path

from apps.services import termination_views as views

urlpatterns = [
    path("", views.terminations, name="ssl-terminations"),
    path("add/", views.add_termination, name="add-ssl-termination"),
    path("<int:pk>/", views.modify_termination, name="modify-ssl-termination"),
    path("<int:pk>/delete/", views.delete_termination, name="delete-ssl-termination"),
    path("<int:pk>/sni-rules/add/", views.add_sni_rule, name="add-sni-rule"),
    path("sni-rules/<int:pk>/", views.modify_sni_rule, name="modify-sni-rule"),
    path("sni-rules/<int:pk>/delete/", views.delete_sni_rule, name="delete-sni-rule"),
]
