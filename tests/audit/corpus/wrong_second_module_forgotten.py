"""The optimizer gets the parameters of one of two modules.

See https://github.com/zjunlp/HVPNeT/issues/5
"""

import torch

torch.manual_seed(0)
encoder = torch.nn.Linear(3, 4)
decoder = torch.nn.Linear(4, 3)
optimizer = torch.optim.Adam(encoder.parameters(), lr=0.05)  # FG012
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(decoder(encoder(x)), x).backward()
    optimizer.step()
