"""The loop-order explorer: which orders of a training loop's calls train alike."""

from funcgrad.orders.command import add_arguments as add_arguments
from funcgrad.orders.command import main as main
from funcgrad.orders.machine import EVENTS as EVENTS
from funcgrad.orders.sweep import OrderClass as OrderClass
from funcgrad.orders.sweep import explore as explore
