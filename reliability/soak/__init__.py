"""`make soak`: many clients at once, well-behaved and not, against a real server for a while.

`plan.py` says what the clients do, `actions` how, `ledger.py` what the server has acknowledged, and
`checks.py` what must hold at the end.
"""
