"""Kills Mien at random moments, again and again, and checks what it had acknowledged.

Run `python -m reliability.crash`. Each scenario is run once undisturbed; then it is disturbed,
started again, disturbed again, until it ends, and is compared with the undisturbed run.
"""
