"""Settings of every process; what differs between installations is read through `config.env`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import django_stubs_ext
from csp.constants import NONE, SELF

from config import env
from kernel.queues import QUEUE_OF_TASK, Queue

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env.text("DAKIYA_VAR", str(BASE_DIR / "var")))
ENVIRONMENT = env.text("DAKIYA_ENV", "development")
if ENVIRONMENT not in {"development", "test", "production"}:
    raise env.EnvironmentProblem(f"DAKIYA_ENV is {ENVIRONMENT!r}: write development, test or production")
IS_PRODUCTION = ENVIRONMENT == "production"
DEBUG = False

# --- secrets -------------------------------------------------------------------------------------------------------
# `make run` writes its own once. Where it never ran, development and tests get constants that production never has.
if ENVIRONMENT == "development":
    env.load(VAR_DIR / "secrets.env")
SECRET_KEY = env.text("SECRET_KEY", None if IS_PRODUCTION else "development-only-key-never-accepted-in-production")
SECRETS_KEYS = env.words("SECRETS_KEYS", None if IS_PRODUCTION else "ZGV2ZWxvcG1lbnQtb25seS1mZXJuZXQta2V5LTMyYiE=")

# --- addresses -----------------------------------------------------------------------------------------------------
WEB_PORT = env.integer("WEB_PORT", 8000)
SMSC_PORT = env.integer("SMSC_PORT", 2776)
SMSC_CONTROL_PORT = env.integer("SMSC_CONTROL_PORT", 2777)
SMSC_JOURNAL = env.text("SMSC_JOURNAL", "")
VALKEY_PORT = env.integer("VALKEY_PORT", 6390)
BASE_URL = env.text("BASE_URL", f"http://127.0.0.1:{WEB_PORT}")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", None if IS_PRODUCTION else "127.0.0.1,localhost,[::1],testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# --- database ------------------------------------------------------------------------------------------------------
EMBEDDED_POSTGRES_DIR = VAR_DIR / "postgres"
LOGIN = env.text("DAKIYA_LOGIN", "web")
LOGIN_URLS = {"web": "DATABASE_URL", "worker": "WORKER_DATABASE_URL", "owner": "OWNER_DATABASE_URL"}
if LOGIN not in LOGIN_URLS:
    raise env.EnvironmentProblem(f"DAKIYA_LOGIN is {LOGIN!r}: write web, worker or owner")


def _database(login: str) -> dict[str, object]:
    socket = quote(env.text("TEST_DATABASE_HOST", str(EMBEDDED_POSTGRES_DIR)), safe="")
    embedded = f"postgresql://dakiya_{login}@{socket}/dakiya"
    settings = env.database(env.text(LOGIN_URLS[login], None if IS_PRODUCTION else embedded))
    settings["CONN_MAX_AGE"] = 0
    # A connection that died with the server is noticed when the pool hands it out, not by the request.
    settings["CONN_HEALTH_CHECKS"] = True
    settings["ATOMIC_REQUESTS"] = False
    if login != "owner" and ENVIRONMENT != "test":
        settings["OPTIONS"] = {"pool": {"min_size": 1, "max_size": env.integer("DATABASE_POOL_SIZE", 8)}}
    return settings


DATABASES = {"default": _database(LOGIN)}
# The one piece of work outside migrations that needs the owner: workers make partitions ahead and drop old ones.
OWNER_LOGIN: dict[str, object] = {}
if LOGIN == "worker":
    _owner = _database("owner")
    OWNER_LOGIN = {key: _owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
# The alias whose login may become the platform role: of its own in web processes, the worker's in all others.
PLATFORM_DATABASE = "default"
if LOGIN == "web":
    PLATFORM_DATABASE = "platform"
    DATABASES["platform"] = _database("worker")
if ENVIRONMENT == "test":
    DATABASES["default"]["ENGINE"] = "tests.backend"
    DATABASES["default"]["TEST"] = {"TEMPLATE": env.text("TEST_TEMPLATE", "template1")}
# The release step alone is given a superuser, to make the roles and the logins' passwords (manage.py sync_roles).
SUPERUSER_DATABASE_URL = env.text("SUPERUSER_DATABASE_URL", "")
LOGIN_PASSWORDS: dict[str, str] = {}
if SUPERUSER_DATABASE_URL:
    LOGIN_PASSWORDS = {f"dakiya_{login}": str(_database(login)["PASSWORD"]) for login in LOGIN_URLS}
DATABASE_ROUTERS = ["kernel.db.router.ScopeRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- broker, cache, Celery -----------------------------------------------------------------------------------------
_VALKEY = f"redis://127.0.0.1:{env.integer('TEST_VALKEY_PORT', VALKEY_PORT)}"
BROKER_URL = env.text("BROKER_URL", None if IS_PRODUCTION else f"{_VALKEY}/0")
CACHE_URL = env.text("CACHE_URL", None if IS_PRODUCTION else f"{_VALKEY}/1")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}}

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = Queue.DEFAULT.value
CELERY_TASK_ROUTES = {task: {"queue": queue.value} for task, queue in QUEUE_OF_TASK.items()}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
# On SIGQUIT a task has so long; then it is given back to the queue at once, where another worker begins it anew.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 8.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- applications --------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_htmx",
    "csp",
    "template_partials",
    "kernel.db",
    "kernel.web",
    "audit",
    "tenants",
    "compliance",
    "routing",
    "billing",
    "messaging",
    "campaigns",
    "reporting",
    "gateways",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "audit.middleware.WhereMiddleware",
    "kernel.web.direct.DirectMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.navigation.navigation",
            ],
            "builtins": ["django.templatetags.static", "kernel.web.templatetags.ui"],
        },
    }
]

# --- people --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tenants.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Dakiya: "
ACCOUNT_SESSION_REMEMBER = True
SESSION_COOKIE_HTTPONLY = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Dakiya <no-reply@dakiya.invalid>")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if ENVIRONMENT == "development":
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=False)

# --- browser -------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
IS_HTTPS = env.boolean("DAKIYA_HTTPS", default=IS_PRODUCTION)
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENVIRONMENT != "test"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Source maps are for developers and half the work of compressing; the rest is compressed already.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "gz", "br", "zip", "jpg", "png", "gif", "webp", "woff", "woff2")
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
# Signed heads of the audit trails, outside the database; better on a disk that only grows, and the key elsewhere.
AUDIT_HEADS = Path(env.text("AUDIT_HEADS", str(VAR_DIR / "audit")))
AUDIT_SIGNING_KEY = env.text("AUDIT_SIGNING_KEY", "")
# How many proxies of ours stand in front and add to X-Forwarded-For; 0 believes the connection alone.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
# One import may be as large as this; the row limit of an import is campaigns' own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- API -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.permissions.HasTenant"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "kernel.web.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "kernel.web.problem.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dakiya API",
    "DESCRIPTION": "Send messages, follow them to the handset, and read what they cost.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    # Several resources have a field `state`, each with words of its own.
    "ENUM_NAME_OVERRIDES": {
        "CampaignState": "campaigns.statuses.CampaignState",
        "ImportState": "campaigns.statuses.ImportState",
        "ReviewState": "compliance.statuses.ReviewState",
        "PortalState": "compliance.statuses.PortalState",
    },
}

# --- language, time, logs ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"level": "WARNING"}, "kombu": {"level": "WARNING"}},
}

# --- compliance ---------------------------------------------------------------------------------------------------
# Portals block what was not used for so long; the rule was changed more than once, hence settings.
DLT_HEADER_IDLE_DAYS = env.integer("DLT_HEADER_IDLE_DAYS", 30)
DLT_TEMPLATE_IDLE_DAYS = env.integer("DLT_TEMPLATE_IDLE_DAYS", 90)

# --- messages -----------------------------------------------------------------------------------------------------
MAX_SEGMENTS = env.integer("MAX_SEGMENTS", 10)
DEFAULT_VALIDITY_HOURS = env.integer("DEFAULT_VALIDITY_HOURS", 24)
MAX_VALIDITY_HOURS = env.integer("MAX_VALIDITY_HOURS", 72)
RECEIPT_GRACE_HOURS = env.integer("RECEIPT_GRACE_HOURS", 24)
PARTITION_DAYS_AHEAD = env.integer("PARTITION_DAYS_AHEAD", 28)
MESSAGE_RETENTION_DAYS = env.integer("MESSAGE_RETENTION_DAYS", 400)
# Promotions go out within the hours of the recipient's country; only a laboratory, where nobody is woken, says 0.
KEEP_PROMOTIONAL_HOURS = env.boolean("KEEP_PROMOTIONAL_HOURS", default=True)
