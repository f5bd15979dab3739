"""A character LSTM that carries its hidden state over chunks of a text, and samples from what it learned."""

import torch
import torch.nn as nn
from torch.autograd import Variable
from torch.nn.utils import clip_grad_norm_

text = "the quick brown fox jumps over the lazy dog. " * 8
chars = sorted(set(text))
char2idx = {c: i for i, c in enumerate(chars)}
data = torch.LongTensor([char2idx[c] for c in text])
batch_size, seq_len, hidden_size = 4, 12, 32
num_batches = data.size(0) // batch_size
ids = data[:num_batches * batch_size].view(batch_size, -1)


class RNNLM(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_layers):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers, batch_first=True)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, x, h):
        x = self.embed(x)
        out, (h, c) = self.lstm(x, h)
        out = out.reshape(out.size(0) * out.size(1), out.size(2))
        return self.linear(out), (h, c)


torch.manual_seed(0)
model = RNNLM(len(chars), 16, hidden_size, 2)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)

for epoch in range(3):
    states = (torch.zeros(2, batch_size, hidden_size), torch.zeros(2, batch_size, hidden_size))
    for i in range(0, ids.size(1) - seq_len, seq_len):
        inputs = ids[:, i:i + seq_len]
        targets = ids[:, (i + 1):(i + 1) + seq_len]
        states = tuple(state.detach() for state in states)
        outputs, states = model(inputs, states)
        loss = criterion(outputs, targets.reshape(-1))
        model.zero_grad()
        loss.backward()
        norm = clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        if (i // seq_len) % 3 == 0:
            print("Epoch [{}/{}], Step[{}], Loss: {:.4f}, Perplexity: {:5.2f}, Norm: {:.3f}".format(
                epoch + 1, 3, i // seq_len, loss.item(), torch.exp(loss).item(), norm))

with torch.no_grad():
    state = (Variable(torch.zeros(2, 1, hidden_size)), Variable(torch.zeros(2, 1, hidden_size)))
    prob = torch.ones(len(chars))
    input = torch.multinomial(prob, num_samples=1).unsqueeze(1)
    sampled = ""
    for _ in range(20):
        output, state = model(input, state)
        prob = output.exp()
        word_id = torch.multinomial(prob, num_samples=1).item()
        input.fill_(word_id)
        sampled += chars[word_id]
print(repr(sampled))
