"""The registry as it is usually written with Django REST framework: `wsgi` is run by gunicorn."""
