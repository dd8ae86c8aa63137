import os

from django.core.wsgi import get_wsgi_application

from spacedevs.limits import limit_waits

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spacedevs.settings")

application = get_wsgi_application()
limit_waits()
