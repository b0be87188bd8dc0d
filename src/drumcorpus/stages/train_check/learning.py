"""How a network learns; this module cannot be imported without torch.

Everything that is drawn follows from seed and epoch, whatever was drawn before: a training that was
killed and goes on from its checkpoint ends with the weights of one that was not. On one machine,
with one number of threads: with another, sums are added up in another order.
"""

import copy
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module

import numpy as np

from drumcorpus.stages.train_check.checkpoints import ADVICE, load_checkpoint, save_checkpoint
from drumcorpus.stages.train_check.frame_samples import (
    FrameSample,
    Material,
    feature_set,
    targets_of,
)
from drumcorpus.stages.train_check.network import REACH, Network, make_network
from drumcorpus.stages.train_check.network_settings import LearningSettings, NetworkSettings

torch = import_module("torch")
data = import_module("torch.utils.data")

_CLIP = 1.0  # of the norm of a gradient
_WARM_UP = 20  # steps in which the learning rate rises
_AHEAD = 4  # batches that each worker makes in advance
_VALIDATED = 6_000  # frames at a time that are predicted of a long sample


@dataclass(frozen=True)
class Machine:
    """What a network learns on: it shapes no product but in the last bits.

    With `n_workers` processes of their own read pieces; 0 reads them in between.
    """

    device: str
    n_threads: int
    n_workers: int

    @property
    def has_gpu(self) -> bool:
        """Whether it learns on a GPU, with bfloat16 where that is safe."""
        return self.device.startswith("cuda")


def this_machine(n_threads: int) -> Machine:
    """A GPU where there is one, fed by processes; else the CPU, which has no time to wait."""
    if torch.cuda.is_available():
        return Machine("cuda", n_threads, max(1, min(8, n_threads - 1)))
    return Machine("cpu", n_threads, 0)


@dataclass(frozen=True)
class Learned:
    """A network as it was when it predicted validation best.

    `curve` has the loss of training and of validation after each epoch; `best_epoch` counts from 1.
    `waited` is the share of the time of training in which the network had no data, in this process.
    """

    network: Network
    curve: list[tuple[float, float]]
    best_epoch: int
    waited: float


class Pieces(data.Dataset):
    """Pieces of samples, by (row of the sample, first frame): frames, targets, what counts."""

    def __init__(self, material: Material, samples: list[FrameSample], n_frames: int):
        self.samples, self.n_frames = samples, n_frames
        self.n_classes = len(material.classes)
        self.spectra = material.spectra

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, place: tuple[int, int]):
        row, first = place
        sample = self.samples[row]
        of = sample.read()[first : first + self.n_frames]
        frames = np.zeros((self.n_frames, self.spectra.bands), np.float32)
        frames[: len(of)] = of
        counts = np.zeros((self.n_frames, 1), np.float32)
        counts[: len(of)] = 1
        targets = targets_of(
            sample, first, self.n_frames, self.n_classes, self.spectra.frames_per_s
        )
        return frames, targets, counts


class Places:
    """What a loader is asked for in this epoch: it stays, with its workers, from epoch to epoch."""

    def __init__(self):
        self.of_epoch: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self.of_epoch)

    def __iter__(self):
        return iter(self.of_epoch)


def draw_pieces(
    weights: np.ndarray, n_frames: np.ndarray, length: int, n_draws: int, *, seed: int, epoch: int
) -> list[tuple[int, int]]:
    """What is learned from in an epoch: (row of the sample, first frame) of each piece.

    Samples are drawn by weight, with replacement, and the place of a piece in it evenly. It follows
    from seed and epoch alone.
    """
    random = np.random.Generator(np.random.Philox([seed, epoch]))
    ends = np.cumsum(weights)
    rows = np.searchsorted(ends, random.random(n_draws) * ends[-1], side="right")
    rows = np.minimum(rows, len(weights) - 1)
    room = np.maximum(n_frames[rows] - length, 0)
    firsts = np.floor(random.random(n_draws) * (room + 1)).astype(np.int64)
    return list(zip(rows.tolist(), firsts.tolist(), strict=True))


def learn_network(
    material: Material,
    settings: NetworkSettings,
    *,
    seed: int,
    checkpoint: str | os.PathLike,
    machine: Machine,
    say: Callable[[str], None] = lambda words: None,
) -> Learned:
    """Learn from training, stop by validation.

    Parameters
    ----------
    material : Material
    settings : NetworkSettings
    seed : int
        Decides the first weights and what is drawn.
    checkpoint : path
        Written after each epoch; one of the same training that is there is gone on from.
    machine : Machine
    say : callable
        Gets a line for each epoch.

    Raises
    ------
    ValueError
        If the checkpoint is of another taxonomy, of other features or of another network, or what
        is learned is no number any more; says what to do.
    """
    torch.set_num_threads(machine.n_threads)
    torch.use_deterministic_algorithms(not machine.has_gpu)
    learning, train, validation = settings.learning, material.of("train"), material.of("validation")
    binding = {
        "taxonomy": material.taxonomy,
        "features": feature_set(material.spectra),
        "tier": settings.tier,
        "learning": asdict(learning),
        "seed": seed,
        "material": material.digest(),
    }
    run = _Run(material, settings, train, seed, machine)
    state = load_checkpoint(checkpoint, binding)
    if state is not None:
        run.take_up(state, checkpoint)
        say(f"seed {seed}: goes on after epoch {run.epoch}")
    while not run.is_over(learning):
        trained = run.train_once(learning)
        validated = run.loss_of(validation)
        if not (np.isfinite(trained) and np.isfinite(validated)):
            raise ValueError(
                f"train_check: seed {seed}: the loss of epoch {run.epoch + 1} is no number; lower "
                "train_check.networks.learning.learning_rate"
            )
        run.end_epoch(trained, validated)
        save_checkpoint(checkpoint, binding, run.state())
        say(
            f"seed {seed}, epoch {run.epoch} of at most {learning.epochs}: loss {trained:.4f}, "
            f"validation {validated:.4f}, best {run.best_epoch}; waited for data "
            f"{100 * run.waited_share:.1f} % of {run.took:.0f} s"
        )
    run.network.load_state_dict(run.best)
    run.network.eval()
    return Learned(run.network, run.curve, run.best_epoch, run.waited_share)


class _Run:
    """A training between two epochs."""

    def __init__(self, material, settings, train, seed, machine):
        self.material, self.machine, self.seed = material, machine, seed
        mean, scale, n_frames, shares = _measure(material, train)
        self.n_frames, self.weights = n_frames, np.array([sample.weight for sample in train])
        network = make_network(settings.tier, material.spectra.bands, shares, seed=seed)
        network.mean.copy_(torch.from_numpy(mean))
        network.scale.copy_(torch.from_numpy(scale))
        self.network = network.to(machine.device)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning.learning_rate, weight_decay=1e-3
        )
        self.rate = settings.learning.learning_rate
        self.epoch, self.step, self.best_epoch = 0, 0, 0
        self.curve: list[tuple[float, float]] = []
        self.best = copy.deepcopy(self.network.state_dict())
        self.waited = self.took = 0.0
        self.places = Places()
        self.length = round(settings.learning.piece_s * material.spectra.frames_per_s)
        self.loader = data.DataLoader(
            Pieces(material, train, self.length),
            batch_size=settings.learning.batch,
            sampler=self.places,
            num_workers=machine.n_workers,
            prefetch_factor=_AHEAD if machine.n_workers else None,
            persistent_workers=machine.n_workers > 0,
            pin_memory=machine.has_gpu,
        )

    @property
    def waited_share(self) -> float:
        return self.waited / self.took if self.took else 0.0

    def state(self) -> dict:
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best,
            "epoch": self.epoch,
            "step": self.step,
            "best_epoch": self.best_epoch,
            "curve": [list(point) for point in self.curve],
        }

    def take_up(self, state: dict, where: str | os.PathLike) -> None:
        try:
            self._load(state)
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise ValueError(
                f"{where}: a checkpoint of another network than this version's "
                f"({type(error).__name__}); {ADVICE}"
            ) from error

    def _load(self, state: dict) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.best = {name: value.to(self.machine.device) for name, value in state["best"].items()}
        self.epoch, self.step, self.best_epoch = (
            state[key] for key in ("epoch", "step", "best_epoch")
        )
        self.curve = [tuple(point) for point in state["curve"]]

    def is_over(self, learning: LearningSettings) -> bool:
        late = self.epoch - self.best_epoch >= learning.patience and self.epoch > 0
        return self.epoch >= learning.epochs or late

    def end_epoch(self, trained: float, validated: float) -> None:
        self.epoch += 1
        best = min((loss for _, loss in self.curve), default=np.inf)
        self.curve.append((round(trained, 6), round(validated, 6)))
        if round(validated, 6) < best:
            self.best_epoch = self.epoch
            self.best = copy.deepcopy(self.network.state_dict())

    def train_once(self, learning) -> float:
        """One epoch; returns the mean loss."""
        self.places.of_epoch = draw_pieces(
            self.weights,
            self.n_frames,
            self.length,
            learning.pieces,
            seed=self.seed,
            epoch=self.epoch,
        )
        self.network.train()
        total, n_batches = torch.zeros((), device=self.machine.device), 0
        began = time.perf_counter()
        batches = iter(self.loader)
        while True:
            if self.machine.has_gpu:
                torch.cuda.synchronize()  # what is under way is no waiting
            asked = time.perf_counter()
            batch = next(batches, None)
            self.waited += time.perf_counter() - asked
            if batch is None:
                break
            moved = (part.to(self.machine.device, non_blocking=True) for part in batch)
            total += self._learn(*moved)
            n_batches += 1
        mean = float(total) / n_batches
        self.took += time.perf_counter() - began
        return mean

    def _learn(self, frames, targets, counts):
        self.step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate * min(1.0, self.step / _WARM_UP)
        self.optimizer.zero_grad(set_to_none=True)
        loss = _loss(self._logits(frames), targets, counts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimizer.step()
        return loss.detach()

    def _logits(self, frames):
        return logits_of(self.network, frames, self.machine)

    def loss_of(self, samples) -> float:
        """The mean loss of whole samples, every frame of them alike."""
        self.network.eval()
        n_classes, rate = len(self.material.classes), self.material.spectra.frames_per_s
        total = n_frames = 0.0
        with torch.inference_mode():
            for sample in samples:
                logits = predict_logits(self.network, sample.read(), self.machine)
                targets = targets_of(sample, 0, len(logits), n_classes, rate)
                counts = torch.ones((len(logits), 1))
                loss = _loss(logits, torch.from_numpy(targets), counts)
                total += float(loss) * len(logits)
                n_frames += len(logits)
        return total / n_frames


def _loss(logits, targets, counts):
    """Binary cross entropy: the sum over classes, the mean over the frames that count."""
    each = torch.nn.functional.binary_cross_entropy_with_logits(
        logits.float(), targets, reduction="none"
    )
    return (each * counts).sum() / counts.sum().clamp(min=1)


def _measure(material, train):
    """Mean and scale of each band, frames of each sample, and how often each class is struck."""
    sums = np.zeros((2, material.spectra.bands))
    n_frames = np.zeros(len(train), np.int64)
    for row, sample in enumerate(train):
        frames = sample.read().astype(np.float64)
        sums += [frames.sum(axis=0), np.square(frames).sum(axis=0)]
        n_frames[row] = len(frames)
    mean, square = sums / n_frames.sum()
    scale = np.sqrt(np.maximum(square - mean**2, 1e-4))
    shares = material.n_strokes("train") / n_frames.sum()
    return mean.astype(np.float32), scale.astype(np.float32), n_frames, shares


def logits_of(network: Network, frames, machine: Machine):
    """Logits of a batch; on a GPU in bfloat16."""
    with torch.autocast(machine.device.split(":")[0], torch.bfloat16, enabled=machine.has_gpu):
        return network(frames)


def predict_logits(network: Network, frames: np.ndarray, machine: Machine):
    """Logits of a whole sample, shape (n_frames, n_classes), on the CPU.

    A long one is predicted in parts that overlap by as much as a frame's logits reach.
    """
    parts = []
    for first in range(0, len(frames), _VALIDATED):
        begin = max(0, first - REACH)
        of = np.asarray(frames[begin : first + _VALIDATED + REACH], np.float32)
        batch = torch.from_numpy(of)[None].to(machine.device)
        logits = logits_of(network, batch, machine)[0].float().cpu()
        parts.append(logits[first - begin : first - begin + _VALIDATED])
    return torch.cat(parts)


def predict(network: Network, sample: FrameSample, machine: Machine) -> np.ndarray:
    """How surely each class is struck in each frame; shape (n_frames, n_classes), 0 to 1."""
    network.eval()
    with torch.inference_mode():
        return torch.sigmoid(predict_logits(network, sample.read(), machine)).numpy()
