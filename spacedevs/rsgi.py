from spacedevs.serving import at_once
from spacedevs.serving.site import Site
from spacedevs.wsgi import application

site = Site(application)
at_once.install(site.taken)
