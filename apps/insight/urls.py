from django.urls import path

from apps.insight import views

urlpatterns = [
    path("xml/", views.xml, name="view-xml"),
    path("xml/lb_config.xml", views.download_xml, name="download-xml"),
    path("layer-7/", views.layer_7, name="view-layer-7"),
    path("layer-7/haproxy.cfg", views.download_layer_7, name="download-layer-7"),
]
