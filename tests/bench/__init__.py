"""The benchmarks: ``python -m tests.bench [NAME ...]`` runs ``run(report)`` of every ``bench_*.py`` in this folder."""
