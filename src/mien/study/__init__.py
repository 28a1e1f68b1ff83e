"""What a laboratory needs around a label: events, quality, baselines, summaries, agreement.

Records go in, answers come out: `mien.study.recording` loads records with the names and events that
belong to them, and every other module works on those recordings. Needs numpy alone; Parquet and
Excel are written by the extras `parquet` and `study`.
"""
