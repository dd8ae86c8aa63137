"""The shapes. Each class is upstream's OpenAPI component of that name; the order of the fields is
the order of the JSON keys."""
