"""What a page shows of the objects in its answer."""

from typing import Any


def name_of(record: Any) -> str:
    """Its own, else that of the first object in it that has one, with the record's id."""
    if not isinstance(record, dict):
        return ""
    if name := record.get("name"):
        return str(name)
    within = (value.get("name") for value in record.values() if isinstance(value, dict))
    return ", ".join(
        str(each) for each in (next(filter(None, within), ""), record.get("id")) if each
    )
