"""Running a script: everything that it can see is as with `python script.py`, and `torch` is the face."""

import importlib
import os
import subprocess
import sys
import textwrap

import pytest
from tracebacks import without_marks

import funcgrad
from funcgrad import cli, launch
from funcgrad.errors import UnsupportedModuleError

FACE = {
    "__init__.py": """
import jax
from . import nn
def fail(*x): raise ValueError('bad shape')
def fail_in_jax(): jax.eval_shape(fail, 1.0)
def call(f): return f()
""",
    "nn/__init__.py": "from . import functional\nclass Linear: pass\n",
    "nn/functional.py": """
import contextlib
@contextlib.contextmanager
def mode(): yield
@mode()
def inner(f): f()
def through_a_library(f): inner(f)
""",
    "_functorch.py": "def vmap(f): return f\n",
    "utils/__init__.py": "",
    "utils/data.py": "class DataLoader: pass\n",
}


@pytest.fixture
def face(tmp_path, monkeypatch):
    """A small package in the place of `funcgrad.torch`."""
    for name, source in FACE.items():
        file = tmp_path / "rooms" / "standin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    monkeypatch.setattr(funcgrad, "__path__", [*funcgrad.__path__, str(tmp_path / "rooms")])
    monkeypatch.setattr(launch.imports, "FACE", "funcgrad.standin")
    monkeypatch.setattr(launch.imports, "SHOWN_AS", {"torch.nn": ("Linear",)})
    yield importlib.import_module("funcgrad.standin")
    for name in [name for name in sys.modules if name.startswith("funcgrad.standin")]:
        del sys.modules[name]


@pytest.fixture
def script(tmp_path):
    """Writes a script, or another file beside it, and gives its path."""

    def write(source, name="script.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return str(path)

    return write


def printed_error(path, capfd):
    assert cli.main(["run", path]) == 1
    return capfd.readouterr().err


SCRIPTS = {
    "names": """
        "Documented."
        import sys
        print(sys.argv, sys.path[0], sorted(globals()))
        print(__name__, __file__, __doc__, __spec__, __package__, __cached__, __annotations__, type(__loader__))
        import __main__
        print(vars(__main__) is globals())
        """,
    "pickle": """
        import dataclasses, pickle
        @dataclasses.dataclass
        class Config:
            rate: float = 0.1
        print(pickle.loads(pickle.dumps(Config(2.0))), Config.__module__)
        """,
    "annotations are evaluated": "def f(x: print('evaluated')): pass",
    "error": """
        def step(rate):
            return 1 / rate

        step(0)
        """,
    "error with a cause": """
        try:
            {}["weight"]
        except KeyError as error:
            raise RuntimeError("no weight") from error
        """,
    "error in an error": """
        try:
            {}["weight"]
        except KeyError:
            undefined
        """,
    "error group": """
        raise ExceptionGroup("two", [ValueError(1), KeyError(2)])
        """,
    "error that a generator would swallow": "raise StopIteration(3)",
    "syntax error": "x = = 1",
}


@pytest.mark.parametrize("source", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_without_torch_does_what_it_does_under_python(source, script, capfd):
    path = script(source)
    python = subprocess.run([sys.executable, path, "--lr", "1"], capture_output=True, text=True, check=False)
    assert cli.main(["run", path, "--lr", "1"]) == python.returncode
    assert tuple(capfd.readouterr()) == (python.stdout, python.stderr)


def test_a_symbolic_link_keeps_its_name_but_finds_the_neighbours_of_its_file(script, tmp_path, capfd):
    script("NAME = 'neighbour'", "real/neighbour.py")
    link = tmp_path / "link.py"
    link.symlink_to(script("import neighbour; print(__file__, neighbour.NAME)", "real/script.py"))
    launch.run_script(str(link))
    assert capfd.readouterr().out == f"{link} neighbour\n"


def test_functorch_is_the_faces_and_gone_afterwards(face, script):
    before = sys.modules.get("functorch")
    path = script("""
        import functorch, torch
        from functorch import vmap
        torch.seen = functorch, vmap(len)
        """)
    launch.run_script(path)
    assert face.seen == (sys.modules["funcgrad.standin._functorch"], len)
    assert sys.modules.get("functorch") is before


def test_torch_is_the_face(face, script):
    path = script("""
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        import torch.utils.data
        from torch.nn import Linear
        from torch.utils.data import DataLoader
        import neighbour
        import funcgrad.standin.utils.data as again
        torch.seen = [torch, nn, F, torch.utils.data, Linear, DataLoader, neighbour.torch, again]
        """)
    script("import torch", "neighbour.py")
    launch.run_script(path)
    data = sys.modules["funcgrad.standin.utils.data"]
    wanted = [face, face.nn, face.nn.functional, data, face.nn.Linear, data.DataLoader, face, data]
    assert all(got is want for got, want in zip(face.seen, wanted, strict=True))
    assert (face.__name__, face.__spec__.name, data.__spec__.name) == (
        "funcgrad.standin",
        "funcgrad.standin",
        "funcgrad.standin.utils.data",
    )


def test_classes_say_that_they_are_pytorchs_while_a_script_runs(script, capfd):
    path = script("""
        import pickle, torch
        x = torch.ones(2)
        kinds = [type(thing) for thing in (x, x.shape, x.dtype, x.device, torch.nn.Parameter(x))]
        print(*kinds, pickle.loads(pickle.dumps(kinds)) == kinds, torch.__name__)
        torch.kinds = kinds
        """)
    launch.run_script(path)
    assert capfd.readouterr().out == (
        "<class 'torch.Tensor'> <class 'torch.Size'> <class 'torch.dtype'> <class 'torch.device'> "
        "<class 'torch.nn.parameter.Parameter'> True torch\n"
    )
    kinds = vars(sys.modules["funcgrad.torch"]).pop("kinds")
    assert {kind.__module__.partition(".")[0] for kind in kinds} == {"funcgrad"}
    assert sys.modules["funcgrad.torch"].__name__ == "funcgrad.torch"


CLASSES = {
    "torch.nn.modules": ("linear.Linear", "module.Module", "container.Sequential", "loss.CrossEntropyLoss", "rnn.LSTM"),
    "torch.nn.modules.": (
        "activation.MultiheadAttention",
        "batchnorm.BatchNorm2d",
        "padding.ZeroPad2d",
        "flatten.Flatten",
    ),
    "torch.optim": ("sgd.SGD", "adam.Adam", "optimizer.Optimizer", "lr_scheduler.StepLR"),
    "torch.utils.data": ("dataloader.DataLoader", "dataset.Dataset", "sampler.RandomSampler"),
    "torch.distributions": ("normal.Normal", "categorical.Categorical", "transforms.Transform"),
    "torch.autograd": ("grad_mode.no_grad", "grad_mode.inference_mode", "anomaly_mode.detect_anomaly", "graph.Node"),
    "torch.nn": ("utils.prune.L1Unstructured", "attention.bias.CausalBias"),  # the second one's file is imported late
    "torch.utils": ("hooks.RemovableHandle",),
    "torch": ("layout", "finfo", "memory_format", "_C.Generator", "optim.Muon", "OutOfMemoryError"),
}
"""Where PyTorch's classes are from, as `print(nn.Linear)` shows it."""


def test_classes_have_the_paths_of_pytorchs_files_while_a_script_runs(script, capfd):
    paths = [f"{room.rstrip('.')}.{path}" for room, names in CLASSES.items() for path in names]
    path = script(f"""
        import importlib, pickle, sys, torch
        for path in {paths}:
            module, _, name = path.rpartition(".")
            kind = getattr(importlib.import_module(module), name)
            print(kind, pickle.loads(pickle.dumps(kind)) is kind, getattr(sys.modules[module], name) is kind)
        print(torch.distributions.Normal(torch.zeros(1), 1.0).expand((2,)))
        """)
    before = sys.modules.get("torch.nn.modules.linear")
    launch.run_script(path)
    *shown, made = capfd.readouterr().out.splitlines()
    assert shown == [f"<class '{path}'> True True" for path in paths]
    assert made == "Normal(loc: torch.Size([2]), scale: torch.Size([2]))"
    assert sys.modules["funcgrad.torch"].nn.Linear.__module__.startswith("funcgrad.")
    assert sys.modules.get("torch.nn.modules.linear") is before


def test_torch_is_funcgrads_own(script, capfd):
    launch.run_script(script("import torch; print(torch.__name__, torch.__spec__.name, torch.tensor([1.0, 2.0]) * 2)"))
    assert capfd.readouterr().out == "torch funcgrad.torch tensor([2., 4.])\n"


@pytest.mark.parametrize(
    "line, missing",
    [
        ("import torch.fx", "torch.fx"),
        ("from torch.fx.proxy import Proxy", "torch.fx"),
        ("import torch.nn.parallel", "torch.nn.parallel"),
    ],
)
def test_a_missing_submodule_is_named_even_where_pytorch_has_it(face, script, line, missing):
    script("", "torch/__init__.py")
    script("", "torch/fx.py")
    with pytest.raises(UnsupportedModuleError, match=rf"^funcgrad\.torch has no {missing}\. .* or in JAX\.$") as caught:
        launch.run_script(script(line))
    assert caught.value.name == missing


def test_a_missing_name_has_pythons_error_and_the_advice_as_a_note(script):
    with pytest.raises(ImportError, match=r"^cannot import name 'nothing' from 'torch'") as caught:
        launch.run_script(script("from torch import nothing"))
    assert caught.value.__notes__[0].startswith("funcgrad.torch has no torch.nothing. Write this part")


def test_a_script_may_try_a_submodule(face, script):
    launch.run_script(
        script("""
        import importlib.util
        assert importlib.util.find_spec("torch") is not None
        try:
            import torch.compiler
        except ImportError:
            torch = None
        assert torch is None
        """)
    )


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)", "undefined"])
def test_afterwards_the_import_state_is_as_before(face, script, monkeypatch, ending):
    real = object()
    monkeypatch.setitem(sys.modules, "torch", real)
    monkeypatch.setitem(sys.modules, "torch.only_real", real)

    def state():
        loaded = set(sys.modules)
        return sys.modules["__main__"], sys.argv, list(sys.argv), sys.path, list(sys.path), list(sys.meta_path), loaded

    before = state()
    script("import torch", "neighbour_of_script.py")
    path = script(
        f"import sys, torch.nn, neighbour_of_script; sys.path.append('elsewhere'); sys.argv.append('x')\n{ending}"
    )
    try:
        launch.run_script(path)
    except (SystemExit, NameError):
        assert ending
    assert state()[:-1] == before[:-1]
    assert {name for name in state()[-1] - before[-1] if not name.startswith("funcgrad.standin")} == set()
    assert sys.modules["torch"] is sys.modules["torch.only_real"] is real


@pytest.mark.parametrize("name", ["statistics.py", "colorsys/__init__.py"])
def test_a_neighbour_comes_before_a_module_that_we_have_loaded(script, name):
    module = importlib.import_module(name.partition(".")[0].partition("/")[0])
    script("MINE = True", name)
    script("", "json/data.txt")  # no package
    launch.run_script(script(f"import {module.__name__}, json; assert {module.__name__}.MINE; json.dumps"))
    assert sys.modules[module.__name__] is module
    assert not hasattr(module, "MINE")


def test_modules_that_are_installed_stay_loaded(script, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    launch.run_script(script("import colorsys"))
    assert "colorsys" in sys.modules


@pytest.mark.usefixtures("face")
def test_a_traceback_shows_the_users_frames_only(script, capfd):
    path = script("""\
        import torch
        import torch.nn.functional as F

        def forward():
            torch.fail()

        def hook():
            F.through_a_library(forward)

        torch.call(hook)
        """)
    lines = printed_error(path, capfd).splitlines()
    assert [line.strip() for line in lines if line.lstrip().startswith(("File", "Value"))] == [
        f'File "{path}", line 10, in <module>',
        f'File "{path}", line 8, in hook',
        f'File "{path}", line 5, in forward',
        "ValueError: bad shape",
    ]


@pytest.mark.usefixtures("face")
def test_an_error_inside_jax_ends_with_its_own_text(script, capfd):
    path = script("import torch\ntorch.fail_in_jax()")
    assert without_marks(printed_error(path, capfd)) == [
        "Traceback (most recent call last):",
        f'  File "{path}", line 2, in <module>',
        "    torch.fail_in_jax()",
        "ValueError: bad shape",
    ]


@pytest.mark.usefixtures("face")
@pytest.mark.parametrize("last", ["raise RuntimeError from error", "raise ExceptionGroup('both', [error]) from None"])
def test_causes_show_the_users_frames_only(script, capfd, last):
    path = script(f"""\
        import torch
        try:
            torch.fail()
        except ValueError as error:
            error.__context__ = error  # a cycle, as hand-made chains may have
            {last}
        """)
    text = printed_error(path, capfd)
    assert "ValueError: bad shape" in text
    assert text.count("File") == text.count(f'File "{path}"') >= 2


def test_a_hook_of_the_script_that_fails_is_shown_as_under_python(script, capfd, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    path = script("""\
        import sys
        def hook(kind, error, traceback):
            raise RuntimeError("in the hook")
        sys.excepthook = hook
        1 / 0
        """)
    python = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert printed_error(path, capfd) == python.stderr


def test_a_hook_of_the_script_prints_its_errors(script, capfd, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    path = script("import sys; sys.excepthook = lambda kind, error, traceback: print('mine', error)\n1 / 0")
    assert printed_error(path, capfd) == ""


def test_a_module_runs_as_under_python_m(script, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    script("import sys\nprint(__name__, __package__, __spec__.name, sys.argv, sys.path[0])", "work/train.py")
    python = subprocess.run([sys.executable, "-m", "work.train", "--lr"], capture_output=True, text=True, check=True)
    launch.run_module("work.train", ["--lr"])
    assert capfd.readouterr().out == python.stdout
    script("print(__name__, __spec__.name)", "work/__main__.py")
    launch.run_module("work")
    assert capfd.readouterr().out == "__main__ work.__main__\n"


def test_a_module_gets_the_face(face, script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script("import torch.nn\ntorch.ran = True", "module_to_run.py")
    launch.run_module("module_to_run")
    assert face.ran
    assert "module_to_run" not in sys.modules


@pytest.mark.parametrize("name", ["nowhere", "json.nowhere", "json.decoder.nowhere", "json", ".x", ""])
def test_a_module_that_cannot_be_run(name):
    with pytest.raises(launch.LaunchError, match="expected a name as for python -m"):
        launch.run_module(name)


def test_a_broken_import_on_the_way_to_a_module_is_the_users_error(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script("import no_such_dependency", "broken/__init__.py")
    script("", "broken/train.py")
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        launch.run_module("broken.train")


@pytest.mark.parametrize("companion", ["torchvision", "torchaudio", "torchtext"])
def test_a_companion_of_pytorch_that_is_missing_says_what_to_do_instead(script, companion):
    path = script(f"""
        import importlib.util
        assert importlib.util.find_spec("{companion}") is None
        try:
            import {companion}
        except ImportError as error:
            assert not hasattr(error, "__notes__")
        import {companion}.transforms
        """)
    with pytest.raises(ModuleNotFoundError, match=f"^No module named '{companion}'") as caught:
        launch.run_script(path)
    assert "compiled for PyTorch itself. Load the data" in caught.value.__notes__[0]


def test_a_companion_of_pytorch_that_is_there_is_imported(script):
    script("HERE = True", "torchvision/__init__.py")
    launch.run_script(script("import torchvision; assert torchvision.HERE"))


def test_what_is_not_a_python_file(script, tmp_path):
    binary = tmp_path / "program"
    binary.write_bytes(b"\x7fELF\0\0")
    for path, reason in (
        (str(tmp_path), "is a folder; expected a Python file, or -m"),
        (script("", "data.csv"), "is not a Python file; expected a name that ends in .py or .ipynb"),
        (str(tmp_path / "missing.py"), "No such file or directory; expected a Python file"),
        (str(binary), "is not a Python file: it holds binary data"),
    ):
        with pytest.raises(launch.LaunchError, match=reason) as caught:
            launch.run_script(path)
        assert os.path.basename(path) in str(caught.value)


def test_what_is_registered_with_atexit_has_the_scripts_imports(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        textwrap.dedent("""
        import atexit, sys
        import torch
        import neighbour

        def unwanted():
            print("unwanted")

        @atexit.register
        def bye():
            import neighbour as again
            import torch as late
            from torch.nn import functional
            print(late is torch, late.__name__, type(late.ones(1)), again is neighbour, sys.argv[1:])

        atexit.register(unwanted)
        atexit.unregister(unwanted)
        """)
    )
    (tmp_path / "neighbour.py").write_text("")
    run = [sys.executable, "-m", "funcgrad", "run", str(path), "an argument"]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout == "True torch <class 'torch.Tensor'> True ['an argument']\n"
