"""Launcher: runs a script, a module or a notebook as Python does, with `import torch` giving `funcgrad.torch`."""

from funcgrad.launch.children import start_children_with as start_children_with
from funcgrad.launch.error import LaunchError as LaunchError
from funcgrad.launch.error import PartsError as PartsError
from funcgrad.launch.files import flush_files as flush_files
from funcgrad.launch.running import run_module as run_module
from funcgrad.launch.running import run_parts as run_parts
from funcgrad.launch.running import run_script as run_script
from funcgrad.launch.uncaught import show_error as show_error
