"""Objects as another server of this project takes them: all of each, and which durations run."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from spacedevs.api.making import Making
from spacedevs.api.registry import resources
from spacedevs.api.rows import Statement
from spacedevs.running import RunningDurationField


def whole_objects(resource: str, ids: Sequence[Any], making: Making) -> dict[Any, dict[str, Any]]:
    """By id: `object`, in the richest mode, and `runs`, the names of fields."""
    viewset = resources()[resource]
    found = making.fragments(viewset.get_modes().richest(), list(ids))
    runs = running_fields(viewset.queryset.model, ids)
    return {
        pk: {"runs": runs.get(pk, []), "object": making.json(fragment)}
        for pk, fragment in found.items()
    }


def running_fields(model: type[Model], ids: Sequence[Any]) -> dict[Any, list[str]]:
    """One query, or none."""
    columns = [column for column in model._meta.fields if isinstance(column, RunningDurationField)]
    if not columns or not ids:
        return {}
    rows = model._base_manager.values_list("pk", *(column.since for column in columns))
    return {
        pk: [column.name for column, began in zip(columns, since, strict=True) if began]
        for pk, *since in Statement(rows, model._meta.pk).rows(ids)
    }
