"""The error that a user can mend."""


class UserError(Exception):
    """A mistake in the input: one line that names the file or key, what is allowed, and what to do."""
