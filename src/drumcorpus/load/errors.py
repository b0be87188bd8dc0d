"""What can be wrong with an export that is read."""


class NotAnExport(ValueError):
    """A folder, or a file in it, that is not what an export has there; names it."""


class UnreadableSample(ValueError):
    """A sample whose sound is gone or cannot be decoded; names the file and the sample."""
