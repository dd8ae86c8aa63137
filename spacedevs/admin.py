"""A page in the admin for every record that the app's own admin.py leaves out.

INSTALLED_APPS names this app after the one with the records: Django's autodiscover goes by it.
"""

from django.contrib import admin
from django.contrib.auth.models import User

from spacedevs.api.registry import record_models
from spacedevs.editing import RecordAdmin, default_options
from spacedevs.users import KeptUserAdmin

for model in record_models():
    if not admin.site.is_registered(model):
        admin.site.register(model, RecordAdmin, **default_options(model))

admin.site.unregister(User)
admin.site.register(User, KeptUserAdmin)
