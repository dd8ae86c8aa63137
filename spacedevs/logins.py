"""The answer to a log-in that django-axes refuses."""

import math
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from spacedevs.clients import client_network


def locked_out(request: HttpRequest, response: Any, credentials: dict[str, Any]) -> HttpResponse:
    """429 that says how long: AXES_COOLOFF_TIME after the last try that was let in."""
    tries = AccessAttempt.objects.filter(
        username=credentials["username"], ip_address=client_network(request)
    )
    now = timezone.now()
    last = tries.aggregate(last=Max("attempt_time"))["last"] or now
    seconds = max(1, math.ceil((last + settings.AXES_COOLOFF_TIME - now).total_seconds()))
    context = {"tries": settings.AXES_FAILURE_LIMIT, "minutes": math.ceil(seconds / 60)}
    page = render(request, "admin/locked_out.html", context, status=429)
    page["Retry-After"] = str(seconds)
    return page
