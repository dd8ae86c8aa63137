import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spacedevs.settings")

views = get_wsgi_application()  # sets Django up, which the next imports need

from spacedevs.answers import Answers  # noqa: E402
from spacedevs.limits import limit_waits  # noqa: E402

application = Answers(views)
limit_waits()
