"""The indexes that follow from what the resources declare."""
