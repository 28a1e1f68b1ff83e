"""The training loop."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mien.emotions import FERPLUS_CHOICES
from mien.errors import TrainingError
from mien.training.batches import Batch, Faces, count_batches, shuffled_batches
from mien.training.checkpoint import start_from
from mien.training.history import EpochRecord, RunningMean
from mien.training.losses import distillation_loss, l2_penalty, label_loss, votes_loss
from mien.training.networks import ExpressionNetwork, build_network
from mien.training.optimization import (
    learning_rate,
    make_optimizer,
    running_mean,
    sharpest_nearby,
)
from mien.training.settings import Settings
from mien.training.sources import balance, base_rates, of_source
from mien.training.teachers import load_teachers

OnBatch = Callable[[RunningMean], None]
_VALIDATION_BATCH = 256


class Trainer:
    """Trains one network by one recipe.

    All that is random in an epoch follows from the seed and the epoch's number, so that a run
    resumed after any epoch continues as if it had never stopped.

    Args:
        settings: the recipe's.
        train: the faces to learn from.
        validation: the faces to measure on after each epoch.
        seed: of the first weights and of all that is drawn.
        device: where the network lives, and the faces.
        start: folder of the run whose weights are the first; None for random ones.

    Raises:
        TrainingError: a teacher that the recipe names, or the start, is not a run that fits.
    """

    def __init__(
        self,
        settings: Settings,
        train: Faces,
        validation: Faces,
        seed: int,
        device: torch.device,
        start: Path | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self._settings = settings.optimization
        self._augmentation = settings.augmentation
        self._objective = settings.objective
        self._distillation = settings.distillation
        self._train, self._validation = train, validation
        self._seed, self._device = seed, device
        self._network = build_network(settings)
        if start is not None:
            start_from(self._network, start)
        self._sources: Tensor | None = None
        if train.sources is not None:
            rates = base_rates(train.labels.cpu().numpy(), train.sources.cpu().numpy(), train.count)
            self._network.base_rates.copy_(rates)
            self._sources = balance(train.sources).to(device)
        # What learns: the network, and a head that is left behind when it is exported.
        self._learners = nn.ModuleDict({"network": self._network})
        if self._objective.votes_weight:
            self._learners["votes"] = nn.Linear(self._network.width, len(FERPLUS_CHOICES))
        self._teachers = load_teachers(settings)
        for module in filter(None, (self._learners, self._teachers)):
            module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = make_optimizer(self._learners, self._settings)
        self._mean = running_mean(self._network, self._settings.ema) if self._settings.ema else None
        self.batches = count_batches(train, self._settings.batch_size)

    @property
    def network(self) -> ExpressionNetwork:
        """The network that is validated and exported: the running mean, where the recipe asks."""
        return self._network if self._mean is None else cast(ExpressionNetwork, self._mean.module)

    def run_epoch(self, epoch: int, on_batch: OnBatch = lambda _: None) -> EpochRecord:
        """Trains through the faces once, then validates.

        Args:
            epoch: its number, from 0.
            on_batch: called after each batch with the running loss and accuracy.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        self._learners.train()
        running = RunningMean()
        # Dropout draws from the global generator, the rest from this one.
        torch.manual_seed(_mix(self._seed, epoch, stream=0))
        generator = torch.Generator().manual_seed(_mix(self._seed, epoch, stream=1))
        batches = shuffled_batches(
            self._train, self._settings.batch_size, self._augmentation, generator
        )
        for step, batch in enumerate(batches):
            rate = learning_rate(self._settings, epoch + step / self.batches)
            logits, loss = self._step(batch, rate)
            running.add(loss, (logits.argmax(1) == batch.labels).sum(), len(logits))
            on_batch(running)
        if not math.isfinite(running.result()[0]):
            raise TrainingError(
                f"training diverged in epoch {epoch + 1}: the loss is no longer a number; lower "
                "optimization.learning_rate in the recipe"
            )
        validation = self._validate()
        return EpochRecord(epoch + 1, rate, *running.result(), *validation.result())

    def state_dict(self) -> dict[str, Any]:
        """Returns what `load_state_dict` needs to resume from here.

        Its entry "network" holds the weights of `network`.
        """
        return {
            "network": self.network.state_dict(),
            "learners": self._learners.state_dict(),
            "mean": None if self._mean is None else self._mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores the state that `state_dict` returned."""
        self._learners.load_state_dict(state["learners"])
        if self._mean is not None:
            self._mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _step(self, batch: Batch, rate: float) -> tuple[Tensor, Tensor]:
        """Learns from one batch; returns its logits and cross-entropy."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        logits, loss = self._backward(batch)
        if self._settings.sam_radius:
            with sharpest_nearby(self._learners, self._settings.sam_radius):
                self._backward(batch)
        self.optimizer.step()
        if self._mean is not None:
            self._mean.update_parameters(self._network)
        return logits, loss

    def _backward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Takes the gradients of the whole objective; returns logits and cross-entropy."""
        with self._autocast():
            logits, embedding, source_logits = self._network(batch.images)
        logits = logits.float()
        if batch.sources is not None:
            logits = of_source(logits, self._network.base_rates, batch.sources)
        smoothing = self._objective.label_smoothing
        loss = label_loss(logits, batch.targets, batch.weights, smoothing)
        objective = self._with_teachers(loss, logits, batch.images)
        objective = objective + l2_penalty(self._network.regularized_kernels())
        if batch.sources is not None:
            source_loss = cross_entropy(source_logits.float(), batch.sources, self._sources)
            objective = objective + self._objective.source_weight * source_loss
        if "votes" in self._learners and batch.votes is not None:
            votes = votes_loss(self._learners["votes"](embedding.float()), batch.votes)
            objective = objective + self._objective.votes_weight * votes
        objective.backward()
        return logits.detach(), loss.detach()

    def _with_teachers(self, loss: Tensor, logits: Tensor, images: Tensor) -> Tensor:
        """Returns the labels' loss and the teachers', as the recipe weighs them."""
        if self._teachers is None:
            return loss
        settings = self._distillation
        with self._autocast():
            taught = self._teachers(images, settings.temperature)
        distilled = distillation_loss(logits, taught, settings.temperature)
        return (1 - settings.weight) * loss + settings.weight * distilled

    def _autocast(self) -> torch.autocast:
        reduced = self._settings.precision == "bfloat16"
        return torch.autocast(self._device.type, torch.bfloat16, enabled=reduced)

    @torch.no_grad()
    def _validate(self) -> RunningMean:
        self.network.eval()
        running = RunningMean()
        faces = self._validation
        for chosen in torch.arange(len(faces), device=self._device).split(_VALIDATION_BATCH):
            labels = faces.labels[chosen]
            logits = self.network(faces.images[chosen]).logits
            if faces.sources is not None:
                logits = of_source(logits, self.network.base_rates, faces.sources[chosen])
            loss = cross_entropy(logits, labels)
            running.add(loss, (logits.argmax(1) == labels).sum(), len(labels))
        return running


def _mix(seed: int, epoch: int, stream: int) -> int:
    """Derives a generator's seed, another for each seed, epoch and stream."""
    return ((seed * 1_000_003 + epoch) * 2 + stream) % 2**63
