"""The few errors a caller can catch. Every message says what was wrong and what to do."""


class MienError(Exception):
    """Base of every error that Mien raises on purpose."""


class MediaError(MienError):
    """A picture, film, stream or file of records cannot be read, or cannot be written."""


class DataError(MienError):
    """A data set is missing, malformed, or lacks what was asked of it."""


class ModelError(MienError):
    """A model file is missing, or breaks the contract that inference relies on."""


class RecipeError(MienError):
    """A recipe is missing, or has an unknown or ill-typed key."""


class TrainingError(MienError):
    """A training run cannot start, go on, or be saved."""


class ProfileError(MienError):
    """A profile, a correction in it, or what was learned from it cannot be used."""


class ProcessError(MienError):
    """A process that should help with the work cannot be started."""
