"""A character LSTM that carries its state over chunks of a text, with clipped gradients."""

import torch
from torch import nn

torch.manual_seed(0)
text = "the quick brown fox jumps over the lazy dog while five boxing wizards jump quickly. " * 400
chars = sorted(set(text))
index = {c: i for i, c in enumerate(chars)}
data = torch.tensor([index[c] for c in text])
batch_size, length = 32, 32
data = data[: len(data) // batch_size * batch_size].view(batch_size, -1)


class CharLSTM(nn.Module):
    def __init__(self, vocabulary, embedding, hidden):
        super().__init__()
        self.embed = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, num_layers=2, batch_first=True)
        self.decoder = nn.Linear(hidden, vocabulary)

    def forward(self, x, state):
        out, state = self.lstm(self.embed(x), state)
        return self.decoder(out.reshape(-1, out.size(2))), state


model = CharLSTM(len(chars), 64, 128)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

state = (torch.zeros(2, batch_size, 128), torch.zeros(2, batch_size, 128))
for step in range(141):
    start = step * length % (data.size(1) - length)
    inputs, targets = data[:, start : start + length], data[:, start + 1 : start + length + 1]
    state = tuple(s.detach() for s in state)
    outputs, state = model(inputs, state)
    loss = criterion(outputs, targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 5 == 0:
        print(step, loss.item())
