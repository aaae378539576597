"""Suite ``quantum``: quantum kernels beside classical ones, with equal chances."""

from electrolyte_ml.benchmarks.suites.quantum.suite import jobs, keyed_splits

__all__ = ["jobs", "keyed_splits"]
