"""Practice: problems chosen for one person, asked part by part, with hints and a summary. Nothing here prints or reads."""


class End(Exception):
    """The person does not go on."""
