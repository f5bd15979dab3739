"""PyTorch's own words for the mistakes that people look up by their text.

Each is the message of PyTorch 2.13, so that a search for it finds the same answers.
"""

BACKWARD_TWICE = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved "
    "tensors after calling backward."
)
MODIFIED_IN_PLACE = (
    "one of the variables needed for gradient computation has been modified by an inplace operation: "
    "[{kind}]{source} is at version {version}; expected version {expected} instead. Hint: enable anomaly detection to "
    "find the operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True, "
    "check_nan=False)."
)
NO_GRAPH = "element {} of tensors does not require grad and does not have a grad_fn"
NON_SCALAR_BACKWARD = "grad can be implicitly created only for scalar outputs"
MISMATCHED_GRAD_SHAPE = (
    "Mismatch in shape: grad_output[{i}] has a shape of {grad} and output[{i}] has a shape of {output}."
)
EMPTY_CONTAINER = (
    "The inner type of a container is lost when calling torch.jit.isinstance in eager mode. For example, List[int] "
    "would become list and therefore falsely return True for List[float] or List[str]."
)
EMPTY_INPUTS = "`inputs` argument to `backward()` cannot be empty."
UNUSED_INPUT = (
    "The differentiated Tensor at index {} appears to not have been used in the graph. Set allow_unused=True if this "
    "is the desired behavior."
)
INPUT_NEEDS_NO_GRAD = "One of the differentiated Tensors does not require grad"
UNUSED_AND_MATERIALIZED = (
    "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
)
CREATE_GRAPH_LEAK = (
    "Using backward() with create_graph=True will create a reference cycle between the parameter and its gradient "
    "which can cause a memory leak. We recommend using autograd.grad when creating the graph to avoid this. If you "
    "have to use this function, make sure to reset the .grad fields of your parameters to None after use to break the "
    "cycle and avoid the leak."
)

NOT_A_TENSOR = "{}(): argument '{}' (position {}) must be Tensor, not {}"
ONLY_FLOATS_REQUIRE_GRAD = "Only Tensors of floating point and complex dtype can require gradients"
ONLY_FLOATS_REQUIRE_GRAD_ATTRIBUTE = "only Tensors of floating point and complex dtype can require gradients"
ONLY_FLOATS_REQUIRE_GRAD_METHOD = "only Tensors of floating point dtype can require gradients"
CHANGE_NON_LEAF = "you can only change requires_grad flags of leaf variables."
DETACH_ADVICE = (
    " If you want to use a computed variable in a subgraph that doesn't require differentiation use "
    "var_no_grad = var.detach()."
)
GRAD_OF_NON_LEAF = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the "
    "leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)
RETAIN_WITHOUT_GRAD = "can't retain_grad on Tensor that has requires_grad=False"
GRAD_OF_ITSELF = "can't assign Variable as its own grad"
WRONG_GRAD_SIZE = (
    "attempting to assign a gradient of size '{}' to a tensor of size '{}'. Please ensure that the gradient and the "
    "tensor are the same size"
)
WRONG_GRAD_DEVICE = (
    "attempting to assign a gradient with device type '{}' to a tensor with device type '{}'. Please ensure that the "
    "gradient and the tensor are on the same device"
)
WRONG_GRAD_DTYPE = (
    "attempting to assign a gradient with dtype '{}' to a tensor with grad_dtype '{}'. The gradient must match the "
    "tensor's grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype attribute with a "
    "specific dtype, or None to allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its "
    "gradient may break downstream systems that assume they match."
)

LEAF_IN_PLACE = "a leaf Variable that requires grad is being used in an in-place operation."
LEAF_CHANGED_BY_FUNCTION = "a leaf Variable that requires grad has been used in an in-place operation."
LEAF_VIEW_IN_PLACE = "a view of a leaf Variable that requires grad is being used in an in-place operation."
NOT_TO_EMPTY = (
    "Cannot copy out of meta tensor; no data! Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() "
    "when moving module from meta to a different device."
)
OUT_HAS_NO_GRAD = (
    "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
    "grad."
)
OUT_ACROSS_DEVICES = "Attempting to copy from device {} to device {}, but cross-device copies are not allowed!"
OUT_RESIZED = (
    "An output with one or more elements was resized since it had shape {}, which does not match the required output "
    "shape {}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they "
    "have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
    "t.resize_(0)."
)
OUT_OF_OTHER_LENGTH = (
    "The number of elements in the out tensor of shape {} is {} which does not match the computed number of elements "
    "{}. Note that this may occur as a result of rounding error. The out tensor will be resized to a tensor of shape "
    "{}."
)
OUT_OF_OTHER_DTYPE = "dtype {} does not match dtype of out parameter ({})"
INCOMPATIBLE_DATA = (
    "Attempted to call `variable.set_data(tensor)`, but `variable` and `tensor` have incompatible tensor type."
)
NO_OP_ON_META = (
    "for {}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current model, which is a "
    "no-op. (Did you mean to pass `assign=True` to assign items in the state dictionary to their corresponding key in "
    "the module instead of copying them in place?)"
)
NOT_SWAPPED = (
    'While swapping the parameter named "{}", whose dimensions in the model are {} and whose dimensions in the '
    "checkpoint are {}, an exception occurred : {}."
)
LOADED_ITSELF = (
    "module_load returned one of self or other, please .detach() the result if returning one of the inputs in "
    "module_load"
)
NUMPY_OF_META = (
    "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
)
VIEW_MADE_WITHOUT_GRAD = (
    "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
    "the view and the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or "
    "both outside (if you want the inplace to be tracked)."
)
OVERLAPPING_INPUT = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)
VIEW_OF_SEVERAL = (
    "This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)
OVERLAPPING_WRITE = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please "
    "clone() the tensor before performing the operation."
)
INFERENCE_IN_PLACE = (
    "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
    "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
)
INFERENCE_SAVED = (
    "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
    "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
    "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
)
VIEW_INCOMPATIBLE = (
    "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
    "contiguous subspaces). Use .reshape(...) instead."
)

NUMPY_REQUIRES_GRAD = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
ITEM_OF_MANY = "a Tensor with {} elements cannot be converted to Scalar"
INDEX_OF_SCALAR = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
    "tensor to a number"
)
SLICE_OF_SCALAR = "slice() cannot be applied to a 0-dim tensor."
TRUTH_OF_MANY = "Boolean value of Tensor with more than one value is ambiguous"
TRUTH_OF_NONE = "Boolean value of Tensor with no values is ambiguous"
CONTAINS_ONLY = "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {kind}."
FLOAT_OF_MANY = "only one element tensors can be converted to Python scalars"

HOOK_WITHOUT_GRAD = "cannot register a hook on a tensor that doesn't require gradient"
POST_HOOK_ON_NON_LEAF = "post accumulate grad hooks cannot be registered on non-leaf tensors"
HOOK_CHANGED_SIZE = "hook '{}' has changed the size of value"
ONCE_DIFFERENTIABLE = "trying to differentiate twice a function that was marked with @once_differentiable"

FUNCTION_DIRTY_NOT_RETURNED = (
    "Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified "
    "inplace must all be outputs of the Function."
)
FUNCTION_SAVES_TENSORS = "save_for_backward can only save variables, but argument {} is of type {}"
FUNCTION_GRADIENT_COUNT = "function {} returned an incorrect number of gradients (expected {}, got {})"
FUNCTION_GRADIENT_SHAPE = (
    "Function {} returned an invalid gradient at index {} - got {} but expected shape compatible with {}"
)
FUNCTION_WITHOUT_FORWARD = "You must implement the forward function for custom autograd.Function."
FUNCTION_WITHOUT_BACKWARD = (
    "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
    "mode AD."
)
FUNCTION_INSTANCE = (
    "{} should not be instantiated. Methods on autograd functions are all static, so you should invoke them on the "
    "class itself. Instantiating an autograd function will raise an error in a future version of PyTorch."
)
FUNCTION_CALLED = (
    "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
    "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
)
FUNCTION_WITHOUT_JVP = (
    "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
)
BATCHED_GRAD_SHAPE = (
    "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The "
    "sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was "
    "detected: grad_output[{i}] has a shape of {grad} and output[{i}] has a shape of {output}. If you only want some "
    "tensors in `grad_output` to be considered batched, consider using vmap."
)
SCALAR_OF_GRAPH = (
    "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
    "Consider using tensor.detach() first."
)
SPARSE_UNCHECKED = (
    "Sparse invariant checks are implicitly disabled. Memory errors (e.g. SEGFAULT) will occur when operating on a "
    "sparse tensor which violates the invariants, but checks incur performance overhead. To silence this warning, "
    "explicitly opt in or out. See `torch.sparse.check_sparse_tensor_invariants.__doc__` for guidance. "
)
SPARSE_CONSTRUCTOR = (
    "torch.sparse.SparseTensor(indices, values, shape, *, device=) is deprecated.  Please use "
    "torch.sparse_coo_tensor(indices, values, shape, dtype=, device=)."
)
COPY_OF_TENSOR = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)
REVERSED_DIMS = (
    "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw an "
    "error in a future release. Consider `x.mT` to transpose batches of matrices or "
    "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
)
T_OF_NUMBER = "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases."
CROSS_WITHOUT_DIM = (
    "Using torch.cross without specifying the dim arg is deprecated.\n"
    "Please either pass the dim explicitly or simply use torch.linalg.cross.\n"
    "The default value of dim will change to agree with that of linalg.cross in a future release."
)
UNEVEN_SAME = (
    "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy of the input be "
    "created"
)
IMPLICIT_CLASSES = (
    "Implicit dimension choice for {} has been deprecated. Change the call to include dim=X as an argument."
)
CHECKPOINT_WITHOUT_CHOICE = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. Starting in PyTorch 2.9, calling "
    "checkpoint without use_reentrant will raise an exception. use_reentrant=False is recommended, but if you need to "
    "preserve the current default behavior, you can pass use_reentrant=True. Refer to docs for more details on the "
    "differences between the two variants."
)
CHECKPOINT_OF_NO_GRADIENT = "None of the inputs have requires_grad=True. Gradients will be None"
NEGATIVE_STRIDE = (
    "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently "
    "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
)
READ_ONLY_ARRAY = (
    "The given NumPy array is not writable, and PyTorch does not support non-writable tensors. This means writing to "
    "this tensor will result in undefined behavior. You may want to copy the array to protect its data or make it "
    "writable before converting it to a tensor. This type of warning will be suppressed for the rest of this program."
)
LIST_OF_ARRAYS = (
    "Creating a tensor from a list of numpy.ndarrays is extremely slow. Please consider converting the list to a "
    "single numpy.ndarray with numpy.array() before converting to a tensor."
)
GRID_WITHOUT_INDEXING = "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument."
TOO_MANY_WORKERS = (
    "This DataLoader will create {} worker processes in total. Our suggested max number of worker in current system "
    "is {}, which is smaller than what this DataLoader is going to create. Please be aware that excessive worker "
    "creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential "
    "slowness/freeze if necessary."
)
INDEX_REDUCE_IN_BETA = "index_reduce() is in beta and the API may change at any time."
SCATTER_OF_REDUCE = (
    "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future PyTorch "
    "release. Use torch.scatter_reduce instead for more reduction options."
)
UINT8_CONDITION = (
    "where received a uint8 condition tensor. This behavior is deprecated and will be removed in a future version of "
    "PyTorch. Use a boolean condition instead."
)
UINT8_MASK = "indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead."

LIST_OF_INDICES = (
    "Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
    "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
    "which will result either in an error or a different result"
)

MODULE_HOOK_AT_LAST_NODE = (
    "Using a non-full backward hook when the forward contains multiple autograd Nodes is deprecated and will be "
    "removed in future versions. This hook will be missing some grad_input. Please use register_full_backward_hook to "
    "get the documented behavior."
)
MODULE_HOOK_KINDS = (
    "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them."
)
GLOBAL_MODULE_HOOK_KINDS = (
    "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only one of "
    "them."
)
MODULE_HOOK_AT_OUTPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
    "gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)
MODULE_HOOK_NOTHING_TO_REPLACE = (
    "Backward hook for Modules where no input requires gradient should always return None or None for all gradients."
)
MODULE_HOOK_COUNT = "Backward {kind} returned an invalid number of {what}, got {got}, but expected {expected}"
ANOMALY_ENABLED = (
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging."
)
ANOMALY_FOUND = "Function '{}' returned nan values in its {}th output."
DEEPCOPY_NON_LEAF = (
    "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you "
    "were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
    "https://github.com/pytorch/pytorch/pull/103001"
)
EXTRA_STATE = (
    "Reached a code path in Module.{}() that should never be called. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
)
POSITIONAL_STATE_DICT = (
    "Positional args are being deprecated, use kwargs instead. Refer to "
    "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details."
)
POST_HOOK_RESULT = (
    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if "
    "incompatible_keys need to be modified, it should be done inplace."
)
NOT_A_TENSOR_CLASS = (
    "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class "
    "inherits from Tensor."
)
NO_IMPLEMENTATION = "no implementation found for '{}' on types that implement __torch_function__: {}"
MULTIPLE_DISPATCH_FAILED = (
    "Multiple dispatch failed for '{}'; all __torch_function__ handlers returned NotImplemented:\n\n{}\n"
    "For more information, try re-running with TORCH_LOGS=not_implemented"
)
DEEPCOPY_OF_SUBCLASS = (
    "The default implementation of __deepcopy__() for non-wrapper subclasses only works for subclass types that "
    "implement new_empty() and for which that function returns another instance of the same subclass. You should "
    "either properly implement new_empty() for your subclass or override __deepcopy__() if it is intended behavior "
    "for new_empty() to return an instance of a different type."
)
NO_SUCH_TO = (
    "to() received an invalid combination of arguments - got ({}), but expected one of:\n"
    " * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)\n"
    " * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
    "torch.memory_format memory_format = None)\n"
    " * (Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)\n"
)
NO_COPY_OF_MODULE = ".to() does not accept copy argument"
CONTRACTED_SIZES = (
    "contracted dimensions need to match, but first has size {} in dim {} and second has size {} in dim {}"
)
TENSORDOT_DIMS = (
    "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists, "
    "but got dims={}"
)
INFERRED_COMPLEX = "torch.{}(): inferred dtype c10::complex<{}> can't be safely cast to passed dtype {}"
DRAWN_AT = (
    "The function '{}' is not differentiable with respect to argument 'random_samples'. This input cannot have "
    "requires_grad True."
)
