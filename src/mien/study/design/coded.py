"""The codes of a study beside the model's figures, and the shares of each label by them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.study.design.candidates import Candidates
from mien.study.design.estimate import Share, estimate_share
from mien.study.design.folder import CANNOT_TELL, STRETCHES, STUDY, StudyFolder

MIEN, CODING, POWERED = "Mien alone", "coding alone", "prediction-powered"
"""The methods of an estimate."""

ALL = "all stretches"
"""Stands for all conditions."""

Floats = NDArray[np.float64]
Group = dict[str, list[Share]]
"""The share of each label by each method."""


@dataclass(frozen=True, eq=False)
class CodedStudy:
    """A study, the places of its n stretches among all N, and the codes of C coders.

    Attributes:
        study: the folder.
        candidates: all N stretches.
        places: intp (n,), of the study's stretches among them.
        coders: their names.
        codes: int64 (C, n), indices into the labels; -1 for no code, or for "cannot tell".
        order: which of the n have a code, in random order.
    """

    study: StudyFolder
    candidates: Candidates
    places: NDArray[np.intp]
    coders: tuple[str, ...]
    codes: NDArray[np.int64]
    order: NDArray[np.intp]

    def members(self, group: str) -> NDArray[np.bool_]:
        """Returns which of all N stretches have a condition, bool (N,)."""
        windows = self.candidates.windows
        return np.array([group in (ALL, window.condition) for window in windows])

    def people(self, groups: Sequence[str]) -> int:
        """Returns how many people have a coded stretch in some conditions."""
        stretches = [self.study.stretches[at] for at in self.order]
        return len({it.person for it in stretches if ALL in groups or it.condition in groups})


def collect_codes(study: StudyFolder, candidates: Candidates) -> CodedStudy:
    """Sets a study's codes beside the model's figures.

    Raises:
        StudyError: a stretch is not among the candidates, the labels are others, or no stretch has
            a label.
    """
    if study.labels != candidates.labels:
        raise StudyError(
            f"its labels are not those of the records: {', '.join(candidates.labels)}",
            subject=study.path / STUDY,
            remedy="restore it from a copy",
        )
    place = {(it.source, it.track, it.start): at for at, it in enumerate(candidates.windows)}
    keys = [(it.source, it.track, it.start) for it in study.stretches]
    if lost := [number for number, key in enumerate(keys, start=1) if key not in place]:
        raise StudyError(
            f"the records have no stretch {lost[0]} of its {len(keys)}",
            subject=study.path / STRETCHES,
            remedy="`mien study replay` shows what differs",
        )
    coders, codes = _read_codes(study)
    known = np.flatnonzero((codes >= 0).any(axis=0))
    if not len(known):
        raise StudyError(
            "no stretch has a label yet",
            subject=study.path,
            remedy=f"code some: mien study code {study.path} --coder NAME",
        )
    order = np.random.default_rng(study.options["seed"]).permutation(known)
    places = np.array([place[key] for key in keys], np.intp)
    return CodedStudy(study, candidates, places, coders, codes, order)


def estimate_group(coded: CodedStudy, group: str) -> Group:
    """Estimates the shares of all labels in the stretches of one condition, or in `ALL`."""
    every = coded.members(group)
    chosen = coded.order[every[coded.places[coded.order]]]
    chances = np.array([coded.study.stretches[at].chance for at in chosen])
    predicted = coded.candidates.predicted[coded.places[chosen]]
    means = coded.candidates.predicted[every].mean(axis=0)
    found: Group = {MIEN: [], CODING: [], POWERED: []}
    for label, mean in enumerate(means):
        codes = _part_of_coders(coded.codes[:, chosen], label)
        found[MIEN].append(Share(float(mean), np.nan, np.nan, 0))
        found[CODING].append(estimate_share(codes, chances))
        found[POWERED].append(estimate_share(codes, chances, predicted[:, label], float(mean)))
    return found


def _read_codes(study: StudyFolder) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    coders = tuple(study.coders())
    number = {label: index for index, label in enumerate(study.labels)} | {CANNOT_TELL: -1}
    codes = np.full((len(coders), len(study.stretches)), -1, np.int64)
    for row, coder in enumerate(coders):
        for stretch, code in study.codes(coder).items():
            codes[row, stretch - 1] = number[code]
    return coders, codes


def _part_of_coders(codes: NDArray[np.int64], label: int) -> Floats:
    """Returns the part of the coders with a code who chose a label, float64 (n,)."""
    part: Floats = (codes == label).sum(axis=0) / np.maximum((codes >= 0).sum(axis=0), 1)
    return part
