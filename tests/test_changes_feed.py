"""`changes/`: a copy that is kept by it alone is what the API answers."""

import pytest

from tests.conftest import longer_shell

Env = dict[str, str]


def test_a_copy_stays_equal_in_every_list_and_mode_through_random_edits(
    prepared: Env, pytestconfig: pytest.Config
) -> None:
    rounds, edits = (100, 10) if pytestconfig.getoption("--long") else (6, 10)
    code = f"from tests.copies import keep_equal; keep_equal(1, {rounds}, {edits})"
    assert int(longer_shell(prepared, code)) > rounds
