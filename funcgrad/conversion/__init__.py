"""Conversion: a script's training step, found while the script runs, as JAX and optax source with a certificate."""

from funcgrad.conversion.command import add_arguments as add_arguments
from funcgrad.conversion.command import main as main
from funcgrad.conversion.conversion import Conversion as Conversion
from funcgrad.conversion.conversion import convert as convert
from funcgrad.conversion.finding import NoStepError as NoStepError
from funcgrad.functionalization import FunctionalizationError as FunctionalizationError
