"""Works composed from facts, works that only look like them, and records of them as libraries have them.

Used by the tests and by `benchmarks/restore.py`, which also puts real answers in the place of the composed ones.
"""
