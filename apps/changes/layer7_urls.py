from django.urls import path

from apps.changes import layer7_views

urlpatterns = [
    path("layer-7-advanced/", layer7_views.advanced, name="layer-7-advanced"),
    path("layer-7-manual/", layer7_views.manual_configuration, name="layer-7-manual"),
]
