"""The training loop, plain."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from mien.data import FaceDataset
from mien.errors import TrainingError
from mien.training.augment import apply, draw
from mien.training.history import EpochRecord, RunningMean
from mien.training.losses import l2_penalty
from mien.training.networks import PaperCNN
from mien.training.recipe import Settings

OnBatch = Callable[[RunningMean], None]
_VALIDATION_BATCH = 256


@dataclass(frozen=True)
class Faces:
    """Faces as tensors: uint8 images (N, 48, 48) and int64 labels (N,)."""

    images: Tensor
    labels: Tensor

    @classmethod
    def of(cls, dataset: FaceDataset) -> "Faces":
        """Copies a data set's faces into tensors."""
        return cls(torch.tensor(dataset.images), torch.tensor(dataset.labels))

    def __len__(self) -> int:
        return len(self.labels)


class Trainer:
    """Trains one network by one recipe.

    All that is random in an epoch follows from the seed and the epoch's number, so that a run
    resumed after any epoch goes on as if it had never stopped.

    Args:
        settings: the recipe's.
        train: the faces to learn from.
        validation: the faces to measure on after each epoch.
        seed: of the first weights and of all that is drawn.
        device: where the network lives.
    """

    def __init__(
        self,
        settings: Settings,
        train: Faces,
        validation: Faces,
        seed: int,
        device: torch.device,
    ) -> None:
        torch.manual_seed(seed)
        self._settings = settings.optimization
        self._augmentation = settings.augmentation
        self._train, self._validation = train, validation
        self._seed, self._device = seed, device
        self.network = PaperCNN(settings.network)
        self.network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.Adam(
            self.network.parameters(), lr=self._settings.learning_rate
        )
        # Batch normalization cannot take a last batch of a single face, so that is left out.
        self.batches = (len(train) + self._settings.batch_size - 2) // self._settings.batch_size

    def run_epoch(self, epoch: int, on_batch: OnBatch = lambda _: None) -> EpochRecord:
        """Trains through the faces once, then validates.

        Args:
            epoch: its number, from 0.
            on_batch: called after each batch with the running loss and accuracy.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        self.network.train()
        running = RunningMean()
        for step, (images, labels) in enumerate(self._shuffled_batches(epoch)):
            rate = self._learning_rate(epoch + step / self.batches)
            logits, loss = self._step(images, labels, rate)
            running.add(loss, (logits.argmax(1) == labels).sum(), len(labels))
            on_batch(running)
        if not math.isfinite(running.result()[0]):
            raise TrainingError(
                f"training diverged in epoch {epoch + 1}: the loss is no longer a number; lower "
                "optimization.learning_rate in the recipe"
            )
        validation = self._validate()
        return EpochRecord(epoch + 1, rate, *running.result(), *validation.result())

    def state_dict(self) -> dict[str, Any]:
        """Returns what `load_state_dict` needs to go on from here."""
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes back to where `state_dict` was called."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])

    def _shuffled_batches(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields augmented batches, in an order of this epoch's own."""
        # Dropout draws from the global generator, the rest from this one.
        torch.manual_seed(_mix(self._seed, epoch, stream=0))
        generator = torch.Generator().manual_seed(_mix(self._seed, epoch, stream=1))
        order = torch.randperm(len(self._train), generator=generator)
        for chosen in order.split(self._settings.batch_size)[: self.batches]:
            images, labels = self._train.images[chosen], self._train.labels[chosen]
            drawn = draw(len(images), images.shape[-1], self._augmentation, generator)
            yield apply(images, drawn).to(self._device), labels.to(self._device)

    def _step(self, images: Tensor, labels: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Learns from one batch; returns its logits and cross-entropy."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        reduced = self._settings.precision == "bfloat16"
        with torch.autocast(self._device.type, torch.bfloat16, enabled=reduced):
            logits = self.network(images).logits.float()
        loss = cross_entropy(logits, labels)
        self.optimizer.zero_grad()
        (loss + l2_penalty(self.network.regularized_kernels())).backward()
        self.optimizer.step()
        return logits.detach(), loss.detach()

    def _learning_rate(self, progress: float) -> float:
        """Returns the rate after so many epochs, fractions included."""
        if self._settings.schedule == "constant":
            return self._settings.learning_rate
        turn = math.pi * progress / self._settings.epochs
        return self._settings.learning_rate * (1 + math.cos(turn)) / 2

    @torch.no_grad()
    def _validate(self) -> RunningMean:
        self.network.eval()
        running = RunningMean()
        pairs = zip(
            self._validation.images.split(_VALIDATION_BATCH),
            self._validation.labels.split(_VALIDATION_BATCH),
            strict=True,
        )
        for images, labels in pairs:
            logits = self.network(images.to(self._device)).logits.cpu()
            loss = cross_entropy(logits, labels)
            running.add(loss, (logits.argmax(1) == labels).sum(), len(labels))
        return running


def _mix(seed: int, epoch: int, stream: int) -> int:
    """Derives a generator's seed, another for each seed, epoch and stream."""
    return ((seed * 1_000_003 + epoch) * 2 + stream) % 2**63
