"""Launch Library 2.2.0: the version that most code in use still calls, from the same records.

Each shape is upstream's OpenAPI component of that name; the order of its fields is the order of the
JSON keys. What they say of a record follows from what 2.3.0 says of it: spacedevs/api/moving.py has
that as a table.
"""
