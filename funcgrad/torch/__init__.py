"""PyTorch's face on JAX: `import funcgrad.torch as torch`. A name here without an underscore is a PyTorch name."""

import sys as _sys
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import Any as _Any

from funcgrad.torch import _C as _C
from funcgrad.torch import __config__ as __config__
from funcgrad.torch import __future__ as __future__
from funcgrad.torch import _dynamo as _dynamo
from funcgrad.torch import _inductor as _inductor
from funcgrad.torch import _ops
from funcgrad.torch import _tensor_str as _tensor_str
from funcgrad.torch import _utils as _utils
from funcgrad.torch import accelerator as accelerator
from funcgrad.torch import amp as amp
from funcgrad.torch import autograd as autograd
from funcgrad.torch import backends as backends
from funcgrad.torch import classes as classes
from funcgrad.torch import compiler as compiler
from funcgrad.torch import cpu as cpu
from funcgrad.torch import cuda as cuda
from funcgrad.torch import distributed as distributed
from funcgrad.torch import distributions as distributions
from funcgrad.torch import export as export
from funcgrad.torch import fft as fft
from funcgrad.torch import func as func
from funcgrad.torch import functional as functional
from funcgrad.torch import futures as futures
from funcgrad.torch import fx as fx
from funcgrad.torch import hub as hub
from funcgrad.torch import jit as jit
from funcgrad.torch import library as library
from funcgrad.torch import linalg as linalg
from funcgrad.torch import mps as mps
from funcgrad.torch import multiprocessing as multiprocessing
from funcgrad.torch import nested as nested
from funcgrad.torch import nn as nn
from funcgrad.torch import onnx as onnx
from funcgrad.torch import ops as ops
from funcgrad.torch import optim as optim
from funcgrad.torch import overrides as overrides
from funcgrad.torch import profiler as profiler
from funcgrad.torch import quantization as quantization
from funcgrad.torch import quasirandom as quasirandom
from funcgrad.torch import random as random
from funcgrad.torch import return_types as return_types
from funcgrad.torch import serialization as serialization
from funcgrad.torch import signal as signal
from funcgrad.torch import sparse as sparse
from funcgrad.torch import special as special
from funcgrad.torch import storage as storage
from funcgrad.torch import testing as testing
from funcgrad.torch import types as types
from funcgrad.torch import utils as utils
from funcgrad.torch import version as version
from funcgrad.torch import xpu as xpu
from funcgrad.torch._absent import stand_in as _stand_in
from funcgrad.torch._anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from funcgrad.torch._anomaly import is_anomaly_enabled as is_anomaly_enabled
from funcgrad.torch._arguments import compare_functions as _compare_functions
from funcgrad.torch._arguments import compare_methods as _compare_methods
from funcgrad.torch._checks import _assert as _assert
from funcgrad.torch._checks import _assert_async as _assert_async
from funcgrad.torch._checks import _check as _check
from funcgrad.torch._checks import _check_index as _check_index
from funcgrad.torch._checks import _check_is_size as _check_is_size
from funcgrad.torch._checks import _check_not_implemented as _check_not_implemented
from funcgrad.torch._checks import _check_tensor_all as _check_tensor_all
from funcgrad.torch._checks import _check_type as _check_type
from funcgrad.torch._checks import _check_value as _check_value
from funcgrad.torch._checks import _check_with as _check_with
from funcgrad.torch._faces import install as _install_faces
from funcgrad.torch._grad_mode import enable_grad as enable_grad
from funcgrad.torch._grad_mode import inference_mode as inference_mode
from funcgrad.torch._grad_mode import is_grad_enabled as is_grad_enabled
from funcgrad.torch._grad_mode import is_inference_mode_enabled as is_inference_mode_enabled
from funcgrad.torch._grad_mode import no_grad as no_grad
from funcgrad.torch._grad_mode import set_grad_enabled as set_grad_enabled
from funcgrad.torch._legacy import set_default_tensor_type as set_default_tensor_type
from funcgrad.torch._lowrank import pca_lowrank as pca_lowrank
from funcgrad.torch._lowrank import svd_lowrank as svd_lowrank
from funcgrad.torch._memory_format import channels_last as channels_last
from funcgrad.torch._memory_format import channels_last_3d as channels_last_3d
from funcgrad.torch._memory_format import contiguous_format as contiguous_format
from funcgrad.torch._memory_format import contiguous_format as legacy_contiguous_format
from funcgrad.torch._memory_format import memory_format as memory_format
from funcgrad.torch._memory_format import preserve_format as preserve_format
from funcgrad.torch._ops.bilinear import bilinear as bilinear
from funcgrad.torch._ops.convolution import conv1d as conv1d
from funcgrad.torch._ops.convolution import conv2d as conv2d
from funcgrad.torch._ops.convolution import conv3d as conv3d
from funcgrad.torch._ops.convolution import conv_transpose1d as conv_transpose1d
from funcgrad.torch._ops.convolution import conv_transpose2d as conv_transpose2d
from funcgrad.torch._ops.convolution import conv_transpose3d as conv_transpose3d
from funcgrad.torch._ops.foreach import functions as _foreach_functions
from funcgrad.torch._ops.gradient import install_properties as _install_properties
from funcgrad.torch._ops.normalization import batch_norm as batch_norm
from funcgrad.torch._ops.normalization import group_norm as group_norm
from funcgrad.torch._ops.normalization import instance_norm as instance_norm
from funcgrad.torch._ops.normalization import layer_norm as layer_norm
from funcgrad.torch._ops.normalization import rms_norm as rms_norm
from funcgrad.torch._ops.out import functions as _out_functions
from funcgrad.torch._ops.padding import constant_pad_nd as constant_pad_nd
from funcgrad.torch._ops.patches import channel_shuffle as channel_shuffle
from funcgrad.torch._ops.patches import pixel_shuffle as pixel_shuffle
from funcgrad.torch._ops.patches import pixel_unshuffle as pixel_unshuffle
from funcgrad.torch._ops.pooling import adaptive_avg_pool1d as adaptive_avg_pool1d
from funcgrad.torch._ops.pooling import adaptive_max_pool1d as adaptive_max_pool1d
from funcgrad.torch._ops.pooling import avg_pool1d as avg_pool1d
from funcgrad.torch._ops.pooling import max_pool1d as max_pool1d
from funcgrad.torch._ops.pooling import max_pool2d as max_pool2d
from funcgrad.torch._ops.pooling import max_pool3d as max_pool3d
from funcgrad.torch._ops.rectifiers import celu_ as celu_
from funcgrad.torch._ops.rectifiers import rrelu_ as rrelu_
from funcgrad.torch._ops.rectifiers import selu_ as selu_
from funcgrad.torch._ops.rectifiers import threshold_ as threshold_
from funcgrad.torch._ops.rows import at_home as _at_home
from funcgrad.torch._ops.rows import install as _install
from funcgrad.torch._ops.segments import segment_reduce as segment_reduce
from funcgrad.torch._ops.stochastic import rrelu as rrelu
from funcgrad.torch._ops.variants import functions as _variants
from funcgrad.torch._ops.writing import functions as _writing_functions
from funcgrad.torch._overriding import install as _install_overriding
from funcgrad.torch._printing import set_printoptions as set_printoptions
from funcgrad.torch._retired import retired_or_missing as _retired_or_missing
from funcgrad.torch._settings import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from funcgrad.torch._settings import get_default_device as get_default_device
from funcgrad.torch._settings import get_deterministic_debug_mode as get_deterministic_debug_mode
from funcgrad.torch._settings import get_float32_matmul_precision as get_float32_matmul_precision
from funcgrad.torch._settings import get_num_interop_threads as get_num_interop_threads
from funcgrad.torch._settings import get_num_threads as get_num_threads
from funcgrad.torch._settings import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from funcgrad.torch._settings import set_default_device as set_default_device
from funcgrad.torch._settings import set_deterministic_debug_mode as set_deterministic_debug_mode
from funcgrad.torch._settings import set_float32_matmul_precision as set_float32_matmul_precision
from funcgrad.torch._settings import set_flush_denormal as set_flush_denormal
from funcgrad.torch._settings import set_num_interop_threads as set_num_interop_threads
from funcgrad.torch._settings import set_num_threads as set_num_threads
from funcgrad.torch._settings import use_deterministic_algorithms as use_deterministic_algorithms
from funcgrad.torch._sparse import install as _install_sparse
from funcgrad.torch._sparse import sparse_coo as sparse_coo
from funcgrad.torch._sparse import sparse_coo_tensor as sparse_coo_tensor
from funcgrad.torch._symbolic import SymBool as SymBool
from funcgrad.torch._symbolic import SymFloat as SymFloat
from funcgrad.torch._symbolic import SymInt as SymInt
from funcgrad.torch._symbolic import sym_float as sym_float
from funcgrad.torch._symbolic import sym_int as sym_int
from funcgrad.torch._symbolic import sym_ite as sym_ite
from funcgrad.torch._symbolic import sym_max as sym_max
from funcgrad.torch._symbolic import sym_min as sym_min
from funcgrad.torch._symbolic import sym_not as sym_not
from funcgrad.torch._symbolic import sym_sqrt as sym_sqrt
from funcgrad.torch._symbolic import sym_sum as sym_sum
from funcgrad.torch._tensor import Tensor as Tensor
from funcgrad.torch._tensor import _mkldnn as _mkldnn
from funcgrad.torch._tensor import layout as layout
from funcgrad.torch._tensor import sparse_bsc as sparse_bsc
from funcgrad.torch._tensor import sparse_bsr as sparse_bsr
from funcgrad.torch._tensor import sparse_csc as sparse_csc
from funcgrad.torch._tensor import sparse_csr as sparse_csr
from funcgrad.torch._tensor import strided as strided
from funcgrad.torch._type_info import finfo as finfo
from funcgrad.torch._type_info import iinfo as iinfo
from funcgrad.torch._type_names import complex32 as chalf
from funcgrad.torch._type_names import complex32 as complex32
from funcgrad.torch._type_names import float8_e4m3fn as float8_e4m3fn
from funcgrad.torch._type_names import float8_e4m3fnuz as float8_e4m3fnuz
from funcgrad.torch._type_names import float8_e5m2 as float8_e5m2
from funcgrad.torch._type_names import float8_e5m2fnuz as float8_e5m2fnuz
from funcgrad.torch._type_names import float8_e8m0fnu as float8_e8m0fnu
from funcgrad.torch._type_names import qint8 as qint8
from funcgrad.torch._type_names import qint32 as qint32
from funcgrad.torch._type_names import quint2x4 as quint2x4
from funcgrad.torch._type_names import quint4x2 as quint4x2
from funcgrad.torch._type_names import quint8 as quint8
from funcgrad.torch._type_names import uint16 as uint16
from funcgrad.torch._type_names import uint32 as uint32
from funcgrad.torch._type_names import uint64 as uint64
from funcgrad.torch._types import Size as Size
from funcgrad.torch._types import bfloat16 as bfloat16
from funcgrad.torch._types import bool_ as bool
from funcgrad.torch._types import complex64 as cfloat
from funcgrad.torch._types import complex64 as complex64
from funcgrad.torch._types import complex128 as cdouble
from funcgrad.torch._types import complex128 as complex128
from funcgrad.torch._types import device as device
from funcgrad.torch._types import dtype as dtype
from funcgrad.torch._types import float16 as float16
from funcgrad.torch._types import float32 as float
from funcgrad.torch._types import float32 as float32
from funcgrad.torch._types import float64 as double
from funcgrad.torch._types import float64 as float64
from funcgrad.torch._types import get_default_dtype as get_default_dtype
from funcgrad.torch._types import half as half
from funcgrad.torch._types import int8 as int8
from funcgrad.torch._types import int16 as int16
from funcgrad.torch._types import int32 as int
from funcgrad.torch._types import int32 as int32
from funcgrad.torch._types import int64 as int64
from funcgrad.torch._types import int64 as long
from funcgrad.torch._types import set_default_dtype as set_default_dtype
from funcgrad.torch._types import short as short
from funcgrad.torch._types import uint8 as uint8
from funcgrad.torch._unbound import OF_FUNCTIONAL as _OF_FUNCTIONAL
from funcgrad.torch._unbound import leave_unbound as _leave_unbound
from funcgrad.torch._warn_once import is_warn_always_enabled as is_warn_always_enabled
from funcgrad.torch._warn_once import set_warn_always as set_warn_always
from funcgrad.torch.amp.autocast_mode import autocast as autocast
from funcgrad.torch.amp.autocast_mode import clear_autocast_cache as clear_autocast_cache
from funcgrad.torch.amp.autocast_mode import get_autocast_cpu_dtype as get_autocast_cpu_dtype
from funcgrad.torch.amp.autocast_mode import get_autocast_dtype as get_autocast_dtype
from funcgrad.torch.amp.autocast_mode import get_autocast_gpu_dtype as get_autocast_gpu_dtype
from funcgrad.torch.amp.autocast_mode import is_autocast_cache_enabled as is_autocast_cache_enabled
from funcgrad.torch.amp.autocast_mode import is_autocast_cpu_enabled as is_autocast_cpu_enabled
from funcgrad.torch.amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
from funcgrad.torch.amp.autocast_mode import set_autocast_cache_enabled as set_autocast_cache_enabled
from funcgrad.torch.amp.autocast_mode import set_autocast_enabled as set_autocast_enabled
from funcgrad.torch.amp.grad_scaler import GradScaler as GradScaler
from funcgrad.torch.compiler import compile as compile
from funcgrad.torch.cuda import AcceleratorError as AcceleratorError
from funcgrad.torch.cuda import OutOfMemoryError as OutOfMemoryError
from funcgrad.torch.func import vmap as vmap
from funcgrad.torch.futures import Future as Future
from funcgrad.torch.random import Generator as Generator
from funcgrad.torch.random import default_generator as default_generator
from funcgrad.torch.random import get_rng_state as get_rng_state
from funcgrad.torch.random import initial_seed as initial_seed
from funcgrad.torch.random import manual_seed as manual_seed
from funcgrad.torch.random import seed as seed
from funcgrad.torch.random import set_rng_state as set_rng_state
from funcgrad.torch.serialization import load as load
from funcgrad.torch.serialization import save as save
from funcgrad.torch.storage import TypedStorage as TypedStorage
from funcgrad.torch.storage import UntypedStorage as UntypedStorage
from funcgrad.torch.torch_version import __version__ as __version__

newaxis = None
has_lapack = has_mkl = has_openmp = has_spectral = True  # as in the build that is followed
ScriptModule: _Any = jit.ScriptModule
ScriptFunction: _Any = jit.ScriptFunction
Stream: _Any = _stand_in("torch", "Stream", "Leave it out: XLA orders all work by itself.")
DeviceObjType: _Any = _stand_in("torch", "DeviceObjType", "It is TorchScript's type; devices are of torch.device.")
Event: _Any = _stand_in("torch", "Event", "Measure time with time.perf_counter around a value that is read.")
PyTorchFileReader: _Any = _stand_in("torch", "PyTorchFileReader", "Read the file with torch.load.")
PyTorchFileWriter: _Any = _stand_in("torch", "PyTorchFileWriter", "Write the file with torch.save.")
torch: _Any = _sys.modules[__name__]  # as PyTorch's package names itself
_install(_ops.ROWS, globals())
_install_properties()
_install_faces()
globals().update(_out_functions(globals()))
globals().update(_writing_functions())
globals().update(_variants())
globals().update(_foreach_functions(globals()))
for _name in ("linalg", "fft", "special", "nn.functional"):
    _compare_functions(f"torch.{_name}", vars(_sys.modules[f"{__name__}.{_name}"]))
_compare_functions("torch", globals())
for _name in ("", ".linalg", ".fft", ".special", ".nn.functional"):
    _at_home(f"{__name__}{_name}", vars(_sys.modules[f"{__name__}{_name}"]))
_compare_methods()
_leave_unbound(value for name, value in globals().items() if name in {row.name for row in _ops.ROWS})
_leave_unbound(getattr(nn.functional, name) for name in _OF_FUNCTIONAL)
_install_sparse()
_install_overriding(__name__, *(f"{__name__}.{name}" for name in ("nn.functional", "linalg", "fft", "special")))
spmm = sparse.mm

__getattr__ = _retired_or_missing(__name__)
