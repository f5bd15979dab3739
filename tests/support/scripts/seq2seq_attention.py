"""An encoder and a decoder with additive attention that learn to reverse sequences of different lengths."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

PAD, SOS, EOS = 0, 1, 2
random.seed(0)
torch.manual_seed(0)


def make_batch(size):
    sources = [[random.randint(3, 9) for _ in range(random.randint(2, 5))] for _ in range(size)]
    src = [torch.tensor(s + [EOS]) for s in sources]
    trg = [torch.tensor([SOS] + s[::-1] + [EOS]) for s in sources]
    lengths = torch.tensor([len(s) for s in src])
    return pad_sequence(src, batch_first=True), lengths, pad_sequence(trg, batch_first=True, padding_value=PAD)


class Encoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb, padding_idx=PAD)
        self.rnn = nn.GRU(emb, hid, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * hid, hid)

    def forward(self, src, lengths):
        packed = pack_padded_sequence(self.embedding(src), lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, hidden = self.rnn(packed)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True)
        hidden = torch.tanh(self.fc(torch.cat((hidden[-2], hidden[-1]), dim=1)))
        return outputs, hidden


class Attention(nn.Module):
    def __init__(self, hid):
        super().__init__()
        self.attn = nn.Linear(3 * hid, hid)
        self.v = nn.Linear(hid, 1, bias=False)

    def forward(self, hidden, outputs, mask):
        hidden = hidden.unsqueeze(1).repeat(1, outputs.shape[1], 1)
        energy = torch.tanh(self.attn(torch.cat((hidden, outputs), dim=2)))
        scores = self.v(energy).squeeze(2).masked_fill(mask == 0, -1e10)
        return F.softmax(scores, dim=1)


class Decoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb)
        self.attention = Attention(hid)
        self.rnn = nn.GRUCell(2 * hid + emb, hid)
        self.out = nn.Linear(3 * hid + emb, vocab)

    def forward(self, token, hidden, outputs, mask):
        embedded = self.embedding(token)
        a = self.attention(hidden, outputs, mask)
        context = torch.bmm(a.unsqueeze(1), outputs).squeeze(1)
        hidden = self.rnn(torch.cat((embedded, context), dim=1), hidden)
        return self.out(torch.cat((hidden, context, embedded), dim=1)), hidden, a


encoder, decoder = Encoder(10, 8, 16), Decoder(10, 8, 16)
for name, param in list(encoder.named_parameters()) + list(decoder.named_parameters()):
    if "weight" in name:
        nn.init.normal_(param.data, mean=0, std=0.1)
    else:
        nn.init.constant_(param.data, 0)
params = list(encoder.parameters()) + list(decoder.parameters())
optimizer = optim.Adam(params, lr=0.01)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)

for step in range(7):
    src, lengths, trg = make_batch(8)
    optimizer.zero_grad()
    outputs, hidden = encoder(src, lengths)
    mask = src != PAD
    token = trg[:, 0]
    predictions = torch.zeros(8, trg.shape[1] - 1, 10)
    for t in range(1, trg.shape[1]):
        output, hidden, _ = decoder(token, hidden, outputs, mask)
        predictions[:, t - 1] = output
        teacher = random.random() < 0.5
        token = trg[:, t] if teacher else output.argmax(1)
    loss = criterion(predictions.reshape(-1, 10), trg[:, 1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(params, 1)
    optimizer.step()
    if step % 3 == 0:
        print(f"step {step:2d} | loss {loss.item():.4f} | shape {tuple(predictions.shape)}")

encoder.eval(), decoder.eval()
with torch.no_grad():
    src, lengths, trg = make_batch(2)
    outputs, hidden = encoder(src, lengths)
    token = trg[:, 0]
    for _ in range(3):
        output, hidden, a = decoder(token, hidden, outputs, src != PAD)
        token = output.argmax(1)
        print(token.tolist(), [round(total, 4) for total in a.sum(1).tolist()], a.argmax(1).tolist())
