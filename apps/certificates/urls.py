from django.urls import path

from apps.certificates import acme_views, change_views, removal, stapling_views, views

urlpatterns = [
    path("", views.certificates, name="certificates"),
    path("add/", views.add_certificate, name="add-certificate"),
    path("remove/", removal.remove_certificates, name="remove-certificates"),
    path("acme/", acme_views.accounts, name="acme-accounts"),
    path("acme/add/", acme_views.add_account, name="add-acme-account"),
    path("acme/<int:pk>/", acme_views.modify_account, name="modify-acme-account"),
    path("acme/<int:pk>/delete/", acme_views.delete_account, name="delete-acme-account"),
    path("<int:pk>/acme/", acme_views.state, name="acme-state"),
    path("<int:pk>/renew-now/", acme_views.renew_now, name="renew-now"),
    path("<int:pk>/stapling/", stapling_views.stapling, name="stapling"),
    path("<int:pk>/stapling/ask/", stapling_views.ask_now, name="ask-responder"),
    path("<int:pk>/stapling/state/", stapling_views.state, name="stapling-state"),
    path("<int:pk>/", views.certificate, name="certificate"),
    path("<int:pk>/download/", views.download_certificate, name="download-certificate"),
    path("<int:pk>/request/", views.download_request, name="download-request"),
    path("<int:pk>/answer/", change_views.answer_request, name="answer-request"),
    path("<int:pk>/discard-request/", change_views.discard_request, name="discard-request"),
    path("<int:pk>/replace/", change_views.replace_certificate, name="replace-certificate"),
    path("<int:pk>/renew/", change_views.renew_by_request, name="renew-by-request"),
    path("<int:pk>/renew-self-signed/", change_views.renew_self_signed, name="renew-self-signed"),
    path("<int:pk>/revocation-list/", change_views.upload_revocation_list, name="upload-revocation-list"),
    path("<int:pk>/revocation-list/remove/", change_views.remove_revocation_list, name="remove-revocation-list"),
]
