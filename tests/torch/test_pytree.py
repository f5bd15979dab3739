"""Trees of containers against PyTorch 2.13's recorded structures, texts and errors."""

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

import funcgrad.torch as torch
from funcgrad.torch.utils import _pytree as pytree

Pair = namedtuple("Pair", "a b")
TREE = {
    "b": [1, None, (2,)],
    "a": Pair(3, deque([4], maxlen=3)),
    "c": OrderedDict(z=5, y=6),
    "d": defaultdict(list, {1: 7}),
}


class Box:
    def __init__(self, inside):
        self.inside = inside


pytree.register_pytree_node(Box, lambda box: ([box.inside], "lid"), lambda parts, _: Box(*parts))


def test_a_tree_comes_apart_in_its_own_order_and_is_made_again():
    leaves, spec = pytree.tree_flatten(TREE)
    assert leaves == [1, None, 2, 3, 4, 5, 6, 7]
    again = pytree.tree_unflatten(leaves, spec)
    assert again == TREE
    assert list(again) == list(TREE)
    assert (again["a"][1].maxlen, again["d"].default_factory, type(again["c"])) == (3, list, OrderedDict)
    assert (spec.num_leaves, spec.num_nodes, spec.num_children) == (8, 15, 4)
    assert spec == pytree.tree_structure(TREE) != pytree.tree_structure([1])
    assert pytree.tree_leaves([1, [2, (3,)]], is_leaf=lambda x: isinstance(x, tuple)) == [1, 2, (3,)]


def test_a_structure_prints_as_pytorchs():
    assert repr(pytree.tree_structure([1, (2,), Box(3)])) == (
        "TreeSpec(list, None, [*,\n  TreeSpec(tuple, None, [*]),\n  TreeSpec(Box, lid, [*])])"
    )
    assert repr(pytree.tree_structure(Pair(1, 2))) == f"TreeSpec(namedtuple, {Pair}, [*,\n  *])"
    assert repr(pytree.tree_structure(torch.Size([1, 2]))) == "TreeSpec(Size, None, [*,\n  *])"


def test_a_structure_is_put_together_by_hand():
    spec = pytree.TreeSpec(
        list, None, [pytree.LeafSpec(), pytree.TreeSpec(pytree._get_node_type(Pair(1, 2)), Pair, [])]
    )
    assert pytree.tree_unflatten([1], pytree.TreeSpec(list, None, [pytree.LeafSpec()])) == [1]
    assert spec.children()[0].is_leaf()
    assert pytree._get_node_type(Box(1)) is Box


def test_leaves_are_mapped_chosen_and_placed():
    assert pytree.tree_map(lambda a, b: a - b, {"a": 1, "b": 5}, {"b": 1, "a": 7}) == {"a": -6, "b": 4}
    assert pytree.tree_map(lambda a, b: (a, b), [1], [[1, 2]]) == [(1, [1, 2])]
    assert pytree.tree_map(lambda x: x + 1, [Box(1)])[0].inside == 2
    assert pytree.tree_map_only((int, float), lambda x: x * 2, [1, "a", 2.0]) == [2, "a", 4.0]
    assert pytree.tree_map_only(lambda x: x == 1, lambda x: x * 2, [1, "a", 2.0]) == [2, "a", 2.0]
    assert pytree.tree_any(bool, [0, [1]])
    assert not pytree.tree_all(bool, [0, [1]])
    paths = pytree.tree_map_with_path(lambda path, _: pytree.keystr(path), TREE)
    assert pytree.tree_leaves(paths) == [
        *("['b'][0]", "['b'][1]", "['b'][2][0]", "['a'].a", "['a'].b[0]", "['c']['z']", "['c']['y']", "['d'][1]")
    ]


@pytest.mark.parametrize(
    "wrong, text",
    [
        (lambda: pytree.register_pytree_node(Box, None, None), r"Box'> is already registered as pytree node\."),
        (lambda: pytree.tree_unflatten([1], pytree.tree_structure([1, 2])), "length 1 but the spec .* holds 2 items"),
        (lambda: pytree.tree_map(max, [1, 2], [1]), "Node arity mismatch; expected 2, but got 1"),
        (lambda: pytree.tree_map(max, [1], (1,)), "Node type mismatch; expected <class 'list'>, but got <class 'tuple"),
        (lambda: pytree.tree_map(max, {"a": 1}, {"b": 1}), r"missing key\(s\): {'a'}; extra key\(s\): {'b'}\."),
        (lambda: pytree.tree_flatten_with_path([Box(1)]), "Did not find a flatten_with_keys_fn for type: .*Box"),
    ],
)
def test_trees_that_do_not_fit(wrong, text):
    with pytest.raises(ValueError, match=text):
        wrong()


def test_how_named_tuples_come_apart_has_pytorchs_names():
    assert pytree._namedtuple_flatten(Pair(1, 2)) == ([1, 2], Pair)
    assert pytree._namedtuple_unflatten([1, 2], Pair) == Pair(1, 2)
