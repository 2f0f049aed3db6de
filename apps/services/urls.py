from django.urls import path

from apps.services import views

urlpatterns = [
    path("virtual-services/add/", views.add_virtual_service, name="add-virtual-service"),
    path("virtual-services/<int:pk>/", views.modify_virtual_service, name="modify-virtual-service"),
    path("virtual-services/<int:pk>/delete/", views.delete_virtual_service, name="delete-virtual-service"),
    path("real-servers/add/<int:service_pk>/", views.add_real_server, name="add-real-server"),
    path("real-servers/<int:pk>/", views.modify_real_server, name="modify-real-server"),
    path("real-servers/<int:pk>/delete/", views.delete_real_server, name="delete-real-server"),
]
