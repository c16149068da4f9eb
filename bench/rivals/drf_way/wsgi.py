import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.rivals.drf_way.settings")
application = get_wsgi_application()
