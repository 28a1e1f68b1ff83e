"""An audit: every kind of finding in one list, and how many there are of each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.audit.copies import contradiction_findings, copy_findings
from mien.audit.labels import wrong_label_findings
from mien.audit.nonfaces import non_face_findings
from mien.data import FaceDataset
from mien.data.duplicates import Copies
from mien.data.findings import KINDS, Finding


def find_all(
    data: FaceDataset, copies: Copies, probabilities: NDArray[np.floating] | None
) -> list[Finding]:
    """Returns all findings, kind by kind, from the highest score down.

    Args:
        data: the data set.
        copies: of its faces.
        probabilities: (N, L), out of fold; None where no folds were trained.
    """
    findings = [
        *copy_findings(data, copies),
        *contradiction_findings(data, copies),
        *wrong_label_findings(data, probabilities),
        *non_face_findings(data),
    ]
    return sorted(findings, key=lambda found: (KINDS.index(found.kind), -found.score, found.index))


def count_findings(data: FaceDataset, findings: Sequence[Finding]) -> dict[str, dict[str, int]]:
    """Counts findings: for each kind, the number in each split of the data set, zeros included."""
    counts = {kind: dict.fromkeys(data.split_counts, 0) for kind in KINDS}
    for finding in findings:
        counts[finding.kind][finding.split] += 1
    return counts


def count_leaks(data: FaceDataset, findings: Sequence[Finding]) -> int:
    """Counts the copies whose earlier face is in another split."""
    return sum(
        finding.kind == "copy"
        and finding.other is not None
        and data.splits[finding.other] != finding.split
        for finding in findings
    )
