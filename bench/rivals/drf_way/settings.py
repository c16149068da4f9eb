import os

from sqlalchemy.engine import make_url

from bench.rivals.rules import CONNECTIONS

_url = make_url(os.environ["SIKS_BENCH_DATABASE_URL"])

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.database,
        "USER": _url.username,
        "PASSWORD": _url.password or "",
        "HOST": _url.query.get("host", _url.host),
        "PORT": _url.query.get("port", _url.port),
        "OPTIONS": {
            "pool": {"min_size": CONNECTIONS, "max_size": CONNECTIONS},
            "options": "-c jit=off",  # as the service has it
        },
    }
}
SECRET_KEY = "nothing is signed with it"  # noqa: S105 - no secret
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench.rivals.drf_way.urls"
INSTALLED_APPS = ["rest_framework", "bench.rivals.drf_way"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["bench.rivals.drf_way.access.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["bench.rivals.drf_way.access.ReadsPeople"],
    "DEFAULT_PAGINATION_CLASS": "bench.rivals.drf_way.access.Pages",
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}
