"""The report of a comparison: a table and a verdict in the terminal, one HTML page, PNG pictures and JSON."""

from funcgrad.compare.report.files import prepare as prepare
from funcgrad.compare.report.files import write_report as write_report
from funcgrad.compare.report.progress import progress as progress
