import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spacedevs.settings")

django.setup(set_prefix=False)  # the next imports need it

from spacedevs.answers import Answers  # noqa: E402
from spacedevs.handler import Handler  # noqa: E402
from spacedevs.limits import limit_waits  # noqa: E402

views = Handler()
application = Answers(views)
limit_waits()
