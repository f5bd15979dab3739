"""Notebooks: cells run as Jupyter runs them, and errors and warnings name the cell."""

import json
import os
import warnings

import pytest
from tracebacks import without_marks

from funcgrad import cli
from funcgrad.launch import LaunchError, notebook, run_script


def code(source, *tags):
    return {"cell_type": "code", "source": source.splitlines(keepends=True), "metadata": {"tags": list(tags)}}


@pytest.fixture
def made(tmp_path):
    """Writes a notebook and gives its path."""

    def write(*cells, **metadata):
        path = tmp_path / "lesson.ipynb"
        path.write_text(json.dumps({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
        return str(path)

    return write


def test_cells_share_their_names_and_torch_is_the_face(made, capfd):
    text = {"cell_type": "markdown", "source": ["x = 1"], "metadata": {}}
    path = made(
        code("import torch"), text, code("x = torch.tensor([1.0, 2.0])"), code("print(torch.__spec__.name, x * 2)")
    )
    run_script(path)
    assert capfd.readouterr().out == "funcgrad.torch tensor([2., 4.])\n"


@pytest.mark.parametrize(
    "source, shown",
    [
        ("1 + 1", "2\n"),
        ("x = 1\nx\nx + 1", "2\n"),
        ("1 + 1;", ""),
        ("None", ""),
        ("x = 1", ""),
        ("", ""),
        ("# nothing", ""),
        ("print('a')", "a\n"),
        ("'text'", "'text'\n"),
        ("for i in range(2): i", ""),
        ("display(1, 'a')", "1\n'a'\n"),
        ("4\n_", "5\n"),
    ],
)
def test_the_value_of_the_last_expression_is_printed(made, capfd, source, shown):
    run_script(made(code("5"), code(source)))
    assert capfd.readouterr().out == "5\n" + shown


def test_an_error_names_the_cell_and_shows_its_line(made, capfd):
    path = made(code("def step(x):\n    return 1 / x"), code("\nstep(0)"), code("print('never')"))
    assert cli.main(["run", path]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "\n    return 1 / x\n           ~~^~~\n" in err
    assert without_marks(err) == [
        "Traceback (most recent call last):",
        f'  File "{path}[2]", line 2, in <module>',
        "    step(0)",
        f'  File "{path}[1]", line 2, in step',
        "    return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


def test_a_syntax_error_names_the_cell(made, capfd):
    path = made(code("x = 1"), code("x = 1\nx = = 2"))
    assert cli.main(["run", path]) == 1
    assert capfd.readouterr().err.splitlines()[:2] == [f'  File "{path}[2]", line 2', "    x = = 2"]


def test_a_warning_names_the_cell(made):
    path = made(code("import warnings\nwarnings.simplefilter('always')\nwarnings.warn('mine')"))
    with pytest.warns(UserWarning, match="mine") as caught:
        run_script(path)
    assert (caught[0].filename, caught[0].lineno) == (f"{path}[1]", 3)


def test_a_cell_that_may_fail_does_not_end_the_notebook(made, capfd):
    run_script(made(code("1 / 0", "raises-exception"), code("print('after')")))
    out, err = capfd.readouterr()
    assert out == "after\n"
    assert err.endswith("ZeroDivisionError: division by zero\n")


def test_exit_codes(made):
    assert cli.main(["run", made(code("import sys; sys.exit(5)"))]) == 5
    assert cli.main(["run", made(code("pass"))]) == 0


def test_a_notebook_runs_in_its_folder_and_leaves_no_trace(made, capfd, tmp_path):
    (tmp_path / "neighbour_of_lesson.py").write_text("NAME = 'neighbour'")
    before = os.getcwd(), dict(os.environ), warnings.filters[:]
    run_script(
        made(
            code("import os, sys, neighbour_of_lesson\nos.environ['MINE'] = '1'"),
            code("print(os.getcwd(), neighbour_of_lesson.NAME, sys.argv[1:], '__file__' in globals(), __name__)"),
        ),
        ["--lr", "1"],
    )
    assert capfd.readouterr().out == f"{os.path.realpath(tmp_path)} neighbour ['--lr', '1'] False __main__\n"
    assert (os.getcwd(), dict(os.environ), warnings.filters[:]) == before


def test_figures_are_drawn_to_memory(made, capfd):
    run_script(made(code("import matplotlib, matplotlib.pyplot as plt\nprint(matplotlib.get_backend())\nplt.show()")))
    assert capfd.readouterr() == ("agg\n", "")


@pytest.mark.parametrize(
    "text, reason",
    [
        ("not json", "is not a notebook of format 4; expected a file that Jupyter has saved"),
        ("{}", "is not a notebook of format 4"),
        ("[]", "is not a notebook of format 4"),
        ('{"worksheets": []}', "is not a notebook of format 4"),
        (
            '{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}',
            "is a notebook of 'R'; expected one of Python",
        ),
    ],
)
def test_what_is_not_a_notebook_of_python(tmp_path, text, reason):
    path = tmp_path / "lesson.ipynb"
    path.write_text(text)
    with pytest.raises(LaunchError, match=reason):
        run_script(str(path))


def test_a_missing_notebook():
    with pytest.raises(
        LaunchError, match=r"cannot read 'nowhere\.ipynb': No such file or directory; expected a notebook"
    ):
        run_script("nowhere.ipynb")


def test_the_source_of_a_cell_may_be_one_text(tmp_path):
    path = tmp_path / "lesson.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "a = 1\nb = 2"}]}))
    assert notebook.read(str(path)) == [notebook.Cell(f"{path}[1]", "a = 1\nb = 2", may_fail=False)]
