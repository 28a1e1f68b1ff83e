"""The `mien` command, also as `python -m mien` where it is not on the path."""

import signal


def main() -> None:
    """Runs the command line and ends the process; see `mien.cli.main`.

    Its imports take a moment. Ctrl-C meanwhile ends the process at once, by the signal: inside an
    import, `KeyboardInterrupt` would only print a traceback.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mien.cli import main as run  # noqa: PLC0415

    signal.signal(signal.SIGINT, handler)
    run()


if __name__ == "__main__":
    main()
