"""The network of tiers S and R; this module cannot be imported without torch.

Two convolutions over time and frequency, each with a third of the bands left after it; one over all
bands; five residual blocks over time, each of which looks twice as far; and of each class one
number, whose sigmoid is how surely it is struck in that frame.
"""

from importlib import import_module

from drumcorpus.stages.train_check.network_settings import WIDTHS

# By name, for torch is no dependency of the package.
torch = import_module("torch")
nn = torch.nn

DILATIONS = (1, 2, 4, 8, 16)
_POOL = 3
# Frames on each side that the activation of a frame depends on.
REACH = 2 + sum(DILATIONS)


class Block(nn.Module):
    """What it gets, and what a dilated convolution over time makes of it."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.over_time = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)

    def forward(self, x):
        """Of shape (batch, width, n_frames), as what it gets."""
        return x + self.over_time(torch.relu(self.norm(x)))


class Network(nn.Module):
    """From frames, (batch, n_frames, n_bands), to logits, (batch, n_frames, n_classes).

    Parameters
    ----------
    tier : str
        One of `WIDTHS`.
    n_bands, n_classes : int
    """

    def __init__(self, tier: str, n_bands: int, n_classes: int):
        super().__init__()
        if tier not in WIDTHS:
            raise ValueError(
                f"train_check.networks.tier: got {tier!r}; allowed: {', '.join(WIDTHS)}"
            )
        first, second, width = WIDTHS[tier]
        height = n_bands // _POOL // _POOL
        if height < 1:
            raise ValueError(
                f"train_check.networks.spectra.bands: got {n_bands}; allowed: {_POOL**2} or more"
            )
        # What frames are measured by; a part of the network, so that its weights say it too.
        self.register_buffer("mean", torch.zeros(n_bands))
        self.register_buffer("scale", torch.ones(n_bands))
        self.over_bands = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1),
            nn.BatchNorm2d(first),
            nn.ReLU(),
            nn.MaxPool2d((1, _POOL)),
            nn.Conv2d(first, second, 3, padding=1),
            nn.BatchNorm2d(second),
            nn.ReLU(),
            nn.MaxPool2d((1, _POOL)),
            nn.Conv2d(second, width, (1, height)),
        )
        self.blocks = nn.Sequential(*(Block(width, dilation) for dilation in DILATIONS))
        self.last = nn.Conv1d(width, n_classes, 1)

    def forward(self, frames):
        """The logits of every frame."""
        x = (frames - self.mean) / self.scale
        x = self.over_bands(x[:, None]).squeeze(-1)
        return self.last(torch.relu(self.blocks(x))).transpose(1, 2)


def n_parameters(network: Network) -> int:
    """How many numbers are learned."""
    return sum(parameter.numel() for parameter in network.parameters())


def make_network(tier: str, n_bands: int, shares, *, seed: int) -> Network:
    """A network that has learned nothing but how often each class is struck.

    Parameters
    ----------
    shares : np.ndarray, shape (n_classes,)
        Of frames in which each class is struck, in training.
    seed : int
        Decides the weights it begins with.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(tier, n_bands, len(shares))
    odds = torch.as_tensor(shares, dtype=torch.float32).clamp(1e-4, 0.5)
    with torch.no_grad():
        network.last.bias.copy_(torch.log(odds / (1 - odds)))
    return network
