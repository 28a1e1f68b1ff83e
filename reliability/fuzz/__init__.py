"""Mutated inputs of every format that Mien reads, each in a process with limits.

`python -m reliability.fuzz` makes inputs from seeds, has Mien read them, and counts how it ends:

    answer       it was read
    error        it was refused by an error that a caller can catch, or a status of 4xx
    traceback    any other exception, a status of 500, or a traceback in the server's log
    hang         no end within the deadline
    swell        more memory than the limit
    death        the process died of a signal
    connection   a file made Mien open a connection

The last five are failures. The first input of each failure is minimized and kept as a file that
`tests/reliability/test_regressions.py` replays.

    case.py       an input, and the outcome of reading it
    formats.py    the table of formats: seeds, mutations, target
    seeds/        valid inputs of each format
    mutations/    edits that know the structure of a format
    targets/      what reads the input: functions of Mien, and a server behind a socket
    corpus.py     from a seed and a number to an input, the same each time
    worker.py     the process that reads inputs, with limits
    pool.py       workers that are replaced when they fail
    minimize.py   a smaller input with the same outcome
    campaign.py   one run: counts, findings, regression files
    guided.py     the same targets with atheris, which follows the coverage
"""
