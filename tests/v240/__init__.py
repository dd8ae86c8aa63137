"""A third version, of two resources: /mini/ and /detailed/ are paths here, and there is no `mode`.
Declarations alone; a line of API_VERSIONS serves it."""
