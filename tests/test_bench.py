"""The summary of `make bench`: what it makes of figures, and that it asks for those it needs."""

from bench import cases, figures
from bench.contenders import DRF, NGINX, OURS
from bench.figures import Bound, Key, Wanted

OURS_10, DRF_10 = Key(cases.LIST_10, OURS), Key(cases.LIST_10, DRF)
TWICE = Wanted("known list", OURS_10, 2, DRF_10)
ONE_BY_ONE = {
    *((case, name) for case in (cases.EDITED, cases.SECOND) for name in (OURS, DRF)),
    *((case, OURS) for case in (cases.COLD_CRAFT, cases.COLD_RECORD)),
    *((case, OURS) for case in (figures.MEMORY, figures.START)),
}


def test_a_ratio_is_of_the_medians() -> None:
    samples = {OURS_10: [10.0, 20.0, 900.0], DRF_10: [5.0, 4.0, 1.0]}
    assert figures.ratio(samples, OURS_10, DRF_10) == 5


def test_what_reaches_just_the_ratio_meets_it() -> None:
    verdict = figures.verdict({OURS_10: [20.0], DRF_10: [10.0]}, TWICE)
    assert (verdict.measured, verdict.met) == ("2 × (20 of 10)", True)


def test_what_falls_short_of_the_ratio_does_not_meet_it() -> None:
    assert figures.verdict({OURS_10: [19.0], DRF_10: [10.0]}, TWICE).met is False


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert figures.verdict({OURS_10: [20.0]}, TWICE).met is None


def test_more_than_the_most_does_not_meet_it() -> None:
    most = Bound("memory", Key(figures.MEMORY, OURS), 160)
    assert figures.verdict({most.ours: [160.2]}, most).met is False


def test_a_table_has_the_fastest_first() -> None:
    lines = figures.table({DRF_10: [5.0, 4.0, 6.0], OURS_10: [10.0]}, figures.SQLITE)
    assert lines[2:] == [
        "| list of 10 | spacedevs | 10 | 10–10 |  |",
        "| list of 10 | DRF | 5 | 4–6 | 2 × |",
    ]


def test_every_figure_that_is_wanted_is_measured() -> None:
    measured = {Key(*pair) for pair in ONE_BY_ONE}
    for database, asked in (
        (figures.SQLITE, cases.ON_SQLITE),
        (figures.POSTGRESQL, cases.ON_POSTGRESQL),
    ):
        measured |= {Key(case, name, database) for case, names in asked.items() for name in names}
    for wanted in figures.WANTED:
        assert wanted.ours in measured
        assert isinstance(wanted, Bound) or wanted.theirs in measured


def test_no_two_of_the_different_urls_are_alike() -> None:
    paths = cases.different([cases.Filter("", 603), cases.Filter("status=39", 543)])
    assert len(set(paths)) == len(paths) == 31 * (594 + 534)


def test_a_record_is_asked_for_by_its_id() -> None:
    assert cases.path_of(cases.RECORD, NGINX, 66) == "/2.3.0/spacecraft/66/"
