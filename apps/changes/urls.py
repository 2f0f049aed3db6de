from django.urls import path, register_converter
from django.urls.converters import StringConverter

from apps.changes import errand_views, review_views, stream, try_views, views
from apps.changes.models import Kind


class KindConverter(StringConverter):
    regex = "|".join(Kind.values)


register_converter(KindConverter, "kind")

urlpatterns = [
    path("<kind:kind>/", views.start, name="commit"),
    path("box/", views.box, name="commit-box"),
    path("stream/", stream.stream, name="commit-stream"),
    path("review/", review_views.review, name="review"),
    path("discard/", review_views.discard, name="discard"),
    path("try/<int:pk>/", try_views.try_request, name="try-request"),
    path("errand/<int:pk>/", errand_views.errand, name="errand"),
    path("job/<int:pk>/", views.follow, name="follow-job"),
]
