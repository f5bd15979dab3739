"""Skip-gram with negative sampling on a toy text, and the nearest words by cosine similarity."""

import random
from collections import Counter

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(1)
np.random.seed(1)
torch.manual_seed(1)
sentences = ["king queen royal palace crown", "dog cat pet animal fur", "apple pear fruit tree sweet"] * 6
words = [w for s in sentences for w in s.split()]
counts = Counter(words)
vocab = sorted(counts)
word2idx = {w: i for i, w in enumerate(vocab)}
freqs = np.array([counts[w] for w in vocab], dtype=np.float32)
freqs = torch.from_numpy(freqs ** 0.75 / np.sum(freqs ** 0.75))
pairs = [(word2idx[a], word2idx[b]) for s in sentences for a in s.split() for b in s.split() if a != b]


class SkipGram(nn.Module):
    def __init__(self, vocab_size, embed_size):
        super().__init__()
        self.in_embed = nn.Embedding(vocab_size, embed_size, sparse=False)
        self.out_embed = nn.Embedding(vocab_size, embed_size)
        initrange = 0.5 / embed_size
        self.in_embed.weight.data.uniform_(-initrange, initrange)
        self.out_embed.weight.data.uniform_(-initrange, initrange)

    def forward(self, center, positive, negative):
        v = self.in_embed(center)
        pos = (v * self.out_embed(positive)).sum(1)
        neg = torch.bmm(self.out_embed(negative), -v.unsqueeze(2)).squeeze(2)
        return -(F.logsigmoid(pos) + F.logsigmoid(neg).sum(1)).mean()


model = SkipGram(len(vocab), 8)
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.5)
losses = []
for epoch in range(3):
    random.shuffle(pairs)
    for i in range(0, 320, 64):
        batch = np.array(pairs[i:i + 64])
        center, positive = torch.LongTensor(batch[:, 0]), torch.LongTensor(batch[:, 1])
        negative = torch.multinomial(freqs, 64 * 4, replacement=True).view(64, 4)
        loss = model(center, positive, negative)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    print("epoch %d, mean loss %.4f" % (epoch, torch.stack(losses).mean()))

weights = F.normalize(model.in_embed.weight.data, p=2, dim=1)
for word in ("king", "cat"):
    scores = torch.mv(weights, weights[word2idx[word]])
    values, indices = torch.topk(scores, 3)
    print(word, [vocab[i] for i in indices], [round(v, 3) for v in values.tolist()])
print(np.corrcoef(weights.numpy()).shape, weights.norm(dim=1).allclose(torch.ones(len(vocab))))
