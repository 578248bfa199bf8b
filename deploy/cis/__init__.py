"""Containers held against section 5 of the CIS Docker Benchmark, from ``docker inspect``.

Constraint: only the standard library, because it runs where Docker is and nothing else.
"""
