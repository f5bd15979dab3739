"""Printed tracebacks, as all versions of Python print them."""


def without_marks(text):
    """The lines of a traceback without those that mark a part of the line above: Python 3.13 marks whole lines too."""
    return [line for line in text.splitlines() if line.strip(" ~^")]
