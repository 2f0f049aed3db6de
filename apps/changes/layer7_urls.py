from django.urls import path

from apps.changes import floating_views, layer7_views

urlpatterns = [
    path("layer-7-advanced/", layer7_views.advanced, name="layer-7-advanced"),
    path("layer-7-manual/", layer7_views.manual_configuration, name="layer-7-manual"),
    path("floating-ips/", floating_views.floating_ips, name="floating-ips"),
    path("floating-ips/<int:pk>/remove/", floating_views.remove_floating_ip, name="remove-floating-ip"),
    path("floating-ips/fix/", floating_views.fix_floating_ip, name="fix-floating-ip"),
]
