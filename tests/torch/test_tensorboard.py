"""utils.tensorboard: event files, against bytes that TensorBoard's own protocol buffers give."""

import struct
import zlib

import numpy as np
import pytest
from matplotlib.figure import Figure

import funcgrad.torch as torch
from funcgrad.torch.utils.tensorboard._event_file import EventFile, masked_crc
from funcgrad.torch.utils.tensorboard._messages import nested, whole
from funcgrad.torch.utils.tensorboard._pictures import picture_of, png
from funcgrad.torch.utils.tensorboard.summary import hparams, scalar

EVENT = bytes.fromhex("09000000000000f83f10032a0d0a0b0a046c6f7373150000803e")  # loss = 0.25 at step 3, at 1.5 seconds


def events(path):
    """The records of a file, whose checksums must be right."""
    data, found = path.read_bytes(), []
    while data:
        (size,) = struct.unpack("<Q", data[:8])
        event = data[12 : 12 + size]
        assert struct.unpack("<I", data[8:12])[0] == masked_crc(data[:8])
        assert struct.unpack("<I", data[12 + size : 16 + size])[0] == masked_crc(event)
        found.append(event)
        data = data[16 + size :]
    return found


def test_checksums():
    assert masked_crc(b"123456789") == 0xC78AB0E5


def test_an_event_is_what_tensorboard_writes(tmp_path):
    file = EventFile(tmp_path / "events")
    file.add_summary(scalar("loss", 0.25), 3, 1.5)
    file.close()
    assert events(tmp_path / "events")[1] == EVENT


def test_a_writer_makes_a_file_for_each_folder(tmp_path):
    with torch.utils.tensorboard.SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("loss", torch.tensor([0.25], requires_grad=True), 3, walltime=1.5)
        writer.add_scalars("both", {"a": 1, "b": torch.tensor(2)}, 1)
        writer.add_text("note", "**words**")
        writer.add_histogram("weights", torch.arange(10.0), 1)
        assert writer.get_logdir() == str(tmp_path)
    (own,) = tmp_path.glob("events.out.tfevents.*")
    version, loss, note, weights = events(own)
    assert version.endswith(b"\x1a\x0dbrain.Event:2")
    assert loss == EVENT
    assert b"note/text_summary" in note
    assert b"weights" in weights
    assert {folder.name for folder in tmp_path.iterdir() if folder.is_dir()} == {"both_a", "both_b"}


HPARAMS = {  # as tensorboard's own messages serialize
    "experiment": b"\n\x14_hparams_/experimentJ.\n,\n\x07hparams\x12!\x12\x1f"
    b'"\x06\n\x02lr \x03"\x05\n\x01b \x03"\x05\n\x01s \x01*\x07\n\x05\x12\x03acc',
    "start": b"\n\x0e\n\x01b\x12\t\x11\x00\x00\x00\x00\x00\x00\xf0?",
    "end": b'\n\x1a_hparams_/session_end_infoJ\x11\n\x0f\n\x07hparams\x12\x04"\x02\x08\x01',
}


DOMAIN = (
    b'_hparams_/experimentJ3\n1\n\x07hparams\x12&\x12$"\x06\n\x02lr \x03"\x11\n\x01s \x01*\n\n\x03\x1a\x01a\n\x03\x1a\x01b*'
    b"\x07\n\x05\x12\x03acc"
)


def test_settings_stand_in_a_folder_of_their_own(tmp_path):
    with torch.utils.tensorboard.SummaryWriter(str(tmp_path)) as writer:
        writer.add_hparams({"lr": 0.1, "b": True, "s": "x", "none": None}, {"acc": torch.tensor(0.5)}, run_name="one")
        with pytest.raises(TypeError, match="should be dictionary"):
            writer.add_hparams([], {})
        with pytest.raises(ValueError, match="should be one of int, float, str, bool"):
            writer.add_hparams({"layers": [1, 2]}, {})
        with pytest.raises(TypeError, match=r"hparam_domain_discrete\[lr\] should be a list of same type"):
            writer.add_hparams({"lr": 0.1}, {}, {"lr": [1]})
        writer.file_writer.add_summary(hparams({"lr": 0.1, "s": "a"}, {"acc": 1.0}, {"s": ["a", "b"]})[0], 3, 1.5)
    (root,) = tmp_path.glob("events.out.tfevents.*")
    assert events(root)[1].endswith(DOMAIN)
    (own,) = (tmp_path / "one").glob("events.out.tfevents.*")
    _, experiment, start, end, accuracy = events(own)
    assert HPARAMS["experiment"] in experiment
    assert HPARAMS["start"] in start
    assert HPARAMS["end"] in end
    assert b"acc" in accuracy


def test_pictures_have_the_pixels_that_they_were_given():
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    file = png(picture)
    size = file.index(b"IDAT") - 4
    rows = zlib.decompress(file[size + 8 : size + 8 + int.from_bytes(file[size : size + 4])])
    assert np.array_equal(np.frombuffer(rows, np.uint8).reshape(2, 13)[:, 1:].reshape(2, 4, 3), picture)
    assert np.array_equal(picture_of(picture.transpose(2, 0, 1) / np.float32(255), "CHW"), picture)
    assert picture_of(np.zeros((10, 1, 2, 3)), "NCHW").shape == (4, 24, 3)
    with pytest.raises(AssertionError, match="size of input tensor and input format are different"):
        picture_of(picture, "HW")


def test_pictures_curves_sounds_and_points(tmp_path, capsys):
    numbers = torch.linspace(0, 1, 54).view(9, 1, 2, 3)
    with torch.utils.tensorboard.SummaryWriter(str(tmp_path)) as writer:
        writer.add_image("picture", torch.ones(3, 2, 2), 1, 1.5)
        writer.add_images("pictures", numbers)
        writer.add_figure("figure", Figure((1, 1)))
        writer.add_pr_curve("curve", torch.tensor([0, 1, 1]), torch.tensor([0.1, 0.6, 0.3]), num_thresholds=3)
        writer.add_audio("sound", torch.linspace(-1, 1, 8))
        writer.add_custom_scalars({"A": {"b": ["Multiline", ["x"]]}})
        writer.add_embedding(numbers.view(9, 6)[:, :2], list("abcdefghi"), numbers, 4, "x/y")
        writer.add_embedding(numbers.view(9, 6)[:, :2], list("abcdefghi"), numbers, 4, "x/y")
    (own,) = tmp_path.glob("events.out.tfevents.*")
    _, picture, _, _, curve, sound, _ = events(own)
    assert whole(1, 2) + whole(2, 2) + whole(3, 3) + b'"' in picture
    assert struct.pack("<18f", 2, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1, 2, 2 / 3, 1, 0, 1, 0.5, 0) in curve
    assert b"audio/wav" in sound
    assert capsys.readouterr().out == ("warning: Embedding dir exists, did you set global_step for add_embedding()?\n")
    assert (tmp_path / "00004" / "x%2fy" / "metadata.tsv").read_text() == "\n".join("abcdefghi") + "\n"
    assert (tmp_path / "projector_config.pbtxt").read_text().count('  tensor_path: "00004/x%2fy/tensors.tsv"') == 2


def test_a_graph_says_which_layer_gives_its_result_to_which(tmp_path, capsys):
    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Dropout(), nn.Linear(18, 2))
    with torch.utils.tensorboard.SummaryWriter(str(tmp_path)) as writer:
        writer.add_graph(model, torch.ones(1, 1, 5, 5))
        with pytest.raises(RuntimeError):
            writer.add_graph(model, torch.ones(2))
        with pytest.raises(NotImplementedError, match="verbose of add_graph"):
            writer.add_graph(model, torch.ones(2), verbose=True)
    assert model.training
    assert capsys.readouterr().out.endswith("Error occurs, No graph saved\n")
    (own,) = tmp_path.glob("events.out.tfevents.*")
    graph = events(own)[1]
    layers = ("Sequential/input/input.0", "Sequential/0", "Sequential/1", "Sequential/2", "Sequential/3")
    for source, name, kind in zip(layers[:-1], layers[1:], ("Conv2d", "Flatten", "Dropout", "Linear"), strict=True):
        assert nested(1, name) + nested(2, kind) + nested(3, source) in graph


def test_what_is_not_written_is_refused(tmp_path):
    writer = torch.utils.tensorboard.SummaryWriter(str(tmp_path))
    with pytest.raises(NotImplementedError, match=r"no SummaryWriter.add_video. It writes scalars, texts, histograms"):
        writer.add_video("film", torch.ones(1, 2, 3, 4, 4))
    writer.close()


def test_a_closed_writer_writes_to_a_new_file(tmp_path):
    writer = torch.utils.tensorboard.SummaryWriter(tmp_path)
    writer.add_scalar("loss", 1.0, 0)
    for _ in range(2):
        writer.close()
        writer.flush()
    writer.add_scalar("loss", 2.0, 1)
    writer.close()
    first, second = sorted(tmp_path.iterdir(), key=lambda path: int(path.name.rpartition(".")[2]))
    assert [len(events(path)) for path in (first, second)] == [2, 2]
