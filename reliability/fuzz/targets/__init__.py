"""What reads an input: functions that take the path of a file, alone in its folder.

A `MienError` is a clear error. A `FailureError` is a failure that is no exception.
"""
