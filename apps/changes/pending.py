"""What waits to be committed."""

from django.http import HttpRequest


def commit_box(request: HttpRequest) -> None:
    return None
