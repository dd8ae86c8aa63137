"""`api-throttle/`: how a client stands. It is free, and answers with the throttle off as well."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from spacedevs.api.description import Section, format_section, help_section
from spacedevs.api.schema import DescribedSchema
from spacedevs.api.viewsets import ReadOnly
from spacedevs.clients import client_ip
from spacedevs.throttle.decisions import look


class APIThrottle(serializers.Serializer):
    your_request_limit = serializers.IntegerField()
    limit_frequency_secs = serializers.IntegerField()
    current_use = serializers.IntegerField()
    next_use_secs = serializers.IntegerField()
    ident = serializers.CharField()


class APIThrottleSchema(DescribedSchema):
    def get_operation_id(self) -> str:
        return "api_throttle_list"

    def get_summary(self) -> str:
        return "Get API Throttle Status"

    def get_tags(self) -> list[str]:
        return ["Throttle", "Api-throttle"]

    def get_response_serializers(self) -> Any:
        return APIThrottle


class APIThrottleView(ReadOnly):
    basename = "api-throttle"
    throttle_classes = ()
    schema = APIThrottleSchema()

    def get_view_name(self) -> str:
        return "API Throttle"

    def sections(self) -> list[Section]:
        return [format_section(self), help_section()]

    def get(self, request: Request, format: str | None = None) -> Response:
        token: Any = request.auth
        decision = look(client_ip(request._request), token)
        body = {
            "your_request_limit": decision.rate.calls,
            "limit_frequency_secs": decision.rate.seconds,
            "current_use": decision.used or 0,
            "next_use_secs": decision.next_use,
            "ident": decision.ident,
        }
        return Response(body, headers={"Cache-Control": "no-store"})
