from django.urls import path

from apps.changes import script_views

urlpatterns = [
    path("", script_views.scripts, name="health-check-scripts"),
    path("add/", script_views.add_script, name="add-health-check-script"),
    path("<int:pk>/", script_views.modify_script, name="modify-health-check-script"),
    path("<int:pk>/delete/", script_views.delete_script, name="delete-health-check-script"),
    path("<int:pk>/test/", script_views.try_script, name="test-health-check-script"),
]
