"""Magics: what only a notebook understands becomes Python, and nothing else is touched."""

import os

import pytest

from funcgrad.errors import UnsupportedError
from funcgrad.launch.magics import Shell, translated
from funcgrad.launch.notebook import run_cell


@pytest.fixture
def namespace(tmp_path, monkeypatch):
    """The names of a notebook in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    names = {"n": 3}
    shell = Shell(names, run_cell)
    names["get_ipython"] = lambda: shell
    return names


@pytest.mark.parametrize(
    "source, python",
    [
        ("%matplotlib inline", "get_ipython().run_line_magic('matplotlib', 'inline')"),
        ("!ls -l", "get_ipython().system('ls -l')"),
        ("files = !ls", "files = get_ipython().getoutput('ls')"),
        ("a.b['c'] = !ls", "a.b['c'] = get_ipython().getoutput('ls')"),
        ("if x:\n    !ls\nelse:\n    %cd ..", "if x:\n    get_ipython().system('ls')\nelse:\n    get_ipython().run_line_magic('cd', '..')"),
        ("x.view?", "pass"),
        ("??x", "pass"),
        ("!pip install \\\n    -q wandb\nx", "get_ipython().system('pip install -q wandb')\n\nx"),
        ("!echo it's", "get_ipython().system(\"echo it's\")"),
        ("%%time\nx", "get_ipython().run_cell_magic('time', '', '\\nx', 'cell')"),
        ("\n%%bash -e\nls\n", "\nget_ipython().run_cell_magic('bash', '-e', '\\n\\nls\\n', 'cell')"),
    ],
)  # fmt: skip
def test_translated(source, python):
    assert translated(source, "cell") == python


@pytest.mark.parametrize(
    "source",
    ["x = 1", "'''\n!ls\n%cd\n'''", "x = (7\n% 4)", "x = 7 \\\n% 4", "x = = 1", "# %matplotlib\n#!ls", "'\\d'", "print('?')", "a ? b"],
)  # fmt: skip
def test_python_and_its_mistakes_stay_as_they_are(source):
    assert translated(source, "cell") == source


@pytest.mark.parametrize(
    "source, printed",
    [
        ("!echo {n + 1} $n $nobody {nothing} {1:2}", "4 3 {nothing} {1:2}\n"),
        ("lines = !echo a; echo b\nlines", "['a', 'b']\n"),
        ("%%bash\necho from bash", "from bash\n"),
        ("%%time\nn + 1", "4\n"),
        ("%time n + 1", "4\n"),
        ("%timeit -n 10 -r3 print(n)", "3\n"),
        ("%%capture\nprint('hidden')", ""),
        ("%%html\n<b>", ""),
        ("%load_ext autoreload\n%autoreload 2\n%config x.y = 1\n%matplotlib notebook\nn", "3\n"),
        ("%%writefile made.py\nV = 9\n", ""),
    ],
)
def test_what_a_cell_prints(namespace, capfd, source, printed):
    run_cell(source, "cell", namespace)
    assert capfd.readouterr().out == printed


def test_a_file_is_written(namespace, tmp_path):
    run_cell("%%writefile made_{n}.py\nV = 9\n", "cell", namespace)
    assert (tmp_path / "made_3.py").read_text() == "V = 9\n"


def test_the_folder_and_the_environment(namespace, tmp_path, monkeypatch):
    monkeypatch.setenv("MINE", "0")
    (tmp_path / "sub3").mkdir()
    run_cell("%cd sub{n}\n%env MINE=$n", "cell", namespace)
    assert (os.path.basename(os.getcwd()), os.environ["MINE"]) == ("sub3", "3")


@pytest.mark.parametrize(
    "command",
    ["!pip install torch", "%pip install -q torch", "!python -m pip install x", "!sudo apt-get -y install x", "%conda install x"],
)  # fmt: skip
def test_nothing_is_installed(namespace, capfd, monkeypatch, command):
    monkeypatch.setattr("subprocess.run", None)
    run_cell(command, "cell", namespace)
    assert capfd.readouterr().err == f"funcgrad run: did not run {command[1:]!r}; install what is missing yourself\n"


@pytest.mark.parametrize("source, magic", [("x = 1\n%sql select", "%sql"), ("%%cython\nx", "%%cython")])
def test_an_unknown_magic_is_an_error(namespace, source, magic):
    with pytest.raises(UnsupportedError, match=f"funcgrad run has no magic {magic}. Remove this line, or write"):
        run_cell(source, "cell", namespace)


def test_an_error_under_a_cell_magic_keeps_its_line(namespace):
    with pytest.raises(ZeroDivisionError) as caught:
        run_cell("%%time\n\n1 / 0", "cell", namespace)
    assert caught.traceback[-1].lineno + 1 == 3
