"""Relations that protect the rows they refer to, and keep the order in which they were entered."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db import models, router, transaction
from django.db.models.fields.related_descriptors import ManyToManyDescriptor


class ProtectingManyToManyField(models.ManyToManyField):
    """A many-to-many that keeps its targets from deletion, as PROTECT does for a foreign key.

    Django's own takes the rows in between away without a word, and a country would vanish from
    every agency that had it.
    """

    def contribute_to_related_class(self, cls: type[models.Model], related: Any) -> None:
        super().contribute_to_related_class(cls, related)
        through: Any = self.remote_field.through
        target = through._meta.get_field(self.m2m_reverse_field_name())
        target.remote_field.on_delete = models.PROTECT


class OrderedManyToManyField(ProtectingManyToManyField):
    """A many-to-many whose targets come in the order in which they were entered.

    The ids of the table in between are the order, as they are upstream's (contract, "order in
    lists"). The other side of the relation has its model's own order.
    """

    def contribute_to_class(
        self, cls: type[models.Model], name: str, *args: Any, **kwargs: Any
    ) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        setattr(cls, self.name, OrderedDescriptor(self.remote_field))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": OrderedMultipleChoiceField, **kwargs})


class OrderedDescriptor(ManyToManyDescriptor):
    @cached_property
    def related_manager_cls(self) -> Any:
        # Django's cached property hands the class out; a mixin in front of it adds the order.
        return type("OrderedRelatedManager", (_Ordered, super().related_manager_cls), {})


class _Ordered:
    """What a related manager does otherwise, so that the order is kept."""

    def _apply_rel_filters(self: Any, queryset: models.QuerySet) -> Any:
        return super()._apply_rel_filters(queryset).order_by(self.entered)  # type: ignore[misc]

    def get_prefetch_querysets(self: Any, instances: Any, querysets: Any = None) -> Any:
        queryset, *rest = super().get_prefetch_querysets(instances, querysets)  # type: ignore[misc]
        if not queryset.query.order_by:
            queryset = queryset.order_by(self.entered)
        return queryset, *rest

    @property
    def entered(self: Any) -> str:
        """From a target to the id of the row in between, by the join that is there already."""
        target = self.through._meta.get_field(self.target_field_name)
        return f"{target.related_query_name()}__id"

    def add(self: Any, *objs: Any, **kwargs: Any) -> None:
        with transaction.atomic(using=router.db_for_write(self.through, instance=self.instance)):
            for obj in objs:  # Django would make a set of them
                super().add(obj, **kwargs)  # type: ignore[misc]

    def set(self: Any, objs: Iterable[Any], **kwargs: Any) -> None:
        """Writes `objs`, rows or primary keys, in their order; nothing where that is there."""
        to_key = self.model._meta.pk.to_python
        given = {obj.pk if isinstance(obj, models.Model) else to_key(obj): obj for obj in objs}
        database = router.db_for_write(self.through, instance=self.instance)
        if list(given) != list(self.using(database).values_list("pk", flat=True)):
            super().set(given.values(), **{**kwargs, "clear": True})  # type: ignore[misc]


class OrderedMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Takes the rows in the order in which the form sends them."""

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        rows, to_key = {row.pk: row for row in chosen}, chosen.model._meta.pk.to_python
        return [rows[key] for key in dict.fromkeys(map(to_key, value or ()))]

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = [str(key) for key in self.prepare_value(initial or ())]
        return not self.disabled and before != [str(key) for key in data or ()]


class OrderedAutocomplete(AutocompleteSelectMultiple):
    """Shows the chosen rows in their own order. A browser sends them as they stand here."""

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Without select2's button that clears all: it stands in the list and is no item of it."""
        return {**super().build_attrs(*args, **kwargs), "data-allow-clear": "false"}

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        groups = super().optgroups(name, value, attrs)
        place = {str(key): number for number, key in enumerate(value)}
        for _, options, _ in groups:
            options.sort(key=lambda option: place.get(str(option["value"]), len(place)))
        return groups
