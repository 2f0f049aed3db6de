from django.urls import URLPattern, path

from apps.services import rule_views, views
from apps.services.rule_kinds import ACL, HEADER, RuleKind


def _rules(kind: RuleKind) -> list[URLPattern]:
    """ACL rules and header rules have the same pages."""
    one, all_of_one = f"virtual-services/{kind.slug}-rules/<int:pk>/", f"virtual-services/<int:pk>/{kind.slug}-rules/"
    own = {"kind": kind}
    return [
        path(all_of_one, rule_views.rules, own, name=f"{kind.slug}-rules"),
        path(f"{all_of_one}add/", rule_views.add_rule, own, name=kind.add),
        path(one, rule_views.modify_rule, own, name=kind.modify),
        path(f"{one}delete/", rule_views.delete_rule, own, name=kind.delete),
        path(f"{one}move/", rule_views.move_rule, own, name=kind.move),
    ]


urlpatterns = [
    *_rules(ACL),
    *_rules(HEADER),
    path("virtual-services/add/", views.add_virtual_service, name="add-virtual-service"),
    path("virtual-services/<int:pk>/", views.modify_virtual_service, name="modify-virtual-service"),
    path("virtual-services/<int:pk>/duplicate/", views.duplicate_virtual_service, name="duplicate-virtual-service"),
    path("virtual-services/<int:pk>/delete/", views.delete_virtual_service, name="delete-virtual-service"),
    path("real-servers/add/<int:service_pk>/", views.add_real_server, name="add-real-server"),
    path("real-servers/<int:pk>/", views.modify_real_server, name="modify-real-server"),
    path("real-servers/<int:pk>/delete/", views.delete_real_server, name="delete-real-server"),
]
