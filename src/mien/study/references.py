"""What a paper that uses Mien cites, in APA style and as BibTeX."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a bibliography.

    Attributes:
        key: of BibTeX, and how Mien's data sources and detectors are named.
        apa: the entry in APA style, as plain text.
        kind: of BibTeX entry.
        fields: of BibTeX.
    """

    key: str
    apa: str
    kind: str
    fields: tuple[tuple[str, str], ...]

    @property
    def bibtex(self) -> str:
        """The entry in BibTeX."""
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in self.fields)
        return f"@{self.kind}{{{self.key},\n{lines}}}"


def software(version: str) -> Reference:
    """Returns the reference of Mien itself; its year and address are the user's to add."""
    return Reference(
        "mien",
        f"Mien (Version {version}) [Computer software].",
        "software",
        (("title", "{Mien}"), ("version", version), ("license", "Apache-2.0")),
    )


FER2013 = Reference(
    "goodfellow2013challenges",
    "Goodfellow, I. J., Erhan, D., Carrier, P. L., Courville, A., Mirza, M., Hamner, B., et al. "
    "(2013). Challenges in representation learning: A report on three machine learning contests. "
    "In Neural Information Processing (ICONIP 2013), 117-124. "
    "https://doi.org/10.1007/978-3-642-42051-1_16",
    "inproceedings",
    (
        ("author", "Goodfellow, Ian J. and Erhan, Dumitru and Carrier, Pierre Luc and others"),
        ("title", "Challenges in Representation Learning: A Report on Three Machine Learning "
         "Contests"),
        ("booktitle", "Neural Information Processing (ICONIP)"),
        ("pages", "117--124"),
        ("year", "2013"),
        ("doi", "10.1007/978-3-642-42051-1_16"),
    ),
)  # fmt: skip
FER_PLUS = Reference(
    "barsoum2016training",
    "Barsoum, E., Zhang, C., Canton Ferrer, C., & Zhang, Z. (2016). Training deep networks for "
    "facial expression recognition with crowd-sourced label distribution. In Proceedings of the "
    "18th ACM International Conference on Multimodal Interaction, 279-283. "
    "https://doi.org/10.1145/2993148.2993165",
    "inproceedings",
    (
        ("author", "Barsoum, Emad and Zhang, Cha and Canton Ferrer, Cristian and Zhang, Zhengyou"),
        ("title", "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced "
         "Label Distribution"),
        ("booktitle", "Proceedings of the 18th ACM International Conference on Multimodal "
         "Interaction"),
        ("pages", "279--283"),
        ("year", "2016"),
        ("doi", "10.1145/2993148.2993165"),
    ),
)  # fmt: skip
LFW = Reference(
    "huang2007labeled",
    "Huang, G. B., Ramesh, M., Berg, T., & Learned-Miller, E. (2007). Labeled Faces in the Wild: A "
    "database for studying face recognition in unconstrained environments (Technical Report "
    "07-49). University of Massachusetts, Amherst.",
    "techreport",
    (
        ("author", "Huang, Gary B. and Ramesh, Manu and Berg, Tamara and Learned-Miller, Erik"),
        ("title", "Labeled Faces in the Wild: A Database for Studying Face Recognition in "
         "Unconstrained Environments"),
        ("institution", "University of Massachusetts, Amherst"),
        ("number", "07-49"),
        ("year", "2007"),
    ),
)  # fmt: skip
_MTCNN = Reference(
    "zhang2016joint",
    "Zhang, K., Zhang, Z., Li, Z., & Qiao, Y. (2016). Joint face detection and alignment using "
    "multitask cascaded convolutional networks. IEEE Signal Processing Letters, 23(10), 1499-1503. "
    "https://doi.org/10.1109/LSP.2016.2603342",
    "article",
    (
        ("author", "Zhang, Kaipeng and Zhang, Zhanpeng and Li, Zhifeng and Qiao, Yu"),
        ("title", "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional "
         "Networks"),
        ("journal", "IEEE Signal Processing Letters"),
        ("volume", "23"),
        ("number", "10"),
        ("pages", "1499--1503"),
        ("year", "2016"),
        ("doi", "10.1109/LSP.2016.2603342"),
    ),
)  # fmt: skip
_YUNET = Reference(
    "wu2023yunet",
    "Wu, W., Peng, H., & Yu, S. (2023). YuNet: A tiny millisecond-level face detector. Machine "
    "Intelligence Research, 20, 656-665. https://doi.org/10.1007/s11633-023-1423-y",
    "article",
    (
        ("author", "Wu, Wei and Peng, Hanyang and Yu, Shiqi"),
        ("title", "{YuNet}: A Tiny Millisecond-Level Face Detector"),
        ("journal", "Machine Intelligence Research"),
        ("volume", "20"),
        ("pages", "656--665"),
        ("year", "2023"),
        ("doi", "10.1007/s11633-023-1423-y"),
    ),
)
SOURCES: dict[str, tuple[Reference, ...]] = {"fer2013": (FER2013, FER_PLUS), "photos": (LFW,)}
"""By the name that a model's card gives to what it learned from."""

DETECTORS: dict[str, tuple[Reference, ...]] = {"yunet": (_YUNET, _MTCNN), "mtcnn": (_MTCNN,)}
"""By the name in records; O-Net of MTCNN confirms what YuNet proposes."""
