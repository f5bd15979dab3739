"""The actor's loss flows through the critic, which clears before its own loss.

See https://github.com/ghliu/pytorch-ddpg/issues/7
"""

import torch

torch.manual_seed(0)
actor, critic = torch.nn.Linear(3, 2), torch.nn.Linear(5, 1)
of_actor = torch.optim.Adam(actor.parameters(), lr=0.01)
of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
for _ in range(4):
    state = torch.randn(8, 3)
    with torch.no_grad():
        target = torch.randn(8, 1)
    value = critic(torch.cat([state, actor(state).detach()], 1))
    of_critic.zero_grad()
    torch.nn.functional.mse_loss(value, target).backward()
    of_critic.step()
    of_actor.zero_grad()
    (-critic(torch.cat([state, actor(state)], 1)).mean()).backward()
    of_actor.step()
