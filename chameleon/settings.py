"""All settings, read from the environment. What is not set has a default that is safe on one machine."""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from chameleon import postgres, providers
from chameleon.environment import database, is_on, listed, one_of, origins, rates, redis, secret_key, whole
from chameleon.errors import CannotStart
from chameleon.openapi import SPECTACULAR_SETTINGS  # noqa: F401  (a setting by itself)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("CHAMELEON_DATA") or BASE_DIR / "var").absolute()

DEBUG = is_on("CHAMELEON_DEBUG")
TESTING = "PYTEST_VERSION" in os.environ
HTTPS = is_on("CHAMELEON_HTTPS")
WORKER = os.environ.get("CHAMELEON_WORKER") != "0"

# Where people reach this installation: the links in answers to programs begin with it.
HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = os.environ.get("PORT") or "8000"
BASE_URL = (os.environ.get("CHAMELEON_URL") or f"http://{HOST}:{PORT}").rstrip("/")

SECRET_KEY = secret_key(DATA_DIR)
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")

# How many calls in how many seconds: by class of call, of one key (token, session), pilot or address.
RATES = rates(
    "CHAMELEON_RATES",
    {
        "submit.key": (250_000, 10),
        "submit.pilot": (250_000, 10),
        "submit.address": (500_000, 10),
        "read.key": (100_000, 10),
        "read.pilot": (100_000, 10),
        "read.address": (250_000, 10),
        "decide.key": (6_000, 10),
        "decide.pilot": (6_000, 10),
        "decide.address": (30_000, 10),
        "provision.key": (6_000, 60),
        "provision.pilot": (6_000, 60),
        "provision.address": (12_000, 60),
        "token.key": (120, 60),
        "token.pilot": (120, 60),
        "token.address": (300, 60),
        "sign-in.address": (120, 60),
        "act.key": (600, 10),  # what pages send about questions and stops
        "act.pilot": (600, 10),
        "act.address": (12_000, 10),
        "manage.key": (120, 60),  # all else that pages send: members, keys, settings
        "manage.pilot": (120, 60),
        "manage.address": (1_200, 60),
        "unknown.address": (100, 10),  # calls with a key, token or session that is not known
        "password.name": (5, 300),  # wrong passwords for one account
        "password.address": (10, 60),  # wrong passwords from one address
        "code.name": (5, 300),  # wrong codes and passkeys for one account
        "code.address": (20, 60),
    },
)

# Seconds: for how long signing in, or a password, code or passkey since, proves that it is the person; after how long
# without a hand at it a session ends; and after how long in any case.
FRESH_SECONDS = 60 * whole("CHAMELEON_FRESH_MINUTES", 15)
SESSION_IDLE = 3600 * whole("CHAMELEON_SESSION_IDLE", 12)
SESSION_LIFETIME = 24 * 3600 * whole("CHAMELEON_SESSION_LIFETIME", 7)

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *listed("CHAMELEON_HOSTS")]
CSRF_TRUSTED_ORIGINS = listed("CHAMELEON_ORIGINS")
# Pages of other sites that may call the API, with a token and never with a cookie. None unless named.
CORS_ORIGINS = origins("CHAMELEON_CORS_ORIGINS")


# The parts

INSTALLED_APPS = [
    "daphne",  # `manage.py runserver` serves WebSockets by it; bin/up serves by uvicorn
    "channels",
    "chameleon.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "audit",
    "live",
    "accounts",
    "work",
    "guardians",
    "interventions",
    "intake",
    "clients",
    "chameleon",
]

MIDDLEWARE = [
    "chameleon.middleware.PageGzipMiddleware",
    "chameleon.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "chameleon.middleware.StaticMiddleware",
    "chameleon.middleware.ProblemMiddleware",
    "chameleon.middleware.SlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chameleon.middleware.PasswordsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.MembershipMiddleware",
    "accounts.middleware.FactorMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.ZoneMiddleware",
]

ROOT_URLCONF = "chameleon.urls"
ASGI_APPLICATION = "chameleon.asgi.application"
APPEND_SLASH = False

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
                "chameleon.context_processors.door",
                "chameleon.context_processors.frame",
            ],
        },
    },
]


# What is kept

DATABASES = {"default": database(os.environ.get("DATABASE_URL") or postgres.address(DATA_DIR))}
# Under ASGI every request has a thread of its own: CONN_MAX_AGE would keep a connection for each and run Postgres dry.
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": whole("CHAMELEON_POOL", 16),
    "timeout": 10,
    # While Postgres is away, a place in the pool that keeps trying is one that nobody gets; it tries ever more
    # rarely. Given up soon, the next caller tries at once.
    "reconnect_timeout": 5,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = redis("REDIS_URL")
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "chameleon", "capacity": 10_000},
        }
    }

# Bodies above it are refused before they are read; chameleon.limits does the same for streams.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Whether callbacks may go to private networks: for trying things out at home.
CALLBACKS_TO_PRIVATE = is_on("CHAMELEON_CALLBACKS_TO_PRIVATE")


# Who may enter

AUTH_USER_MODEL = "accounts.Pilot"
PROVIDERS = providers.in_force()
PASSWORDS = os.environ.get("CHAMELEON_PASSWORDS") != "0"
if not PASSWORDS and not PROVIDERS:
    raise CannotStart("CHAMELEON_PASSWORDS=0 leaves no way to sign in: set up a provider first (docs/sign-in.md).")

AUTHENTICATION_BACKENDS = ["accounts.backends.ProviderBackend", "accounts.backends.MembershipBackend"]
if PASSWORDS:
    AUTHENTICATION_BACKENDS = [
        "allauth.account.auth_backends.AuthenticationBackend",
        "django.contrib.auth.backends.ModelBackend",
        *AUTHENTICATION_BACKENDS,
    ]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:  # a login is not what most tests are about, and argon2 takes its time on purpose
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "chameleon.door.ClosedDoor"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
SOCIALACCOUNT_ADAPTER = "chameleon.arrivals.Arrivals"
SOCIALACCOUNT_PROVIDERS = providers.for_allauth(PROVIDERS)
SOCIALACCOUNT_QUERY_EMAIL = True  # of GitHub, which tells which of them are verified
SOCIALACCOUNT_STORE_TOKENS = False  # ours are encrypted
# Whoever signs in by a provider for the first time: where they become a member, as what, and with which addresses.
FIRST_ORGANIZATION = os.environ.get("CHAMELEON_ORGANIZATION") or "default"
FIRST_ROLE = os.environ.get("CHAMELEON_FIRST_ROLE") or "Operator"
EMAIL_DOMAINS = [domain.lower().lstrip("@") for domain in listed("CHAMELEON_EMAIL_DOMAINS")]
# Wrong passwords and codes are counted by chameleon.guessing, for all processes together.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": None}

# How long tokens of programs live: an access token, and a sign-in with all that is refreshed from it.
ACCESS_SECONDS = 60 * whole("CHAMELEON_ACCESS_MINUTES", 10)
REFRESH_SECONDS = 86_400 * whole("CHAMELEON_REFRESH_DAYS", 14)
ACCOUNT_REAUTHENTICATION_TIMEOUT = FRESH_SECONDS

MFA_ADAPTER = "chameleon.door.SealedFactors"
MFA_FORMS = {
    "authenticate": "chameleon.guessing.CodeForm",
    "authenticate_webauthn": "chameleon.guessing.PasskeyForm",
    "reauthenticate": "chameleon.guessing.CodeAgainForm",
    "reauthenticate_webauthn": "chameleon.guessing.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Chameleon"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up by themselves, so nobody locks an owner out

LIVE_ACTOR_RESOLVER = "accounts.authentication.membership_of_scope"
LIVE_TOKEN_RESOLVER = "accounts.authentication.membership_of_token"  # noqa: S105 -- the name of a function

SESSION_COOKIE_AGE = SESSION_LIFETIME
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "chameleon.problems.csrf_failed"
# HSTS for sibling names and the browsers' preload list: a self-hosted tool does not speak for its whole domain.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = whole("EMAIL_PORT", 587)
EMAIL_HOST_USER = os.environ.get("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_PASSWORD", "")
EMAIL_TIMEOUT = 10  # seconds: somebody waits for the page that sends it
EMAIL_USE_TLS = os.environ.get("EMAIL_TLS") != "0"
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM") or "chameleon@localhost"
if not EMAIL_HOST:  # not the console: a link that resets a password has no business in a log
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.MembershipSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["chameleon.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "chameleon.problems.handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
    "NON_FIELD_ERRORS_KEY": "body",
}


# Languages and files

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German")), ("fr", _("French")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
# bin/up collects, hashes and compresses; a test and a developer get the files as they lie in the folder.
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or TESTING
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "chameleon.storage.HashedStorage"
    },
}


# What is said on stderr

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "chameleon.logs.WithoutSecrets"}},
    "formatters": {
        "line": {"()": "chameleon.logs.Line"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]},
    },
    "root": {"handlers": ["stderr"], "level": one_of("CHAMELEON_LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR")},
    "loggers": {
        "django": {"level": "INFO", "propagate": True, "handlers": []},
        # Of each refused request the caller is told; of each job its row tells.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "procrastinate": {"level": "WARNING"},
        # A lost connection is told once, by chameleon.lifespan, and not with each traceback on its way there.
        "procrastinate.utils": {"level": "CRITICAL"},
        "procrastinate.worker.worker": {"level": "CRITICAL"},
        "psycopg.pool": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
    },
}
