"""An answer is of one state of the database, whoever writes while it is made."""

import json

import pytest

from tests.conftest import shell

# After the first query of an answer, another connection writes all that the answer shows.
ASK = """
import json
from django.db import connection, connections
from django.test import Client

def write_after(execute, sql, *args):
    rows = execute(sql, *args)
    if "SELECT" in sql and not written:
        with connections.create_connection("default").cursor() as other:
            for table in ("spacecraft_spacecraft", "spacecraft_agency"):
                other.execute(f"UPDATE {table} SET description = 'new'")
        written.append(sql)
    return rows

api, written = Client(headers={"host": "localhost"}), []
with connection.execute_wrapper(write_after):
    during = api.get(URL)
after = api.get(URL)
print(json.dumps([during.status_code, len(written), during.text, after.text]))
"""


@pytest.mark.parametrize(
    "url", ["/2.3.0/spacecraft/?mode=detailed", "/2.3.0/spacecraft/630/", "/2.3.0/agencies/44/"]
)
def test_an_answer_is_not_half_of_what_is_written_while_it_is_made(
    prepared: dict[str, str], url: str
) -> None:
    output = shell(prepared, f"URL = {url!r}\n{ASK}")
    status, written, during, after = json.loads(output)
    assert (status, written) == (200, 1)
    assert '"description":"new"' not in during
    assert '"description":"new"' in after
