"""The sections of a recipe. Every ingredient that a recipe does not name is off."""

from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from mien.data.dataset import DataFormat
from mien.emotions import EMOTIONS
from mien.errors import ModelError
from mien.inference.model_card import FACE_SIZE, FaceFormat, check_labels

Share = Annotated[float, Field(ge=0, lt=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Block(_Section):
    """Convolutions of 3x3, each with batch normalization and ReLU; then 2x2 max pooling.

    Attributes:
        channels: output channels of each convolution, in order.
        dropout: share of activations dropped after pooling.
        l2: weight of the sum of squares of this block's kernels in the loss; 0 for none.
    """

    channels: list[PositiveInt] = Field(min_length=1)
    dropout: Share = 0.0
    l2: NonNegativeFloat = 0.0


class PaperNetwork(_Section):
    """The paper's network: blocks, one dense layer, and a dense layer to the labels."""

    architecture: Literal["paper_cnn"]
    # Each block halves the side, and five halvings of 48 pixels leave one.
    blocks: list[Block] = Field(min_length=1, max_length=5)
    dense: PositiveInt
    dense_dropout: Share = 0.0


class Stages(_Section):
    """A network of stages, each at half the side of the one before it.

    Attributes:
        stem: channels of the first convolution.
        stem_stride: 2 halves the side before the first stage; 1 keeps it, four times as costly.
        channels: of each stage.
        blocks: how many blocks each stage has.
        dropout: share of the features dropped before the last layer.
    """

    stem: PositiveInt
    stem_stride: Literal[1, 2] = 2
    channels: list[PositiveInt] = Field(min_length=1, max_length=5)
    blocks: list[PositiveInt] = Field(min_length=1, max_length=5)
    dropout: Share = 0.0

    @model_validator(mode="after")
    def _a_count_for_each_stage(self) -> Self:
        if len(self.channels) != len(self.blocks):
            raise ValueError("channels and blocks must be of one length, an entry a stage")
        return self


class ResidualNetwork(Stages):
    """Residual blocks of two 3x3 convolutions.

    Attributes:
        squeeze_excitation: by how much the channels' gates narrow, 8 for an eighth; 0 for none.
        antialias: whether a stage blurs before it halves the side.
    """

    architecture: Literal["residual"]
    squeeze_excitation: NonNegativeInt = 0
    antialias: bool = False


class SeparableNetwork(Stages):
    """Inverted residuals: 1x1 convolutions about a 3x3 one that sees a channel alone.

    Attributes:
        expansion: how many times wider a block is in its middle.
    """

    architecture: Literal["separable"]
    expansion: PositiveInt = 4


class ConvNeXtNetwork(Stages):
    """ConvNeXt blocks: a wide convolution a channel, then a hidden layer at each place.

    Attributes:
        kernel: side of that convolution, odd.
    """

    architecture: Literal["convnext"]
    kernel: Literal[3, 5, 7] = 7


class Data(_Section):
    """The faces to learn from.

    Attributes:
        alignment: "landmarks" aligns them as the crops of photos are; "none" leaves them.
        labels: their names, in the order of the model's probabilities; FER2013's by default.
        side: of the faces, in pixels; images of another size are resized.
        color: "gray" or "rgb".
    """

    alignment: Literal["none", "landmarks"] = "none"
    labels: list[str] = list(EMOTIONS)
    side: int = FACE_SIZE
    color: Literal["gray", "rgb"] = "gray"

    @property
    def format(self) -> DataFormat:
        """The format of the data set."""
        return DataFormat(tuple(self.labels), FaceFormat(self.side, self.color))

    @model_validator(mode="after")
    def _faces_are_possible(self) -> Self:
        key = "side"
        try:
            FaceFormat(self.side, self.color)
            key = "labels"
            check_labels(self.labels)
        except ModelError as error:
            raise ValueError(f"key 'data.{key}': {error}") from None
        return self


class Source(_Section):
    """A data set to learn from, one of several or the only one.

    Attributes:
        name: what it is called in the model's card; its base rates are the prior of this name.
        terms: what it is and on what terms it may be used, for the model's card.
        weight: how much a label of it counts.
        prior_weight: how much of the logarithm of its base rates the exported model assumes: 1 is
            right most often on faces of this source, less finds more of its rare labels.
        teacher: a model, by name or path, whose opinion of each face is learned as well.
        teacher_weight: of that opinion; the label has the rest.
    """

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    terms: str = ""
    weight: PositiveFloat = 1.0
    prior_weight: float = Field(default=1.0, ge=0, le=1)
    teacher: str | None = None
    teacher_weight: float = Field(default=0.5, ge=0, le=1)


class Augmentation(_Section):
    """How a training face is varied, in the order of the steps.

    Attributes:
        width_shift: largest shift to either side, as a share of the width.
        height_shift: largest shift up or down, as a share of the height.
        horizontal_flip: whether half of the faces are mirrored.
        rotation: largest turn to either side, in degrees.
        scale: largest growth or shrinkage, as a share of the size.
        crop: side of the central part to learn from, in pixels; None for the whole face. Less is
            faster, and networks that end in an average over places still take whole faces.
        brightness: largest change, as a share of the full range.
        contrast: largest change of the distance from the face's mean, as a share.
        gamma: largest change of the exponent that values between black and white are taken to, as
            a power of e: 0.3 for exponents of 0.74 to 1.35.
        shading: largest change of light from one edge of the face to the other, as a share.
        blurring: share of the faces that lose every detail under two to four pixels.
        noise: largest standard deviation of noise, as a share of the full range.
        erasing: share of the faces that lose a rectangle to noise.
        mixup: parameter of the Beta distribution that two faces are mixed by; 0 for never.
        cutmix: likewise, for the area of a rectangle that a face takes from another.
    """

    width_shift: float = Field(default=0.0, ge=0, le=0.5)
    height_shift: float = Field(default=0.0, ge=0, le=0.5)
    horizontal_flip: bool = False
    rotation: float = Field(default=0.0, ge=0, le=180)
    scale: Share = 0.0
    crop: int | None = Field(default=None, ge=24)
    brightness: float = Field(default=0.0, ge=0, le=1)
    contrast: Share = 0.0
    gamma: float = Field(default=0.0, ge=0, le=2)
    shading: Share = 0.0
    blurring: float = Field(default=0.0, ge=0, le=1)
    noise: Share = 0.0
    erasing: float = Field(default=0.0, ge=0, le=1)
    mixup: NonNegativeFloat = 0.0
    cutmix: NonNegativeFloat = 0.0


class Objective(_Section):
    """What is minimized beside the cross-entropy.

    Attributes:
        label_smoothing: share of the target spread over all labels.
        votes_weight: weight of a second head's cross-entropy against the FER+ votes; the
            label itself is learned from the data's own label alone.
        source_weight: weight of the cross-entropy of telling which source a face is from.
    """

    label_smoothing: Share = 0.0
    votes_weight: NonNegativeFloat = 0.0
    source_weight: PositiveFloat = 0.2


class Distillation(_Section):
    """Learning from trained networks as well as from labels (Hinton et al. 2015).

    Attributes:
        teachers: folders of their runs, as seen from where `mien train` is called.
        weight: of their opinion; the label has the rest.
        temperature: what their logits and the student's are softened by.
    """

    teachers: list[str] = []
    weight: float = Field(default=0.5, ge=0, le=1)
    temperature: PositiveFloat = 2.0


class Curation(_Section):
    """How much the label of a face counts in which `mien audit` found something.

    0 leaves the face out, votes and all. Where several were found, the least holds.

    Attributes:
        copies: key `copy`; one that stands in the data already.
        contradiction: one whose copy has another label.
        wrong_label: one whose label is likely wrong.
        non_face: one that shows no face.
    """

    # pydantic's models have a method of the key's name.
    copies: float = Field(default=1.0, ge=0, le=1, alias="copy")
    contradiction: float = Field(default=1.0, ge=0, le=1)
    wrong_label: float = Field(default=1.0, ge=0, le=1)
    non_face: float = Field(default=1.0, ge=0, le=1)


class Optimization(_Section):
    """How the weights are learned.

    Attributes:
        optimizer: "sgd" has a Nesterov momentum of 0.9.
        schedule: what becomes of the learning rate: it stays, or falls to 0 along a half cosine.
        warmup_epochs: over which the rate first rises from 0.
        weight_decay: of convolutions and dense layers; not of normalization and biases.
        ema: decay a step of the running mean of the weights that is validated and exported; 0
            for the last weights themselves.
        sam_radius: how far, in weights, sharpness-aware minimization looks; 0 for not at all.
        precision: of the convolutions in training; validation and export are float32.
    """

    optimizer: Literal["adam", "adamw", "sgd"]
    epochs: PositiveInt
    # Batch normalization needs two faces to speak of a variance.
    batch_size: int = Field(ge=2)
    learning_rate: PositiveFloat
    schedule: Literal["constant", "cosine"] = "constant"
    warmup_epochs: NonNegativeInt = 0
    weight_decay: NonNegativeFloat = 0.0
    ema: Share = 0.0
    sam_radius: NonNegativeFloat = 0.0
    precision: Literal["float32", "bfloat16"] = "float32"

    @model_validator(mode="after")
    def _warmed_up_before_the_end(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError("warmup_epochs must be less than epochs")
        return self


class Views(_Section):
    """What the model file averages over, inside its graph; each view costs a pass.

    Attributes:
        flip: whether the mirrored face counts too.
        shift: pixels to move the face by, up, down, left and right; 0 for not at all.
    """

    flip: bool = False
    shift: int = Field(default=0, ge=0, le=8)


Network = PaperNetwork | ResidualNetwork | SeparableNetwork | ConvNeXtNetwork


class Settings(_Section):
    """All that a recipe file says."""

    network: Annotated[Network, Field(discriminator="architecture")]
    data: Data = Data()
    sources: list[Source] = []
    augmentation: Augmentation = Augmentation()
    curation: Curation = Curation()
    objective: Objective = Objective()
    distillation: Distillation = Distillation()
    optimization: Optimization
    views: Views = Views()

    @property
    def joined(self) -> tuple[str, ...]:
        """The names of the sources that are learned from together; none if there is one alone."""
        return tuple(source.name for source in self.sources) if len(self.sources) > 1 else ()

    @property
    def learns_whole_faces(self) -> bool:
        """Whether training sees whole faces, not their central part alone."""
        return self.augmentation.crop in (None, self.data.side)

    @model_validator(mode="after")
    def _sources_fit(self) -> Self:
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ValueError("sources must have different names")
        if self.joined and (self.augmentation.mixup or self.augmentation.cutmix):
            raise ValueError("augmentation.mixup and cutmix must be 0 for several sources")
        return self

    @model_validator(mode="after")
    def _crop_fits(self) -> Self:
        side = self.data.side
        if self.augmentation.crop is not None and self.augmentation.crop > side:
            raise ValueError(f"augmentation.crop must be at most data.side, which is {side}")
        if isinstance(self.network, PaperNetwork):
            if not self.learns_whole_faces:
                raise ValueError(
                    f"augmentation.crop must be {side} for paper_cnn, whose dense layer sees "
                    "every place"
                )
            if side >> len(self.network.blocks) == 0:
                raise ValueError(f"network.blocks has too many blocks for data.side, {side}")
        return self
