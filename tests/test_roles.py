"""Who may do what: role, model and action, and what it gets where it may not."""

import io
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from spacecraft.models import Agency, Country, Spacecraft, SpacecraftStatus
from spacedevs.history.models import Change
from spacedevs.mirror.models import Hold, MirrorRun
from spacedevs.roles import ROLES
from spacedevs.throttle.models import Token
from tests.administration import MODELS, RELATIONS, admin_url, of_every_model, save, sent

pytestmark = pytest.mark.django_db
READER, LIBRARIAN, MANAGER, NOBODY = "reader", "librarian", "manager", "nobody"
EVERYBODY = (NOBODY, READER, LIBRARIAN, MANAGER)
EDITORS = {LIBRARIAN, MANAGER}
READERS = {READER, *EDITORS}


def client_of(role: str) -> Client:
    """Logged in, as staff; `nobody` has no role."""
    user, _ = User.objects.get_or_create(username=f"a {role}", is_staff=True)
    if role != NOBODY:
        user.groups.set([Group.objects.get(name=role)])
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    return client


def other_rows() -> dict[Any, Any]:
    """A row of each model that is no record."""
    status = SpacecraftStatus.objects.create(name="S")
    return {
        Change: Change.objects.get(key=str(status.pk)),
        MirrorRun: MirrorRun.objects.create(source="s", started="2026-01-01T00:00Z"),
        Hold: Hold.objects.create(model="spacecraft.agency", key="1", field="name", label="L"),
        Token: Token.objects.create(name="t"),
        User: User.objects.create_user("somebody"),
    }


SEEN: dict[str, set[str]] = {"view": READERS, "add": set(), "change": set(), "delete": set()}
KEPT = {verb: {MANAGER} for verb in ("view", "add", "change", "delete")}
RECORD = {
    "view": READERS,
    "add": EDITORS,
    "change": EDITORS,
    "delete": EDITORS,
    "export": READERS,
    "import": EDITORS,
}
TABLE: dict[Any, dict[str, set[str]]] = {
    **dict.fromkeys(MODELS, RECORD),
    **dict.fromkeys((Change, MirrorRun, Hold), SEEN),
    **dict.fromkeys((Token, User), KEPT),
}


def ask(client: Client, model: Any, verb: str, row: Any) -> int:
    """The status of what a verb's page answers, to what it takes to do it."""
    if verb == "view":
        return int(client.get(admin_url(model, "changelist")).status_code)
    if verb == "add":
        return int(client.get(admin_url(model, "add")).status_code)
    if verb == "export":
        return int(client.post(admin_url(model, "export"), {"format": "json"}).status_code)
    if verb == "import":
        url = admin_url(model, "import")
        asked, taken = client.get(url).status_code, client.post(url, {}).status_code
        return int(asked) if asked == taken else 0
    page = "change" if verb == "change" else "delete"
    if verb == "change":
        # Who may look gets the page; what counts is whether it is taken.
        status = int(client.post(admin_url(model, page, row.pk), {}).status_code)
        return 200 if status == 302 else status
    return int(client.get(admin_url(model, page, row.pk)).status_code)


@pytest.mark.parametrize("role", EVERYBODY)
def test_what_a_role_may_and_what_it_gets_where_it_may_not(role: str) -> None:
    client, rows = client_of(role), other_rows()
    wrong = []
    for model, verbs in TABLE.items():
        row = rows.get(model) or model._default_manager.first()
        for verb, who in verbs.items():
            status = ask(client, model, verb, row)
            if status != (200 if role in who else 403):
                wrong.append((model.__name__, verb, status))
    assert wrong == []


ACTIONS = {
    (Spacecraft, "set_fields"): EDITORS,
    (Spacecraft, "count_anew"): EDITORS,
    (Spacecraft, "delete_selected"): EDITORS,
    (Spacecraft, "export_selected"): READERS,
    (Agency, "delete_selected"): EDITORS,
    (Hold, "let_go"): EDITORS,
    (Token, "revoke"): {MANAGER},
    (Token, "delete_selected"): {MANAGER},
    (User, "delete_selected"): {MANAGER},
}


@pytest.mark.parametrize("role", sorted(READERS))
def test_which_actions_a_role_is_offered_and_may_take(role: str) -> None:
    client, rows = client_of(role), other_rows()
    wrong = []
    for (model, action), who in ACTIONS.items():
        url = admin_url(model, "changelist")
        page = client.get(url)
        row = rows.get(model) or model._default_manager.first()
        offered = f'value="{action}"' in page.text
        taken = client.post(url, {"action": action, "_selected_action": [row.pk]})
        # One that may not sees the list again, and nothing is asked; or may not see that.
        done = taken.status_code == 200 and 'id="changelist-form"' not in taken.text
        if (offered, done) != (role in who, role in who):
            wrong.append((model.__name__, action, offered, taken.status_code))
    assert wrong == []


@of_every_model
def test_no_action_is_offered_to_who_may_nothing(model: Any) -> None:
    nobody = User.objects.create_user("nobody", is_staff=True)
    request: Any = type("Request", (), {"user": nobody, "GET": {}})()
    assert admin.site.get_model_admin(model).get_actions(request) == {}


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_takes_changes_back_and_lets_go(role: str) -> None:
    client, rows = client_of(role), other_rows()
    asked = [
        reverse("admin:history_back", args=(rows[Change].pk,)),
        reverse("admin:history_until", args=(rows[Change].pk,)),
        reverse("admin:history_step_back", args=(rows[Change].step_id,)),
        reverse("admin:mirror_hold_let_go", args=(rows[Hold].pk,)),
    ]
    for url in asked:
        for answer in (client.get(url), client.post(url, {"confirmed": "x"})):
            assert (answer.status_code == 403) == (role not in EDITORS), url


@pytest.mark.parametrize("role", EVERYBODY)
def test_the_history_of_a_record_is_for_those_who_may_see_it(role: str) -> None:
    url = admin_url(Agency, "history", Agency.objects.all()[0].pk)
    assert client_of(role).get(url).status_code == (200 if role in READERS else 403)


# One permission alone


def test_who_may_change_craft_alone_can_use_the_pickers_of_their_page(client: Client) -> None:
    user = User.objects.create_user("one", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_spacecraft"))
    client.force_login(user)
    craft = Spacecraft.objects.all()[0]
    assert client.get(admin_url(Spacecraft, "change", craft.pk)).status_code == 200
    for model, field in (relation.values for relation in RELATIONS):
        query = {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": field.name,
        }
        answer = client.get(reverse("admin:autocomplete"), query)
        may = Spacecraft in (model, field.related_model)
        assert answer.status_code == (200 if may else 403), field
    status = SpacecraftStatus.objects.exclude(pk=craft.status_id)[0]
    assert save(client, craft, status=status.pk).status_code == 302


# Nobody makes somebody mightier


def test_a_manager_makes_no_superuser() -> None:
    client = client_of(MANAGER)
    somebody = User.objects.create_user("somebody")
    url = admin_url(User, "change", somebody.pk)
    page = client.get(url)
    assert 'name="is_superuser"' not in page.text
    assert 'name="user_permissions"' not in page.text
    data = {**sent(page), "is_superuser": "on", "is_staff": "on"}
    assert client.post(url, data).status_code == 302
    somebody.refresh_from_db()
    assert (somebody.is_staff, somebody.is_superuser) == (True, False)


def test_a_manager_does_not_touch_a_superuser() -> None:
    client, root = client_of(MANAGER), User.objects.create_superuser("root")
    assert client.post(admin_url(User, "change", root.pk), {}).status_code == 403
    assert client.post(admin_url(User, "delete", root.pk), {"post": "yes"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=(root.pk,))
    assert client.post(password, {}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post(admin_url(User, "changelist"), action)
    assert User.objects.filter(username="root").exists()


def test_a_manager_gives_the_three_roles_alone() -> None:
    Group.objects.create(name="mighty")
    page = client_of(MANAGER).get(admin_url(User, "add"))
    somebody = User.objects.create_user("somebody")
    page = client_of(MANAGER).get(admin_url(User, "change", somebody.pk))
    offered = re.search(r'<select name="groups".*?</select>', page.text, re.DOTALL)
    assert offered
    assert set(re.findall(r">(\w+)</option>", offered[0])) == set(ROLES)


# The command


def test_the_command_makes_a_user_of_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    out = io.StringIO()
    call_command("adduser", "ada", "--role", "librarian", stdout=out)
    assert out.getvalue().startswith("ada may log in at /admin/ as a librarian")
    ada = User.objects.get(username="ada")
    assert (ada.is_staff, ada.is_superuser) == (True, False)
    assert ada.check_password("a long password")
    assert [group.name for group in ada.groups.all()] == ["librarian"]


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [("somebody", "a long password", "already exists"), ("ada", "short", "too short")],
)
def test_the_command_says_what_is_wrong_and_makes_nobody(
    monkeypatch: pytest.MonkeyPatch, name: str, password: str, told: str
) -> None:
    User.objects.create_user("somebody")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    with pytest.raises(CommandError, match=told):
        call_command("adduser", name)
    assert User.objects.count() == 1


def test_the_command_says_what_to_do_where_no_roles_are() -> None:
    Group.objects.all().delete()
    with pytest.raises(CommandError, match="prepare"):
        call_command("adduser", "ada")


def test_a_country_is_added_by_a_librarian() -> None:
    client, url = client_of(LIBRARIAN), admin_url(Country, "add")
    client.post(url, {**sent(client.get(url)), "name": "Atlantis"})
    assert Change.objects.get(label="Atlantis").step.by == "a librarian"
