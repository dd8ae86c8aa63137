from spacedevs.serving.site import Site
from spacedevs.wsgi import application

site = Site(application)
