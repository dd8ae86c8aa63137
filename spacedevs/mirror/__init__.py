"""The whole upstream catalogue, and never a half-written one."""
