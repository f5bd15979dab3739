"""A gradient penalty is part of the loss; the clamp of the weights is no update of its own."""

import torch

torch.manual_seed(0)
generator, critic = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
for i in range(4):
    real, fake = torch.randn(8, 3), generator(torch.randn(8, 2)).detach()
    between = (0.5 * real + 0.5 * fake).requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = (slope.norm(dim=1) - 1).pow(2).mean()
    of_critic.zero_grad()
    (critic(fake).mean() - critic(real).mean() + 10 * penalty).backward()
    of_critic.step()
    with torch.no_grad():
        for p in critic.parameters():
            p.clamp_(-1, 1)
    if i % 2 == 1:
        of_generator.zero_grad()
        (-critic(generator(torch.randn(8, 2))).mean()).backward()
        of_generator.step()
