"""torch.utils.tensorboard.summary: what an event file says of a training, one function for each kind.

Only what a summary writer needs is encoded: numbers of fields are those of TensorBoard's `summary.proto`,
`tensor.proto` and of the plugins' `plugin_data.proto`.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterable
from typing import Any

import numpy as np

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.conversion import host_array
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.utils.tensorboard._messages import double, doubles, nested, single, singles, whole
from funcgrad.torch.utils.tensorboard._pictures import picture_of, png

_FLOAT, _DOUBLE, _STRING = 1, 2, 7  # tensor.proto's DT_FLOAT, DT_DOUBLE and DT_STRING
_TEXT, _NUMBER = 1, 3  # the hparams plugin's DATA_TYPE_STRING and DATA_TYPE_FLOAT64
_SUCCESS = 1  # its STATUS_SUCCESS
_MOST_THRESHOLDS = 127
_LEAST_COUNT = 1e-7


class Summary:
    """A message of the type Summary.

    Args:
        tag: The name of its value.
        content: The fields of its value beside the name.
    """

    def __init__(self, tag: str, content: bytes) -> None:
        self._value = nested(1, tag) + content

    def SerializeToString(self) -> bytes:
        """The message's bytes."""
        return nested(1, self._value)


def make_np(x: Any) -> np.ndarray:
    """A tensor, an array or a number as an array.

    Raises:
        NotImplementedError: It is something else.
    """
    if isinstance(x, np.ndarray):
        return x
    if np.isscalar(x):
        return np.array([x])
    if isinstance(x, Tensor):
        return host_array(x.half() if x.dtype.name == "bfloat16" else x, "summary")
    raise NotImplementedError(f"Got {type(x)}, but numpy array or torch tensor are expected.")


def _plugin(name: str, content: bytes = b"") -> bytes:
    return nested(9, nested(1, nested(1, name) + (nested(2, content) if content else b"")))


def _shape(sizes: Iterable[int]) -> bytes:
    return nested(2, b"".join(nested(2, whole(1, size)) for size in sizes))


def _table(array: np.ndarray) -> bytes:
    """A tensor of float32."""
    return nested(8, whole(1, _FLOAT) + _shape(array.shape) + singles(5, array.reshape(-1).tolist()))


def scalar(
    name: str, tensor: Any, collections: None = None, new_style: bool = False, double_precision: bool = False
) -> Summary:
    """One number.

    Args:
        name: Its name; slashes make groups.
        tensor: A number, or a tensor or an array of one element.
        collections: Without effect.
        new_style: Whether it is written as a tensor.
        double_precision: Whether that tensor is of float64.

    Raises:
        AssertionError: There is more than one element.
    """
    array = make_np(tensor).squeeze()
    if array.ndim:
        raise AssertionError(
            f"Tensor should contain one element (0 dimensions). Was given size: {array.size} and {array.ndim} "
            "dimensions."
        )
    number = float(array)
    if not new_style:
        return Summary(name, single(2, number))
    value = whole(1, _DOUBLE) + doubles(6, [number]) if double_precision else whole(1, _FLOAT) + singles(5, [number])
    return Summary(name, nested(8, value) + _plugin("scalars"))


def text(tag: str, text: str) -> Summary:
    """A text, read as Markdown."""
    return Summary(
        f"{tag}/text_summary", _plugin("text") + nested(8, whole(1, _STRING) + _shape([1]) + nested(8, text))
    )


def histogram(name: str, values: Any, bins: Any, max_bins: int | None = None) -> Summary:
    """How values are distributed.

    Args:
        name: Its name.
        values: A tensor or an array.
        bins: The bins, as `numpy.histogram` takes them.
        max_bins: How many there are at most; neighbours are counted together.

    Raises:
        ValueError: There are no values.
    """
    array = make_np(values).astype(float).reshape(-1)
    if not array.size:
        raise ValueError("The input has no element.")
    counts, limits = np.histogram(array, bins)
    if max_bins is not None and len(counts) > max_bins:
        counts, limits = _fewer(counts, limits, len(counts) // max_bins)
    held = np.flatnonzero(counts)
    first, last = held[0], held[-1] + 1
    counts = np.concatenate([[0], counts])[first : last + 1]  # TensorBoard reads right limits: an empty bin goes first
    return histogram_raw(
        name, array.min(), array.max(), array.size, array.sum(), array.dot(array), limits[first : last + 1], counts
    )


def _fewer(counts: np.ndarray, limits: np.ndarray, together: int) -> tuple[np.ndarray, np.ndarray]:
    counts = np.pad(counts, (0, -len(counts) % together))
    return counts.reshape(-1, together).sum(-1), np.append(limits[:-1:together], limits[-1])


def histogram_raw(
    name: str, min: Any, max: Any, num: Any, sum: Any, sum_squares: Any, bucket_limits: Any, bucket_counts: Any
) -> Summary:
    """How values are distributed, counted beforehand.

    Args:
        name: Its name.
        min: The least value.
        max: The largest.
        num: How many there are.
        sum: Their sum.
        sum_squares: The sum of their squares.
        bucket_limits: The right limit of each bin.
        bucket_counts: How many are in each.
    """
    numbers = b"".join(double(field, float(x)) for field, x in enumerate((min, max, num, sum, sum_squares), 1))
    bins = doubles(6, map(float, bucket_limits)) + doubles(7, map(float, bucket_counts))
    return Summary(name, nested(5, numbers + bins))


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Summary:
    """A picture, or several in a grid.

    Args:
        tag: Its name.
        tensor: uint8 from 0 to 255, or numbers from 0 to 1.
        rescale: Only 1 is supported.
        dataformats: The tensor's dimensions.

    Raises:
        UnsupportedError: Another size is asked for.
    """
    if rescale != 1:
        raise UnsupportedError(unsupported("rescale", "Resize with torch.nn.functional.interpolate first."))
    picture = picture_of(make_np(tensor), dataformats)
    sizes = b"".join(whole(field, size) for field, size in enumerate(picture.shape, 1))
    return Summary(tag, nested(4, sizes + nested(4, png(picture))))


def audio(tag: str, tensor: Any, sample_rate: int = 44100) -> Summary:
    """A sound.

    Args:
        tag: Its name.
        tensor: Numbers from -1 to 1 along one dimension.
        sample_rate: How many of them there are in a second.

    Raises:
        AssertionError: There is more than one dimension.
    """
    array = make_np(tensor).squeeze()
    if np.abs(array).max() > 1:
        print("warning: audio amplitude out of range, auto clipped.")
        array = array.clip(-1, 1)
    if array.ndim != 1:
        raise AssertionError("input tensor should be 1 dimensional.")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes((array * np.iinfo(np.int16).max).astype("<i2").data)
    kind = nested(4, file.getvalue()) + nested(5, "audio/wav")
    return Summary(tag, nested(6, single(1, sample_rate) + whole(2, 1) + whole(3, len(array)) + kind))


def pr_curve(tag: str, labels: Any, predictions: Any, num_thresholds: int = 127, weights: Any = None) -> Summary:
    """Precision and recall at equally spaced thresholds.

    Args:
        tag: Its name.
        labels: Whether each is one, as 0 and 1.
        predictions: How probable that was held, from 0 to 1.
        num_thresholds: How many thresholds, at most 127.
        weights: How much each counts; one if None.
    """
    count = min(num_thresholds, _MOST_THRESHOLDS)
    labels, predictions = make_np(labels).reshape(-1), make_np(predictions).reshape(-1)
    weights = 1.0 if weights is None else make_np(weights).reshape(-1)
    place = np.floor(predictions * (count - 1)).astype(np.int32)
    is_one = labels.astype(np.float64)
    hits, misses = (
        np.histogram(place, count, (0, count - 1), weights=part * weights)[0][::-1].cumsum()[::-1]
        for part in (is_one, 1 - is_one)
    )
    lost, right = hits[0] - hits, misses[0] - misses
    precision, recall = (hits / np.maximum(_LEAST_COUNT, hits + other) for other in (misses, lost))
    return pr_curve_raw(tag, hits, misses, right, lost, precision, recall, count)


def pr_curve_raw(
    tag: str,
    tp: Any,
    fp: Any,
    tn: Any,
    fn: Any,
    precision: Any,
    recall: Any,
    num_thresholds: int = 127,
    weights: Any = None,
) -> Summary:
    """Precision and recall, computed beforehand.

    Args:
        tag: Its name.
        tp: How many true positives there are at each threshold.
        fp: False positives.
        tn: True negatives.
        fn: False negatives.
        precision: At each threshold.
        recall: At each threshold.
        num_thresholds: How many thresholds, at most 127.
        weights: Without effect.
    """
    rows = np.stack([make_np(x) for x in (tp, fp, tn, fn, precision, recall)])
    content = whole(2, min(num_thresholds, _MOST_THRESHOLDS))
    return Summary(tag, _table(rows) + _plugin("pr_curves", content))


def custom_scalars(layout: dict[str, dict[str, Any]]) -> Summary:
    """Which scalars are shown together: by category and chart its kind, "Multiline" or "Margin", and the tags.

    Raises:
        AssertionError: A margin chart has not three tags.
    """
    categories = b"".join(
        nested(2, nested(1, title) + b"".join(nested(2, _chart(name, *chart)) for name, chart in charts.items()))
        for title, charts in layout.items()
    )
    value = whole(1, _STRING) + nested(2, b"") + nested(8, categories)
    return Summary("custom_scalars__config__", nested(8, value) + _plugin("custom_scalars"))


def _chart(title: str, kind: str, tags: list[str]) -> bytes:
    if kind != "Margin":
        return nested(1, title) + nested(2, b"".join(nested(1, tag) for tag in tags))
    if len(tags) != 3:
        raise AssertionError("len(tags) != 3")
    return nested(1, title) + nested(3, nested(1, b"".join(nested(field, tag) for field, tag in enumerate(tags, 1))))


def hparams(
    hparam_dict: dict[str, Any], metric_dict: dict[str, Any], hparam_domain_discrete: dict[str, list[Any]] | None = None
) -> tuple[Summary, Summary, Summary]:
    """That there is an experiment with these names, one run's settings, and that the run has ended.

    Args:
        hparam_dict: Numbers, texts, booleans or None by name.
        metric_dict: Numbers by name.
        hparam_domain_discrete: All values that a setting can have, by its name.

    Raises:
        TypeError: What is given is no dictionary, or possible values are not of the setting's type.
        ValueError: A setting is of another type.
    """
    domains = hparam_domain_discrete or {}
    for name, given in (
        ("hparam_dict", hparam_dict),
        ("metric_dict", metric_dict),
        ("hparam_domain_discrete", domains),
    ):
        if not isinstance(given, dict):
            raise TypeError(f"parameter: {name} should be a dictionary, nothing logged.")
    for name, values in domains.items():
        _check_domain(name, values, hparam_dict)
    settings = {name: _setting(x) for name, x in hparam_dict.items() if x is not None}
    infos = [nested(4, _info(name, x, domains.get(name))) for name, x in settings.items()]
    names = [nested(5, nested(1, nested(2, name))) for name in metric_dict]
    values = [nested(1, nested(1, name) + nested(2, _value(x))) for name, x in settings.items()]
    return (
        Summary("_hparams_/experiment", _plugin("hparams", nested(2, b"".join([*infos, *names])))),
        Summary("_hparams_/session_start_info", _plugin("hparams", nested(3, b"".join(values)))),
        Summary("_hparams_/session_end_info", _plugin("hparams", nested(4, whole(1, _SUCCESS)))),
    )


def _check_domain(name: str, values: Any, given: dict[str, Any]) -> None:
    fits = name in given and isinstance(values, list) and all(isinstance(x, type(given[name])) for x in values)
    if not fits:
        raise TypeError(
            f"parameter: hparam_domain_discrete[{name}] should be a list of same type as hparam_dict[{name}]."
        )


def _setting(value: Any) -> str | float:
    if isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float | Tensor):
        raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")
    return float(make_np(value).reshape(-1)[0])


def _info(name: str, value: str | float, domain: list[Any] | None) -> bytes:
    listed = b"" if domain is None else nested(5, b"".join(nested(1, _value(_setting(x))) for x in domain))
    return nested(1, name) + whole(4, _TEXT if isinstance(value, str) else _NUMBER) + listed


def _value(value: str | float) -> bytes:
    return nested(3, value) if isinstance(value, str) else double(2, value)


__getattr__ = _missing_from(__name__)
