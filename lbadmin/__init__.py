"""lbadmin: settings, urls, menu and processes of the product."""

from lbadmin.celery import app as celery_app

__all__ = ["celery_app"]
