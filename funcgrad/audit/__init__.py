"""Diagnosis of gradient state: which backward passes are in the gradient that an update used, and what that did."""

from funcgrad.audit.audit import Audit as Audit
from funcgrad.audit.audit import audit as audit
from funcgrad.audit.command import add_arguments as add_arguments
from funcgrad.audit.command import explain as explain
from funcgrad.audit.command import main as main
from funcgrad.audit.command import order_of as order_of
from funcgrad.audit.command import starter as starter
from funcgrad.audit.report.words import LANGUAGES as LANGUAGES
from funcgrad.audit.run import listen as listen
