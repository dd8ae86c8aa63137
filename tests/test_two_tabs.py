"""Two editors of one record, each in a tab: nobody's work is lost in silence."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from spacecraft.models import Country, Image, ImageVariant, Spacecraft, SpacecraftStatus
from spacedevs.history.models import Change
from spacedevs.mirror.holds import holds_on
from tests.administration import admin_url, errors, sent


@pytest.fixture
def craft() -> Spacecraft:
    return Spacecraft.objects.exclude(status=None).exclude(description="")[0]


@pytest.fixture
def ada(db: None) -> Client:
    User.objects.create_superuser("ada")
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="ada"))
    return client


class Tab:
    """A record's page in a browser: what is sent is what it showed, with what was typed."""

    def __init__(self, client: Client, row: Any) -> None:
        self.client = client
        self.url = admin_url(type(row), "change", row.pk)
        self.page = client.get(self.url)

    def save(self, **typed: Any) -> Any:
        self.answer = self.client.post(self.url, {**sent(self.page), **typed})
        if self.answer.status_code == 200:
            self.page = self.answer
        return self.answer


def test_a_form_that_is_older_than_a_save_is_refused_with_who_when_and_what(
    admin_client: Client, ada: Client, craft: Spacecraft
) -> None:
    mine, hers = Tab(admin_client, craft), Tab(ada, craft)
    hers.save(serial_number="hers")
    page = mine.save(serial_number="mine", description="Typed.")
    assert page.status_code == 200
    (told,) = errors(page)["__all__"]
    assert "before ada (2" in told
    assert "<th>Serial number</th>" in told
    assert "<td>hers</td><td>mine</td>" in told
    craft.refresh_from_db()
    assert craft.serial_number == "hers"
    # Nothing that was typed is lost.
    assert 'value="mine"' in page.text
    assert "Typed." in page.text


def test_saved_again_after_a_look_it_writes_what_was_changed_there_and_no_more(
    admin_client: Client, ada: Client, craft: Spacecraft
) -> None:
    status = SpacecraftStatus.objects.exclude(pk=craft.status_id)[0]
    mine, hers = Tab(admin_client, craft), Tab(ada, craft)
    hers.save(status=status.pk, description="Hers.")
    holds_on(craft).delete()
    mine.save(serial_number="mine")
    assert mine.save().status_code == 302
    craft.refresh_from_db()
    assert (craft.serial_number, craft.status, craft.description) == ("mine", status, "Hers.")
    assert list(holds_on(craft).values_list("field", flat=True)) == ["serial_number"]
    assert list(Change.objects.all()[0].pairs()) == ["serial_number"]


def test_a_third_save_in_between_is_refused_again(
    admin_client: Client, ada: Client, craft: Spacecraft
) -> None:
    mine = Tab(admin_client, craft)
    Tab(ada, craft).save(serial_number="one")
    mine.save(description="Mine.")
    Tab(ada, craft).save(serial_number="two")
    assert mine.save().status_code == 200
    assert mine.save().status_code == 302


def test_the_same_form_sent_twice_is_no_collision(admin_client: Client, craft: Spacecraft) -> None:
    mine = Tab(admin_client, craft)
    assert mine.save(description="Mine.").status_code == 302
    assert mine.save(description="Mine.").status_code == 302


def test_a_form_that_changes_nothing_is_taken_whatever_others_did(
    admin_client: Client, ada: Client, craft: Spacecraft
) -> None:
    mine = Tab(admin_client, craft)
    Tab(ada, craft).save(serial_number="hers")
    assert mine.save().status_code == 302
    craft.refresh_from_db()
    assert craft.serial_number == "hers"


def test_what_a_program_changed_past_the_history_is_seen_too(
    admin_client: Client, craft: Spacecraft
) -> None:
    mine = Tab(admin_client, craft)
    Spacecraft.objects.filter(pk=craft.pk).update(serial_number="theirs")
    (told,) = errors(mine.save(description="Mine."))["__all__"]
    assert "before somebody saved" in told


def test_a_collision_shows_names_and_escapes_them(
    admin_client: Client, ada: Client, craft: Spacecraft
) -> None:
    mine = Tab(admin_client, craft)
    Tab(ada, craft).save(serial_number="<script>alert(1)</script>")
    page = mine.save(serial_number="<script>alert(2)</script>")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_a_broken_value_beside_a_collision_loses_nothing(
    admin_client: Client, ada: Client, craft: Spacecraft
) -> None:
    mine = Tab(admin_client, craft)
    Tab(ada, craft).save(serial_number="hers")
    page = mine.save(time_docked="soon")
    assert set(errors(page)) == {"__all__", "time_docked"}
    assert 'value="soon"' in page.text


# Rows on another record's page


@pytest.fixture
def variant() -> ImageVariant:
    return ImageVariant.objects.all()[0]


def row_errors(page: Any) -> list[str]:
    (inline,) = page.context["inline_admin_formsets"]
    return [text for form in inline.formset.forms for text in form.non_field_errors()]


def test_a_row_that_somebody_changed_is_refused(
    admin_client: Client, ada: Client, variant: ImageVariant
) -> None:
    mine, hers = (Tab(client, variant.image) for client in (admin_client, ada))
    hers.save(**{"variants-0-image_url": "https://hers.test/"})
    (told,) = row_errors(mine.save(**{"variants-0-image_url": "https://mine.test/"}))
    assert "https://hers.test/" in told
    assert "https://mine.test/" in told
    assert mine.save().status_code == 302
    variant.refresh_from_db()
    assert variant.image_url == "https://mine.test/"


def test_rows_that_somebody_else_changed_stay_where_mine_are_others(
    admin_client: Client, ada: Client, variant: ImageVariant
) -> None:
    variant.image.variants.create(image_url="https://second.test/")
    mine, hers = (Tab(client, variant.image) for client in (admin_client, ada))
    hers.save(**{"variants-0-image_url": "https://hers.test/"})
    assert mine.save(**{"variants-1-image_url": "https://mine.test/"}).status_code == 302
    urls = list(variant.image.variants.values_list("image_url", flat=True))
    assert "https://hers.test/" in urls
    assert "https://mine.test/" in urls


def test_a_row_that_was_deleted_meanwhile_is_kept_as_typed_until_it_is_saved_anew(
    admin_client: Client, ada: Client, variant: ImageVariant
) -> None:
    variant.image.variants.exclude(pk=variant.pk).delete()
    mine = Tab(admin_client, variant.image)
    variant.delete()
    page = mine.save(**{"variants-0-image_url": "https://mine.test/"})
    assert 'id="id_variants-0-image_url"' in page.text
    (told,) = row_errors(page)
    assert told.startswith("Not saved: this row was deleted meanwhile.")
    assert "https://mine.test/" in page.text
    assert not variant.image.variants.filter(image_url="https://mine.test/").exists()
    assert mine.save().status_code == 302
    assert variant.image.variants.filter(image_url="https://mine.test/").count() == 1


def test_a_row_that_was_deleted_meanwhile_and_not_touched_is_no_error(
    admin_client: Client, variant: ImageVariant
) -> None:
    mine = Tab(admin_client, variant.image)
    variant.delete()
    assert mine.save(credit="Somebody").status_code == 302
    assert Image.objects.get(pk=variant.image.pk).credit == "Somebody"


# The record itself is gone


def test_a_record_that_was_deleted_meanwhile_says_by_whom_and_what_was_typed(
    admin_client: Client, ada: Client
) -> None:
    country = Country.objects.create(name="Atlantis")
    mine = Tab(admin_client, country)
    ada.post(admin_url(Country, "delete", country.pk), {"post": "yes"})
    page = mine.save(name="Atlantis <anew>")
    assert page.status_code == 410
    assert "deleted by ada" in page.text
    assert "Atlantis &lt;anew&gt;" in page.text
    assert reverse("admin:spacecraft_country_history", args=(country.pk,)) in page.text


# Letting go of what is held, beside what is typed


def test_letting_go_on_a_records_page_keeps_what_was_typed_beside_it(
    admin_client: Client, craft: Spacecraft
) -> None:
    was = craft.serial_number
    Tab(admin_client, craft).save(serial_number="mine")
    tab = Tab(admin_client, craft)
    (hold,) = holds_on(craft)
    assert f"Serial number: {was or '–'} → mine" in tab.page.text
    assert tab.save(description="Typed.", **{"let-go": hold.pk}).status_code == 302
    craft.refresh_from_db()
    assert (craft.serial_number, craft.description) == (was, "Typed.")
    assert list(holds_on(craft).values_list("field", flat=True)) == ["description"]


def test_a_field_is_not_changed_and_let_go_of_at_once(
    admin_client: Client, craft: Spacecraft
) -> None:
    Tab(admin_client, craft).save(serial_number="mine")
    tab = Tab(admin_client, craft)
    (hold,) = holds_on(craft)
    page = tab.save(serial_number="other", **{"let-go": hold.pk})
    assert errors(page) == {
        "serial_number": ["Changed here, and let go of below. Only one of them can be."]
    }
