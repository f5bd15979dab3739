"""Tensors on `meta`: shapes and dtypes without data, as PyTorch 2.13 shows them."""

import copy

import pytest

import funcgrad.torch as torch
from funcgrad.torch import nn

NO_DATA = "Cannot copy out of meta tensor; no data!"


@pytest.fixture
def m():
    return torch.randn(2, 3, device="meta")


def test_texts(m):
    assert repr(m) == "tensor(..., device='meta', size=(2, 3))"
    assert repr(m.sum()) == "tensor(..., device='meta', size=())"
    assert repr(m.half()) == "tensor(..., device='meta', size=(2, 3), dtype=torch.float16)"
    assert repr(torch.arange(3, device="meta")) == "tensor(..., device='meta', size=(3,), dtype=torch.int64)"
    linear = nn.Linear(2, 2, device="meta")
    assert repr(linear.weight) == "Parameter containing:\ntensor(..., device='meta', size=(2, 2), requires_grad=True)"
    assert repr(linear(torch.ones(1, 2, device="meta"))).endswith("size=(1, 2), grad_fn=<AddmmBackward0>)")


def test_shapes_follow(m):
    assert (m @ m.t()).shape == (2, 2)
    assert m.view(-1)[1:].shape == (5,)
    assert torch.where(m > 0, m, 2.0).dtype == torch.float32
    assert (torch.tensor(2.0) * m).is_meta
    with pytest.raises(RuntimeError, match="mat1 and mat2 shapes cannot be multiplied"):
        m @ m


def test_nothing_is_drawn_in_a_block_on_meta():
    torch.manual_seed(0)
    expected = torch.rand(2).tolist()
    torch.manual_seed(0)
    with torch.device("meta"):
        net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.LSTM(3, 2), nn.Embedding(4, 2))
        nn.init.orthogonal_(nn.init.trunc_normal_(net[0].weight))
        made = (torch.rand(2), torch.randint(5, (2,)), torch.randperm(3), torch.rand_like(torch.zeros(2)))
        assert torch.ones(2, device="cpu").tolist() == [1.0, 1.0]
    assert all(x.is_meta for x in (*made, *net.parameters(), *net.buffers()))
    assert sum(p.numel() for p in net.parameters()) == 79
    assert torch.rand(2).tolist() == expected
    assert not torch.zeros(2).is_meta


def test_the_default_device():
    torch.set_default_device("meta")
    assert torch.get_default_device() == torch.zeros(1).device == torch.device("meta")
    torch.set_default_device(None)
    assert torch.zeros(1).device == torch.get_default_device() == torch.device("cpu")


@pytest.mark.parametrize(
    "look, kind, text",
    [
        (lambda m: m.sum().item(), RuntimeError, "Tensor.item() cannot be called on meta tensors"),
        (lambda m: float(m.sum()), RuntimeError, "Tensor.item() cannot be called on meta tensors"),
        (lambda m: bool(m.sum()), RuntimeError, "Tensor.item() cannot be called on meta tensors"),
        (lambda m: m.tolist(), NotImplementedError, NO_DATA),
        (lambda m: m.cpu(), NotImplementedError, NO_DATA),
        (lambda m: m.to("cpu"), NotImplementedError, NO_DATA),
        (lambda m: torch.ones(2, 3).copy_(m), NotImplementedError, NO_DATA),
        (lambda m: nn.Linear(2, 2, device="meta").to("cpu"), NotImplementedError, f"{NO_DATA} Please use torch.nn"),
        (lambda m: m.numpy(), TypeError, "can't convert meta device type tensor to numpy. Use Tensor.cpu() to copy"),
    ],
)
def test_a_look_is_an_error(m, look, kind, text):
    with pytest.raises(kind) as caught:
        look(m)
    assert str(caught.value).startswith(text)


def test_what_is_like_a_tensor_on_meta_is_there_too(m):
    for x in (
        torch.zeros_like(m),
        m.new_ones(2),
        torch.randn_like(m),
        torch.empty_like(m),
        copy.deepcopy(m),
        m.clone(),
    ):
        assert x.is_meta
    assert torch.zeros_like(m, device="cpu").tolist() == [[0.0] * 3] * 2
    assert torch.ones(2).to("meta").is_meta


def test_writing_there_does_nothing(m):
    assert m.copy_(torch.ones(2, 3)).zero_().fill_(2.0).is_meta
    m[0] = 1.0
    m += 1
    assert m.is_meta


def test_gradients_have_shapes():
    linear = nn.Linear(2, 3, device="meta")
    linear(torch.randn(4, 2, device="meta")).sum().backward()
    assert linear.weight.grad.is_meta
    assert linear.weight.grad.shape == (3, 2)


def test_a_module_gets_its_data_later():
    state = {"weight": torch.ones(2, 2), "bias": torch.zeros(2)}
    linear = nn.Linear(2, 2, device="meta")
    with pytest.warns(UserWarning, match=": copying from a non-meta parameter in the checkpoint to a meta") as caught:
        linear.load_state_dict(state)
    assert [str(w.message).partition(":")[0] for w in caught] == ["for weight", "for bias"]
    assert linear.weight.is_meta
    linear.load_state_dict(state, assign=True)
    assert linear(torch.ones(1, 2)).tolist() == [[2.0, 2.0]]
    empty = nn.Linear(2, 2, device="meta").to_empty(device="cpu")
    assert (empty.weight.device, empty.weight.requires_grad) == (torch.device("cpu"), True)
    assert nn.Linear(2, 2).to("meta").bias.is_meta


def test_bytes_of_a_file(tmp_path):
    file = tmp_path / "bytes"
    file.write_bytes(torch.arange(4.0).numpy().tobytes() + b"!")
    storage = torch.UntypedStorage.from_file(str(file), nbytes=17)
    assert (len(storage), storage[16]) == (17, 33)
    assert torch.asarray(storage[4:12], dtype=torch.float32).tolist() == [1.0, 2.0]
    assert torch.asarray(storage[16:], dtype=torch.uint8).tolist() == [33]


a, s = torch.tensor([[1.0, 1.0], [1.0, 1.0]]), torch.tensor(1.0)
i, b = torch.tensor([0, 1]), torch.tensor([[True, False], [False, True]])
EXPECTED_CPU = "Tensor on device meta is not on the expected device cpu!"
EXPECTED_META = "Tensor on device cpu is not on the expected device meta!"


@pytest.mark.parametrize(
    "mix, text",
    [
        (lambda m: a + m, EXPECTED_CPU),
        (lambda m: m + a, EXPECTED_META),
        (lambda m: a * torch.tensor(1.0, device="meta"), EXPECTED_CPU),
        (lambda m: torch.where(b, m, s), EXPECTED_CPU),
        (lambda m: torch.where(b.to("meta"), a, a), EXPECTED_META),
        (lambda m: torch.cat([m, a]), EXPECTED_META),
        (lambda m: torch.lerp(a, m, 0.5), EXPECTED_CPU),
        (lambda m: nn.functional.mse_loss(m, a), EXPECTED_META),
        (lambda m: nn.functional.layer_norm(a, (2,), m[0]), EXPECTED_CPU),
        (lambda m: nn.functional.cross_entropy(m, i), "Tensor on device"),
        (lambda m: nn.Linear(2, 2, device="meta")(a), "Tensor on device"),
        (lambda m: nn.Linear(2, 2)(m), EXPECTED_META),
        (lambda m: torch._foreach_add([a], [m]), EXPECTED_CPU),
        # What PyTorch answers with memory that nobody has written to.
        (lambda m: a @ m, EXPECTED_CPU),
        (lambda m: a[i.to("meta")], EXPECTED_CPU),
        (lambda m: a.add_(m), EXPECTED_CPU),
    ],
)
def test_data_does_not_meet_none(mix, text):
    with pytest.raises(RuntimeError, match=text):
        mix(torch.ones(2, 2, device="meta"))


@pytest.mark.parametrize(
    "mix",
    [
        lambda m: s + m,
        lambda m: torch.lerp(m, m, s),
        lambda m: torch.where(b.to("meta"), s, m),
        lambda m: m[i],
        lambda m: m.gather(0, i[None]).expand(2, 2),
        lambda m: m.index_put((i,), a),
        lambda m: m.index_select(0, i),
        lambda m: nn.functional.embedding(i, m),
        lambda m: nn.functional.dropout(m),
        lambda m: m.copy_(a),
        lambda m: a.type_as(m),
    ],
)
def test_numbers_and_places_may_have_data(mix):
    made = mix(torch.ones(2, 2, device="meta"))
    assert (made.is_meta, made.shape) == (True, (2, 2))


def test_gradients_of_what_is_looked_up():
    m = torch.ones(2, 2, device="meta", requires_grad=True)
    (m[i] * nn.functional.embedding(i, m)).sum().backward()
    assert (m.grad.is_meta, m.grad.shape) == (True, (2, 2))


def test_data_and_gradients_are_where_their_tensor_is():
    x, m = torch.ones(2, requires_grad=True), torch.ones(2, device="meta")
    with pytest.raises(RuntimeError, match="assign a gradient with device type 'meta' to a tensor with device type 'c"):
        x.grad = m
    with pytest.raises(RuntimeError, match="`variable` and `tensor` have incompatible tensor type"):
        x.data = m
    with pytest.raises(NotImplementedError, match=NO_DATA):
        (x * 2).backward(m)
    with pytest.raises(NotImplementedError, match=NO_DATA):
        m.type_as(x)


def test_a_module_that_goes_there_has_new_parameters():
    linear = nn.Linear(2, 2)
    weight = linear.weight
    weight.grad = torch.ones(2, 2)
    linear.to("meta")
    assert linear.weight is not weight
    assert (weight.is_cpu, linear.weight.grad.is_meta) == (True, True)
    assert linear.to("meta").weight is linear.weight


def test_tensors_and_numbers_are_copied(m):
    assert m.copy_(3.0).is_meta
    assert torch.zeros(2).copy_(3.0).tolist() == [3.0, 3.0]
    with pytest.raises(TypeError, match=r"copy_\(\): argument 'other' \(position 1\) must be Tensor, not list"):
        m.copy_([3.0])


def test_files(tmp_path):
    file = tmp_path / "file"
    torch.save({"x": torch.ones(2, 3, device="meta"), "p": nn.Linear(2, 2, device="meta").weight}, file)
    for place in (None, "cpu"):
        found = torch.load(file, map_location=place)
        assert repr(found["x"]) == "tensor(..., device='meta', size=(2, 3))"
        assert isinstance(found["p"], nn.Parameter)
        assert found["p"].is_meta
    torch.save({"x": torch.ones(3)[1:], "p": nn.Parameter(torch.ones(2)), "n": 3}, file)
    for place in ("meta", torch.device("meta"), {"cpu": "meta"}):
        found = torch.load(file, map_location=place)
        assert (found["x"].is_meta, found["x"].shape, found["n"]) == (True, (2,), 3)
        assert (found["p"].is_meta, found["p"].requires_grad) == (True, True)
    assert torch.load(file)["x"].tolist() == [1.0, 1.0]
