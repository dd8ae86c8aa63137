"""`fields` and `omit`: parts of each object. Not of upstream's API: see the document of our own."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from spacedevs.api.modes import name_of
from spacedevs.api.opaque_shapes import fields_of, nested_shape_of
from spacedevs.api.renderers import parsed

FIELDS_PARAM, OMIT_PARAM = "fields", "omit"
PARAMETERS = [
    OpenApiParameter(
        FIELDS_PARAM,
        str,
        description="The fields to show: names with commas, and "
        "dots for those within, as in `name,agency.name`. The order is the shape's.",
    ),
    OpenApiParameter(OMIT_PARAM, str, description="The fields to leave out, written likewise."),
]

# Names of keys and what is chosen below each; None: all of it.
Tree = dict[str, "Tree | None"]


class Selection:
    """What of each object is shown, in the shape's order. What both name is left out."""

    def __init__(self, only: Tree, without: Tree) -> None:
        self.only, self.without = only, without

    @classmethod
    def asked_for(cls, params: Any, shape: Any) -> "Selection | None":
        """By a request's parameters; None: all is shown. Raises ValidationError."""
        only, without = (_read(params, name, shape) for name in (FIELDS_PARAM, OMIT_PARAM))
        return cls(only, without) if only or without else None

    def of(self, printed: Any) -> Any:
        """`printed`: an object as a dict, or as a fragment of JSON."""
        value = parsed(printed)
        if self.only:
            value = _only(value, self.only)
        return _without(value, self.without) if self.without else value


def _only(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_only(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _only(part, below) if (below := tree[name]) else part
        for name, part in value.items()
        if name in tree
    }


def _without(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_without(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without(part, below) if (below := tree.get(name)) else part
        for name, part in value.items()
        if name not in tree or tree[name]
    }


def _read(params: Any, name: str, shape: Any) -> Tree:
    asked = ",".join(params.getlist(name)).split(",")
    tree: Tree = {}
    unknown = []
    for path in filter(None, map(str.strip, asked)):
        steps = path.split(".")
        if _is_known(shape, steps):
            _put(tree, steps)
        else:
            unknown.append(path)
    if unknown:
        mode = name_of(shape)
        place = f' in mode "{mode}"' if mode else ""
        raise ValidationError({name: [f'There is no field "{each}"{place}.' for each in unknown]})
    return tree


def _put(tree: Tree, steps: list[str]) -> None:
    first, *rest = steps
    if not rest or tree.get(first, tree) is None:
        tree[first] = None  # all of it, whatever else is asked of it
    else:
        _put(tree.setdefault(first, {}), rest)  # type: ignore[arg-type]


def _is_known(shape: Any, steps: list[str]) -> bool:
    for step in steps:
        if shape is None or step not in fields_of(shape):
            return False
        shape = nested_shape_of(fields_of(shape)[step])
    return True
