import os

from django.core.wsgi import get_wsgi_application

from spacedevs.serving.site import Site

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spacedevs.settings")

site = Site(get_wsgi_application())
