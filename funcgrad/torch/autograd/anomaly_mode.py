"""torch.autograd.anomaly_mode: where the search for nan in gradients lives."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._anomaly import detect_anomaly as detect_anomaly
from funcgrad.torch._anomaly import set_detect_anomaly as set_detect_anomaly

__getattr__ = _missing_from(__name__)
