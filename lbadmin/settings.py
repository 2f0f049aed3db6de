"""Settings of the product. Whatever differs from host to host is read in `environment`."""

from datetime import timedelta
from typing import Any

import django_stubs_ext

from apps.system import environment
from apps.system.paths import Paths

django_stubs_ext.monkeypatch()  # lets Django's generic classes be subscripted, as their types ask for

ENVIRONMENT = environment.read()
PATHS = Paths(ENVIRONMENT.home)
BASE_DIR = environment.BASE
VERSION = "1.0.0"

SECRET_KEY = (PATHS.secrets / "django.key").read_text()
DATA_KEY_FILE = PATHS.secrets / "data.key"  # encrypts private keys in the database
DEBUG = False
# An appliance is reached by any of its addresses. From the Host header only links for the same browser are built.
ALLOWED_HOSTS = ["*"]

# TCP ports the appliance itself listens on: a virtual service cannot have them.
OWN_PORTS: dict[int, str] = {
    22: "SSH",
    9080: "WebUI - HTTP",
    ENVIRONMENT.fallback_port: "Nginx fallback server",
    ENVIRONMENT.peers_port: "HAProxy persistence table replication",
}
WEBUI_PORTS = "apps.local.webui.ports"  # tells those of the WebUI, which can be changed

# What pages may have the worker find out: the function, and the template of its answer. See apps.changes.errands.
ERRANDS: dict[str, dict[str, str]] = {
    "manual-configuration": {"run": "apps.changes.manual_check.check", "template": "changes/_manual_complaints.html"},
    "script-syntax": {"run": "apps.changes.script_checks.syntax", "template": "changes/_script_syntax.html"},
    "script-trial": {"run": "apps.changes.script_checks.trial", "template": "changes/_script_trial.html"},
    "try-request": {"run": "apps.changes.trying.find_out", "template": "changes/_tried.html"},
}

# Settings that can cut the administrator off: each is tried first, and returns by itself unless it is kept.
TRIALS = {"webui": "apps.local.webui.KIND", "webui-cert": "apps.local.webui_certificate.KIND"}

# Functions that tell which objects use a certificate: apps.certificates.usage.Use, in one query.
CERTIFICATE_USERS = ["apps.services.certificate_users.uses", "apps.local.webui_certificate.uses"]

# Tells why no authority could check a name over HTTP; blank when nothing is known to be in the way.
ACME_PROBLEM = "apps.services.acme.problem"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "apps.common",
    "apps.system",
    "apps.unit",
    "apps.accounts",
    "apps.certificates",
    "apps.services",
    "apps.haproxy",
    "apps.changes",
    "apps.local",
    "apps.pair",
    "apps.overview",
    "apps.maintenance",
    "apps.insight",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lbadmin.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.roles.DefaultDeny",
    "apps.unit.guard.ReadOnlySecondary",
    "apps.services.lock.ConfigurationLock",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "lbadmin.urls"
WSGI_APPLICATION = "lbadmin.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lbadmin.frame.frame",
            ],
            "builtins": ["apps.common.templatetags.lbadmin"],
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": PATHS.database,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            # FULL: a committed configuration survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"unix://{PATHS.redis_socket}?db=2",
    }
}

CELERY_BROKER_URL = f"redis+socket://{PATHS.redis_socket}?virtual_host=0"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TASK_ROUTES = {
    "apps.changes.tasks.check_candidate": {"queue": "jobs"},
    "apps.changes.tasks.run_errand": {"queue": "jobs"},
    "apps.changes.tasks.order_certificates": {"queue": "jobs"},
    "apps.changes.tasks.ask_responders": {"queue": "jobs"},
    "apps.changes.tasks.*": {"queue": "apply"},
    "apps.pair.tasks.take": {"queue": "apply"},
    "apps.pair.tasks.undertake_part": {"queue": "apply"},
    "apps.pair.tasks.end_acquaintance": {"queue": "apply"},
    "apps.pair.tasks.resume_taking": {"queue": "apply"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A browser is waiting: say at once that the worker cannot be reached.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "reconcile": {"task": "apps.changes.tasks.reconcile", "schedule": timedelta(minutes=1)},
    # What is due stands in the database, so that this costs a query; see apps.changes.ordering.
    "order-certificates": {
        "task": "apps.changes.tasks.order_certificates",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    # Whatever was changed told the worker already; this finds what it could not do then.
    "push": {"task": "apps.pair.tasks.push", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "acquaintance": {
        "task": "apps.pair.tasks.end_acquaintance",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "ask-responders": {
        "task": "apps.changes.tasks.ask_responders",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "housekeeping": {"task": "apps.maintenance.tasks.housekeeping", "schedule": timedelta(hours=24)},
    # Rows, asked for again and again, survive what a message with a delay would not: the end of its worker.
    "trials": {
        "task": "apps.local.tasks.return_overdue",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "apps.accounts.views.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # it would grow for ever; the user's last log in is kept
# Logs name the address, but not what was typed as user name: it may be a password in the wrong field.
AXES_SENSITIVE_PARAMETERS = ["username", "csrfmiddlewaretoken"]
AXES_VERBOSE = False

# The cookies of two nodes on one host must not overwrite each other: cookies know no ports. The names stay when the
# WebUI moves to another port, so that whoever is logged in stays it there.
SESSION_COOKIE_NAME = f"__Host-lbadmin-{ENVIRONMENT.webui_port}"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = f"__Host-lbadmin-csrf-{ENVIRONMENT.webui_port}"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "apps.common.views.csrf_failure"
SECURE_SSL_REDIRECT = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HSTS holds for a whole host name: it would turn every plain HTTP virtual service on that name to https.
SILENCED_SYSTEM_CHECKS = ["security.W004"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/lbadmin/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("tabler", BASE_DIR / "node_modules" / "@tabler" / "core" / "dist" / "css"),
]
STATICFILES_FINDERS = ["lbadmin.static.Finder", "django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "lbadmin.static.Storage"},
}

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
