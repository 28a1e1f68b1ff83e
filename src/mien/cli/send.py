"""`mien send`: the results of a camera or video to other programs, as they come."""

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.console import (
    DetectorOption,
    ModelOption,
    PriorOption,
    UnsureOption,
    print_error,
    print_note,
)

if TYPE_CHECKING:
    from mien.integrations.address import Address
    from mien.integrations.home_assistant import HomeAssistant
    from mien.integrations.osc import OscSender


def send(
    source: Annotated[str, typer.Argument(help="A camera's number, a video, or an address.")],
    to: Annotated[
        list[str],
        typer.Option(
            metavar="ADDRESS", help="mqtt://host/name, mqtts://host/name or osc://host:port."
        ),
    ],
    model: ModelOption = "default",
    prior: PriorOption = None,
    detector: DetectorOption = "yunet",
    unsure_below: UnsureOption = 0.0,
    fps: Annotated[
        float | None, typer.Option(help="Analyze and send this many frames a second at most.")
    ] = None,
) -> None:
    """Sends results to Home Assistant (MQTT) or to music and stage programs (OSC)."""
    from mien.errors import MediaError
    from mien.inference.analyzer import Analyzer
    from mien.inference.media.sampling import Sampling
    from mien.inference.media.sources import open_stream
    from mien.integrations.address import parse_address

    addresses = [parse_address(text) for text in to]
    analyzer = Analyzer(model, detector, unsure_below, prior=prior)
    with ExitStack() as opened:
        senders = [opened.enter_context(closing(_open(address))) for address in addresses]
        stream = opened.enter_context(open_stream(source, sampling=Sampling(fps=fps)))
        print_note(f"sends {stream.source} to {', '.join(map(str, addresses))}; Ctrl-C ends it")
        frames = 0
        try:
            for result in analyzer.stream(stream):
                frames += 1
                for sender in senders:
                    sender.send(result)
        except KeyboardInterrupt:
            pass
        except MediaError as error:
            if not frames:
                raise
            print_error(str(error))
    typer.echo(f"{frames:,} frames sent")


def _open(address: "Address") -> "HomeAssistant | OscSender":
    if address.scheme == "osc":
        from mien.integrations.osc import OscSender

        return OscSender(address)
    from mien.integrations.home_assistant import HomeAssistant

    return HomeAssistant(address)
