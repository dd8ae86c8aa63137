"""An editor in a browser chooses a picture."""

from playwright.sync_api import Page, Request, Route

from tests.conftest import shell
from tests.servers import running_server
from tests.test_browser import Seen, browser, page, pytestmark

__all__ = ["browser", "page", "pytestmark"]  # fixtures, and what says why there is no browser

HOST = "pictures.example.org"
EDITOR = f"""
from django.contrib.auth.models import User
from spacecraft.models import Agency, Image
User.objects.create_superuser("editor", password="editor")
host = "https://{HOST}"
whole = Image.objects.create(name="Whole", image_url=host + "/whole.png", credit="Somebody")
broken = Image.objects.create(name="<b>Broken", image_url=host + "/broken.png")
Agency.objects.filter(pk=81).update(image=whole, logo=broken)
"""
PIXEL = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
PIXEL += b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def test_editor_chooses_a_picture_and_a_broken_one_breaks_nothing(
    prepared: dict[str, str], page: Page
) -> None:
    pictures: list[Request] = []

    def answer(route: Route) -> None:
        pictures.append(route.request)
        if "broken" in route.request.url:
            route.fulfill(status=404)
        else:
            route.fulfill(body=PIXEL, content_type="image/gif")

    page.route(lambda url: "127.0.0.1" not in url, answer)
    with running_server({**prepared, "PICTURE_HOSTS": HOST}, prepare=False) as url:
        shell(prepared, EDITOR)
        page.goto(f"{url}/admin/spacecraft/agency/81/change/")
        page.fill("#id_username", "editor")
        page.fill("#id_password", "editor")
        page.press("#id_password", "Enter")
        page.wait_for_selector(".field-logo .picture")
        sizes = [
            page.locator(f".field-{name} .picture img").bounding_box() for name in ("image", "logo")
        ]
        assert [(size["width"], size["height"]) for size in sizes if size] == [(240, 180)] * 2

        seen = Seen(page)
        page.click(".field-logo .select2-selection")
        page.fill(".select2-dropdown .select2-search__field", "Whole")
        result = page.locator(".select2-results__option:has-text('Whole')")
        result.wait_for()
        assert result.locator("small").inner_text() == "Somebody"
        assert result.locator("img").get_attribute("src") == f"https://{HOST}/whole.png"
        result.click()
        chosen = page.locator(".field-logo .select2-selection__rendered")
        assert "Whole" in chosen.inner_text()
        assert chosen.locator("img").count() == 1
        assert page.locator(".field-logo .picture").is_hidden()
        assert seen.complaints == []
    assert {request.url for request in pictures} == {
        f"https://{HOST}/whole.png",
        f"https://{HOST}/broken.png",
    }
    assert not [request for request in pictures if "referer" in request.headers]
