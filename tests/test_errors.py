import functools
import pickle
import types
import warnings

import pytest

from funcgrad import errors


def test_the_text_names_what_is_missing_and_what_to_do():
    assert errors.unsupported("torch.fx", "Trace with jax.make_jaxpr.") == (
        "funcgrad.torch has no torch.fx. Trace with jax.make_jaxpr."
    )
    assert errors.unsupported("torch.fx").endswith("names that dir(torch) lists, or in JAX.")


def test_a_missing_name_keeps_hasattr_and_getattr_working():
    module = types.ModuleType("face")

    def missing(name):
        raise errors.UnsupportedNameError(errors.unsupported(f"torch.{name}"), name=name, obj=module)

    module.__getattr__ = missing
    assert not hasattr(module, "compile")
    assert getattr(module, "compile", None) is None
    with pytest.raises(NotImplementedError, match=r"no torch\.compile\. Write this part"):
        module.compile  # noqa: B018  the access is the act


@pytest.mark.parametrize("kind", [errors.UnsupportedError, errors.UnsupportedNameError, errors.UnsupportedModuleError])
def test_an_unsupported_name_is_one_family(kind):
    error = pickle.loads(pickle.dumps(kind(errors.unsupported("torch.fx"))))
    assert isinstance(error, errors.UnsupportedError)
    assert isinstance(error, errors.FuncgradError)
    assert isinstance(error, NotImplementedError)
    assert str(error).startswith("funcgrad.torch has no torch.fx.")


def call_from(module, source, file=None, **names):
    """What a call does when its code belongs to the named module."""
    scope = {"__name__": module, **names}
    exec(compile(source, file or f"{module}.py", "exec"), scope)
    return scope["call"]


def test_a_warning_points_at_the_users_line():
    inner = call_from("funcgrad.torch.nn", "def call(): warn('look out', FutureWarning)", warn=errors.warn)
    library = call_from("jax._src.api", "def call(): inner()", inner=inner)
    standard = call_from("functools", "def call(): library()", file=functools.__file__, library=library)
    outer = call_from("funcgrad.torch", "def call(): standard()", standard=standard)
    user = call_from("test", "\n\ndef call(): outer()", outer=outer)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        user()
    assert [(str(w.message), w.category, w.filename, w.lineno) for w in caught] == [
        ("look out", FutureWarning, "test.py", 3)
    ]
