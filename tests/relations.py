"""Every relation that an answer shows holds something, so that no query is left out as needless."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model

from spacedevs.api.plans import Plan, accessor, plan_of, relation_of
from spacedevs.api.registry import resources


def relate_everything() -> None:
    """Gives each row a row in each relation that a plan follows. New rows come first."""
    relations = sorted(shown_relations(), key=lambda found: not found[1].one_to_many)
    for model, relation in relations:
        some_row(model)
        some_row(relation.related_model)
    for model, relation in relations:
        without = rows_without(model, relation)
        if relation.one_to_many:
            children = relation.related_model
            children._base_manager.bulk_create(
                new_row(children, **{relation.field.name: row}) for row in without
            )
        elif relation.many_to_many:
            field = relation if relation.concrete else relation.field
            source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
            own, other = (source, target) if relation.concrete else (target, source)
            through, some = field.remote_field.through, some_row(relation.related_model)
            through._base_manager.bulk_create(through(**{own: row, other: some}) for row in without)
        else:
            without.update(**{relation.name: some_row(relation.related_model)})


def shown_relations() -> list[tuple[type[Model], Any]]:
    """Each relation that some mode of some resource follows, with the model that has it."""
    found = {}
    for viewset in resources().values():
        for mode in viewset.modes:
            for model, relation in _relations_of(plan_of(mode)):
                found[model, accessor(relation)] = relation
    return [(model, relation) for (model, _), relation in found.items()]


def _relations_of(plan: Plan) -> Iterator[tuple[type[Model], Any]]:
    for path in (*plan.select_related, *plan.prefetched):
        model = plan.model
        for name in path.split("__"):
            relation = relation_of(model, name)
            yield model, relation
            model = relation.related_model
    for below in plan.prefetched.values():
        yield from _relations_of(below)


def rows_without(model: type[Model], relation: Any) -> Any:
    """The rows for which it holds nothing."""
    return model._base_manager.filter(**{f"{relation.name}__isnull": True})


def some_row(model: type[Model]) -> Model:
    row = model._base_manager.order_by("pk").first()
    if row is None:
        (row,) = model._base_manager.bulk_create([new_row(model)])
    return row


def new_row(model: type[Model], **values: Any) -> Model:
    """A row that has what its columns can't do without: an id and a name."""
    named = {"name": "x"} if hasattr(model, "name") else {}
    return model(**named, **values)
