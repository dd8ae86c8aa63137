"""What is asked before many records are changed: a page that says what will be done.

The page does not guess: all of it is done, looked at, and taken back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from spacedevs.history.models import Change, Step
from spacedevs.history.steps import rehearse, step

SHOWN = 100  # records on the page
CONFIRMED = "confirmed"


class Refused(Exception):
    """A sentence: why an action does nothing, and what to do."""


def confirmed(
    request: HttpRequest,
    site: Any,
    do: Callable[[], object],
    *,
    title: str,
    button: str,
    lead: str = "",
    back: str,
    opts: Any = None,
    inputs: Iterable[tuple[str, str]] = (),
    form: Any = None,
    even_so: bool = False,
    kind: Step.Kind = Step.Kind.ACTION,
    problems: Sequence[Any] = (),
    template: str = "admin/confirm.html",
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse | None:
    """Does it in a step, where the editor has seen what it will do; else the page that says so.

    `inputs`: what the page sends again; `back`: where its "No" leads to; `even_so`: it may be done
    where no record changes. `problems`: a list that `do` fills with what stands against it; while
    there is any, it is shown and not done. `extra`: what the `template` shows besides.
    """
    why = ""
    changes: list[Change] = []
    ready = form is None or (form.is_bound and form.is_valid())
    seen = request.POST.get(CONFIRMED)
    try:
        if ready and seen:
            with step(kind, request.user, title):
                changes = rehearse(do)
                if seen == digest(changes) and not problems:
                    do()
                    messages.success(request, f"{title}: {count(len(changes))} changed.")
                    return None
            lead = f"What it would do is not what was shown before: look again. {lead}"
        elif ready:
            changes = rehearse(do)
    except (Refused, ValidationError, ProtectedError) as error:
        why = sentence(error)
    context = {
        **site.each_context(request),
        "title": title,
        "opts": opts,
        "lead": lead,
        "button": button,
        "back": back,
        "inputs": list(inputs),
        "form": form,
        "ready": ready and not why,
        "why": why,
        "changes": changes[:SHOWN],
        "total": len(changes),
        "problems": problems,
        "worth_it": (bool(changes) or even_so) and not problems,
        "digest": digest(changes),
        "count": count(len(changes)),
        "more": max(0, len(changes) - SHOWN),
        **(extra or {}),
    }
    return TemplateResponse(request, template, context, status=400 if why else 200)


def confirmed_action(
    page: ModelAdmin, request: HttpRequest, do: Callable[[], object], **about: Any
) -> HttpResponse | None:
    """confirmed() of an action of a list, and back to that list."""
    more = {"back": request.get_full_path(), "opts": page.opts, "inputs": chosen(request)}
    return confirmed(request, page.admin_site, do, **{**more, **about})


def digest(changes: list[Change]) -> str:
    """Of what a page says: it is done as it was shown, or shown again."""
    said = "\0".join(f"{each.model} {each.key} {each.kind} {each.values}" for each in changes)
    return sha256(said.encode()).hexdigest()


def sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, ProtectedError):
        users = sorted(map(str, error.protected_objects))
        return f"In use by {', '.join(users[:5])}{' and others' if len(users) > 5 else ''}."
    return str(error)


def count(number: int) -> str:
    return f"{number} record" if number == 1 else f"{number} records"


def chosen(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """What the list has sent to say which rows an action is for; "all" stays one word."""
    yield "action", request.POST.get("action", "")
    rows = request.POST.getlist(ACTION_CHECKBOX_NAME)
    if request.POST.get("select_across") == "1":
        yield "select_across", "1"
        rows = rows[:1]
    yield from ((ACTION_CHECKBOX_NAME, row) for row in rows)
