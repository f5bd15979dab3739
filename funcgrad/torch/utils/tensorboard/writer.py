"""SummaryWriter: scalars, texts, histograms and hyperparameters for TensorBoard, in its own event files."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np

from funcgrad.errors import UnsupportedError, UnsupportedNameError, unsupported
from funcgrad.torch._ops.conversion import host_array, item
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.utils.tensorboard._event_file import EventFile, histogram, hyperparameters, scalar, text

ADVICE = (
    "It writes scalars, texts, histograms and hyperparameters. Save pictures with matplotlib or PIL, or write them "
    "with the package tensorboardX, which takes NumPy arrays."
)
BINS = 64


class SummaryWriter:
    """A writer of what TensorBoard shows.

    Args:
        log_dir: The folder; by default a new one under `runs`, named after the time and the host.
        comment: The end of the default folder's name.
        purge_step: Without effect, as are `max_queue` and `flush_secs`: events are written at once.
        max_queue: Without effect.
        flush_secs: Without effect.
        filename_suffix: The end of the file's name.

    Example:
        >>> import tempfile, funcgrad.torch as torch
        >>> with torch.utils.tensorboard.SummaryWriter(tempfile.mkdtemp()) as writer:
        ...     writer.add_scalar("loss", torch.tensor(0.5), 1)
    """

    def __init__(
        self,
        log_dir: str | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        self.log_dir = str(
            log_dir or Path("runs") / f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}"
        )
        self._suffix = filename_suffix
        self._files: dict[str, EventFile] = {}
        self._file(self.log_dir)

    def _file(self, folder: str) -> EventFile:
        """The event file in a folder, made when it is first needed."""
        if folder not in self._files:
            path = Path(folder)
            path.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{len(self._files)}"
            self._files[folder] = EventFile(path / (name + self._suffix))
        return self._files[folder]

    def _add(self, value: bytes, step: int | None, walltime: float | None, folder: str | None = None) -> None:
        file = self._file(folder or self.log_dir)
        file.add(value, step, walltime)
        file.flush()

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """A number at a step.

        Args:
            tag: Its name; slashes make groups.
            scalar_value: A number or a tensor of one element.
            global_step: The step.
            walltime: The time, in seconds since 1970; now if None.
            new_style: Without effect.
            double_precision: Without effect.
        """
        self._add(scalar(tag, _number(scalar_value)), global_step, walltime)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: dict[str, Any], global_step: int | None = None, walltime: Any = None
    ) -> None:
        """Several numbers of one chart, each in a folder of its own.

        Args:
            main_tag: The chart's name.
            tag_scalar_dict: The numbers by name.
            global_step: The step.
            walltime: The time, in seconds since 1970; now if None.
        """
        for tag, number in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag}_{tag}".replace("/", "_").replace(" ", "_"))
            self._add(scalar(main_tag, _number(number)), global_step, walltime, folder)

    def add_text(self, tag: str, text_string: str, global_step: int | None = None, walltime: Any = None) -> None:
        """A text, read as Markdown."""
        self._add(text(tag, text_string), global_step, walltime)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """How values are distributed.

        Args:
            tag: Its name.
            values: A tensor or an array.
            global_step: The step.
            bins: How many equal bins; names of rules give the usual number.
            walltime: The time, in seconds since 1970; now if None.
            max_bins: Without effect.
        """
        array = host_array(values, "histogram") if isinstance(values, Tensor) else np.asarray(values)
        self._add(histogram(tag, array, bins if isinstance(bins, int) else BINS), global_step, walltime)

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """The settings of a run and what came of them, in a folder of their own.

        Args:
            hparam_dict: Numbers, texts, booleans or None by name.
            metric_dict: Numbers by name.
            hparam_domain_discrete: Which values a setting can have is not written.
            run_name: The folder's name; the time if None.
            global_step: The step.

        Raises:
            TypeError: What is given is not two dictionaries.
            ValueError: A setting is of another type.
            UnsupportedError: `hparam_domain_discrete` is given.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        if hparam_domain_discrete:
            raise UnsupportedError(unsupported("hparam_domain_discrete", "Leave it out: TensorBoard shows the values."))
        settings = {name: _setting(value) for name, value in hparam_dict.items() if value is not None}
        folder = os.path.join(self.log_dir, run_name or str(time.time()))
        for value in hyperparameters(settings, metric_dict):
            self._add(value, global_step, None, folder)
        for tag, number in metric_dict.items():
            self._add(scalar(tag, _number(number)), global_step, None, folder)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("add_"):
            raise UnsupportedNameError(unsupported(f"SummaryWriter.{name}", ADVICE), name=name)
        raise AttributeError(f"'SummaryWriter' object has no attribute {name!r}")

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def flush(self) -> None:
        """Hand everything to the operating system."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Write no more."""
        for file in self._files.values():
            file.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _setting(value: Any) -> str | float:
    if isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float | Tensor):
        raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")
    return _number(value)


def _number(value: Any) -> float:
    return float(item(value) if isinstance(value, Tensor) else value)
