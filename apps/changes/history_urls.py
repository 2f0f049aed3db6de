from django.urls import path

from apps.changes import history_views

urlpatterns = [
    path("", history_views.list_jobs, name="history"),
    path("compare/", history_views.compare, name="compare"),
    path("<int:pk>/", history_views.revision, name="revision"),
    path("<int:pk>/roll-back/", history_views.roll_back, name="roll-back"),
    path("<int:pk>/lb_config.xml", history_views.download_xml, name="download-revision-xml"),
    path("<int:pk>/haproxy.cfg", history_views.download_config, name="download-revision-config"),
]
