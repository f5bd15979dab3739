"""The pages of docs/ that are made from the tests."""

import re

from docs import make_semantics


def test_the_page_of_behaviour_is_what_the_script_makes():
    assert make_semantics.PAGE.read_text(encoding="utf-8") == make_semantics.page(), "python docs/make_semantics.py"


def test_every_number_has_a_row():
    numbers = set(re.findall(r"^\| (S?\d+) \|", make_semantics.page(), re.MULTILINE))
    assert numbers == {*map(str, range(1, 172)), *(f"S{k}" for k in range(1, 17))}


def test_titles_lead_to_files():
    links = re.findall(r"^## \[.*\]\((.*)\)$", make_semantics.page(), re.MULTILINE)
    assert links
    assert all((make_semantics.PAGE.parent / link).is_file() for link in links)
