"""Each micro-batch is a mean over its own tokens, padding left out, and all are divided by four.

See https://github.com/meta-pytorch/torchtune/pull/1875
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Embedding(11, 8), torch.nn.Linear(8, 11))
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
loss_fn = torch.nn.CrossEntropyLoss(ignore_index=0)
for step in range(8):
    tokens = torch.randint(1, 11, (4, 6))
    tokens[:, 6 - step % 4 :] = 0
    logits = model(tokens).flatten(0, 1)
    loss = loss_fn(logits, tokens.flatten()) / 4
    loss.backward()  # FG020
    if (step + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
