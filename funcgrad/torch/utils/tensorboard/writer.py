"""SummaryWriter: what a training tells TensorBoard, in its own event files."""

from __future__ import annotations

import itertools
import os
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np

from funcgrad.errors import UnsupportedError, UnsupportedNameError, unsupported
from funcgrad.torch.utils.tensorboard import summary
from funcgrad.torch.utils.tensorboard._event_file import EventFile
from funcgrad.torch.utils.tensorboard._module_graph import module_graph
from funcgrad.torch.utils.tensorboard._pictures import drawn
from funcgrad.torch.utils.tensorboard._projector import Projector
from funcgrad.torch.utils.tensorboard.summary import Summary

ADVICE = (
    "It writes scalars, texts, histograms, pictures, figures, sounds, embeddings, curves and hyperparameters. Draw "
    "boxes into a picture first, and save videos with a package of their own."
)


def _default_bins() -> list[float]:
    """Limits of bins that grow by a tenth, on both sides of zero."""
    limits, limit = [], 1e-12
    while limit < 1e20:
        limits.append(limit)
        limit *= 1.1
    return [*(-x for x in reversed(limits)), 0, *limits]


_numbers = itertools.count()
"""Of the files of this process: the names of two that it opens within a second differ by them."""


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
        self._projector = Projector()
        self.default_bins = _default_bins()
        self._get_file_writer()

    def _file(self, folder: str) -> EventFile:
        """The event file in a folder, made when it is first needed."""
        if folder not in self._files:
            path = Path(folder)
            path.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
            self._files[folder] = EventFile(path / (name + self._suffix))
        return self._files[folder]

    def _get_file_writer(self) -> EventFile:
        return self._file(self.log_dir)

    @property
    def file_writer(self) -> EventFile:
        """The event file in the writer's own folder."""
        return self._get_file_writer()

    def _add(self, value: Summary, step: int | None, walltime: float | None, folder: str | None = None) -> None:
        self._file(folder or self.log_dir).add_summary(value, step, walltime)

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
            new_style: Whether it is written as a tensor.
            double_precision: Whether that tensor is of float64.
        """
        value = summary.scalar(tag, scalar_value, new_style=new_style, double_precision=double_precision)
        self._add(value, global_step, walltime)

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
            self._add(summary.scalar(main_tag, number), global_step, walltime, folder)

    def add_text(self, tag: str, text_string: str, global_step: int | None = None, walltime: Any = None) -> None:
        """A text, read as Markdown."""
        self._add(summary.text(tag, text_string), global_step, walltime)

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
            bins: TensorFlow's, or what `numpy.histogram` takes.
            walltime: The time, in seconds since 1970; now if None.
            max_bins: How many there are at most.
        """
        limits = self.default_bins if isinstance(bins, str) and bins == "tensorflow" else bins
        self._add(summary.histogram(tag, values, limits, max_bins), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: int,
        sum: float,
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """How values are distributed, counted beforehand.

        Args:
            tag: Its name.
            min: The least value.
            max: The largest.
            num: How many there are.
            sum: Their sum.
            sum_squares: The sum of their squares.
            bucket_limits: The right limit of each bin.
            bucket_counts: How many are in each.
            global_step: The step.
            walltime: The time, in seconds since 1970; now if None.

        Raises:
            ValueError: There are not as many limits as counts.
        """
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError("len(bucket_limits) != len(bucket_counts), see the document.")
        value = summary.histogram_raw(tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._add(value, global_step, walltime)

    def add_image(
        self, tag: str, img_tensor: Any, global_step: int | None = None, walltime: Any = None, dataformats: str = "CHW"
    ) -> None:
        """A picture.

        Args:
            tag: Its name.
            img_tensor: uint8 from 0 to 255, or numbers from 0 to 1.
            global_step: The step.
            walltime: The time, in seconds since 1970; now if None.
            dataformats: The tensor's dimensions.
        """
        self._add(summary.image(tag, img_tensor, dataformats=dataformats), global_step, walltime)

    def add_images(
        self, tag: str, img_tensor: Any, global_step: int | None = None, walltime: Any = None, dataformats: str = "NCHW"
    ) -> None:
        """Several pictures in a grid: as `add_image`, of four dimensions."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_figure(
        self, tag: str, figure: Any, global_step: int | None = None, close: bool = True, walltime: Any = None
    ) -> None:
        """A figure, or several, of matplotlib.

        Args:
            tag: Its name.
            figure: The figure, or a list of them.
            global_step: The step.
            close: Whether the figure is closed afterwards.
            walltime: The time, in seconds since 1970; now if None.
        """
        if isinstance(figure, list):
            self.add_image(tag, np.stack([drawn(x) for x in figure]), global_step, walltime, "NCHW")
        else:
            self.add_image(tag, drawn(figure), global_step, walltime)
        if close:
            from matplotlib import pyplot  # whoever has a figure has matplotlib

            for x in figure if isinstance(figure, list) else [figure]:
                pyplot.close(x)

    def add_audio(
        self, tag: str, snd_tensor: Any, global_step: int | None = None, sample_rate: int = 44100, walltime: Any = None
    ) -> None:
        """A sound.

        Args:
            tag: Its name.
            snd_tensor: Numbers from -1 to 1 along one dimension.
            global_step: The step.
            sample_rate: How many of them there are in a second.
            walltime: The time, in seconds since 1970; now if None.
        """
        self._add(summary.audio(tag, snd_tensor, sample_rate), global_step, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Precision and recall at equally spaced thresholds.

        Args:
            tag: Its name.
            labels: Whether each is one, as 0 and 1.
            predictions: How probable that was held, from 0 to 1.
            global_step: The step.
            num_thresholds: How many thresholds, at most 127.
            weights: How much each counts; one if None.
            walltime: The time, in seconds since 1970; now if None.
        """
        self._add(summary.pr_curve(tag, labels, predictions, num_thresholds, weights), global_step, walltime)

    def add_custom_scalars(self, layout: dict[str, dict[str, Any]]) -> None:
        """Which scalars are shown together: by category and chart its kind and tags."""
        self._add(summary.custom_scalars(layout), None, None)

    def add_embedding(
        self,
        mat: Any,
        metadata: list[Any] | None = None,
        label_img: Any = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: list[str] | None = None,
    ) -> None:
        """Points for the projector, in files beside the events.

        Args:
            mat: `[points, dimensions]`.
            metadata: The label of each point, or several of them.
            label_img: The picture of each point, `[points, channels, height, width]`.
            global_step: The step.
            tag: The points' name.
            metadata_header: What the labels are called, where a point has several.
        """
        self._projector.add(self.log_dir, tag, global_step or 0, mat, metadata, metadata_header, label_img)

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """A model's layers, and which gives its results to which; what functions do in between is not shown.

        Args:
            model: The module.
            input_to_model: A tensor, or several, that it is called with once.
            verbose: Not supported.
            use_strict_trace: Without effect.

        Raises:
            UnsupportedError: The graph is to be printed.
        """
        if verbose:
            raise UnsupportedError(unsupported("verbose of add_graph", "print(model) shows its layers."))
        self._get_file_writer().add_graph(module_graph(model, input_to_model))

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, list[Any]] | None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """The settings of a run and what came of them, in a folder of their own.

        Args:
            hparam_dict: Numbers, texts, booleans or None by name.
            metric_dict: Numbers by name.
            hparam_domain_discrete: All values that a setting can have, by its name.
            run_name: The folder's name; the time if None.
            global_step: The step.

        Raises:
            TypeError: What is given is not two dictionaries.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError("hparam_dict and metric_dict should be dictionary.")
        values = summary.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        folder = os.path.join(self.log_dir, run_name or str(time.time()))
        for value in (*values, *(summary.scalar(tag, number) for tag, number in metric_dict.items())):
            self._add(value, global_step, None, folder)

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
        """Close the files; what is written later goes to new ones."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
