"""Records and events with pandas: usable time, shares by participant and condition, a contrast.

Usage: python analysis.py LABEL CONDITION_A CONDITION_B RECORDS.csv...
Beside RECORDS.csv stand RECORDS.events.csv and, if people have names, RECORDS.people.csv.
Change it as you like: it uses nothing of Mien, only its files.
"""
# ruff: noqa: T201 - it prints

import sys
from pathlib import Path

import numpy as np
import pandas as pd

GAP = 0.5  # seconds; a longer absence is a gap, across which no record holds


def load(path):
    """Returns the records of one file with seconds, participant, condition and usable."""
    path = Path(path)
    rows = pd.read_csv(path, dtype={"source": str, "person": "Int64"})
    interval = rows["time"].drop_duplicates().diff().median()
    rows = rows.dropna(subset=["emotion"]).sort_values(["source", "person", "time"])
    # A record holds until the person's next one; before a gap, and at the end, for one frame.
    step = -rows.groupby(["source", "person"])["time"].diff(-1)
    rows["seconds"] = step.where(step <= max(GAP, 3 * interval), interval)
    rows["participant"] = path.stem + " " + rows["person"].astype(str)
    people = path.with_suffix(".people.csv")
    if people.exists():
        names = pd.read_csv(people).set_index("person")["name"]
        rows["participant"] = rows["person"].map(names).fillna(rows["participant"])
    events = path.with_suffix(".events.csv")
    found = pd.read_csv(events, dtype=str, keep_default_na=False) if events.exists() else None
    return add_events(rows, [] if found is None else found.to_dict("records"))


def add_events(rows, events):
    """Adds the condition of each record, and whether it is usable and not excluded."""
    rows["condition"] = ""
    rows["usable"] = rows.get("attribute_usable", pd.Series(1, rows.index)) == 1
    for event in sorted(events, key=lambda event: float(event["onset"])):
        onset = float(event["onset"])
        inside = rows["time"].ge(onset) & rows["time"].lt(onset + float(event.get("duration") or 0))
        if event.get("person"):
            inside &= rows["participant"] == event["person"]
        if event.get("condition"):
            rows.loc[inside, "condition"] = event["condition"]
        if event.get("excluded") in ("1", "true", "True"):
            rows.loc[inside, "usable"] = False
    return rows


def summarize(rows):
    """Returns, by participant and condition: seconds, share usable, mean probabilities."""
    labels = [name for name in rows if name.startswith("smoothed_")]

    def figures(group):
        used = group[group["usable"]]
        total = used["seconds"].sum()
        means = used[labels].mul(used["seconds"], axis=0).sum() / total if total else np.nan
        share = total / group["seconds"].sum()
        return pd.concat([pd.Series({"seconds": total, "usable": share}), pd.Series(means, labels)])

    groups = rows.groupby(["participant", "condition"])
    return groups[["usable", "seconds", *labels]].apply(figures).reset_index()


def contrast(table, column, first, second, draws=2000):
    """Returns the mean within-participant difference, its 95 % interval, and n participants."""
    wide = table.pivot_table(index="participant", columns="condition", values=column)
    pairs = (wide[first] - wide[second]).dropna().to_numpy()
    if len(pairs) < 2:
        return float(pairs.mean()) if len(pairs) else np.nan, (np.nan, np.nan), len(pairs)
    drawn = np.random.default_rng(0).choice(pairs, (draws, len(pairs)))
    return float(pairs.mean()), tuple(np.quantile(drawn.mean(axis=1), (0.025, 0.975))), len(pairs)


def main(label, first, second, *paths):
    """Prints the table and the contrast."""
    table = summarize(pd.concat([load(path) for path in paths], ignore_index=True))
    print(table.to_string(index=False, float_format="{:.3f}".format))
    if (few := table[table["usable"] < 0.5]).size:
        print(f"under half of the time is usable in {len(few)} rows: mind them")
    mean, (low, high), n = contrast(table, f"smoothed_{label}", first, second)
    print(f"{label}, {first} - {second}: {mean:+.3f} (95 % {low:+.3f} to {high:+.3f}), n = {n}")


if __name__ == "__main__":
    main(*sys.argv[1:])
