"""Every page stands below /lbadmin/."""

from django.urls import include, path
from django.views.generic import RedirectView

from apps.accounts.roles import public

urlpatterns = [
    path("", public(RedirectView.as_view(pattern_name="overview"))),
    path(
        "lbadmin/",
        include(
            [
                path("", include("apps.overview.urls")),
                path("", include("apps.accounts.urls")),
                path("local/", include("apps.local.urls")),
                path("cluster/", include("apps.overview.list_urls")),
                path("cluster/", include("apps.services.urls")),
                path("cluster/ssl-certificate/", include("apps.certificates.urls")),
                path("cluster/ssl-termination/", include("apps.services.termination_urls")),
                path("cluster/health-check-scripts/", include("apps.changes.script_urls")),
                path("cluster/", include("apps.changes.layer7_urls")),
                path("cluster/", include("apps.pair.urls")),
                path("commit/", include("apps.changes.urls")),
                path("pair/", include("apps.pair.peer_urls")),
                path("maintenance/", include("apps.maintenance.urls")),
                path("maintenance/configuration-history/", include("apps.changes.history_urls")),
                path("view-configuration/", include("apps.insight.urls")),
            ]
        ),
    ),
]

handler403 = "apps.common.views.forbidden"
handler404 = "apps.common.views.not_found"
handler500 = "apps.common.views.server_error"
