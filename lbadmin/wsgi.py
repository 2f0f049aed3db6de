"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from lbadmin.memory import collect_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
application = get_wsgi_application()
collect_seldom()
