"""`mode`: how much of each object is shown. A mode is a serializer; its name is what the
serializer prints in `response_mode`, or, in a version that has no such field, its `Meta.mode`."""

from typing import Any

from django import forms
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from spacedevs.api.description import Section, Words, example

MODE_PARAM = "mode"
DEFAULT = "normal"
PRINTED = "response_mode"
Mode = type[serializers.Serializer]


class ResponseModeField(serializers.CharField):
    """The name of the mode, the same for each object."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        # A default marks the value as given by the server, and stands in the OpenAPI document.
        super().__init__(read_only=True, default=mode)

    def get_attribute(self, instance: Any) -> str:
        return self.mode

    def to_representation(self, value: str) -> str:
        return value


def name_of(serializer_class: Mode) -> str | None:
    field = getattr(serializer_class, "_declared_fields", {}).get(PRINTED)
    meta = getattr(serializer_class, "Meta", None)
    return field.mode if isinstance(field, ResponseModeField) else getattr(meta, "mode", None)


class Modes:
    """What a resource's tuple of serializers, from the poorest to the richest, means."""

    def __init__(self, serializer_classes: tuple[Mode, ...]) -> None:
        self.classes = serializer_classes
        # One alone is no choice, and has no name that could be asked for.
        several = serializer_classes if len(serializer_classes) > 1 else ()
        self.names = tuple(name for name in map(name_of, several) if name)
        self.by_name = dict(zip(self.names, serializer_classes, strict=False))

    def are_printed(self) -> bool:
        """Whether each object says which mode it is in."""
        return all(PRINTED in each._declared_fields for each in self.classes)

    def richest(self) -> Mode:
        return self.classes[-1]

    def default(self) -> Mode:
        return self.by_name.get(DEFAULT, self.richest())

    def asked_for(self, name: str | None) -> Mode:
        """The mode of that name; the default where there is none (contract, "mode")."""
        return self.by_name.get(name or DEFAULT, self.default())

    def sections(self, view: Any) -> list[Section]:
        if not self.names:
            return []
        shown = next((name for name in self.names if name != DEFAULT), DEFAULT)
        words = Words("Levels of detail in the response", self.names)
        return [Section("Modes", (words, example(view, f"{MODE_PARAM}={shown}")))]

    def form_fields(self, view: Any) -> dict[str, forms.Field]:
        if not self.names:
            return {}
        others = [(name, name) for name in self.names if name != DEFAULT]
        return {MODE_PARAM: forms.ChoiceField(choices=[("", DEFAULT), *others])}

    def parameters(self) -> list[OpenApiParameter]:
        if not self.names:
            return []
        words = "The level of detail in the response."
        return [
            OpenApiParameter(MODE_PARAM, str, enum=self.names, default=DEFAULT, description=words)
        ]
