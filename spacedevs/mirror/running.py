"""Which durations run at the source, where it is a server of this project and says so."""

from typing import Any, NamedTuple

from django.db.models import Model

from spacedevs.mirror.reader import Rows
from spacedevs.running import RunningDurationField


class Running(NamedTuple):
    """The names of an object's durations that run, by model and key: of those that are told of."""

    names: dict[tuple[type[Model], Any], list[str]]

    def start(self, rows: Rows) -> None:
        """In place of what a source without a word of it makes one guess.

        A row that comes within another, and is not told of itself, keeps what runs here.
        """
        for model, of_model in rows.items():
            columns = [
                each for each in model._meta.fields if isinstance(each, RunningDurationField)
            ]
            for row in of_model.values():
                names = self.names.get((model, row.pk))
                for column in columns:
                    if names is None:
                        row.values.pop(column.name, None)
                    else:
                        row.values[column.since] = row.date if column.name in names else None
