"""Catalogues in upstream's own form, for the tests of the mirror.

    catalogue = Catalogue(seed=1, craft=603)
    catalogue.body("spacecraft", 0)  # the richest body of the first craft

It is made from the tests' own tables (tests/contract) and imports nothing of what it tests: a
fault that the serializers and the mirror share would not show otherwise.

`tables.py` says which rows there are, of which components and how often a field is empty;
`values.py` makes plain values, `timelines.py` the flights of each craft, `facts.py` all that is
known of a row (`flights.py` what follows from those), `rows.py` which rows there are, and the
changes to them, `catalogue.py` the JSON of them, and `serve.py` answers it over HTTP.
"""

from tests.upstream_bodies.catalogue import Catalogue
from tests.upstream_bodies.rows import NOW
from tests.upstream_bodies.values import Ref

__all__ = ["NOW", "Catalogue", "Ref"]
