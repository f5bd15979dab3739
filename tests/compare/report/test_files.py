import sys

import matplotlib.image
import pytest

from funcgrad.compare.report import prepare, write_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory, settings, runs, verdict):
    folder = tmp_path_factory.mktemp("out") / "deep" / "er"
    prepare(folder)
    names = write_report(folder, settings, runs, verdict)
    assert sorted(names) == sorted(path.name for path in folder.iterdir())
    return folder


def test_the_page_comes_first_and_all_files_have_content(folder):
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert set(sizes) == {
        "compare.html", "compare.json", "learning.png", "gradients.png", "distance.png", "none-or-zeros.png",
    }  # fmt: skip
    assert min(sizes.values()) > 5000


@pytest.mark.parametrize("name", ["learning", "gradients", "distance", "none-or-zeros"])
def test_a_picture_shows_something(folder, name):
    picture = matplotlib.image.imread(folder / f"{name}.png")
    assert picture.shape[1] == 1720
    assert picture[..., :3].std() > 0.05
    assert (picture[:20, :, :3] == 1).all()


def test_missing_matplotlib_is_said_before_anything_runs(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "funcgrad\[demo\]"'):
        prepare(tmp_path)
