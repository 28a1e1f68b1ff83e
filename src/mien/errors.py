"""The errors a caller can catch. Each carries what is wrong, with what, and the remedy as data."""


class MienError(Exception):
    """Base of every error that Mien raises on purpose.

    The sentence is made from its parts at the edge: `str(error)` on a terminal and in records;
    the REST API leaves out the subject where it is a path of the server.

    Args:
        reason: what is wrong, a clause that follows the subject: "not an image".
        subject: what it is wrong with: a path, a file and row, a field; None where the reason
            names it.
        remedy: what to do, a clause without a full stop: "use JPEG or PNG"; None where the reason
            is the whole message.

    Example:
        >>> str(MienError("not an image", subject="notes.txt", remedy="use JPEG, PNG or WebP"))
        'notes.txt: not an image; use JPEG, PNG or WebP.'
    """

    def __init__(self, reason: str, *, subject: object = None, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason or "unknown error"
        self.subject = None if subject is None else str(subject)
        self.remedy = remedy

    @property
    def advice(self) -> str:
        """The reason and the remedy, without the subject."""
        return self.reason if self.remedy is None else f"{self.reason}; {self.remedy}."

    def __str__(self) -> str:
        return self.advice if self.subject is None else f"{self.subject}: {self.advice}"


class MediaError(MienError):
    """An image, video, stream or file of records cannot be read, or cannot be written."""


class DataError(MienError):
    """A data set is missing, malformed, or lacks what was asked of it."""


class ModelError(MienError):
    """A model file is missing, or breaks the contract that inference relies on."""


class UnknownLabelError(MienError, KeyError):
    """A probability is asked for by a name that is none of the model's labels."""


class RecipeError(MienError):
    """A recipe is missing, or has an unknown or ill-typed key."""


class TrainingError(MienError):
    """A training run cannot start, resume, or be saved."""


class ProfileError(MienError):
    """A profile, a correction in it, or what was learned from it cannot be used."""


class ProcessError(MienError):
    """A process that should help with the work cannot be started."""


class AttributeFailedError(MienError):
    """An attribute of a face raises, or returns NaN or another number of values."""


class StudyError(MienError):
    """Events, codes or recordings do not allow what is asked of them."""
