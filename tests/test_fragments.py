"""Fragments: as the serializers make them, and made anew only where a row of theirs changed."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from spacecraft.models import Agency, Spacecraft
from spacedevs.api.fragments import LISTS, OVERHEAD, Fragments
from spacedevs.api.making import Fragment, Key
from spacedevs.api.registry import resources
from spacedevs.changes import log
from spacedevs.changes.log import Version
from tests.conftest import longer_shell, shell
from tests.relations import relate_everything

Env = dict[str, str]
ROOT = "/2.3.0/"

# A client of a process of its own, whose clock stands still.
ASKING = """
import json, random
from datetime import UTC, datetime, timedelta
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from spacedevs import clock
from spacedevs.api import fragments
from spacedevs.api.registry import record_models, resources

now = datetime(2026, 11, 1, 12, tzinfo=UTC)
clock.now = lambda: now
api = Client(headers={"host": "localhost"})

def ask(path):
    response = api.get(f"/2.3.0/{path}")
    assert response.status_code == 200, path
    return response.content
"""
WRITING = """
random.seed(1)
links = [m for m in (field.remote_field.through for model in record_models()
                     for field in model._meta.local_many_to_many)]
urls = [f"{name}/?limit=100&mode={mode}" for name, viewset in resources().items()
        for mode in {"normal", *viewset.get_modes().names[-1:]}]

def any_row(model):
    return model._base_manager.order_by("?").first()

def column(model):
    return random.choice([model._meta.pk, *(f for f in model._meta.local_concrete_fields
        if not f.primary_key and not f.unique and not f.name.startswith("sort_")
        and (f.is_relation or isinstance(f, models.CharField | models.DateTimeField)))])

def value_for(field, row):
    if field.primary_key:
        return row.pk
    if field.is_relation:
        return any_row(field.related_model).pk
    if isinstance(field, models.DateTimeField):
        return now - timedelta(days=random.randrange(-30, 900))
    return f"x{random.randrange(10**6)}"

def write():
    model = random.choice([*record_models(), *links, *links])
    row, kind = any_row(model), random.choice(("update", "update", "insert", "delete"))
    if row is None:
        return "nothing"
    if kind == "update":
        field = column(model)
        model._base_manager.filter(pk=row.pk).update(**{field.attname: value_for(field, row)})
    elif kind == "insert":
        row.pk, row._state.adding = None, True
        if isinstance(model._meta.pk, models.UUIDField):
            return "nothing"
        if model not in links:
            row.pk = 2_000_000 + random.randrange(10**6)
        for field in model._meta.local_concrete_fields:
            if field.is_relation and random.random() < 0.5:
                setattr(row, field.attname, value_for(field, row))
        model._base_manager.bulk_create([row])
    else:
        model._base_manager.filter(pk=row.pk)._raw_delete("default")
    return f"{kind} {model.__name__} {row.pk}"

done, differ = [], []
for _ in range(WRITES):
    try:
        with transaction.atomic():
            done.append(write())
    except IntegrityError:
        continue
    now += timedelta(seconds=random.randrange(2))
    for url in urls:
        settings.FRAGMENTS = 32
        made = ask(url)
        settings.FRAGMENTS = 0
        if ask(url) != made:
            differ.append([url, done[-1]])
print(json.dumps([len(done), len({each.split(" ")[0] for each in done}), differ]))
"""
EDITING = """
def marks():
    return {f"{key.kind.__name__} {key.pk}": id(each) for key, each in fragments.kept._kept.items()}

for url in URLS:
    ask(url)
before = marks()
exec(EDIT)
for url in URLS:
    ask(url)
after = marks()
print(json.dumps(sorted(name for name in after if before.get(name) != after[name])))
"""


@pytest.mark.parametrize("query", ["", "?fields=nothing"])
@pytest.mark.parametrize(
    "path",
    [
        *("spacecraft/35", "spacecraft/+35", "spacecraft/%EF%BC%93%EF%BC%95", "spacecraft/3_5"),
        *("spacecraft/%2035", "spacecraft/0", "spacecraft/-1", "spacecraft/x", "spacecraft/%00"),
        *(f"spacecraft/{number}" for number in (2**31, 2**63 - 1, 2**63, 10**30)),
        *("agencies/44", "agencies/1e2", "spacecraft_flights/1", "config/countries/2"),
    ],
)
def test_what_an_id_names_does_not_depend_on_them(
    api: Client, settings: Any, path: str, query: str
) -> None:
    answers = []
    for size in (0, 32):
        settings.FRAGMENTS = size
        answer = api.get(f"{ROOT}{path}/{query}")
        answers.append((answer.status_code, answer.content))
    assert answers[0] == answers[1]


def test_a_resource_of_some_rows_has_no_others(api: Client, monkeypatch: Any) -> None:
    viewset = resources()["spacecraft"]
    monkeypatch.setattr(viewset, "queryset", viewset.queryset.exclude(pk=35))
    assert api.get(f"{ROOT}spacecraft/35/").status_code == 404
    assert api.get(f"{ROOT}spacecraft/499/").status_code == 200

    def get_queryset(view: Any) -> Any:
        return super(viewset, view).get_queryset().exclude(pk=499)

    monkeypatch.setattr(viewset, "get_queryset", get_queryset)
    assert api.get(f"{ROOT}spacecraft/499/").status_code == 404


@pytest.mark.parametrize("resource", sorted(resources()))
def test_they_are_what_the_serializers_make(api: Client, settings: Any, resource: str) -> None:
    relate_everything()
    modes = resources()[resource].get_modes().names or ("",)
    urls = [f"{ROOT}{resource}/?limit=100&mode={mode}" for mode in modes]
    urls += [f"{ROOT}{resource}.json?limit=3", f"{ROOT}{resource}/?limit=3&format=json"]
    urls += [f"{ROOT}{resource}/?limit=2"]
    ids = resources()[resource].queryset.values_list("pk", flat=True)[:5]
    urls += [f"{ROOT}{resource}/{pk}/" for pk in ids]
    for url in urls:
        html = ("text/html",) if url.endswith("limit=2") else ()
        for accept in ("application/json", "application/json; indent=4", *html):
            settings.FRAGMENTS = 32
            made = api.get(url, headers={"accept": accept})
            settings.FRAGMENTS = 0
            plain = api.get(url, headers={"accept": accept})
            assert made.status_code == 200
            assert made.content == plain.content
            assert {**made.headers, "X-Request-Id": ""} == {**plain.headers, "X-Request-Id": ""}


def test_whatever_is_written_they_are_never_old(prepared: Env, many: int) -> None:
    """`many` / 25 writes to any table, each followed by all lists: 800 where --long is given."""
    code = WRITING.replace("WRITES", str(many // 25))
    done, kinds, differ = json.loads(longer_shell(prepared, ASKING + code))
    assert differ == []
    assert done > many // 50
    assert kinds >= 3


def made_anew(env: Env, edit: str, *urls: str) -> list[str]:
    code = EDITING.replace("URLS", repr(urls)).replace("EDIT", repr(edit))
    found: list[str] = json.loads(shell(env, ASKING + code))
    return found


EDIT = "from spacecraft.models import *\n"
CRAFT = ("spacecraft/?limit=10&ordering=id", "spacecraft/?limit=10&ordering=id&mode=detailed")


def test_an_edit_has_made_anew_what_shows_it(prepared: Env) -> None:
    """The flight shows its craft."""
    made = made_anew(prepared, f"{EDIT}Spacecraft.objects.filter(pk=8).update(name='x')", *CRAFT)
    assert made == [
        "SpacecraftEndpointDetailed 8",
        "SpacecraftFlightNormal 6",
        "SpacecraftNormal 8",
    ]


def test_an_edit_of_what_many_share_has_them_made_anew_and_no_more(prepared: Env) -> None:
    edit = f"{EDIT}SpacecraftStatus.objects.filter(pk=1).update(name='x')"
    made = made_anew(prepared, edit, "spacecraft/?limit=100")
    kinds = {name.rpartition(" ")[0] for name in made}
    assert kinds == {"SpacecraftNormal", "SpacecraftStatus"}
    assert len([name for name in made if name.startswith("SpacecraftStatus")]) == 1


def test_a_row_that_is_added_to_a_list_is_in_it_and_the_other_lists_stay(prepared: Env) -> None:
    edit = f"{EDIT}SpacecraftFlight.objects.bulk_create([SpacecraftFlight(pk=9, spacecraft_id=8)])"
    made = made_anew(prepared, edit, CRAFT[1])
    assert made == ["SpacecraftEndpointDetailed 8", "SpacecraftFlightNormal 9"]


def test_what_was_added_to_another_tables_rows_has_nothing_made_anew(prepared: Env) -> None:
    edit = f"{EDIT}Country.objects.create(pk=2000000, name='x')"
    assert made_anew(prepared, edit, *CRAFT) == []


def test_another_second_is_printed_without_a_row_being_read(prepared: Env) -> None:
    code = """
from django.test.utils import CaptureQueriesContext
url = "spacecraft/?in_space=true&limit=100"
first = ask(url)
now += timedelta(seconds=1)
with CaptureQueriesContext(connection) as queries:
    second = ask(url)
settings.FRAGMENTS = 0
print(json.dumps([first != second, second == ask(url), [q["sql"] for q in queries]]))
"""
    differs, is_right, queries = json.loads(shell(prepared, ASKING + code))
    assert differs
    assert is_right
    assert [sql for sql in queries if "spacecraft_spacecraft" in sql and "json_each" in sql] == []
    assert len(queries) <= 5  # the snapshot, the version, the ids


def test_a_page_of_a_list_that_is_known_takes_no_query(prepared: Env) -> None:
    """The version is that which the known answers have read a moment ago."""
    code = """
from django.test.utils import CaptureQueriesContext
from spacedevs import wsgi
from spacedevs.answers import run
def page(offset):
    environ = api._base_environ(PATH_INFO="/2.3.0/agencies/", QUERY_STRING=f"offset={offset}")
    return run(wsgi.application, {**environ, "HTTP_HOST": "localhost"})[2]
settings.FRAGMENTS = 32
whole = json.loads(ask("agencies/?limit=100"))["results"]
page(0)
with CaptureQueriesContext(connection) as queries:
    pages = [page(number) for number in range(1, 50)]
found = [json.loads(body)["results"] for body in pages]
print(json.dumps([found == [whole[n : n + 10] for n in range(1, 50)],
                  [q["sql"] for q in queries if "change" not in q["sql"]]]))
"""
    is_right, queries = json.loads(shell(prepared, ASKING + code))
    assert is_right
    assert [sql for sql in queries if "mirrorrun" not in sql] == []


def test_100_craft_take_as_many_queries_as_10(api: Client) -> None:
    relate_everything()
    counts = []
    for limit in (10, 100):
        with CaptureQueriesContext(connection) as queries:
            api.get(f"{ROOT}spacecraft/?mode=detailed&limit={limit}")
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 3  # what one more row nests may be of another kind


# What is kept


def a_fragment(pk: int, size: int = 100, **parts: Any) -> Fragment:
    made = Fragment(Key(Spacecraft, pk, ("", "/")), None, parts)
    made.size = size
    return made


def a_store(most: int = 2**20) -> Fragments:
    store = Fragments(most)
    store.bring_to(V1, began=0)
    return store


V1 = Version(5, "a", 0)


def known(store: Fragments, *pks: int, version: Version = V1) -> list[int]:
    keys = [Key(Spacecraft, pk, ("", "/")) for pk in pks]
    return [fragment.key.pk for fragment in store.find(keys, version)]


def test_the_bound_is_kept_and_the_least_used_leaves_first() -> None:
    store = a_store(most=3 * (100 + OVERHEAD))
    store.keep(map(a_fragment, (1, 2, 3)), V1)
    assert known(store, 1) == [1]
    store.keep([a_fragment(4)], V1)
    assert known(store, 1, 2, 3, 4) == [1, 3, 4]


def test_what_was_put_into_another_is_known_as_long_as_that_is() -> None:
    store = a_store(most=2 * (100 + OVERHEAD))
    part = a_fragment(1)
    store.keep([a_fragment(2, part=part)], V1)
    store.keep([a_fragment(3)], V1)
    assert known(store, 1, 2, 3) == [1, 3]  # the whole has left before its part
    assert part.holders == set()


def test_who_asks_for_another_version_is_given_nothing_and_keeps_nothing() -> None:
    store = a_store()
    store.keep([a_fragment(1)], V1)
    older = Version(4, "z", 0)
    assert known(store, 1, version=older) == []
    store.keep([a_fragment(2)], older)
    assert known(store, 1, 2) == [1]


def test_a_snapshot_that_began_before_the_version_was_seen_changes_nothing() -> None:
    store = a_store()
    store.keep([a_fragment(1)], V1)
    store.bring_to(Version(4, "z", 0), began=0)
    assert known(store, 1) == [1]


@pytest.mark.parametrize(
    "version", [Version(4, "z", 0), Version(5, "b", 0), Version(10**9, "b", 0)]
)
def test_of_another_database_nothing_is_taken_over(db: None, version: Version) -> None:
    """One that was restored: its numbers are lower, or the same, or higher with other tokens."""
    store = a_store()
    store.keep([a_fragment(1)], V1)
    store.bring_to(version, began=float("inf"))
    assert known(store, 1, version=version) == []
    store.keep([a_fragment(2)], version)
    assert known(store, 1, 2, version=version) == [2]


def test_a_kind_that_comes_while_the_changes_are_read_does_not_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, newer = a_store(), Version(6, "b", 0)

    def since(*args: Any) -> list[Any]:
        store.keep([Fragment(Key(Agency, 1, ("", "/")), None, {})], V1)
        return []

    monkeypatch.setattr(log, "since", since)
    store.bring_to(newer, began=float("inf"))
    assert store.find([Key(Agency, 1, ("", "/"))], newer) == []


def test_the_rows_of_a_list_are_known_until_the_next_version() -> None:
    store, newer = a_store(), Version(4, "z", 0)
    store.keep_rows("a", [1, 2], V1)
    store.keep_rows("b", 603_000, V1)
    store.keep_rows("x" * 1000, [1], V1)  # a name of any length would fill the memory
    assert [store.rows(name, V1) for name in ("a", "b", "c", "x" * 1000)] == [
        [1, 2], 603_000, None, None,
    ]  # fmt: skip
    store.bring_to(newer, began=float("inf"))
    assert store.rows("a", V1) is None
    assert store.rows("a", newer) is None
    store.keep_rows("a", [1], V1)
    assert store.rows("a", newer) is None


def test_the_lists_that_are_known_are_bounded() -> None:
    store = a_store()
    for number in range(2 * LISTS // 1000):
        store.keep_rows(f"{number}", range(1000), V1)
        store.rows("0", V1)  # in use
    assert store._listed <= LISTS
    assert store.rows("0", V1)
    assert store.rows("1", V1) is None
