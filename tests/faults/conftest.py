from tests.faults.report import report

__all__ = ["report"]  # for pytest, which finds fixtures here
