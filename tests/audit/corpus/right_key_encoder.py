"""The optimizer holds an encoder that takes no gradients; weight decay leaves it alone.

See https://github.com/facebookresearch/moco/issues/14
"""

import copy

import torch


class MoCo(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder_q = torch.nn.Linear(3, 2)
        self.encoder_k = copy.deepcopy(self.encoder_q).requires_grad_(False)

    def forward(self, x):
        with torch.no_grad():
            for q, k in zip(self.encoder_q.parameters(), self.encoder_k.parameters(), strict=True):
                k.data = k.data * 0.9 + q.data * 0.1
            keys = self.encoder_k(x)
        return self.encoder_q(x) @ keys.T


torch.manual_seed(0)
model = MoCo()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
for _ in range(4):
    loss = torch.nn.functional.cross_entropy(model(torch.randn(8, 3)), torch.arange(8))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
