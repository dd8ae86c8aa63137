"""What another version of the API says of the same rows, where it says it in another way.

Opaque JSON is kept in the words of the main version. A `RetoldShape` tells it in those of another:
each of its fields looks its value up, by a source with dots where that lies deeper; what is not
there is null, and a list that is not there is empty. The fields below follow from a value of
another kind, and serve shapes of rows as well.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from spacedevs.names import sort_key


class RetoldList(serializers.ListSerializer):
    def get_attribute(self, instance: Any) -> Any:
        return super().get_attribute(instance) or []

    def to_representation(self, data: Any) -> Any:
        return _told(self, data)


class RetoldShape(serializers.Serializer):
    """The shape of a part of opaque JSON, in the words of another version.

    `sorted_by`: the key by whose value as a name a list of them stands. `instead`: by id, what is
    told in place of an object that this version does not know. Of a list, the objects are left out
    that have a key of `left_out_with` and none of `but_told_with`.
    """

    sorted_by = ""
    instead: Mapping[Any, Mapping[str, Any]] = {}
    left_out_with: tuple[str, ...] = ()
    but_told_with: tuple[str, ...] = ()

    class Meta:
        list_serializer_class = RetoldList

    def to_representation(self, instance: Any) -> Any:
        return _told(self, instance)

    @classmethod
    def words(cls) -> list[str]:
        """What else is different of its objects."""
        said = [f"id {old} is told as {new['name']}" for old, new in cls.instead.items()]
        if cls.left_out_with:
            said.append(f"without those that have only {' or '.join(cls.left_out_with)}")
        return said + ([f"sorted by {cls.sorted_by}"] if cls.sorted_by else [])

    def is_told(self, value: Mapping[str, Any]) -> bool:
        found = map(value.get, self.left_out_with)
        return not any(found) or any(map(value.get, self.but_told_with))


def _told(shape: Any, value: Any) -> Any:
    if isinstance(shape, serializers.ListSerializer):
        return [_told(shape.child, each) for each in _listed(shape.child, value or [])]
    if value is None:
        return None
    if not isinstance(shape, serializers.BaseSerializer):
        return shape.to_representation(value)
    if isinstance(shape, RetoldShape):
        value = shape.instead.get(value.get("id"), value)
    fields: Any = shape.fields  # type: ignore[attr-defined]
    return {name: _told(field, _found(field, value)) for name, field in fields.items()}


def _listed(shape: Any, values: Iterable[Any]) -> Iterable[Any]:
    if not isinstance(shape, RetoldShape):
        return values
    told = [value for value in values if value and shape.is_told(value)]
    if shape.sorted_by:
        told.sort(key=lambda value: sort_key(value.get(shape.sorted_by) or ""))
    return told


def _found(field: Any, value: Any) -> Any:
    try:
        return field.get_attribute(value)
    except (AttributeError, KeyError, serializers.SkipField):
        return None


class RetoldField:
    """`words`: how its value follows. `of`: the key, where it is that of the objects of a list.
    `reads`: whether it reads anything. `follows`: whether its value follows in each case."""

    words: str
    of = ""
    reads = follows = True


class _Null(RetoldField):
    """A constant: what this version had, and nobody knows any longer."""

    words = "always null"
    reads = follows = False

    def __init__(self) -> None:
        untyped: Any = super()
        untyped.__init__(read_only=True, allow_null=True)

    def get_attribute(self, instance: Any) -> None:
        return None


class NullField(_Null, serializers.CharField):
    pass


class NullNumberField(_Null, serializers.IntegerField):
    pass


class NullUrlField(_Null, serializers.URLField):
    pass


class EmptyField(RetoldField, serializers.CharField):
    """Null where its source is null, else empty."""

    words = "empty, or null where that is null"
    follows = False

    def to_representation(self, value: Any) -> str:
        return ""


class ShortFloatField(RetoldField, serializers.FloatField):
    """A float, without `.0` where it is whole."""

    words = "without .0 where it is whole"

    def to_representation(self, value: Any) -> Any:
        number: Any = super().to_representation(value)
        return int(number) if number.is_integer() else number


class _OfList(RetoldField):
    """A value that follows from a list of objects, or of rows: of the key `of` in each of them."""

    def __init__(self, of: str, **kwargs: Any) -> None:
        self.of = of
        untyped: Any = super()
        untyped.__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        untyped: Any = super()
        found = untyped.get_attribute(instance) or []
        return list(found.all() if hasattr(found, "all") else found)

    def values(self, found: Iterable[Any]) -> list[Any]:
        values = (_value(each, self.of) for each in found)
        return [value for value in values if value not in (None, "")]


class JoinedField(_OfList, serializers.CharField):
    """All of them in one text; `by`: the key by which they are sorted, else as they stand."""

    def __init__(self, of: str, *, separator: str = ",", by: str = "", **kwargs: Any) -> None:
        self.separator, self.by = separator, by
        super().__init__(of, **kwargs)

    @property
    def words(self) -> str:  # type: ignore[override]
        order = f", by {self.by}" if self.by else ""
        return f"all of them{order}, joined by {self.separator!r}"

    def to_representation(self, value: Any) -> str:
        if self.by:
            value = sorted(value, key=lambda each: _value(each, self.by) or 0)
        return self.separator.join(map(str, self.values(value)))


class OnlyTextField(_OfList, serializers.CharField):
    """That of the only object; empty where there are none or several, and one would be a guess."""

    words = "empty where there are several"
    follows = False

    def to_representation(self, value: Any) -> str:
        values = self.values(value)
        return str(values[0]) if len(values) == 1 else ""


class OnlyNumberField(_OfList, serializers.IntegerField):
    """That of the only object; null where there are none or several."""

    words = "null where there are several"
    follows = False

    def to_representation(self, value: Any) -> Any:
        values = self.values(value)
        return values[0] if len(values) == 1 else None


class ChosenUrlField(_OfList, serializers.URLField):
    """That of the first object whose `key` is one of `values`; null where there is none."""

    def __init__(self, of: str, *, key: str, values: tuple[str, ...], **kwargs: Any) -> None:
        self.key, self.chosen = key, values
        super().__init__(of, allow_null=True, **kwargs)

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"that of the first whose {self.key} is {' or '.join(self.chosen)}"

    def to_representation(self, value: Any) -> Any:
        found = (each for each in value if _value(each, self.key) in self.chosen)
        return next(iter(self.values(found)), None)


def _value(each: Any, path: str) -> Any:
    """Of an object or a row; null where it is not there."""
    for name in path.split("."):
        each = each.get(name) if isinstance(each, Mapping) else getattr(each, name, None)
    return each
