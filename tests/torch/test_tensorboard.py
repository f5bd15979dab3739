"""utils.tensorboard: event files, against bytes that TensorBoard's own protocol buffers give."""

import struct

import pytest

import funcgrad.torch as torch
from funcgrad.torch.utils.tensorboard._event_file import EventFile, masked_crc, scalar

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
    file.add(scalar("loss", 0.25), 3, 1.5)
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


def test_settings_stand_in_a_folder_of_their_own(tmp_path):
    with torch.utils.tensorboard.SummaryWriter(str(tmp_path)) as writer:
        writer.add_hparams({"lr": 0.1, "b": True, "s": "x", "none": None}, {"acc": torch.tensor(0.5)}, run_name="one")
        with pytest.raises(TypeError, match="should be dictionary"):
            writer.add_hparams([], {})
        with pytest.raises(ValueError, match="should be one of int, float, str, bool"):
            writer.add_hparams({"layers": [1, 2]}, {})
        with pytest.raises(NotImplementedError, match="no hparam_domain_discrete"):
            writer.add_hparams({}, {}, {"lr": [0.1, 0.2]})
    (own,) = (tmp_path / "one").glob("events.out.tfevents.*")
    _, experiment, start, end, accuracy = events(own)
    assert HPARAMS["experiment"] in experiment
    assert HPARAMS["start"] in start
    assert HPARAMS["end"] in end
    assert b"acc" in accuracy


def test_what_is_not_written_is_refused(tmp_path):
    writer = torch.utils.tensorboard.SummaryWriter(str(tmp_path))
    with pytest.raises(NotImplementedError, match=r"no SummaryWriter.add_image. It writes scalars, texts, histograms"):
        writer.add_image("picture", torch.ones(3, 2, 2))
    writer.close()
