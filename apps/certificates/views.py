"""Cluster Configuration > SSL Certificate."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import Group
from apps.accounts.roles import needs


@needs(Group.REPORT)
def certificates(request: HttpRequest) -> HttpResponse:
    return render(request, "certificates/certificates.html", {"title": "SSL Certificate"})
