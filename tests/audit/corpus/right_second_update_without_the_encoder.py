"""Two updates of the generator; the style encoder steps in the first one only.

See https://github.com/clovaai/stargan-v2/issues/106
"""

import torch

torch.manual_seed(0)
generator, style_encoder = torch.nn.Linear(5, 3), torch.nn.Linear(3, 2)
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_encoder = torch.optim.Adam(style_encoder.parameters(), lr=0.01)
for _ in range(4):
    x = torch.randn(8, 3)
    loss = (generator(torch.cat([x, style_encoder(x)], 1)) - x).abs().mean()
    of_generator.zero_grad()
    of_encoder.zero_grad()
    loss.backward()
    of_generator.step()
    of_encoder.step()
    other = torch.randn(8, 3)
    loss = (style_encoder(generator(torch.cat([x, style_encoder(other)], 1))) - style_encoder(other)).abs().mean()
    of_generator.zero_grad()
    of_encoder.zero_grad()
    loss.backward()
    of_generator.step()
